"""The picture by which a threshold is chosen: score over time, threshold, cooldowns, shots."""

from pathlib import Path
from typing import Any

import cv2

from device.config.shutter import ShutterSettings
from device.daemon.dry_run import DryRun

MAX_THUMBNAILS = 8


class PlotUnavailableError(OSError):
    """matplotlib is not installed."""


def draw(run: DryRun, settings: ShutterSettings, path: Path) -> None:
    """Draw a replay into a file; its ending chooses the format.

    Raises:
        PlotUnavailableError: matplotlib, which the extra `plot` brings, is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotUnavailableError(
            "--plot needs matplotlib: pip install 'printability-camera[plot]' "
            "or apt install python3-matplotlib"
        ) from error
    figure = Figure(figsize=(12, 6.5 if run.shots else 4.5), layout="constrained")
    if run.shots:
        areas: Any = figure.subfigures(2, 1, height_ratios=[2, 1])
        _draw_scores(run, settings, areas[0].subplots())
        _draw_thumbnails(run, areas[1])
    else:
        _draw_scores(run, settings, figure.subplots())
    figure.savefig(path, dpi=120)


def _draw_scores(run: DryRun, settings: ShutterSettings, axes: Any) -> None:
    start_s = run.points[0].time_s if run.points else 0.0
    times = [point.time_s - start_s for point in run.points]
    axes.plot(times, [10 * p.score for p in run.points], color="#1f6feb", lw=1.6, label="score")
    axes.plot(
        times,
        [10 * p.expected_score for p in run.points],
        color="#f59e0b",
        lw=1.0,
        label="expected score",
    )
    axes.axhline(10 * settings.threshold, color="#b91c1c", ls="--", lw=1, label="threshold")
    axes.axhline(
        10 * (settings.threshold - settings.hysteresis),
        color="#b91c1c",
        ls=":",
        lw=1,
        label="moment ends",
    )
    _shade_cooldowns(run, times, axes)
    for number, shot in enumerate(run.shots, 1):
        at_s = shot.time_s - start_s
        axes.plot(at_s, 10 * shot.rating.score, "o", color="#15803d", ms=9, zorder=5)
        axes.annotate(
            f"{number}",
            (at_s, 10 * shot.rating.score),
            ha="center",
            va="center",
            color="white",
            fontsize=7,
            zorder=6,
        )
    axes.set(xlabel="seconds", ylabel="printability (0 to 10)", ylim=(-0.3, 10.5))
    axes.margins(x=0.01)
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right", ncols=3, fontsize=8)


def _shade_cooldowns(run: DryRun, times: list[float], axes: Any) -> None:
    """Shade every stretch in which the shutter waited for its cooldown or to be re-armed."""
    begun: float | None = None
    labelled = False
    for time_s, point in zip(times, run.points, strict=True):
        cooling = point.waiting_for == "cooldown"
        if cooling and begun is None:
            begun = time_s
        if begun is not None and (not cooling or time_s == times[-1]):
            axes.axvspan(
                begun,
                time_s,
                color="#94a3b8",
                alpha=0.25,
                lw=0,
                label=None if labelled else "cooldown",
            )
            begun, labelled = None, True


def _draw_thumbnails(run: DryRun, area: Any) -> None:
    shown = run.shots[:MAX_THUMBNAILS]
    # Room for four keeps a lone winner from filling the page.
    axes_row = area.subplots(1, max(4, len(shown)), squeeze=False)[0]
    for axes in axes_row:
        axes.axis("off")
    for number, (axes, shot) in enumerate(zip(axes_row, shown, strict=False), 1):
        axes.imshow(cv2.cvtColor(shot.thumbnail, cv2.COLOR_BGR2RGB))
        axes.set_title(
            f"{number}: frame {shot.rating.frame}, {shot.rating.shown_score:.1f} "
            f"(of {shot.candidates})",
            fontsize=9,
        )
