"""5,000 generated requests through the real parser and the daemon's real handler and settings."""

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from device.config.loading import load_config
from device.daemon.requests import ApplianceRequests, RequestActions
from device.daemon.settings import LiveSettings, is_live
from device.messages.request import RequestError
from device.mqtt.requests import NAMES, BadRequestError, parse_request

KEYS = (
    "shutter.threshold",
    "shutter.hold_frames",
    "shutter.rearm",
    "mqtt.score_interval_s",
    "mqtt.password",
    "mqtt.host",
    "storage.folder",
    "web.host",
    "camera.source",
    "log.level",
    "shutter.no_such",
    "shutter.__class__",
    "nowhere.at_all",
)
VALUES = (0, 1, 0.7, -1, 1e300, 10**30, True, None, "", "debug", "../../etc/passwd", "env:HOME")


def generated(random):
    """A request with the right envelope and a wild inside."""
    name = random.choice((*NAMES, "set", "set", "set"))
    keys = random.choices(KEYS, k=random.randrange(3))
    if random.random() < 0.1:
        return "set", json.dumps({"shutter.threshold": random.random(), "persist": True}).encode()
    data = {key: random.choice((*VALUES, [], {}, ["a"])) for key in keys}
    if random.random() < 0.3:
        data["keys"] = random.choice(([], list(KEYS[:2]), ["mqtt.password"], "x", [1]))
    if random.random() < 0.3:
        data["armed"] = random.choice((True, False, "yes"))
    if random.random() < 0.2:
        data["persist"] = random.choice((True, False, 1))
    return name, json.dumps(data).encode()


def flat(config):
    return {
        f"{section}.{key}": value
        for section, values in config.model_dump(mode="json").items()
        for key, value in values.items()
    }


def test_5000_requests_change_live_settings_at_most_and_only_to_allowed_values(tmp_path):
    live = LiveSettings(load_config(None, [f"storage.folder={tmp_path}"]))
    before = flat(live.config)
    done = []
    handler = ApplianceRequests(
        live,
        RequestActions(
            shoot=lambda: done.append("shoot"),
            pause=lambda: done.append("pause"),
            resume=lambda: done.append("resume"),
            restart_camera=lambda: done.append("restart-camera"),
            last_shot=lambda: None,
        ),
    )
    counts = {"misunderstood": 0, "refused": 0, "done": 0}

    @settings(max_examples=100, database=None)
    @given(seed=st.integers(0, 2**64))
    def fifty(seed):
        random = Random(seed)
        for _ in range(50):
            name, payload = generated(random)
            try:
                request = parse_request(name, payload)
                answer = handler(request.name, request.arguments)
            except BadRequestError:
                counts["misunderstood"] += 1
            except RequestError:
                counts["refused"] += 1
            else:
                counts["done"] += 1
                assert "password" not in json.dumps(answer, allow_nan=False)

    fifty()
    print(f"\n{counts}")  # noqa: T201 - measured, shown with -s
    assert sum(counts.values()) >= 5000
    assert all(count > 100 for count in counts.values())
    after = flat(live.config)
    changed = {key for key in after if after[key] != before[key]}
    assert all(is_live(key) for key in changed)
    assert 0 <= live.config.shutter.threshold <= 1
    # What it became is a configuration that would load again.
    saved = json.loads((tmp_path / "saved_settings.json").read_text())
    assert all(is_live(key) for key in saved)
    load_config(None, [f"storage.folder={tmp_path}"], saved=saved)
