"""`python -m device.config` prints the commented default configuration."""

import sys

from device.config.documentation import default_config_text

sys.stdout.write(default_config_text())
