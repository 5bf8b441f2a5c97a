"""Keeping the process small for months: what the C library does with freed memory."""

import ctypes
import logging
from typing import Final

logger = logging.getLogger(__name__)

# Numbers of glibc's <malloc.h>; see mallopt(3).
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8

ARENAS: Final = 2
LARGE_BYTES: Final = 512 * 1024


def give_memory_back() -> bool:
    """Have pictures returned to the system when they are freed; say whether the library obeys.

    By default glibc keeps an arena for every thread and raises the size from which memory is
    mapped (and so returned) with every large block that is freed, up to 32 MB: a daemon whose
    threads handle pictures then only ever grows.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        logger.debug("This C library has no mallopt; memory is managed its own way")
        return False
    options = (
        (M_ARENA_MAX, ARENAS),
        (M_MMAP_THRESHOLD, LARGE_BYTES),
        (M_TRIM_THRESHOLD, LARGE_BYTES),
    )
    return all(mallopt(option, value) == 1 for option, value in options)
