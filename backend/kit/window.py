"""How often something happened in the last while, counted in this process; and the refusal of what is too often."""

import math
import time
from collections import deque
from collections.abc import Callable, Hashable

from backend.kit.problems import ProblemError

MOST_KEYS = 10_000
"""Keys counted by one window; the ones not used longest are forgotten first."""


class Window:
    """Counts what happened.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._happened: dict[Hashable, deque[float]] = {}

    def wait(self, key: Hashable, *, most: int, seconds: int, count: bool = True) -> float:
        """Seconds until there is room again for `key`, 0 when there is.

        Args:
            key: what is counted, and for whom.
            most: how often within `seconds`.
            seconds: the while.
            count: this is one; what has to wait never counts.
        """
        now = self._now()
        happened = self._happened.pop(key, deque())
        while happened and happened[0] <= now - seconds:
            happened.popleft()
        wait = happened[0] + seconds - now if len(happened) >= most else 0.0
        if count and not wait:
            happened.append(now)
        if happened:
            self._happened[key] = happened  # the last one in the order of use
        if len(self._happened) > MOST_KEYS:
            del self._happened[next(iter(self._happened))]
        return wait


def too_often(wait: float, *, seconds: int) -> ProblemError:
    """429 with Retry-After, in whole seconds: at least `wait`, never longer than the while of `seconds` itself."""
    retry = min(math.ceil(wait), seconds)
    return ProblemError(429, "Too often; try again later.", headers={"Retry-After": str(retry)})
