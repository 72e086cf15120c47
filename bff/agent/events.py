"""Server-sent events: what changed on the screens of a colleague, as it happens."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request
from litestar.params import HeaderParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from backend.kit.operation import get
from backend.kit.problems import ProblemError
from bff.agent.operations import GET_CHANGES, Changes
from bff.core.client import Caller, Core, ProblemRelayed
from bff.session import Sessions

COMMENT_SECONDS = 15
LONGEST_WAIT = 3
"""Seconds that the core waits for a change; a call takes longer than that by little."""
REST_SECONDS = 0.2
"""At least so long between two events: changes that come together are told together."""
AWAY_SECONDS = 2
MOST_STREAMS = 20
"""Of one session: a tab of the browser has one."""
BAD_REQUEST = 400

Told = AsyncIterator[ServerSentEventMessage]


class EventController(Controller):
    """Events."""

    path = "/events"
    tags = ["events"]

    @get(problems=[429, 502], media_type="text/event-stream")
    async def follow_events(
        self,
        request: Request[Any, Any, Any],
        last_event_id: Annotated[
            str | None,
            HeaderParameter(name="Last-Event-ID", description="The browser sends it when it connects again."),
        ] = None,
    ) -> ServerSentEvent:
        """A stream (`text/event-stream`) that says which parts of the screens to read again.

        Event `changed` with data `{"changed": ["worklists", "notices", "ringing"]}`, one or more of those; a comment
        every 15 seconds; event `ended` when the session ends, and then the stream does.
        """
        sessions: Sessions = request.app.state.sessions
        streams: Counter[str] = request.app.state.streams
        if streams[request.user.id] >= MOST_STREAMS:
            raise ProblemError(429, "Too many streams at once.", headers={"Retry-After": str(COMMENT_SECONDS)})
        token = request.cookies.get(sessions.cookie, "")
        told = follow(request.app.state.core, request.scope["state"]["caller"], sessions, token, last_event_id)
        return ServerSentEvent(_counted(streams, request.user.id, told))


async def _counted(streams: Counter[str], session: str, told: Told) -> Told:
    """The events of a stream that counts as one of the session until it ends."""
    streams[session] += 1
    try:
        async for event in told:
            yield event
    finally:
        streams[session] -= 1
        if not streams[session]:
            del streams[session]


async def follow(core: Core, caller: Caller, sessions: Sessions, token: str, since: str | None) -> Told:
    """Events until the session ends; what cannot be read for a moment is read later."""
    commented = time.monotonic()
    yield ServerSentEventMessage(data=None, comment="open")
    while await _lasts(sessions, token):
        try:
            found = await _changes(core, caller, since)
        except ProblemRelayed as problem:
            if since is None or problem.answer.status != BAD_REQUEST:
                break  # no colleague any more
            since = None  # what the browser remembered is no cursor: from now on
            continue
        if found is None:
            await asyncio.sleep(AWAY_SECONDS)
        else:
            since = found.cursor
            if found.changed:
                data = msgspec.json.encode({"changed": found.changed}).decode()
                yield ServerSentEventMessage(event="changed", data=data, id=since)
                await asyncio.sleep(REST_SECONDS)
        if time.monotonic() - commented >= COMMENT_SECONDS - LONGEST_WAIT:
            commented = time.monotonic()
            yield ServerSentEventMessage(data=None, comment="still here")
    yield ServerSentEventMessage(event="ended", data="{}")


async def _changes(core: Core, caller: Caller, since: str | None) -> Changes | None:
    """What changed; None while the core cannot say."""
    try:
        return (await core.call(GET_CHANGES, caller, query={"since": since, "wait": LONGEST_WAIT})).value
    except ProblemError:
        return None


async def _lasts(sessions: Sessions, token: str) -> bool:
    """Whether the session is still there; looking does not use it. Sessions that cannot be read are thought to be."""
    try:
        return await sessions.look(token) is not None
    except ProblemError:
        return True
