"""The appliance: every part made, wired, started and stopped in reverse order."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2

from device.album.album import Album
from device.album.writer import AlbumWriter
from device.camera.source import make_camera
from device.camera.supervisor import CameraStoppedError, SupervisedCamera
from device.config.appliance import ApplianceConfig
from device.daemon.frame_loop import FrameLoop, FrameLoopParts, RatedFrame
from device.daemon.health_watch import HealthWatch
from device.daemon.live_feed import LiveFeed, ShotFeed
from device.daemon.pause_switch import PauseSwitch
from device.daemon.requests import ApplianceRequests, RequestActions
from device.daemon.service_status import ServiceStatus
from device.daemon.settings import LiveSettings
from device.daemon.shot_publishing import ShotPublishing
from device.daemon.status import ApplianceStatus, StatusSources
from device.daemon.systemd_notifier import SystemdNotifier
from device.daemon.uploads import UploadRating
from device.messages.request import RequestError
from device.messages.shot import ShotEvent
from device.messages.state import BrokerState, DiskState, ModelState, state_to_json
from device.shutter.shutter import Shutter
from device.vision.analyser import Analyser, make_analyser
from device.vision.eye_history import EyeHistory

if TYPE_CHECKING:
    from device.mqtt.link import MqttLink
    from device.web.server import WebServer

logger = logging.getLogger(__name__)

# systemd gives five seconds from `stop` to the end; the album's queue gets most of them.
ALBUM_DRAIN_S: Final = 3.0
PART_STOP_S: Final = 1.0
NO_BROKER: Final = BrokerState(enabled=False, connected=False, error=None, queued_shots=0)


@dataclass(frozen=True, slots=True)
class ApplianceHooks:
    """What the command line adds to a run: tests and the demo watch frames through it."""

    on_rated: Callable[[RatedFrame], None] = lambda _: None


class Appliance:
    """One camera appliance.  Make it, `run` it on the main thread, `stop` it from any."""

    def __init__(self, settings: LiveSettings, hooks: ApplianceHooks | None = None) -> None:
        self._settings = settings
        self._hooks = hooks or ApplianceHooks()
        self._stack = ExitStack()
        self._notifier = SystemdNotifier()
        self._stopping = threading.Event()
        self._link: MqttLink | None = None
        self._web: WebServer | None = None
        # OpenCV's own pool would otherwise take every core beside the models' threads.
        config = settings.config
        if config.performance.threads:
            cv2.setNumThreads(config.performance.threads)
        self._make_parts(config)

    def run(self) -> None:
        """Start everything, rate frames until the replay ends or `stop` is called, stop it all.

        Raises:
            CameraError: the camera is lost for good; systemd is to start the daemon again.
        """
        with self._stack:
            self._start_outputs()
            self._stack.callback(self._say_stopping)
            try:
                self.status.camera_opened(self.camera.open())
                self.loop.run()
            except CameraStoppedError:
                return  # asked to stop before the camera was there
            finally:
                self.camera.close()

    def stop(self) -> None:
        """End the run after the frame in progress; idempotent, from any thread."""
        self._stopping.set()
        self.loop.stop()
        self.camera.interrupt()

    @property
    def web_address(self) -> str | None:
        """Where the page is, once it is served."""
        return self._web.address if self._web is not None else None

    def _make_parts(self, config: ApplianceConfig) -> None:
        folder = config.storage.folder
        folder.mkdir(parents=True, exist_ok=True)
        self.analyser = make_analyser(config, video=True)
        self.camera = SupervisedCamera(
            lambda: make_camera(config.camera), config.camera, on_change=self._camera_changed
        )
        self.album = Album(
            config.album.folder or folder / "album", config.album, camera_name=config.device.name
        )
        self.writer = AlbumWriter(self.album, on_saved=self._saved, on_failed=self._not_saved)
        self.shutter = Shutter(config.shutter, runners_up=config.album.runners_up)
        self.live = LiveFeed()
        newest = self.album.entries("newest", limit=1)
        self.shots = ShotFeed(newest[0].shot if newest else None)
        self.status = ApplianceStatus(
            StatusSources(
                config=lambda: self._settings.config,
                dropped=lambda: self.camera.dropped,
                disk=self._disk_state,
                broker=lambda: self._link.status() if self._link is not None else NO_BROKER,
                models=_model_states(self.analyser),
            )
        )
        self.loop = FrameLoop(
            FrameLoopParts(
                camera=self.camera,
                analyser=self.analyser,
                eye_history=EyeHistory(config.eyes),
                shutter=self.shutter,
                submit_shot=self.writer.submit,
                on_rated=self._rated,
                unknown_eyes=config.eyes.unknown_counts_as,
            ),
            config.camera.stall_timeout_s,
        )
        self.pause_switch = PauseSwitch(folder, self._pause_changed)
        self.requests = ApplianceRequests(
            self._settings,
            RequestActions(
                shoot=self._shoot_requested,
                pause=lambda: self.pause_switch.set(paused=True),
                resume=lambda: self.pause_switch.set(paused=False),
                restart_camera=self.camera.restart,
                last_shot=lambda: self.shots.last,
            ),
        )
        self.publishing = ShotPublishing(self.album, self.status.error)
        self.service_status = ServiceStatus(self._notifier, self.status)
        self.health = HealthWatch(config, self.status, self._slow_down)
        self._settings.listen(self._settings_changed)

    def _start_outputs(self) -> None:
        """Start what runs beside the frame loop; the stack stops it in reverse order."""
        config = self._settings.config
        stack = self._stack
        stack.callback(self.album.close)
        if config.mqtt.enabled:
            self._start_mqtt(config)
        self.publishing.announce_left_over()
        stack.callback(self.writer.close, timeout_s=ALBUM_DRAIN_S)
        self.writer.start()
        if config.web.enabled:
            self._start_web(config)
        self.health.each_check(self._check_disk)
        self.health.start()
        stack.callback(self.health.stop)
        self.pause_switch.restore()
        today = time.strftime("%Y-%m-%d")
        last = self.shots.last
        self.status.shots_before(self.album.count(day=today), last.id if last else None)
        self._check_disk()

    def _start_mqtt(self, config: ApplianceConfig) -> None:
        from device.mqtt.link import MqttLink
        from device.mqtt.outbox import Outbox, OutboxError

        try:
            outbox = Outbox(config.storage.folder / "outbox.sqlite", config.mqtt.outbox_events)
        except OutboxError as error:
            # Photos matter more than their announcement; they wait in the album as unannounced.
            logger.error("Nothing is published: %s", error)
            self.status.error(f"nothing is published: {error}")
            self.publishing.withhold()
            return
        self._stack.callback(outbox.close)
        link = MqttLink(
            config.mqtt,
            config.device,
            outbox,
            self.requests,
            self.publishing.shot_image(config.mqtt.image_width_px),
            lambda: state_to_json(self.status.report()),
        )
        self.publishing.publish_to(link.add_shot)
        link.start()
        self._link = link
        self._stack.callback(link.stop, timeout_s=PART_STOP_S)

    def _start_web(self, config: ApplianceConfig) -> None:
        from device.web.server import WebServer

        try:
            web = WebServer(
                config.web,
                config.device,
                self.live,
                self.album,
                UploadRating(self.analyser, config.eyes.unknown_counts_as),
                self.shots,
                self.requests,
                self.status.report,
                config.storage.folder / "session.key",
            )
            web.start()
        except OSError as error:
            # The camera matters more than its page: go on without, and say so.
            logger.error("The page is not served: %s", error)
            self.status.error(f"the page is not served: {error}")
            return
        self._web = web
        logger.info("The page is at %s", web.address)
        self._stack.callback(web.stop, timeout_s=PART_STOP_S)
        self._stack.callback(self.shots.close)
        self._stack.callback(self.live.close)

    # Called by the frame loop, once a frame.

    def _rated(self, rated: RatedFrame) -> None:
        self.status.frame_rated(rated.took_s, rated.rating.waiting_for)
        self.live.publish(rated.frame.image, rated.rating, self._settings.config.shutter.threshold)
        if self._link is not None:
            self._link.set_available(online=True, reason=None)
            self._link.publish_score(rated.rating)
        self.service_status.frame_rated(rated.rating)
        self._hooks.on_rated(rated)

    def _shoot_requested(self) -> None:
        if self.album.is_full:
            raise RequestError("the disk has no room for another photo")
        self.loop.post(self._shoot)

    def _shoot(self) -> None:
        self.shutter.request_shot(self.loop.last_time_s)

    # Called by other parts, on their threads.

    def _saved(self, shot: ShotEvent) -> None:
        self.publishing.publish(shot)
        self.status.shot_saved(shot)
        self.shots.publish(shot)
        logger.info("Shot %s: score %.1f", shot.file, shot.rating.shown_score)
        self._check_disk()

    def _not_saved(self, reason: str) -> None:
        logger.error("A shot could not be saved: %s", reason)
        self.status.error(f"a shot could not be saved: {reason}")
        self._check_disk()

    def _camera_changed(self, connected: bool, reason: str | None) -> None:
        self.status.camera_changed(connected, reason)
        if connected and self.camera.info is not None:
            self.status.camera_opened(self.camera.info)
        if not connected:
            self.status.error(f"camera: {reason}")
            if self._link is not None:
                self._link.set_available(online=False, reason=reason)

    def _pause_changed(self, paused: bool) -> None:
        self.loop.post(self.shutter.pause if paused else self.shutter.resume)
        self.status.paused_changed(paused)
        self._publish_state()

    def _settings_changed(self, config: ApplianceConfig) -> None:
        self.loop.post(lambda: self.shutter.update(config.shutter))
        self.album.update(config.album)
        self.health.update(config.health)
        logging.getLogger().setLevel(config.log.level.upper())
        if self._link is not None:
            self._link.update(config.mqtt)
        self._publish_state()

    def _slow_down(self, slowed: bool) -> None:
        rate = self._settings.config.camera.frame_rate
        self.loop.min_interval_s = 2 / rate if slowed else 0.0

    def _check_disk(self) -> None:
        full = self.album.is_full
        self.loop.post(lambda: self.shutter.block("disk" if full else None))

    def _publish_state(self) -> None:
        if self._link is not None:
            self._link.publish_state_soon()

    def _disk_state(self) -> DiskState:
        return DiskState(
            free_megabytes=round(self.album.free_bytes() / 1e6, 1),
            floor_megabytes=float(self._settings.config.album.min_free_megabytes),
            photos=self.album.count(),
        )

    def _say_stopping(self) -> None:
        self._notifier.stopping()
        if self._link is not None:
            self._link.set_available(online=False, reason="stopped")


def _model_states(analyser: Analyser) -> dict[str, ModelState]:
    return {
        part: ModelState(used.name, used.sha256, used.runtime)
        for part, used in analyser.models.items()
    }
