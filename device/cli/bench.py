"""`printability bench`: milliseconds per stage and frames per second on this machine."""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from device.camera.frame import Image
from device.cli.exit_codes import DONE
from device.cli.options import add_config_options, add_json_option, config_of
from device.cli.seed_recipe import SeedRecipe
from device.config.appliance import ApplianceConfig
from device.daemon.status import resident_megabytes
from device.shutter.shutter import Shutter
from device.vision.analyser import Analyser, make_analyser, thread_count
from device.vision.eye_history import EyeHistory
from device.vision.image_file import read_image
from device.vision.rating import rate

WARM_UP = 5
MAX_PIXELS = 100_000_000
FILM_FRAMES = 24
NOISE_LEVELS = 3.0
PAN_PX = 60
SAMPLE_PICTURE = Path(__file__).resolve().parents[1] / "demo" / "pictures" / "collins.jpg"


@dataclass(slots=True)
class Timings:
    """Milliseconds of every stage of every frame."""

    stages: dict[str, list[float]] = field(default_factory=dict)

    def add(self, stage: str, milliseconds: float) -> None:
        """Note one measurement."""
        self.stages.setdefault(stage, []).append(milliseconds)

    def summary(self) -> dict[str, dict[str, float]]:
        """Median, mean and 95th percentile of each stage."""
        return {
            stage: {
                "median_ms": round(float(np.median(values)), 3),
                "mean_ms": round(float(np.mean(values)), 3),
                "p95_ms": round(float(np.percentile(values, 95)), 3),
            }
            for stage, values in self.stages.items()
        }


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("bench", help="measure speed and memory", description=__doc__)
    parser.add_argument("--frames", type=int, default=60, help="frames to measure (%(default)s)")
    parser.add_argument(
        "--picture", type=Path, default=SAMPLE_PICTURE, help="picture with a face to rate"
    )
    parser.add_argument(
        "--seed-recipe",
        type=Path,
        metavar="FLOAT.tflite",
        help="measure in the same run, frame by frame in turn, the prototype's recipe with this "
        "float 224×224 network: 300×300 detector, smile network, eye cascade on the whole face",
    )
    parser.add_argument(
        "--moving",
        action="store_true",
        help="pan the camera all the time; otherwise it stands still before a person who does too",
    )
    add_json_option(parser)
    add_config_options(parser)
    parser.set_defaults(execute=execute)


def execute(parsed: argparse.Namespace) -> int:
    """Measure and report."""
    config = config_of(parsed)
    image = _camera_picture(read_image(parsed.picture, MAX_PIXELS).image, config)
    analyser = make_analyser(config, video=True)
    film = _film(image, moving=parsed.moving)
    step = _FrameStep(config, analyser, film)
    seed = SeedRecipe(parsed.seed_recipe, config) if parsed.seed_recipe else None
    timings, faces = _measure(step, seed, image, max(1, parsed.frames))
    report = _report(config, analyser, timings, image, faces)
    if parsed.json:
        print(json.dumps(report, indent=1))
    else:
        _print(report)
    return DONE


