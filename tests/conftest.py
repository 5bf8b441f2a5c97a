"""What all tests share: where things are, and patience with slow machines."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"

# A loaded two-core machine is no fault of the code under test.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def data_folder():
    """Pictures and clips of real people, which are not in this repository."""
    if not DATA.is_dir():
        pytest.skip(f"{DATA} with its real pictures is not here")
    return DATA
