"""`python -m device` is `printability`."""

import sys

from device.cli import main

sys.exit(main())
