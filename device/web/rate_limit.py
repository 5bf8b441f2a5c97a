"""How often one address may do something."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_ADDRESSES: Final = 2048


class RateLimit:
    """Token buckets, one per address: `burst` at once, refilled at `per_minute`.

    Bounded: of more than `MOST_ADDRESSES` addresses the one unseen longest is forgotten.
    """

    def __init__(
        self, per_minute: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str, cost: float = 1.0) -> float:
        """Take `cost` from the address's bucket: 0 where allowed, else the seconds to wait."""
        now_s = self._clock()
        with self._lock:
            left, seen_s = self._buckets.pop(address, (self._burst, now_s))
            left = min(self._burst, left + (now_s - seen_s) * self._per_second)
            # More than a whole bucket could never be had: it costs all there is.
            cost = min(cost, self._burst)
            allowed = left >= cost
            self._buckets[address] = (left - cost if allowed else left, now_s)
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
            return 0.0 if allowed else (cost - left) / self._per_second
