"""TLS: client certificates, refusals in words, and nothing readable on the wire."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = "printability/booth"
DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority that lives for one test."""

    def __init__(self, folder, name):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = (
            self._builder(self.name, self.key)
            .add_extension(constraints, critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.file = self._write(f"{name}.pem", certificate)

    def issue(self, name, *, host="127.0.0.1"):
        """Paths of a certificate for `name` and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.IPAddress(ipaddress.ip_address(host))
        certificate = (
            self._builder(subject, key)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        key_file = self.folder / f"{name}.key"
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return self._write(f"{name}.crt", certificate), key_file

    def _builder(self, subject, key):
        now = dt.datetime.now(dt.UTC)
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(own, critical=False)
            .add_extension(issuer, critical=False)
        )

    def _write(self, name, certificate):
        path = self.folder / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path


class Recorder:
    """A wire with an ear: passes TCP on to `port` and keeps every byte of both directions."""

    def __init__(self, port):
        self.heard = bytearray()
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source, sink):
        try:
            while data := source.recv(65536):
                self.heard += data
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def close(self):
        self._server.close()


@pytest.fixture
def recorder():
    recorders = []

    def make(port):
        recorders.append(Recorder(port))
        return recorders[-1]

    yield make
    for made in recorders:
        made.close()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "authority")


@pytest.fixture
def tls_broker(start_broker, authority):
    """Speaks TLS 1.3 only and wants a certificate from the authority."""
    certificate, key = authority.issue("broker")
    return start_broker(
        f"cafile {authority.file}",
        f"certfile {certificate}",
        f"keyfile {key}",
        "require_certificate true",
        "use_identity_as_username true",
        "tls_version tlsv1.3",
    )


def tls_of(authority, pair):
    return {
        "enabled": True,
        "ca_file": str(authority.file),
        "certificate_file": str(pair[0]),
        "key_file": str(pair[1]),
    }


def use_the_link(made, seen, kit):
    made.wait_connected()
    made.link.set_available(online=True, reason=None)
    made.link.publish_score(kit.make_rating())
    made.link.add_shot(kit.make_shot("shot-in-the-clear"))
    seen.ask(ROOT, "shoot")
    kit.eventually(lambda: seen.on(f"{ROOT}/response/shoot") and seen.on(f"{ROOT}/shot"))
    kit.eventually(lambda: made.outbox.depth == 0)


WORDS = (b"printability", b"booth", b"shot-in-the-clear", b"online", b"score", b"MQTT", b"jpeg")


def test_with_client_certificates_everything_works_and_nothing_is_readable_on_the_wire(
    tls_broker, authority, recorder, camera, subscribe, kit
):
    wire = recorder(tls_broker.port)
    desk = authority.issue("desk")
    seen = subscribe(
        tls_broker.port,
        tls={"ca_certs": authority.file, "certfile": desk[0], "keyfile": desk[1]},
    )
    made = camera(wire.port, tls=tls_of(authority, authority.issue("camera-7")))
    use_the_link(made, seen, kit)
    assert len(wire.heard) > 10_000
    readable = [word for word in WORDS if word in wire.heard]
    assert readable == []
    assert "u'camera-7'" in tls_broker.log.read_text(), "the broker knows who it is"
    print(f"\n{len(wire.heard)} bytes on the wire, none of {len(WORDS)} words among them")  # noqa: T201 - measured, shown with -s


def test_the_same_ear_hears_everything_without_tls(broker, recorder, camera, subscribe, kit):
    """The proof above would be worth nothing if the ear were deaf."""
    wire = recorder(broker.port)
    use_the_link(camera(wire.port), subscribe(broker.port), kit)
    assert [word for word in WORDS if word not in wire.heard] == []


def test_a_certificate_from_another_authority_is_not_trusted(
    tls_broker, authority, camera, kit, tmp_path, caplog
):
    (tmp_path / "else").mkdir()
    stranger = Authority(tmp_path / "else", "stranger")
    settings = {**tls_of(authority, authority.issue("camera")), "ca_file": str(stranger.file)}
    made = camera(tls_broker.port, tls=settings)
    text = kit.eventually(lambda: made.link.status().error)
    assert "certificate that cannot be trusted" in text
    assert "mqtt.tls.ca_file" in text
    made.link.add_shot(kit.make_shot("a"))
    assert made.outbox.depth == 1
    kit.eventually(lambda: caplog.text.count("cannot be trusted") == 1)


def test_a_certificate_for_another_host_is_not_trusted(start_broker, authority, camera, kit):
    certificate, key = authority.issue("broker", host="10.9.8.7")
    broker = start_broker("allow_anonymous true", f"certfile {certificate}", f"keyfile {key}")
    made = camera(broker.port, tls={"enabled": True, "ca_file": str(authority.file)})
    assert "mqtt.host is the name in the certificate" in kit.eventually(
        lambda: made.link.status().error
    )


def test_a_missing_client_certificate_is_explained(tls_broker, authority, camera, kit):
    made = camera(tls_broker.port, tls={"enabled": True, "ca_file": str(authority.file)})
    text = kit.eventually(lambda: made.link.status().error)
    assert "mqtt.tls.certificate_file" in text
    assert not made.link.status().connected


def test_tls_spoken_to_a_plain_port_is_explained(broker, authority, camera, kit):
    made = camera(broker.port, tls={"enabled": True, "ca_file": str(authority.file)})
    assert kit.eventually(lambda: made.link.status().error)
    assert not made.link.status().connected


@pytest.mark.parametrize("wrong", ["ca_file", "certificate_file"])
def test_a_file_that_is_absent_is_named(tls_broker, authority, camera, kit, tmp_path, wrong):
    settings = {**tls_of(authority, authority.issue("camera")), wrong: str(tmp_path / "absent")}
    made = camera(tls_broker.port, tls=settings)
    text = kit.eventually(lambda: made.link.status().error)
    assert str(tmp_path / "absent") in text


def test_nothing_older_than_tls_1_2_is_spoken(authority, kit):
    from device.config.mqtt import MqttSettings
    from device.mqtt.connection import tls_context

    context = tls_context(MqttSettings(tls={"enabled": True, "ca_file": authority.file}))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
