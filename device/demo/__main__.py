"""`python -m device.demo [FOLDER]`: the appliance over the demo clip, broker and page included."""

import argparse
import logging
import shutil
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from device.album.album import Album
from device.cli.main import main as printability
from device.cli.rating_text import describe
from device.config.appliance import ApplianceConfig
from device.config.loading import load_config
from device.daemon.appliance import Appliance, ApplianceHooks
from device.daemon.frame_loop import RatedFrame
from device.daemon.settings import LiveSettings
from device.demo.broker import BrokerError, local_broker
from device.demo.clip import write_clip

PRINT_EVERY = 15
SUBSCRIBE_TIMEOUT_S = 10.0


class Subscriber:
    """Another machine, listening to everything the camera says."""

    def __init__(self, port: int) -> None:
        self.received: Counter[str] = Counter()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="demo-subscriber")
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._note
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._subscribed.wait(SUBSCRIBE_TIMEOUT_S)

    def _note(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.received[message.topic] += 1

    def stop(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()


def main() -> int:
    """Run the demo; 1 if it took no shot or nobody heard of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("demo-output"))
    folder = parser.parse_args().folder.resolve()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    clip = folder / "clip.avi"
    print(f"1. A clip of {write_clip(clip)} frames made from two portraits: {clip}")
    try:
        with local_broker() as port:
            print(f"2. A broker on 127.0.0.1:{port}")
            return _run(folder, clip, port)
    except BrokerError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def _run(folder: Path, clip: Path, port: int) -> int:
    subscriber = Subscriber(port)
    config = _config(folder, clip, port)
    appliance = Appliance(LiveSettings(config), ApplianceHooks(on_rated=_print_rating))
    print("3. The appliance rates the clip at its own speed:")
    appliance.run()
    subscriber.stop()
    plot = folder / "replay.png"
    arguments = ["replay", str(clip), "--plot", str(plot), "--set", f"storage.folder={folder}"]
    print("4. The same clip as `printability replay` sees it:")
    printability(arguments)
    with Album(folder / "album", config.album, camera_name=config.device.name) as album:
        photos = album.count()
        _summarise(album, subscriber, folder, plot)
    heard = any(topic.endswith("/shot") for topic in subscriber.received)
    return 0 if photos and heard else 1


def _config(folder: Path, clip: Path, port: int) -> ApplianceConfig:
    return load_config(
        None,
        [
            "device.id=demo",
            f"camera.source={clip}",
            f"storage.folder={folder}",
            "mqtt.enabled=true",
            "mqtt.host=127.0.0.1",
            f"mqtt.port={port}",
            "web.port=0",
            "album.min_free_megabytes=0",
        ],
    )


def _print_rating(rated: RatedFrame) -> None:
    """One line a second, and every frame that shoots."""
    rating = rated.rating
    if rated.decision.shot is not None:
        winner = rated.decision.shot.winner
        print(f"   SHOT: frame {winner.frame} wins with {describe(winner)}")
    elif rating.frame % PRINT_EVERY == 0:
        waiting = f"  (waiting for {rating.waiting_for})" if rating.waiting_for else ""
        print(f"   frame {rating.frame:3d}  {describe(rating)}{waiting}")


def _summarise(album: Album, subscriber: Subscriber, folder: Path, plot: Path) -> None:
    print("What came of it:")
    for entry in reversed(album.entries("newest")):
        print(f"   photo {album.path(entry)}, score {entry.shot.rating.shown_score}")
    print(f"   plot  {plot}")
    print("   a subscriber received:")
    for topic, count in sorted(subscriber.received.items()):
        print(f"      {count:4d} × {topic}")
    print(f"   everything is in {folder}")


if __name__ == "__main__":
    sys.exit(main())
