"""Resource: flows, for who takes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.assistant.statistics.rules import counted, to_the_city
from backend.assistant.steps.rules import StepView
from backend.assistant.steps.schemas import (
    Answers,
    FlowHandover,
    FlowPage,
    FlowView,
    HandoverSent,
    StepAsk,
    SummaryAsk,
    SummaryView,
)
from backend.assistant.steps.service import HandingService, StepService
from backend.contacts.intake.controllers import Key, checked, provide_accepting, small
from backend.contacts.intake.schemas import FormReceived
from backend.contacts.intake.service import AcceptingService
from backend.identity.rules import STAFF
from backend.kit.clock import BRUSSELS, SystemClock
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.problems import ProblemError, invalid_input
from backend.kit.schema import given
from backend.kit.text import clean_json
from backend.kit.work import Work

Spoken = Annotated[
    str | None,
    QueryParameter(min_length=2, max_length=35, description="Of texts, such as fr; Dutch where it is not there"),
]
_ANSWERS = msgspec.json.Decoder(Answers)
_LONGEST = 3_000
"""Characters of answers in an address, which most servers and balancers let through."""


def provide_steps(request: Request[Any, Any, Any]) -> StepService:
    """Dependency `steps`; it has no unit of work: nothing is written, and what is read is kept in memory."""
    platform = request.app.state.platform
    today = SystemClock().now().astimezone(BRUSSELS).date()
    return StepService(platform.flows, platform.flow_products, platform.settings.flow_form_url, today)


def provide_handing(steps: NamedDependency[StepService]) -> HandingService:
    """Dependency `handing`."""
    return HandingService(steps)


def answers_of(text: str) -> dict[str, Any]:
    """Answers that stand in an address; 400 for what is no JSON object of answers."""
    try:
        found: Any = clean_json(_ANSWERS.decode(text))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise invalid_input("A JSON object of answers by id of the question.", where="query", name="answers") from None
    return dict(found)


@contextmanager
def _inside(place: str) -> Iterator[None]:
    """Faults of a part of the body are told with the place they have in the whole."""
    try:
        yield
    except ProblemError as error:
        error.issues = [msgspec.structs.replace(one, name=f"{place}.{one.name}") for one in error.issues]
        raise


class FlowController(Controller):
    """Guided questions."""

    path = "/flows"
    tags = ["assistant"]
    dependencies = {
        "steps": Provide(provide_steps, sync_to_thread=False),
        "handing": Provide(provide_handing, sync_to_thread=False),
        "accepting": Provide(provide_accepting, sync_to_thread=False),
    }

    @get()
    async def list_flows(
        self,
        steps: NamedDependency[StepService],
        page: NamedDependency[PageRequest],
        language: Spoken = None,
        product_id: Annotated[
            UUID | None, QueryParameter(name="productId", description="Only those about this product")
        ] = None,
    ) -> FlowPage:
        """The flows that can be taken today."""
        return await steps.page(page, language, product_id)

    @get("/{slug:str}", problems=[404])
    async def get_flow(
        self, slug: FromPath[str], steps: NamedDependency[StepService], language: Spoken = None
    ) -> FlowView:
        """One flow as it goes today, and its first question.

        With `answersIn` = `session` the answers are private: they are sent in a body only, and kept by who takes the
        flow for as long as the page is open, no longer.
        """
        return await steps.get(slug, language)

    @get("/{slug:str}/step", problems=[404, 409])
    async def get_flow_step(
        self,
        slug: FromPath[str],
        steps: NamedDependency[StepService],
        answers: Annotated[
            str, QueryParameter(max_length=_LONGEST, description='JSON, by id of the question: {"richting":"binnen"}')
        ] = "{}",
        version: Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="That was begun with")] = None,
        language: Spoken = None,
    ) -> StepView:
        """Where these answers lead: the next question or the outcome, as `takeFlowStep`; this is counted nowhere.

        For an address that can be shared. 409 `answersNotInAddress` for a flow whose answers are private.
        """
        await steps.in_address(slug, version)
        found = answers_of(answers)
        return await steps.view(await steps.take(slug, found, language, version), found)

    @post("/{slug:str}/step", problems=[404], status_code=200)
    async def take_flow_step(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[StepAsk],
        steps: NamedDependency[StepService],
    ) -> StepView:
        """Where these answers lead: the next question, or the outcome.

        All answers are sent each time; nothing of them is kept. An answer that cannot be is `refused`, with its
        question open. Answers that play no part (any more) are named in `unused`; keep them, they are used again when
        their question comes back. Who began with a version that does not count any more goes on with the current one
        (`versionChanged`). How often citizens take a step is counted per day, without anything of the visitor.
        """
        taken = await steps.take(slug, data.answers, given(data.language), given(data.version))
        view = await steps.view(taken, data.answers)
        if STAFF.keys().isdisjoint(request.user.roles):  # who looks at it for work is no visitor
            start, answered, was_at = not data.answers, given(data.answered), given(data.was_at)
            edges = counted(taken.program, taken.position, answered, was_at, start=start)
            await request.app.state.platform.passages.count(taken.program, "citizen", steps.today, edges)
        return view

    @post("/{slug:str}/summary", problems=[404], status_code=200)
    async def summarise_flow(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[SummaryAsk],
        handing: NamedDependency[HandingService],
        work: NamedDependency[Work],
    ) -> SummaryView:
        """What would be asked of the city with these answers: subject, text and answers, for the asker to edit.

        From an outcome, and from an open question when somebody does not get further. Nothing is kept.
        """
        return await handing.summary(slug, data, work, request.app.state.platform.directory)

    @post("/{slug:str}/handover", problems=[404, 409, 429], status_code=202, guards=[small])
    async def hand_over_flow(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[FlowHandover],
        handing: NamedDependency[HandingService],
        steps: NamedDependency[StepService],
        accepting: NamedDependency[AcceptingService],
        idempotency_key: Key = None,
    ) -> FormReceived:
        """Ask the city what a flow did not settle: the form becomes a question, with the answers and where they led.

        The same guarantees as `submitForm`: nobody learns who is known, the same key and body are one question. Who
        answers it sees the answers, but for those of `leftOut`, which are kept nowhere, and need not ask them again.
        Without `productId` the question is about the product of the outcome. `version` is the one that was answered,
        also when it does not count any more.
        """
        key, platform = checked(idempotency_key), request.app.state.platform
        form, assistance, taken = await handing.form(slug, data)
        with _inside("form"):
            sent = HandoverSent(flow=slug, asked=data)
            received, new = await accepting.accept(request.user, form, key, assistance, sent)
        platform.waker.wake()
        if new:
            await platform.passages.count(taken.program, "citizen", steps.today, to_the_city(taken.position))
        return received
