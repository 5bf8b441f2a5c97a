"""What the exit codes mean; sysexits.h gives 78 (EX_CONFIG), on which systemd does not restart."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
CONFIGURATION: Final = 78
