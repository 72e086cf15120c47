"""A circuit breaker: who failed a few times in a row is left alone for a while, then asked once before it counts again.

Small and our own: the libraries there are either wrap functions of other frameworks or are no longer kept.
"""

from collections.abc import Callable
from time import monotonic
from typing import Literal

State = Literal["closed", "open", "halfOpen"]

FAILURES = 3
FIRST_SECONDS = 2.0
LONGEST_SECONDS = 30.0


class Breaker:
    """Says whether to ask. Every `allows()` that says yes is followed by one of `succeeded`, `failed` or `dropped`.

    For one event loop or one thread; nothing here waits.

    Args:
        failures: in a row, that open it.
        first: seconds before the first try after it opened; each failed try doubles them.
        longest: at most this many.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        first: float = FIRST_SECONDS,
        longest: float = LONGEST_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._failures = failures
        self._first = first
        self._longest = longest
        self._clock = clock
        self._failed = 0
        self._wait = first
        self._until: float | None = None
        self._probing = False
        self.reason = ""
        """Why it opened; empty while it is closed."""

    @property
    def state(self) -> State:
        """`closed`: ask; `open`: do not; `halfOpen`: one may try."""
        if self._until is None:
            return "closed"
        return "open" if self._clock() < self._until else "halfOpen"

    @property
    def seconds_left(self) -> float:
        """Until the next try; 0 when somebody may ask now."""
        return 0.0 if self._until is None else max(self._until - self._clock(), 0.0)

    def allows(self) -> bool:
        """Whether to ask now; when it is half open, one at a time."""
        state = self.state
        if state == "closed":
            return True
        if state == "open" or self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> bool:
        """It answered; gives whether that closed the breaker."""
        mended = self._until is not None
        self._failed, self._wait, self._until, self._probing, self.reason = 0, self._first, None, False, ""
        return mended

    def failed(self, reason: str) -> bool:
        """It did not answer; gives whether that opened the breaker, so that it is told once."""
        self._failed += 1
        if self._until is not None:
            if self._probing:
                self._probing = False
                self._wait = min(self._wait * 2, self._longest)
                self._until = self._clock() + self._wait
            return False
        if self._failed < self._failures:
            return False
        self._until, self.reason = self._clock() + self._wait, reason
        return True

    def dropped(self) -> None:
        """Nobody waited for the answer: it says nothing, and another may try."""
        self._probing = False
