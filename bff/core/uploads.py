"""How many files are on their way at once: each is in memory until the core has it, and anybody may be slow."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request

from backend.kit.problems import ProblemError
from bff.core.client import Caller

MOST, MOST_OF_ONE = 40, 5
"""Files at once, of everybody and of one person or network: as many as a form may have."""
SECONDS = 60
"""A file has arrived by then."""
RETRY_SECONDS = 5


class Uploads:
    """Files on their way through one channel."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    @asynccontextmanager
    async def whole(self, request: Request[Any, Any, Any], caller: Caller) -> AsyncIterator[bytes]:
        """The body, which has its place as long as the block lasts.

        Raises:
            ProblemError: 429 when there is no place, 400 when it does not come.
        """
        whose = f"{caller.subject} {caller.network}"
        if self._under_way.total() >= MOST or self._under_way[whose] >= MOST_OF_ONE:
            raise ProblemError(429, "Too many files at once.", headers={"Retry-After": str(RETRY_SECONDS)})
        self._under_way[whose] += 1
        try:
            yield await _read(request)
        finally:
            self._under_way[whose] -= 1
            if not self._under_way[whose]:
                del self._under_way[whose]


async def _read(request: Request[Any, Any, Any]) -> bytes:
    try:
        async with asyncio.timeout(SECONDS):
            return await request.body()
    except TimeoutError as error:
        raise ProblemError(400, "The file took too long.") from error
