"""JSON shape of breaking the glass."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.kit.schema import Input, ShortText

Cause = Annotated[
    str, Meta(min_length=10, max_length=2_000, examples=["De beller is in gevaar en vraagt wie de opvang regelt."])
]


class BreakGlass(Input):
    """Whose sensitive questions, or which question, and why that cannot wait: exactly one of the first two."""

    customer_id: UUID | UnsetType = UNSET
    reference: ShortText | UnsetType = UNSET
    reason: Cause
