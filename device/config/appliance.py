"""The whole configuration: one section per part."""

from pydantic import Field

from device.config.album import AlbumSettings
from device.config.camera import CameraSettings
from device.config.eyes import EyesSettings
from device.config.faces import FacesSettings
from device.config.health import HealthSettings
from device.config.identity import IdentitySettings
from device.config.log import LogSettings
from device.config.mqtt import MqttSettings
from device.config.performance import PerformanceSettings
from device.config.section import Section
from device.config.shutter import ShutterSettings
from device.config.smile import SmileSettings
from device.config.storage import StorageSettings
from device.config.web import WebSettings


class ApplianceConfig(Section):
    """Everything `config.yaml` can say."""

    device: IdentitySettings = Field(default_factory=IdentitySettings, description="Identity.")
    camera: CameraSettings = Field(default_factory=CameraSettings, description="The camera.")
    faces: FacesSettings = Field(default_factory=FacesSettings, description="Finding faces.")
    smile: SmileSettings = Field(default_factory=SmileSettings, description="Rating smiles.")
    eyes: EyesSettings = Field(default_factory=EyesSettings, description="Checking eyes.")
    shutter: ShutterSettings = Field(default_factory=ShutterSettings, description="When to shoot.")
    album: AlbumSettings = Field(default_factory=AlbumSettings, description="Keeping photos.")
    mqtt: MqttSettings = Field(default_factory=MqttSettings, description="The broker.")
    web: WebSettings = Field(default_factory=WebSettings, description="The page.")
    health: HealthSettings = Field(default_factory=HealthSettings, description="The machine.")
    storage: StorageSettings = Field(default_factory=StorageSettings, description="Folders.")
    performance: PerformanceSettings = Field(
        default_factory=PerformanceSettings, description="Threads."
    )
    log: LogSettings = Field(default_factory=LogSettings, description="The log.")
