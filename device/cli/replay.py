"""`printability replay SOURCE`: what would have been shot, when and why."""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from device.cli.exit_codes import DONE
from device.cli.options import add_config_options, add_json_option, config_of
from device.config.appliance import ApplianceConfig
from device.daemon.dry_run import DryRun, DryRunShot
from device.daemon.frame_loop import RatedFrame
from device.messages.rating import rating_to_json


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "replay",
        help="run the appliance over a video or a folder of pictures",
        description=__doc__,
    )
    parser.add_argument("source", help="video file, picture or folder of pictures")
    parser.add_argument(
        "--realtime",
        action="store_true",
        help="at the file's own speed (default: as fast as can be)",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw score, threshold and shots (PNG, SVG, PDF)"
    )
    parser.add_argument(
        "--ratings", type=Path, metavar="FILE", help="write one rating a line (JSON Lines)"
    )
    parser.add_argument(
        "--save", type=Path, metavar="FOLDER", help="save the shots into this album folder"
    )
    add_json_option(parser)
    add_config_options(parser)
    parser.set_defaults(execute=execute)


def execute(parsed: argparse.Namespace) -> int:
    """Replay the source and report its shots."""
    config = _replay_config(config_of(parsed), parsed.source, parsed.realtime)
    with ExitStack() as stack:
        ratings = (
            stack.enter_context(parsed.ratings.open("w", encoding="utf-8"))
            if parsed.ratings
            else None
        )
        bar = stack.enter_context(tqdm(unit="frame", disable=not sys.stderr.isatty()))

        def on_rated(rated: RatedFrame) -> None:
            bar.update()
            bar.set_postfix(score=f"{rated.rating.shown_score:.1f}", refresh=False)
            if ratings is not None:
                _write_line(ratings, rating_to_json(rated.rating))

        run = DryRun(config, album_folder=parsed.save, on_rated=on_rated)
        run.run()
    report = _report(parsed.source, run)
    if parsed.plot is not None:
        from device.cli.replay_plot import draw

        draw(run, config.shutter, parsed.plot)
    if parsed.json:
        print(json.dumps(report, indent=1))
    else:
        _print_report(report, run.shots)
    return DONE


def _replay_config(config: ApplianceConfig, source: str, realtime: bool) -> ApplianceConfig:
    camera = config.camera.model_copy(
        update={"source": source, "replay_realtime": realtime, "replay_loop": False}
    )
    return config.model_copy(update={"camera": camera})


def _write_line(file: TextIO, value: dict[str, Any]) -> None:
    file.write(json.dumps(value, separators=(",", ":")) + "\n")


def _report(source: str, run: DryRun) -> dict[str, Any]:
    return {
        "source": source,
        "frames": len(run.points),
        "seconds": round(run.points[-1].time_s - run.points[0].time_s, 3) if run.points else 0.0,
        "shots": [
            {
                "frame": shot.rating.frame,
                "time_s": round(shot.time_s, 3),
                "score": round(shot.rating.score, 4),
                "expected_score": round(shot.rating.expected_score, 4),
                "file": shot.file,
                "candidates": shot.candidates,
            }
            for shot in run.shots
        ],
        "models": {part: used.name for part, used in run.models.items()},
    }


def _print_report(report: dict[str, Any], shots: list[DryRunShot]) -> None:
    print(f"{report['source']}: {report['frames']} frames, {report['seconds']} s")
    for shot in shots:
        saved = f", saved as {shot.file}" if shot.file else ""
        print(
            f"  shot: frame {shot.rating.frame} at {shot.time_s:.2f} s, score "
            f"{shot.rating.shown_score:.1f}, best of {shot.candidates} candidates{saved}"
        )
    if not shots:
        print("  no shot")
