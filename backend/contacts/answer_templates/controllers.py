"""Resources: answer templates; questions (the templates that suit them)."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.catalogue.products.service import ProductService
from backend.contacts.answer_templates.schemas import (
    AnswerTemplateCreate,
    AnswerTemplatePage,
    AnswerTemplatePatch,
    AnswerTemplateView,
    FilledTemplate,
    SuitableTemplatePage,
)
from backend.contacts.answer_templates.service import TemplateService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import delete, get, patch, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_templates(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> TemplateService:
    """Dependency `templates`."""
    platform = request.app.state.platform
    return TemplateService(work, ProductService(work, platform.products), platform.letterhead)


class AnswerTemplateController(Controller):
    """Texts to answer with."""

    path = "/answerTemplates"
    tags = ["contacts"]
    dependencies = {"templates": Provide(provide_templates, sync_to_thread=False)}

    @get()
    async def list_answer_templates(
        self,
        templates: NamedDependency[TemplateService],
        page: NamedDependency[PageRequest],
        department: Annotated[UUID | None, QueryParameter(description="Only those of this department")] = None,
    ) -> AnswerTemplatePage:
        """Templates of your departments and of the whole city, by name."""
        return await templates.page(department, page)

    @post(problems=[409, 422])
    async def create_answer_template(
        self,
        data: JSONBody[AnswerTemplateCreate],
        templates: NamedDependency[TemplateService],
        once: NamedDependency[Once],
    ) -> Response[AnswerTemplateView]:
        """Add a template: team leads for their own department, product editors for any or for all."""
        return await once.run(data, lambda: templates.create(data))

    @get("/{template_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_answer_template(
        self, template_id: FromPath[UUID], templates: NamedDependency[TemplateService]
    ) -> Response[AnswerTemplateView]:
        """One template."""
        view = await templates.get(template_id)
        return tagged(view, view.version)

    @patch("/{template_id:uuid}", response_headers=[ETAG])
    async def change_answer_template(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[AnswerTemplatePatch],
        templates: NamedDependency[TemplateService],
        expected: NamedDependency[int],
    ) -> Response[AnswerTemplateView]:
        """Change a template; what is already so is no change."""
        view = await templates.change(template_id, data, expected)
        return tagged(view, view.version)

    @delete("/{template_id:uuid}", problems=[404, 412, 428])
    async def remove_answer_template(
        self, template_id: FromPath[UUID], templates: NamedDependency[TemplateService], expected: NamedDependency[int]
    ) -> None:
        """Remove a template; answers that were written with it stay as they are."""
        await templates.remove(template_id, expected)


class QuestionTemplateController(Controller):
    """Texts to answer one question with."""

    path = "/questions/{question_id:uuid}/answerTemplates"
    tags = ["contacts"]
    dependencies = {"templates": Provide(provide_templates, sync_to_thread=False)}

    @get(problems=[404])
    async def suggest_answer_templates(
        self, question_id: FromPath[UUID], templates: NamedDependency[TemplateService]
    ) -> SuitableTemplatePage:
        """The templates that suit a question: in its language first, then by product, theme, kind and department."""
        return await templates.suitable(question_id)

    @post("/{template_id:uuid}/fill", problems=[404], status_code=200)
    async def fill_answer_template(
        self, question_id: FromPath[UUID], template_id: FromPath[UUID], templates: NamedDependency[TemplateService]
    ) -> FilledTemplate:
        """The text of a template filled in for this question, with the product's texts in the customer's language.

        What is not known stays between its braces and is named in `missing`; nothing is kept.
        """
        return await templates.fill(question_id, template_id)
