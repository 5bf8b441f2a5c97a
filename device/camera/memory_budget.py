"""How large the photos and how many the buffers of a Pi camera may be, given the memory there is.

Capture buffers must be contiguous on a Pi 4 and older: they come from the kernel's CMA area, a few
hundred megabytes at most.  A Pi 5 has an IOMMU and takes them from ordinary memory.  The camera's
driver also needs raw buffers of its own, whether raw pictures are asked for or not.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from device.config.camera import CameraSettings

Size = tuple[int, int]

MEMINFO: Final = Path("/proc/meminfo")
CAMERA_HEAP: Final = Path("/dev/dma_heap/vidbuf_cached")

# The shutter keeps up to eight candidates; one frame is being rated, one photo being written.
STILLS_WANTED: Final = 10
# Requests that must stay with the camera, or it stops delivering.
IN_FLIGHT: Final = 2
MOST_BUFFERS: Final = 8
FEWEST_BUFFERS: Final = 4
# From this many buffers on, one may wait, finished, for a reader that is busy: no frame time is
# lost then.  With fewer, the reader waits for the next frame instead.
BUFFERS_FOR_QUEUE: Final = 5
# What one may take of what is free: the rest is for fragmentation and for everybody else.
CAMERA_SHARE: Final = 0.9
RAM_SHARE: Final = 1 / 3
RAW_BUFFERS: Final = 4
RAW_BYTES_PER_PIXEL: Final = 1.5
ROW_ALIGNMENT_BYTES: Final = 128
# Widths to fall back to when neither the full nor the half sensor fits.
SMALL_WIDTHS_PX: Final = (1920, 1280)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that are free now: `ram` for anybody, `camera` for capture buffers."""

    ram_bytes: int
    camera_bytes: int


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """One way to run the camera.

    `buffers` are full-resolution pictures held by camera and appliance together; `spare_copies`
    is how many further pictures may be held as copies in ordinary memory.
    """

    still: Size
    analysis: Size
    buffers: int
    spare_copies: int

    @property
    def queued(self) -> bool:
        """Whether a finished frame waits for the reader."""
        return self.buffers >= BUFFERS_FOR_QUEUE

    @property
    def holdable(self) -> int:
        """Pictures that may be held in their buffers at once; the rest keeps the camera going."""
        return self.buffers - IN_FLIGHT - int(self.queued)


def read_memory(meminfo: Path = MEMINFO, camera_heap: Path = CAMERA_HEAP) -> Memory:
    """What is free now, from `/proc/meminfo` (proc_meminfo(5)).

    Raises:
        OSError: `meminfo` cannot be read.
    """
    free: dict[str, int] = {}
    for line in meminfo.read_text().splitlines():
        name, _, value = line.partition(":")
        words = value.split()
        if words and words[0].isdigit():
            free[name] = int(words[0]) * 1024
    ram_bytes = free.get("MemAvailable", free.get("MemFree", 0))
    from_ram = camera_heap.resolve().name == "system" or not free.get("CmaTotal")
    return Memory(ram_bytes, ram_bytes if from_ram else free.get("CmaFree", 0))


def capture_plans(
    memory: Memory, sensor: Size, settings: CameraSettings
) -> tuple[CapturePlan, ...]:
    """Ways to run the camera, best first; a later one is for when an earlier one fails.

    `sensor` is the sensor's resolution.  There is always at least one plan: what the configuration
    asks for is tried even where the figures speak against it.
    """
    sizes = _still_sizes(sensor, settings)
    counts = _buffer_counts(settings)
    plans = [_plan(memory, settings, still, buffers) for still in sizes for buffers in counts]
    fitting = tuple(plan for plan in plans if _fits(memory, sensor, plan))
    return fitting or tuple(plan for plan in plans if plan.still == sizes[-1])


def analysis_size(still: Size, settings: CameraSettings) -> Size:
    """The largest even size in the still's shape within the analysis size and the still itself.

    Sizes are as the sensor lies: for a camera turned by 90° the analysis size is turned back.
    A picture of another shape would show squashed faces.

    >>> analysis_size((4608, 2592), CameraSettings())
    (640, 360)
    """
    box = settings.analysis_width_px, settings.analysis_height_px
    if settings.rotation in (90, 270):
        box = box[1], box[0]
    scale = min(box[0] / still[0], box[1] / still[1], 1.0)
    return _even(still[0] * scale), _even(still[1] * scale)


def yuv420_bytes(size: Size) -> int:
    """Bytes of a YUV420 picture in a Pi's memory, its rows padded."""
    stride = -(-size[0] // ROW_ALIGNMENT_BYTES) * ROW_ALIGNMENT_BYTES
    return stride * size[1] * 3 // 2


def camera_bytes(sensor: Size, plan: CapturePlan) -> int:
    """What a plan takes of the camera's memory, the driver's raw buffers included.

    A still of at most half the sensor's width is read from the sensor binned two by two.
    """
    binned = 2 if plan.still[0] * 2 <= sensor[0] else 1
    raw = sensor[0] // binned * (sensor[1] // binned) * RAW_BYTES_PER_PIXEL
    per_buffer = yuv420_bytes(plan.still) + yuv420_bytes(plan.analysis)
    return int(RAW_BUFFERS * raw) + plan.buffers * per_buffer


def ram_bytes(plan: CapturePlan) -> int:
    """What a plan takes of ordinary memory: its copies, and one photo being converted to BGR."""
    return (plan.spare_copies + 3) * yuv420_bytes(plan.still)


def _fits(memory: Memory, sensor: Size, plan: CapturePlan) -> bool:
    return (
        camera_bytes(sensor, plan) <= memory.camera_bytes * CAMERA_SHARE
        and plan.spare_copies + plan.holdable >= STILLS_WANTED
    )


def _plan(memory: Memory, settings: CameraSettings, still: Size, buffers: int) -> CapturePlan:
    """A plan with as many copies as are wanted beside the buffers, as far as RAM allows them."""
    plan = CapturePlan(still, analysis_size(still, settings), buffers, 0)
    allowed = int(memory.ram_bytes * RAM_SHARE - ram_bytes(plan)) // yuv420_bytes(still)
    return replace(plan, spare_copies=max(0, min(allowed, STILLS_WANTED - plan.holdable)))


def _buffer_counts(settings: CameraSettings) -> tuple[int, ...]:
    if settings.buffers:
        return tuple(range(max(settings.buffers, IN_FLIGHT + 1), IN_FLIGHT, -1))
    return tuple(range(MOST_BUFFERS, FEWEST_BUFFERS - 1, -1))


def _still_sizes(sensor: Size, settings: CameraSettings) -> tuple[Size, ...]:
    """Sizes to try, largest first; only one where the configuration names it."""
    width, height = settings.still_width_px, settings.still_height_px
    if settings.rotation in (90, 270):
        width, height = height, width
    if width or height:
        wanted = (
            width or height * sensor[0] / sensor[1],
            height or width * sensor[1] / sensor[0],
        )
        return ((min(_even(wanted[0]), sensor[0]), min(_even(wanted[1]), sensor[1])),)
    widths = [sensor[0], sensor[0] // 2, *(w for w in SMALL_WIDTHS_PX if w < sensor[0] // 2)]
    least = min(max(SMALL_WIDTHS_PX[-1], settings.analysis_width_px), sensor[0])
    return tuple(
        (_even(width), _even(width * sensor[1] / sensor[0])) for width in widths if width >= least
    )


def _even(length: float) -> int:
    return max(2, int(length + 1e-6) // 2 * 2)
