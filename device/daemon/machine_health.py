"""The machine's own condition: temperature, under-voltage, throttling.

Sources: thermal zones as in the kernel's `Documentation/driver-api/thermal/sysfs-api.rst`; the
bits of `get_throttled` as in Raspberry Pi's documentation of `vcgencmd`.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

THERMAL_ZONES: Final = Path("/sys/class/thermal")
THROTTLED_FILES: Final = (
    Path("/sys/devices/platform/soc/soc:firmware/get_throttled"),
    Path("/sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"),
)
PREFERRED_ZONES: Final = ("cpu-thermal", "cpu_thermal", "x86_pkg_temp", "soc-thermal")
VCGENCMD_TIMEOUT_S: Final = 2.0

UNDER_VOLTAGE: Final = 1 << 0
FREQUENCY_CAPPED: Final = 1 << 1
THROTTLED: Final = 1 << 2
SOFT_TEMPERATURE_LIMIT: Final = 1 << 3


@dataclass(frozen=True, slots=True)
class MachineReading:
    """One look at the machine.  None: this machine cannot say."""

    temperature_celsius: float | None
    under_voltage: bool | None
    throttled: bool | None


class MachineHealth:
    """Reads the machine's sensors: sysfs where it has them, else `vcgencmd`."""

    def __init__(
        self,
        thermal_zones: Path = THERMAL_ZONES,
        throttled_files: tuple[Path, ...] = THROTTLED_FILES,
        vcgencmd: str = "vcgencmd",
    ) -> None:
        self._thermal_zones = thermal_zones
        self._throttled_files = throttled_files
        # Set to None at the first failure: a program that is missing stays missing, and a process
        # every few seconds for nothing is a cost on a small Pi.
        self._vcgencmd: str | None = vcgencmd

    def read(self) -> MachineReading:
        """Look once."""
        temperature = self._zone_temperature()
        if temperature is None:
            temperature = parse_temperature(self._ask_vcgencmd("measure_temp"))
        flags = self._throttled_flags()
        if flags is None:
            return MachineReading(temperature, None, None)
        slowed = flags & (FREQUENCY_CAPPED | THROTTLED | SOFT_TEMPERATURE_LIMIT)
        return MachineReading(temperature, bool(flags & UNDER_VOLTAGE), bool(slowed))

    def _zone_temperature(self) -> float | None:
        """The processor's zone, else the hottest one."""
        readings: dict[str, float] = {}
        for zone in sorted(self._thermal_zones.glob("thermal_zone*")):
            try:
                kind = (zone / "type").read_text().strip()
                readings[kind] = int((zone / "temp").read_text()) / 1000
            except (OSError, ValueError):
                continue
        for kind in PREFERRED_ZONES:
            if kind in readings:
                return readings[kind]
        return max(readings.values(), default=None)

    def _throttled_flags(self) -> int | None:
        for file in self._throttled_files:
            try:
                return int(file.read_text().strip(), 16)
            except (OSError, ValueError):
                continue
        return parse_throttled(self._ask_vcgencmd("get_throttled"))

    def _ask_vcgencmd(self, question: str) -> str:
        if self._vcgencmd is None:
            return ""
        try:
            answer = subprocess.run(
                [self._vcgencmd, question],
                capture_output=True,
                text=True,
                timeout=VCGENCMD_TIMEOUT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            self._vcgencmd = None
            return ""
        return answer.stdout


def parse_throttled(answer: str) -> int | None:
    """The flags in `vcgencmd get_throttled`'s answer.

    >>> parse_throttled("throttled=0x50005")
    327685
    """
    match = re.fullmatch(r"throttled=0x([0-9a-fA-F]+)", answer.strip())
    return int(match[1], 16) if match else None


def parse_temperature(answer: str) -> float | None:
    """The degrees in `vcgencmd measure_temp`'s answer.

    >>> parse_temperature("temp=48.3'C")
    48.3
    """
    match = re.fullmatch(r"temp=(-?[0-9]+(?:\.[0-9]+)?)'C", answer.strip())
    return float(match[1]) if match else None


class ThermalThrottle:
    """Decides when a hot machine goes slower: above one limit, until below a lower one.

    Between the limits the last decision stands, so the rate does not swing.  Pure: readings come
    in, the decision goes out.
    """

    def __init__(self, slow_down_celsius: float, recover_celsius: float) -> None:
        if recover_celsius >= slow_down_celsius:
            raise ValueError(
                f"recover_celsius ({recover_celsius}) must be below slow_down_celsius "
                f"({slow_down_celsius})"
            )
        self._slow_down_celsius = slow_down_celsius
        self._recover_celsius = recover_celsius
        self._slowed_down = False

    @property
    def slowed_down(self) -> bool:
        """Whether the machine is to go slower."""
        return self._slowed_down

    def update(self, temperature_celsius: float | None) -> bool:
        """Take a reading in; without one (no sensor) the last decision stands."""
        if temperature_celsius is None:
            return self._slowed_down
        if temperature_celsius >= self._slow_down_celsius:
            self._slowed_down = True
        elif temperature_celsius <= self._recover_celsius:
            self._slowed_down = False
        return self._slowed_down
