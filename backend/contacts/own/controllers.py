"""Resource: the own questions of who is logged in."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from backend.catalogue.products.service import ProductService
from backend.contacts.own.schemas import OwnMessagePage, OwnQuestionPage, OwnQuestionView
from backend.contacts.own.service import OwnService
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.work import Work

Offset = Annotated[int, QueryParameter(ge=0, le=100_000, description="Skip so many, for who counts pages.")]


def provide_own(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> OwnService:
    """Dependency `own`."""
    platform = request.app.state.platform
    return OwnService(work, ProductService(work, platform.products), platform.settings.address_form)


class OwnQuestionController(Controller):
    """Own questions."""

    path = "/own"
    tags = ["contacts"]
    dependencies = {"own": Provide(provide_own, sync_to_thread=False)}

    @get("/questions")
    async def list_own_questions(
        self, own: NamedDependency[OwnService], page: NamedDependency[PageRequest], offset: Offset = 0
    ) -> OwnQuestionPage:
        """The questions of the customer who is logged in, over the whole file, the newest first."""
        return await own.page(page, offset)

    @get("/questions/{question_id:uuid}", problems=[404])
    async def get_own_question(self, question_id: FromPath[UUID], own: NamedDependency[OwnService]) -> OwnQuestionView:
        """One own question: what was said to and by the customer, what happened to it, appointments.

        Never notes of colleagues, nor who they are.
        """
        return await own.get(question_id)

    @get("/messages")
    async def list_own_messages(
        self, own: NamedDependency[OwnService], page: NamedDependency[PageRequest], offset: Offset = 0
    ) -> OwnMessagePage:
        """What was said to and by the customer about all own questions, the newest first."""
        return await own.messages(page, offset)
