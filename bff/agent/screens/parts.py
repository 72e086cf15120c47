"""Putting a screen together: the main part and those beside it, each as the core gave it.

What the person may not see is left out. Which parts are asked for is decided by the operations open to the person, kept
for half a minute, so that the audit log does not fill with refusals that nobody asked for; the core decides each time.
"""

import time
from asyncio import gather
from collections.abc import Awaitable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from msgspec import UNSET, UnsetType

from bff.agent.operations import GET_ME, Me
from bff.core.client import Answer, Caller, Core, Operation, ProblemRelayed, Query

KEPT_SECONDS = 30
MOST_KEPT = 2_000
LEFT_OUT = frozenset({403, 404})
"""A part that is not for this person, or not there any more."""

Part = msgspec.Raw | UnsetType

_ME = msgspec.json.Decoder(Me)


class Colleagues:
    """What is open to each colleague, kept for a moment.

    Args:
        core: the core API.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._held: dict[str, tuple[float, Me]] = {}

    async def of(self, caller: Caller) -> Me:
        """What is open to this one."""
        held = self._held.get(caller.subject)
        if held and held[0] > time.monotonic():
            return held[1]
        return self.read(caller, await self._core.get(GET_ME, caller))

    def read(self, caller: Caller, raw: msgspec.Raw) -> Me:
        """What is open to this one, as the core just said."""
        if len(self._held) >= MOST_KEPT:
            self._held.clear()
        me = _ME.decode(raw)
        self._held[caller.subject] = (time.monotonic() + KEPT_SECONDS, me)
        return me


class Screen:
    """The parts of one screen, for who asks.

    Args:
        core: the core API.
        caller: who asks.
        me: what is open to that person.
    """

    def __init__(self, core: Core, caller: Caller, me: Me) -> None:
        self.core = core
        self.caller = caller
        self.me = me

    async def main(
        self,
        operation: Operation[msgspec.Raw],
        *,
        path: Mapping[str, str | UUID] | None = None,
        query: Query | None = None,
    ) -> Answer[msgspec.Raw]:
        """The main part; its problem is the problem of the screen."""
        return await self.core.call(operation, self.caller, path=path, query=query)

    async def part(
        self,
        operation: Operation[msgspec.Raw],
        *,
        path: Mapping[str, str | UUID] | None = None,
        query: Query | None = None,
        wanted: bool = True,
    ) -> Part:
        """A part beside it; left out when it is not for this person, or not wanted."""
        if not wanted or operation.name not in self.me.operations:
            return UNSET
        try:
            return (await self.core.call(operation, self.caller, path=path, query=query)).value
        except ProblemRelayed as problem:
            if problem.answer.status not in LEFT_OUT:
                raise
            return UNSET


async def together(*calls: Awaitable[Any]) -> list[Any]:
    """What these give; none of them is left behind when another one fails: then the first failure is raised."""
    results = await gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return list(results)


async def provide_screen(request: Request[Any, Any, Any]) -> Screen:
    """Dependency `screen`."""
    caller: Caller = request.scope["state"]["caller"]
    colleagues: Colleagues = request.app.state.colleagues
    return Screen(request.app.state.core, caller, await colleagues.of(caller))


def shown(view: Any, main: Answer[msgspec.Raw]) -> Response[Any]:
    """A screen, with the version of its main part, for `If-Match` of a change."""
    return Response(view, headers={"ETag": main.etag} if main.etag else None)
