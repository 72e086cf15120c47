"""JSON shapes of cases."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.kit.schema import Input, Moment, ShortText, View

Phase = Literal["samenstelling", "behandeling", "beslissing", "beroep", "uitvoering", "afgerond"]
"""Phases of the Flemish status table (design 7, 1.1)."""

Link = Annotated[str, Meta(pattern=r"^https://[^\s]{3,500}$", max_length=510)]


class CasePut(Input):
    """What the application tells about its case."""

    title: ShortText
    customer_id: UUID | UnsetType = UNSET
    product_id: UUID | UnsetType = UNSET
    question_id: UUID | UnsetType = UNSET
    phase: Phase
    status: Annotated[str, Meta(min_length=1, max_length=60, examples=["InBehandeling"])]
    action_needed: bool = False
    link: Link | UnsetType = UNSET
    changed_at: Moment


class CaseView(View):
    """A case as its application last told us."""

    id: UUID
    client_id: UUID
    external_id: str
    title: str
    customer_id: UUID | None = None
    product_id: UUID | None = None
    question_id: UUID | None = None
    phase: Phase
    status: str
    action_needed: bool
    link: str | None = None
    changed_at: datetime
