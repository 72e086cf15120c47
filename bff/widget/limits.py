"""How often one network may search and read the catalogue; counted in this process, without a server of its own."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.kit.problems import ProblemError
from bff.core.client import Caller

SECONDS = 60
MOST = {
    "searchProducts": 120,
    "getProduct": 120,
    "getContactForm": 120,
    "fillContactLink": 60,
    "giveSatisfaction": 30,
    "listFlows": 120,
    "getFlow": 120,
    "getFlowStep": 240,
    "takeFlowStep": 240,
    "summariseFlow": 60,
}
"""Operation -> how often within `SECONDS`; the core itself limits forms, proofs and secrets."""
MOST_KEYS = 10_000


class Window:
    """Counts what happened in the last while.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._happened: dict[tuple[str, str], deque[float]] = {}

    def take(self, name: str, key: str, most: int) -> float:
        """One more; gives the seconds until there is room, 0 when there was."""
        now = self._now()
        happened = self._happened.pop((name, key), None) or deque()
        while happened and happened[0] <= now - SECONDS:
            happened.popleft()
        wait = happened[0] + SECONDS - now if len(happened) >= most else 0.0
        if not wait:
            happened.append(now)
        self._happened[name, key] = happened  # the last one in the order of use
        if len(self._happened) > MOST_KEYS:
            del self._happened[next(iter(self._happened))]
        return wait


async def limited(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: 429 with Retry-After for a network that asks too often."""
    name = getattr(handler, "operation_id", None)
    caller: Caller | None = connection.scope["state"].get("caller")
    if name not in MOST or caller is None:
        return
    window: Window = connection.app.state.window
    wait = window.take(name, caller.network or "", MOST[name])
    if wait:
        retry = str(min(math.ceil(wait), SECONDS))
        raise ProblemError(429, "Too often; try again later.", headers={"Retry-After": retry})
