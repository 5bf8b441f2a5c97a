"""The broker and what it is told."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from device.config.secret import Secret
from device.config.section import Section


def publishable_topic(value: str) -> str:
    """Check that a topic can be published on.

    Raises:
        ValueError: it has a wildcard or begins or ends as none may.
    """
    if any(c in value for c in "+#\0") or value.startswith(("/", "$")) or value.endswith("/"):
        raise ValueError("no '+', '#', leading '/' or '$', or trailing '/' is allowed in it")
    return value


class TlsSettings(Section):
    """TLS to the broker."""

    enabled: bool = Field(default=False, description="Encrypt the connection.")
    ca_file: Path | None = Field(
        default=None, description="Certificate authority; default: the system's own."
    )
    certificate_file: Path | None = Field(default=None, description="Client certificate.")
    key_file: Path | None = Field(default=None, description="Client key.")

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file go together; give both or neither")
        if not self.enabled and (self.ca_file is not None or self.certificate_file is not None):
            raise ValueError(
                "certificates are given but enabled is false, so nothing would be encrypted; set "
                "enabled: true or remove them"
            )
        return self


class HomeAssistantSettings(Section):
    """Home Assistant's MQTT discovery."""

    enabled: bool = Field(default=True, description="Announce the camera to Home Assistant.")
    discovery_prefix: str = Field(
        default="homeassistant", min_length=1, description="Home Assistant's discovery prefix."
    )
    birth_topic: str = Field(
        default="homeassistant/status",
        min_length=1,
        description="Topic on which Home Assistant says that it is there.",
    )

    @field_validator("discovery_prefix", "birth_topic")
    @classmethod
    def _publishable(cls, value: str) -> str:
        return publishable_topic(value)


class MqttSettings(Section):
    """MQTT."""

    enabled: bool = Field(default=False, description="Publish scores and shots.")
    host: str = Field(default="localhost", min_length=1, description="The broker's host.")
    port: int = Field(default=1883, ge=1, le=65535, description="The broker's port (TLS: 8883).")
    protocol: Literal["5", "3.1.1"] = Field(default="5", description="MQTT version.")
    username: str | None = Field(default=None, description="User name, if the broker wants one.")
    password: Secret | None = Field(
        default=None, description="Where the password is: file:…, env:… or credential:…"
    )
    tls: TlsSettings = Field(default_factory=TlsSettings, description="Encryption.")
    base_topic: str = Field(
        default="printability", min_length=1, description="Topics begin with <base_topic>/<id>/."
    )
    keepalive_s: int = Field(default=30, ge=5, le=3600, description="MQTT keep-alive.")
    connect_timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="Patience with a broker that does not answer."
    )
    reconnect_min_s: float = Field(
        default=1.0, gt=0, le=600, description="First pause between attempts; it doubles."
    )
    reconnect_max_s: float = Field(
        default=60.0, gt=0, le=3600, description="Longest pause between attempts."
    )
    score_interval_s: float = Field(
        default=1.0, ge=0, le=3600, description="At most one score in so many seconds."
    )
    score_min_change: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Publish a score only when it changed by so much; 0: always.",
    )
    state_interval_s: float = Field(
        default=60.0, ge=1, le=3600, description="How often `state` is refreshed."
    )
    publish_images: bool = Field(default=True, description="Publish a JPEG of each shot.")
    image_width_px: int = Field(default=1280, ge=160, le=4096, description="Width of that JPEG.")
    backlog_images: int = Field(
        default=10,
        ge=0,
        le=1000,
        description="Of the shots that waited for the broker, how many of the newest get their "
        "JPEG published too.",
    )
    outbox_events: int = Field(
        default=10_000,
        ge=1,
        description="Most shot events kept while the broker is away; the oldest go first.",
    )
    inflight: int = Field(
        default=10, ge=1, le=1000, description="Unconfirmed shot events at a time."
    )
    home_assistant: HomeAssistantSettings = Field(
        default_factory=HomeAssistantSettings, description="Home Assistant."
    )

    @field_validator("base_topic")
    @classmethod
    def _no_wildcards(cls, value: str) -> str:
        return publishable_topic(value)

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("password is given without username; the broker wants both")
        return self

    @model_validator(mode="after")
    def _pauses_grow(self) -> Self:
        if self.reconnect_max_s < self.reconnect_min_s:
            raise ValueError(
                f"reconnect_max_s ({self.reconnect_max_s:g}) is smaller than reconnect_min_s "
                f"({self.reconnect_min_s:g})"
            )
        return self
