"""The port to `routing`: who owns a question, and which term its clock gets."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.contacts.rules.clock import Clock, Term, started
from backend.contacts.rules.words import Channel, Kind, Priority


class QuestionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides who owns a question and until when."""

    kind: Kind
    channel: Channel
    product_id: UUID | None
    department_id: UUID | None
    """A department chosen by a person, when there is one."""
    at: datetime
    first: bool = True
    """Nobody has heard from us yet: who writes on the website gets a first answer the same day."""
    customer_id: UUID | None = None
    postcode: str | None = None
    """Where it is about, when the question itself says so."""
    topic: str | None = None
    """What the outcome of guided questions is about."""
    team: str | None = None
    """Code of the department for it, as the flow names it."""


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Who owns a question, the term of its clock, and whether that department is shielded.

    `priority` is what a routing rule decides: it never lowers what was asked. `reason` and `data` (codes) say in the
    timeline what decided.
    """

    department_id: UUID
    term_id: UUID
    term: Term
    at: datetime
    sensitive: bool
    priority: Priority | None = None
    reason: str | None = None
    data: dict[str, Any] = {}

    @property
    def clock(self) -> Clock:
        """The clock that this placement starts."""
        return started(self.term, self.at)


class Placer(Protocol):
    """Port to `routing`: decides ownership and deadline."""

    async def place(self, facts: Sequence[QuestionFacts]) -> list[Placement]:
        """One placement per question, in the same order; 400 for an unknown product or department."""
        ...

    async def contact_centre(self) -> UUID:
        """The department of last resort."""
        ...

    async def terms(self, term_ids: Collection[UUID]) -> Mapping[UUID, Term]:
        """The terms that were agreed on."""
        ...
