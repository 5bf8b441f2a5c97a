"""`printability check`: is everything there that a run needs?  One line each, and what to do."""

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from device.camera.frame import CameraError
from device.camera.source import make_camera
from device.cli.exit_codes import DONE, FAILED
from device.cli.options import add_config_options, add_json_option, config_of
from device.config.appliance import ApplianceConfig
from device.config.secret import Secret, SecretUnavailableError
from device.vision.analyser import make_analyser


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the report.  `ok` None: not in use, so not checked."""

    part: str
    ok: bool | None
    text: str


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("check", help="check that a run can work", description=__doc__)
    parser.add_argument("--no-camera", action="store_true", help="leave the camera alone")
    add_json_option(parser)
    add_config_options(parser)
    parser.set_defaults(execute=execute)


def execute(parsed: argparse.Namespace) -> int:
    """Check every part; 1 if one fails (78 if the configuration itself is wrong)."""
    config = config_of(parsed)
    results = [CheckResult("configuration", ok=True, text=str(parsed.config or "defaults"))]
    checks: list[Callable[[ApplianceConfig], CheckResult]] = [
        _check_secrets,
        _check_models,
        _check_broker,
        _check_disk,
    ]
    if not parsed.no_camera:
        checks.insert(2, _check_camera)
    results += [check(config) for check in checks]
    if parsed.json:
        print(json.dumps([asdict(result) for result in results], indent=1))
    else:
        for result in results:
            mark = {True: "ok  ", False: "FAIL", None: "-   "}[result.ok]
            print(f"{mark} {result.part}: {result.text}")
    return FAILED if any(result.ok is False for result in results) else DONE


def _check_secrets(config: ApplianceConfig) -> CheckResult:
    secrets: dict[str, Secret | None] = {
        "mqtt.password": config.mqtt.password if config.mqtt.enabled else None,
        "web.password": config.web.password if config.web.enabled else None,
        "web.token": config.web.token if config.web.enabled else None,
    }
    problems = []
    for key, secret in secrets.items():
        try:
            if secret is not None and not secret.reveal():
                problems.append(f"{key}: it is empty")
        except SecretUnavailableError as error:
            problems.append(f"{key}: {error}")
    used = sum(secret is not None for secret in secrets.values())
    return CheckResult("secrets", not problems, "; ".join(problems) or f"{used} in use, readable")


def _check_models(config: ApplianceConfig) -> CheckResult:
    """Load every model, which verifies its SHA-256, and run it on an empty picture."""
    try:
        analyser = make_analyser(config)
        size = (config.camera.analysis_height_px, config.camera.analysis_width_px, 3)
        analyser.analyse(np.full(size, 127, np.uint8))
        analyser.classifier.classify(
            [np.full((analyser.classifier.input_size_px,) * 2, 127, np.uint8)]
        )
    except Exception as error:  # noqa: BLE001 - whatever fails here is the finding
        return CheckResult("models", ok=False, text=str(error))
    text = ", ".join(f"{used.name} on {used.runtime}" for used in analyser.models.values())
    return CheckResult("models", ok=True, text=text)


def _check_camera(config: ApplianceConfig) -> CheckResult:
    camera = None
    try:
        camera = make_camera(config.camera)
        info = camera.open()
        frame = camera.read(config.camera.stall_timeout_s)
        frame.still.release()
    except CameraError as error:
        return CheckResult("camera", ok=False, text=str(error))
    finally:
        if camera is not None:
            camera.close()
    height_px, width_px = frame.image.shape[:2]
    return CheckResult(
        "camera",
        ok=True,
        text=f"{info.family} {info.model}, photos {info.still_width_px}×{info.still_height_px}, "
        f"rated at {width_px}×{height_px}",
    )


def _check_broker(config: ApplianceConfig) -> CheckResult:
    if not config.mqtt.enabled:
        return CheckResult("broker", ok=None, text="mqtt.enabled is false")
    place = f"{config.mqtt.host}:{config.mqtt.port}"
    from device.mqtt.probe import probe

    problem = probe(config.mqtt, config.device)
    if problem is None:
        return CheckResult("broker", ok=True, text=f"{place} accepts this camera")
    return CheckResult("broker", ok=False, text=f"{place}: {problem}")


def _check_disk(config: ApplianceConfig) -> CheckResult:
    folder = config.album.folder or config.storage.folder / "album"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / ".check"
        trial.write_bytes(b"x")
        trial.unlink()
    except OSError as error:
        return CheckResult(
            "disk",
            ok=False,
            text=f"{folder} cannot be written: {error.strerror}; give another storage.folder, or "
            f"make it writable for this user",
        )
    free_mb = shutil.disk_usage(folder).free / 1e6
    floor_mb = config.album.min_free_megabytes
    if free_mb <= floor_mb:
        return CheckResult(
            "disk",
            ok=False,
            text=f"{folder} has {free_mb:.0f} MB free, album.min_free_megabytes is {floor_mb}; "
            "free space or lower it",
        )
    return CheckResult("disk", ok=True, text=f"{folder}, {free_mb:.0f} MB free")
