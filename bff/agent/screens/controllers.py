"""The screens: parts that do not depend on each other are asked for at once."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from backend.kit.etag import ETAG
from backend.kit.operation import get
from bff.agent import operations as core
from bff.agent.screens.parts import Colleagues, Screen, provide_screen, shown, together
from bff.agent.screens.schemas import (
    ContactScreen,
    CustomerScreen,
    MonitorScreen,
    ProductScreen,
    QuestionScreen,
    StartScreen,
    WorklistScreen,
)
from bff.core.client import Caller, Core

FEW = {"limit": 5}
PAGE = {"limit": 25}
EVERY = {"limit": 100}
AWAY = [502]

_QUESTION = msgspec.json.Decoder(core.Question)


class ScreenController(Controller):
    """Screens in one call."""

    path = "/screens"
    tags = ["screens"]
    dependencies = {"screen": Provide(provide_screen)}

    @get("/contact", problems=AWAY)
    async def show_contact_screen(self, screen: NamedDependency[Screen]) -> ContactScreen:
        """Everything to begin a contact with: contacts in progress, what rings, the departments."""
        drafts, ringing, departments = await together(
            screen.part(core.LIST_DRAFTS, query=PAGE),
            screen.part(core.GET_RINGING),
            screen.main(core.LIST_DEPARTMENTS, query=EVERY),
        )
        return ContactScreen(drafts=drafts, ringing=ringing, departments=departments.value)

    @get("/customers/{customer_id:uuid}", problems=[404, *AWAY], response_headers=[ETAG])
    async def show_customer_screen(
        self, customer_id: FromPath[UUID], screen: NamedDependency[Screen]
    ) -> Response[CustomerScreen]:
        """A customer at a glance: profile, open questions, cases, newest history, doubles for who decides."""
        overview = await screen.main(core.GET_CUSTOMER, path={"customer_id": customer_id})
        return shown(CustomerScreen(overview=overview.value), overview)

    @get("/products/{product_id:uuid}", problems=[404, *AWAY], response_headers=[ETAG])
    async def show_product_screen(
        self, product_id: FromPath[UUID], screen: NamedDependency[Screen]
    ) -> Response[ProductScreen]:
        """A product card with everything for the first line; for editors its last changes too."""
        path = {"product_id": product_id}
        product, changes = await together(
            screen.main(core.GET_PRODUCT, path=path),
            screen.part(core.LIST_PRODUCT_CHANGES, path=path, query=FEW),
        )
        return shown(ProductScreen(product=product.value, changes=changes), product)

    @get("/worklists/{worklist:str}", problems=[404, *AWAY])
    async def show_worklist_screen(
        self,
        worklist: FromPath[str],
        screen: NamedDependency[Screen],
        department: Annotated[UUID | None, QueryParameter(description="Of this department of yours")] = None,
        sort: Annotated[str | None, QueryParameter(max_length=20, description="As `listWorklist`")] = None,
        cursor: Annotated[str | None, QueryParameter(max_length=500, description="`next` of the page before")] = None,
    ) -> WorklistScreen:
        """A page of a worklist with the counts of all and the person's views; filters are those of `listWorklist`."""
        query = {**PAGE, "department": department, "sort": sort, "cursor": cursor}
        questions, counts, views = await together(
            screen.main(core.LIST_WORKLIST, path={"worklist": worklist}, query=query),
            screen.part(core.COUNT_WORKLISTS, query={"department": department}),
            screen.part(core.LIST_VIEWS, query=EVERY),
        )
        return WorklistScreen(questions=questions.value, counts=counts, views=views)

    @get("/questions/{question_id:uuid}", problems=[404, *AWAY], response_headers=[ETAG])
    async def show_question_screen(
        self, question_id: FromPath[UUID], screen: NamedDependency[Screen]
    ) -> Response[QuestionScreen]:
        """A question; for who handles it what is known and fitting templates, else the customer at a glance."""
        overview = await screen.main(core.GET_QUESTION, path={"question_id": question_id})
        told = _QUESTION.decode(overview.value)
        whose = told.question.customer_id
        customer = await screen.part(
            core.GET_CUSTOMER, path={"customer_id": whose or ""}, wanted=bool(whose) and not told.known
        )
        return shown(QuestionScreen(overview=overview.value, customer=customer), overview)

    @get("/monitor", problems=AWAY)
    async def show_monitor_screen(self, screen: NamedDependency[Screen]) -> MonitorScreen:
        """The open questions of the whole city: counts, and the first page of those past their deadline."""
        monitor, questions = await together(
            screen.main(core.GET_MONITOR),
            screen.part(core.LIST_MONITOR, query={**PAGE, "bucket": "overdue"}),
        )
        return MonitorScreen(monitor=monitor.value, questions=questions)


class StartController(Controller):
    """The first screen: it says anew what is open to the person."""

    path = "/screens/start"
    tags = ["screens"]

    @get(problems=AWAY)
    async def show_start_screen(self, request: Request[Any, Any, Any]) -> StartScreen:
        """The start of the day: who you are, your work, what is due or escalated, news, contacts in progress."""
        api: Core = request.app.state.core
        caller: Caller = request.scope["state"]["caller"]
        colleagues: Colleagues = request.app.state.colleagues
        me = await api.get(core.GET_ME, caller)
        screen = Screen(api, caller, colleagues.read(caller, me))
        member = bool(screen.me.memberships)
        mine, counts, due, escalated, news, drafts, contributions = await together(
            screen.part(core.LIST_WORKLIST, path={"worklist": "mine"}, query=PAGE),
            screen.part(core.COUNT_WORKLISTS, wanted=member),
            screen.part(core.LIST_WORKLIST, path={"worklist": "dueSoon"}, query=FEW, wanted=member),
            screen.part(core.LIST_WORKLIST, path={"worklist": "escalated"}, query=FEW, wanted=member),
            screen.part(core.LIST_NOTICES, query=FEW),
            screen.part(core.LIST_DRAFTS, query=FEW),
            screen.part(core.LIST_CONTRIBUTIONS, query={**FEW, "only": "mine"}),
        )
        return StartScreen(
            me=me,
            mine=mine,
            counts=counts,
            due_soon=due,
            escalated=escalated,
            news=news,
            drafts=drafts,
            contributions=contributions,
        )
