"""What a message carries beside its payload under MQTT 5."""

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from device.mqtt.message import Message


def message_properties(message: Message, *, will: bool = False) -> Properties:
    """The properties of a message to publish, or of the last will."""
    packet = PacketTypes.WILLMESSAGE if will else PacketTypes.PUBLISH
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    if message.content_type is not None:
        properties.ContentType = message.content_type
        is_text = not message.content_type.startswith("image/")
        properties.PayloadFormatIndicator = int(is_text)
    if message.expiry_s is not None:
        properties.MessageExpiryInterval = message.expiry_s
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    if message.user_properties:
        properties.UserProperty = list(message.user_properties)
    return properties
