"""JSON shapes of answer templates."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.answer_templates.rules import PLACEHOLDERS
from backend.contacts.rules import Kind
from backend.kit.schema import Input, Page, ShortText, View

Language = Literal["nl", "fr", "de", "en"]
_TOLD = "Plain text; these are filled in: " + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS) + "."
Body = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=10_000,
        description=_TOLD,
        examples=["Je vroeg ons iets over {subject}.\n\n{product.firstLine}\n\nOnline: {product.transactionUrl}"],
    ),
]
Name = Annotated[ShortText, Meta(examples=["Reispas: wat meebrengen"])]
Theme = Annotated[str, Meta(min_length=1, max_length=200, examples=["BurgerOverheid"])]


class AnswerTemplateCreate(Input):
    """A new template; without `departmentId` for every department. What is left out (kind, product, theme) fits all."""

    department_id: UUID | UnsetType = UNSET
    name: Name
    text: Body
    language: Language = "nl"
    kind: Kind | UnsetType = UNSET
    product_id: UUID | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET


class AnswerTemplatePatch(Input):
    """What changes; fields left out stay, null empties."""

    name: Name | UnsetType = UNSET
    text: Body | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    kind: Kind | UnsetType | None = UNSET
    product_id: UUID | UnsetType | None = UNSET
    theme: Theme | UnsetType | None = UNSET


class AnswerTemplateView(View):
    """A text to answer with."""

    id: UUID
    department_id: UUID | None = None
    name: str
    text: str
    language: Language
    kind: Kind | None = None
    product_id: UUID | None = None
    theme: str | None = None
    changed_by: UUID
    changed_at: datetime
    version: int


class AnswerTemplatePage(Page):
    """Answer templates by name."""

    items: list[AnswerTemplateView]


class SuitableTemplate(View):
    """A template that suits a question; `score`: how well."""

    id: UUID
    name: str
    language: Language
    department_id: UUID | None = None
    product_id: UUID | None = None
    score: int


class SuitableTemplatePage(Page):
    """Templates that suit a question, the best first."""

    items: list[SuitableTemplate]


class FilledTemplate(View):
    """The text of a template for one question; `missing`: placeholders that stay open because nothing is known."""

    text: str
    missing: list[str]
