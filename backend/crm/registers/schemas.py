"""JSON shapes of look-ups in registers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.crm.registers.rules import Decision, Field, Outcome, Register, Verdict
from backend.crm.rules import RevealPurpose
from backend.kit.schema import Input, Page, View


class EnrichmentRequest(Input):
    """Why a register is asked, and which one when several know this kind of customer."""

    purpose: RevealPurpose
    register: Register | UnsetType = UNSET


class AcceptInput(Input):
    """Which differences of a look-up are taken over; the others that are open are rejected."""

    differences: Annotated[tuple[UUID, ...], Meta(max_length=100)]


class DifferenceView(View):
    """One thing that the register says beside what we hold.

    `type` tells names, contact points and identifiers apart (`alias`, `email`, `enterpriseNumber`). Of what is shielded
    (birth date, an undisclosed address) only the verdict is told, not `theirs`. When everything was decided the values
    are gone; what was accepted is in the profile.
    """

    id: UUID
    field: Field
    verdict: Verdict
    decision: Decision
    type: str | None = None
    ours: tuple[str, ...] = ()
    theirs: str | None = None
    shielded: bool = False


class EnrichmentView(View):
    """One look-up; `reference` and `capacity` are what the register logs of it."""

    id: UUID
    customer_id: UUID
    register: Register
    outcome: Outcome
    reference: UUID
    purpose: RevealPurpose
    asked_at: datetime
    differences: list[DifferenceView]
    capacity: str | None = None
    code: str | None = None
    asked_by: UUID | None = None
    answered_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: UUID | None = None


class EnrichmentPage(Page):
    """Look-ups, the latest first."""

    items: list[EnrichmentView]
