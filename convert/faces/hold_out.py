"""Which training faces are kept apart, to stop by and to choose by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convert.errors import ConfigurationError

# Fixed, so that `quantize` finds the faces that `train` never saw.
_SEED = 20_261_122
DEFAULT_SHARE = 0.05


def hold_out(count: int, share: float = DEFAULT_SHARE) -> NDArray[np.bool_]:
    """(count,) True for the share of the training faces that is kept apart.

    Raises:
        ConfigurationError: the share is not from 0 to 0.5.
    """
    if not 0 <= share <= 0.5:
        raise ConfigurationError(f"the share held out is {share}; 0 to 0.5 is allowed")
    order = np.random.default_rng(_SEED).permutation(count)
    mask = np.zeros(count, np.bool_)
    mask[order[: round(share * count)]] = True
    return mask