def _camera_picture(image: Image, config: ApplianceConfig) -> Image:
    """The picture as a camera would show it: on a canvas of the analysis size."""
    width_px, height_px = config.camera.analysis_width_px, config.camera.analysis_height_px
    scale = min(width_px / image.shape[1], height_px / image.shape[0])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    canvas = np.full((height_px, width_px, 3), 96, np.uint8)
    x, y = (width_px - size[0]) // 2, (height_px - size[1]) // 2
    canvas[y : y + size[1], x : x + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return canvas


def _film(image: Image, *, moving: bool) -> list[Image]:
    """The picture as a camera repeats it: with new noise in every frame; moving: panned, too."""
    random = np.random.default_rng(0)
    frames = []
    for number in range(FILM_FRAMES):
        shift_px = round(PAN_PX * np.sin(2 * np.pi * number / FILM_FRAMES)) if moving else 0
        noise = random.normal(0, NOISE_LEVELS, image.shape)
        frames.append(np.clip(np.roll(image, shift_px, axis=1) + noise, 0, 255).astype(np.uint8))
    return frames


class _FrameStep:
    """One frame's way without camera and disk: faces, smile, eyes, rating, shutter."""

    def __init__(self, config: ApplianceConfig, analyser: Analyser, film: list[Image]) -> None:
        self._config = config
        self._analyser = analyser
        self._film = film
        self._history = EyeHistory(config.eyes)
        self._shutter = Shutter(config.shutter)
        self._number = 0
        self._now = datetime.now(UTC)

    def run(self, timings: Timings) -> int:
        image = self._film[self._number % len(self._film)]
        started = time.perf_counter()
        time_s = self._number / 15
        faces = self._analyser.analyse(image)
        analysed = time.perf_counter()
        faces = self._history.update(time_s, faces)
        rating = rate(faces, frame=self._number, time=self._now)
        self._shutter.observe(rating, time_s)
        done = time.perf_counter()
        self._number += 1
        times = self._analyser.times
        timings.add("faces", times.faces_ms)
        timings.add("smile", times.smile_ms)
        timings.add("eyes", times.eyes_ms)
        timings.add("sharpness", times.sharpness_ms)
        timings.add("rating_and_shutter", 1000 * (done - analysed))
        timings.add("whole_frame", 1000 * (done - started))
        return len(faces)


def _measure(
    step: _FrameStep, seed: SeedRecipe | None, image: Image, frames: int
) -> tuple[Timings, int]:
    timings, faces = Timings(), 0
    for number in tqdm(
        range(frames + WARM_UP), unit="frame", disable=not sys.stderr.isatty(), leave=False
    ):
        kept = timings if number >= WARM_UP else Timings()
        faces = step.run(kept)
        _timed(kept, "photo_jpeg", lambda: cv2.imencode(".jpg", image))
        if seed is not None:
            _timed(kept, "seed_recipe_whole_frame", lambda: seed.run(image))
    return timings, faces


def _timed(timings: Timings, stage: str, work: Callable[[], Any]) -> None:
    started = time.perf_counter()
    work()
    timings.add(stage, 1000 * (time.perf_counter() - started))


def _report(
    config: ApplianceConfig, analyser: Analyser, timings: Timings, image: Image, faces: int
) -> dict[str, Any]:
    stages = timings.summary()
    # Every few frames are searched thoroughly, so the mean is what a second is made of.
    whole_ms = stages["whole_frame"]["mean_ms"]
    report: dict[str, Any] = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "models": {part: used.name for part, used in analyser.models.items()},
        "runtimes": {part: used.runtime for part, used in analyser.models.items()},
        "threads": thread_count(config.performance.threads),
        "width_px": image.shape[1],
        "height_px": image.shape[0],
        "faces": faces,
        "frames": len(timings.stages["whole_frame"]),
        "stages": stages,
        "frames_per_second": round(1000 / whole_ms, 2),
        "resident_megabytes": resident_megabytes(),
    }
    if "seed_recipe_whole_frame" in stages:
        report["ratio_to_seed_recipe"] = round(
            whole_ms / stages["seed_recipe_whole_frame"]["mean_ms"], 3
        )
    return report


def _print(report: dict[str, Any]) -> None:
    print(
        f"{report['width_px']}×{report['height_px']}, {report['faces']} face(s), "
        f"{report['frames']} frames, {report['threads']} thread(s)"
    )
    for part, name in report["models"].items():
        print(f"  {part}: {name} on {report['runtimes'][part]}")
    for stage, times in report["stages"].items():
        print(
            f"  {stage:<24} {times['median_ms']:9.2f} ms   mean {times['mean_ms']:9.2f} ms   "
            f"p95 {times['p95_ms']:9.2f} ms"
        )
    print(
        f"{report['frames_per_second']:.1f} frames/s, "
        f"{report['resident_megabytes']:.0f} MB resident"
    )
    if "ratio_to_seed_recipe" in report:
        print(f"whole frame ÷ the prototype's recipe, means: {report['ratio_to_seed_recipe']:.2f}")
