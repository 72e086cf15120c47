"""JSON shapes of editing."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.catalogue.products.schemas import (
    FaqInput,
    FlowCode,
    FormQuestionInput,
    GuidingQuestion,
    HelpSheetInput,
    ProductView,
)
from backend.catalogue.rules import PLACEHOLDERS, Finding
from backend.kit.schema import Input, LongText, Page, Reason, View

Link = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s<>\"\\]+$",
        max_length=2_000,
        description="Where the transaction is done. After the host these are filled in when known: "
        + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        + "; other braces are refused.",
        examples=["https://loket.stad.example/reispas?naam={name}&referentie={reference}"],
    ),
]
FirstLine = Annotated[LongText, Meta(examples=["Een reispas vraag je aan in het stadskantoor, na afspraak."])]
Internal = Annotated[LongText, Meta(examples=["Vertrekt de klant binnen 2 werkdagen? Bied de spoedpas aan."])]


class ProductPatch(Input):
    """The city's own fields to change; fields left out stay, null empties.

    Texts are plain text: HTML tags are refused.

    Attributes:
        published: false takes the product out of the search and out of citizens' reach.
        reason: kept in the history, for colleagues.
    """

    department_id: UUID | UnsetType | None = UNSET
    first_line_information: FirstLine | UnsetType | None = UNSET
    faq: Annotated[list[FaqInput], Meta(max_length=50)] | UnsetType = UNSET
    help_sheets: Annotated[list[HelpSheetInput], Meta(max_length=50)] | UnsetType = UNSET
    transaction_url: Link | UnsetType | None = UNSET
    internal_instructions: Internal | UnsetType | None = UNSET
    guiding_questions: Annotated[list[GuidingQuestion], Meta(max_length=30)] | UnsetType = UNSET
    contact_form_questions: Annotated[list[FormQuestionInput], Meta(max_length=30)] | UnsetType = UNSET
    flow: FlowCode | UnsetType | None = UNSET
    published: bool | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET


class ProductPreview(View):
    """What would be seen after a change that is not made.

    Attributes:
        citizen: absent when citizens would not see the product.
        warnings: what is wrong or doubtful, what blocks saving first.
    """

    staff: ProductView
    citizen: ProductView | UnsetType = UNSET
    warnings: list[Finding]


class ProductRevert(Input):
    """To which version of the product the city's own fields go back."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1, examples=[3])]
    reason: Reason | UnsetType = UNSET


HiddenReason = Literal["unpublished", "withdrawn", "notYetOffered", "noLongerOffered"]
"""By the city; at its source; the service starts later; the service has ended."""


class HiddenProduct(View, kw_only=True):
    """A product that a search does not find, and every reason why."""

    id: UUID
    product_number: str | None = None
    title: str
    reasons: list[HiddenReason]
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    version: int


class HiddenProductPage(Page):
    """Hidden products, those that came in last first."""

    items: list[HiddenProduct]
