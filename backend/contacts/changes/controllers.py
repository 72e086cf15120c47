"""Resource: changes on my screens."""

from typing import Annotated, Any

from litestar import Controller, Request
from litestar.params import QueryParameter

from backend.contacts.changes.schemas import ChangesView, Part
from backend.kit.access import Principal
from backend.kit.board import Board
from backend.kit.operation import get

WAIT = 4
"""Seconds; a channel gives up on a call after 5."""

PARTS: dict[str, Part] = {"worklist": "worklists", "notices": "notices", "ringing": "ringing"}
"""What a topic is called on the screen."""


class ChangesController(Controller):
    """What changed on my screens."""

    path = "/me/changes"
    tags = ["contacts"]

    @get()
    async def get_changes(
        self,
        request: Request[Principal, Any, Any],
        since: Annotated[str | None, QueryParameter(max_length=60, description="`cursor` of the time before")] = None,
        wait: Annotated[int, QueryParameter(ge=0, le=20, description="Seconds to wait for a change")] = WAIT,
    ) -> ChangesView:
        """What changed since the cursor on the worklists of your departments, your notices and the calls to you.

        Answers at once when something did, otherwise when it does or after `wait` seconds; without `since` at once,
        with a cursor to begin with. It says what to read again, and nothing of what is in it.
        """
        who, board = request.user, _board(request)
        topics = {f"worklist:{one}" for one in who.departments} | {f"notices:{who.id}", f"ringing:{who.id}"}
        found = await board.changed(topics, since, wait)
        changed = sorted({PARTS[topic.split(":")[0]] for topic in found.topics})
        return ChangesView(changed=changed, cursor=found.cursor)


def _board(request: Request[Any, Any, Any]) -> Board:
    board: Board = request.app.state.platform.board
    return board
