"""The TLS settings as Python's ssl module knows them."""

import ssl

from device.config.mqtt import MqttSettings
from device.mqtt.troubles import BrokerError


def tls_context(settings: MqttSettings) -> ssl.SSLContext:
    """The TLS settings as Python knows them: verified certificates, TLS 1.2 or newer.

    Raises:
        BrokerError: a file is absent or no certificate; the sentence names it.
    """
    tls = settings.tls
    authority = None if tls.ca_file is None else str(tls.ca_file)
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise BrokerError(
            f"mqtt.tls.ca_file: {authority} cannot be used: {error.strerror or error}",
            lasting=True,
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.certificate_file is not None and tls.key_file is not None:
        try:
            # An encrypted key would make OpenSSL ask on the terminal; an empty password refuses it.
            context.load_cert_chain(tls.certificate_file, tls.key_file, password=lambda: "")
        except OSError as error:
            raise BrokerError(
                f"mqtt.tls: {tls.certificate_file} with {tls.key_file} cannot be used: "
                f"{error.strerror or error}",
                lasting=True,
            ) from error
    return context
