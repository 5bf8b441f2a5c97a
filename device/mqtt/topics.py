"""The topics of one camera: `<base_topic>/<device_id>/…`."""

from dataclasses import dataclass

from device.config.identity import IdentitySettings
from device.config.mqtt import MqttSettings


@dataclass(frozen=True, slots=True)
class Topics:
    """Every topic one camera uses.

    >>> Topics("printability/booth", "homeassistant/device/booth/config", "ha/status").shot
    'printability/booth/shot'
    """

    root: str
    discovery: str
    birth: str

    @classmethod
    def of(cls, settings: MqttSettings, identity: IdentitySettings) -> "Topics":
        """The topics that the configuration gives this camera."""
        home_assistant = settings.home_assistant
        return cls(
            root=f"{settings.base_topic}/{identity.id}",
            discovery=f"{home_assistant.discovery_prefix}/device/{identity.id}/config",
            birth=home_assistant.birth_topic,
        )

    @property
    def availability(self) -> str:
        """`online` or `offline`; retained; also the last will."""
        return f"{self.root}/availability"

    @property
    def score(self) -> str:
        """One rating at a time."""
        return f"{self.root}/score"

    @property
    def shot(self) -> str:
        """Shot events."""
        return f"{self.root}/shot"

    @property
    def image(self) -> str:
        """The JPEG of the shot announced next."""
        return f"{self.root}/shot/image"

    @property
    def state(self) -> str:
        """The appliance's state; retained."""
        return f"{self.root}/state"

    @property
    def schema(self) -> str:
        """The JSON Schemas of all payloads; retained."""
        return f"{self.root}/schema"

    @property
    def all_requests(self) -> str:
        """The filter that matches every request."""
        return f"{self.root}/request/+"

    @property
    def retained(self) -> tuple[str, ...]:
        """The topics on which the broker keeps a message of this camera."""
        return (self.availability, self.state, self.schema, self.discovery)

    def request(self, name: str) -> str:
        """Where the request `name` is sent to."""
        return f"{self.root}/request/{name}"

    def response(self, name: str) -> str:
        """Where the request `name` is answered."""
        return f"{self.root}/response/{name}"

    def request_name(self, topic: str) -> str | None:
        """The name of the request that `topic` carries; None where it carries none."""
        prefix = f"{self.root}/request/"
        return topic.removeprefix(prefix) if topic.startswith(prefix) else None
