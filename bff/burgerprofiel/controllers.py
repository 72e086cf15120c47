"""Resources of the source API: what a citizen sees of us in Mijn Burgerprofiel.

The national number stands in these paths because Mijn Burgerprofiel asks so; it goes no further than this file and the
body of one call, and logs hold the pattern of a path.
"""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, QueryParameter

from backend.kit.operation import get
from backend.kit.problems import not_found
from bff.burgerprofiel.forms import FormCatalogue, form
from bff.burgerprofiel.operations import (
    CONSULTATIONS,
    MESSAGES,
    QUESTION,
    QUESTIONS,
    Consultations,
    Message,
    Messages,
    Question,
    Questions,
    citizen,
)
from bff.burgerprofiel.paging import LARGEST, Link, offset_links, page_links, page_metadata
from bff.burgerprofiel.schemas import (
    ConsultationItem,
    ConsultationList,
    FormList,
    Forms,
    MessageItem,
    MessageList,
    OffsetMetadata,
    QuestionDetail,
    QuestionItem,
    QuestionList,
    StepItem,
)
from bff.core.application import ChannelParts
from bff.core.client import Core, Operation

HAL = "application/hal+json"
AWAY = [502]

Limit = Annotated[int, QueryParameter(ge=1, le=1_000_000, description="Items on a page; more than 100 gives 100.")]
PageNumber = Annotated[int, QueryParameter(name="page", ge=0, le=1_000, description="Counted from 0.")]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000, description="Skip so many.")]


def _base(request: Request[Any, Any, Any]) -> str:
    parts: ChannelParts = request.app.state.parts
    return f"{parts.settings.public_url}/burgerprofiel"


async def _asked(request: Request[Any, Any, Any], insz: str, operation: Operation[Any], page: int, limit: int) -> Any:
    """The page of the citizen's own list; an empty one for who is not known."""
    core: Core = request.app.state.core
    who = await citizen(core, request.scope["state"]["trace"], insz)
    if who is None:
        return operation.view()
    return (await core.call(operation, who, query={"limit": limit, "offset": page * limit})).value


def _question(one: Question, address: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "language": "nl",
        "name": one.subject,
        "reference": one.reference,
        "kind": one.kind,
        "status": one.status_text,
        "answered": one.answered,
        "department": one.department,
        "product_name": one.product_name,
        "created_at": one.created_at,
        "changed_at": one.changed_at,
        "deadline": one.deadline,
        "links": [Link(rel="self", href=f"{address}/{one.id}")],
    }


def _message(one: Message) -> MessageItem:
    return MessageItem(
        id=one.id,
        name=one.title,
        direction=one.direction,
        text=one.text,
        at=one.at,
        question_id=one.question_id,
        reference=one.reference,
    )


class SourceController(Controller):
    """Lists about one citizen."""

    path = "/v1"
    tags = ["source"]

    @get("/questions/{insz:str}", problems=AWAY, media_type=HAL)
    async def list_questions(
        self, request: Request[Any, Any, Any], insz: FromPath[str], limit: Limit = 10, number: PageNumber = 0
    ) -> QuestionList:
        """The questions of a citizen with their statuses, the newest first; an empty list for who is not known."""
        size = min(limit, LARGEST)
        found: Questions = await _asked(request, insz, QUESTIONS, number, size)
        address = f"{_base(request)}/v1/questions/{insz}"
        items = [QuestionItem(**_question(one, address)) for one in found.items]
        return QuestionList(
            questions=items,
            page_metadata=page_metadata(number, size, found.total),
            links=page_links(address, number, size, found.total),
        )

    @get("/questions/{insz:str}/{question_id:uuid}", problems=[404, *AWAY], media_type=HAL)
    async def get_question(
        self, request: Request[Any, Any, Any], insz: FromPath[str], question_id: FromPath[UUID]
    ) -> QuestionDetail:
        """One question of a citizen: what was said to and by the citizen, and what happened to it."""
        core: Core = request.app.state.core
        who = await citizen(core, request.scope["state"]["trace"], insz)
        if who is None:
            raise not_found("question")
        one = await core.get(QUESTION, who, question_id=question_id)
        return QuestionDetail(
            **_question(one, f"{_base(request)}/v1/questions/{insz}"),
            text=one.text,
            messages=[_message(said) for said in one.messages],
            steps=[StepItem(at=step.at, name=step.text, department=step.department) for step in one.timeline],
        )

    @get("/messages/{insz:str}", problems=AWAY, media_type=HAL)
    async def list_messages(
        self, request: Request[Any, Any, Any], insz: FromPath[str], limit: Limit = 10, number: PageNumber = 0
    ) -> MessageList:
        """What was said about the questions of a citizen, the newest first; an empty list for who is not known."""
        size = min(limit, LARGEST)
        found: Messages = await _asked(request, insz, MESSAGES, number, size)
        items = [_message(one) for one in found.items]
        return MessageList(
            messages=items,
            page_metadata=page_metadata(number, size, found.total),
            links=page_links(f"{_base(request)}/v1/messages/{insz}", number, size, found.total),
        )

    @get("/consultations/{insz:str}", problems=AWAY, media_type=HAL)
    async def list_consultations(
        self, request: Request[Any, Any, Any], insz: FromPath[str], limit: Limit = 10, number: PageNumber = 0
    ) -> ConsultationList:
        """Which departments used the data of a citizen, on which days and why, the latest first; never who did."""
        size = min(limit, LARGEST)
        found: Consultations = await _asked(request, insz, CONSULTATIONS, number, size)
        items = [ConsultationItem(day=one.day, purpose=one.purpose, department=one.department) for one in found.items]
        return ConsultationList(
            consultations=items,
            page_metadata=page_metadata(number, size, found.total),
            links=page_links(f"{_base(request)}/v1/consultations/{insz}", number, size, found.total),
        )


class FormController(Controller):
    """Forms that citizens can open inside Mijn Burgerprofiel."""

    path = "/api/v1/forms"
    tags = ["forms"]

    @get(problems=AWAY, media_type=HAL)
    async def list_forms(self, request: Request[Any, Any, Any], limit: Limit = 10, offset: Offset = 0) -> FormList:
        """The contact form about each product of the catalogue, by title; `productId` is its number in IPDC.

        Empty when it is not set up on which page of the city the forms are.
        """
        catalogue: FormCatalogue = request.app.state.forms
        parts: ChannelParts = request.app.state.parts
        size, core = min(limit, LARGEST), request.app.state.core
        shown = parts.settings.form_url
        products = await catalogue.products(core, request.scope["state"]["trace"]) if shown else []
        return FormList(
            links=offset_links(f"{_base(request)}/api/v1/forms", offset, size, len(products)),
            page_metadata=OffsetMetadata(offset=offset, size=size, total_items=len(products)),
            embedded=Forms(items=[form(one, parts.settings) for one in products[offset : offset + size]]),
        )
