"""Finding picamera2 and saying, in words, what is wrong with it."""

import importlib
import os
import sys
from copy import deepcopy
from types import ModuleType
from typing import Any, Final

from device.camera.frame import CameraError

# NumPy's own words when a module was compiled against another major version.
NUMPY_TRAP_SIGNS: Final = (
    "numpy.dtype size changed",
    "compiled using numpy 1",
    "numpy.core.multiarray failed to import",
    "_array_api not found",
    "module compiled against abi",
)
# Beyond this, amplifying shows more noise than face.
MOST_GAIN: Final = 16.0


def load_picamera2() -> ModuleType:
    """Import picamera2.

    Raises:
        CameraError: it is missing, or meets the wrong NumPy; the sentence says what to do.
    """
    # libcamera tells its life story on standard error, once for every start.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        return importlib.import_module("picamera2")
    except Exception as error:
        # A broken stack fails in many ways (ValueError from Cython, AttributeError, OSError).
        raise CameraError(explain_import_error(error)) from error


def explain_import_error(error: BaseException) -> str:
    """Why picamera2 cannot be imported, and what to do, in a sentence or two."""
    told = " ".join(f"{e}" for e in _chain(error)).lower()
    if any(sign in told for sign in NUMPY_TRAP_SIGNS):
        return (
            f"picamera2 meets the wrong NumPy ({_numpy_version()}): the packages from apt "
            "(python3-picamera2, python3-simplejpeg) are compiled against apt's NumPy, and another "
            f"one lies over it in {sys.prefix}. Remove it: {sys.prefix}/bin/pip uninstall -y "
            "numpy, or run systemd/install.sh again, which keeps apt's"
        )
    missing = next((e.name for e in _chain(error) if isinstance(e, ModuleNotFoundError)), None)
    root = (missing or "").partition(".")[0]
    if root in {"picamera2", "libcamera"}:
        return (
            f"the Python package {root} is not installed: run 'sudo apt install -y "
            "python3-picamera2 --no-install-recommends'; a virtual environment must be made with "
            "--system-site-packages to see it"
        )
    if root:
        return (
            f"picamera2 needs the Python package {root}, which is missing: run 'sudo apt install "
            f"-y --reinstall python3-picamera2', or 'sudo apt install -y python3-{root}'"
        )
    return f"picamera2 cannot be imported: {error}"


def limited_exposure(tuning: dict[str, Any], longest_us: int) -> dict[str, Any] | None:
    """A camera's tuning whose automatic exposure never exposes longer than `longest_us`.

    libcamera has no such control: its automatic exposure walks up the `exposure_modes` of the
    tuning file, shutter and gain by turns (Raspberry Pi Camera Algorithm and Tuning Guide,
    chapter 5.9).  Shutter times are cut off, and the last gain is raised by what that costs.
    Returns a changed copy; None where the tuning has no automatic exposure.
    """
    changed = deepcopy(tuning)
    algorithms = changed.get("algorithms", [changed])
    agc = next((part["rpi.agc"] for part in algorithms if "rpi.agc" in part), None)
    if agc is None:
        return None
    for channel in agc.get("channels", [agc]):
        for mode in channel.get("exposure_modes", {}).values():
            _limit_mode(mode, longest_us)
    return changed


def _limit_mode(mode: dict[str, list[float]], longest_us: int) -> None:
    longest_before = max(mode["shutter"])
    mode["shutter"] = [min(time_us, longest_us) for time_us in mode["shutter"]]
    if longest_before > longest_us and mode["gain"]:
        raised = mode["gain"][-1] * longest_before / longest_us
        mode["gain"][-1] = max(mode["gain"][-1], min(MOST_GAIN, raised))


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error, what caused it and what it happened during."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _numpy_version() -> str:
    try:
        import numpy as np
    except ImportError:
        return "none"
    return f"{np.__version__} from {os.path.dirname(np.__file__)}"  # noqa: PTH120 - text to show
