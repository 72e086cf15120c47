"""The wrap-up of a contact: it is registered once, then the one in progress is dropped."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response
from litestar.params import HeaderParameter, JSONBody
from msgspec import UNSET

from backend.kit.operation import post
from backend.kit.problems import ProblemError
from bff.agent import operations as core
from bff.agent.screens.schemas import WrappedUp, WrapUp
from bff.core.client import Caller, Core, ProblemRelayed
from bff.core.transport import Received

KEY = "idempotency-key"
REPLAYED = "idempotency-replayed"
INSIDE = "contact"
"""Where the body of the core stands in ours."""
GONE = 404


class WrapUpController(Controller):
    """Wrapping up."""

    path = "/screens/wrapUp"
    tags = ["screens"]

    @post(problems=[404, 409, 422, 502])
    async def wrap_up_contact(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[WrapUp],
        idempotency_key: Annotated[
            str,
            HeaderParameter(
                name="Idempotency-Key",
                description="Your own unique key of this call; repeat it when no answer came.",
                schema_extra={"pattern": "^[!-~]{8,128}$"},
            ),
        ],
    ) -> Response[WrappedUp]:
        """Register a contact with everything that came out of it, then drop the contact in progress that it was.

        Faults of the contact come back with their place in this body (`contact.questions[0].subject`). When the contact
        is registered and the one in progress cannot be dropped, `draftRemoved` is false; repeating the call with the
        same key registers nothing again and drops it.
        """
        api: Core = request.app.state.core
        caller: Caller = request.scope["state"]["caller"]
        try:
            answer = await api.send(
                core.REGISTER_CONTACT,
                caller,
                path={},
                query={},
                body=msgspec.json.encode(data.contact),
                headers=[(KEY, idempotency_key)],
            )
        except ProblemRelayed as problem:
            raise ProblemRelayed(_placed(problem.answer)) from problem
        removed = UNSET if data.draft_id is UNSET else await _remove(api, caller, data.draft_id)
        view = WrappedUp(contact=msgspec.Raw(answer.body), draft_removed=removed)
        headers = {"Idempotency-Replayed": answer.headers[REPLAYED]} if REPLAYED in answer.headers else None
        return Response(view, status_code=201, headers=headers)


async def _remove(api: Core, caller: Caller, draft_id: UUID) -> bool:
    """Drop the contact in progress as it is now; whether it is gone. It never undoes that the contact is registered."""
    path = {"draft_id": draft_id}
    try:
        draft = await api.call(core.GET_DRAFT, caller, path=path)
        await api.call(core.REMOVE_DRAFT, caller, path=path, headers=[("if-match", draft.etag or "")])
    except ProblemRelayed as problem:
        return problem.answer.status == GONE
    except ProblemError:
        return False
    return True


def _placed(answer: Received) -> Received:
    """A problem of the core, with the places of its faults as they are in our body."""
    problem: dict[str, Any] = msgspec.json.decode(answer.body)
    for issue in problem.get("issues", []):
        if issue.get("in") == "body":
            issue["name"] = f"{INSIDE}.{issue['name']}" if issue.get("name") else INSIDE
    return msgspec.structs.replace(answer, body=msgspec.json.encode(problem))
