"""What is told of a question or a case, to whom, and when it differs from what was told. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from backend.crm.rules import Kind
from backend.notifications.burgerprofiel.rules import Coupling, StatusCode, of_case

PUSH = "cases.pushDossier"
"""Outbox topic; ids: `dossier`. Tells how it stands now, or takes it away."""
RESULT = "cases.readDossierResult"
"""Outbox topic; ids: `dossier`, `upload`."""
NOTIFY = "cases.notifyDossier"
"""Outbox topic; ids: `dossier`, `upload`."""

DossierState = Literal["new", "pending", "accepted", "refused", "deleted"]
TOLD = frozenset({"pending", "accepted", "refused"})
"""States in which Mijn Burgerprofiel may know it."""
UNSURE = timedelta(minutes=10)
"""What was sent without hearing of it, may be processed there so long afterwards: it is taken away until then."""
UNHEARD = timedelta(days=1)
"""What is still not processed so long afterwards, is waited for no more before it is taken away."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier as it is stored; see its table."""

    id: UUID
    question_id: UUID | None
    case_id: UUID | None
    number: str
    state: DossierState
    version: int
    phase: str | None
    code: str | None
    action_needed: bool
    content: str | None
    upload_id: UUID | None
    rounds: int
    notify: bool
    pushed_at: datetime | None
    settled_at: datetime | None

    @property
    def unheard(self) -> bool:
        """Whether it was sent, and what came of that is not known."""
        return self.pushed_at is not None and (self.settled_at is None or self.pushed_at > self.settled_at)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """How a question (`state`) or a case (`phase`, `status`) stands now."""

    version: int
    at: datetime
    customer_id: UUID | None
    product_id: UUID | None
    sensitive: bool
    state: str | None = None
    phase: str | None = None
    status: str | None = None
    action_needed: bool = False


class Identifier(msgspec.Struct, frozen=True, kw_only=True):
    """An official number by its id: what is compared and stored instead of it."""

    id: UUID
    customer_id: UUID | None
    type: str


def status_of(subject: Subject, coupling: Coupling) -> StatusCode:
    """The status there."""
    if subject.phase is not None:
        return of_case(coupling.cases, subject.phase, subject.status or "", action_needed=subject.action_needed)
    return coupling.questions[subject.state or "new"]


def entitled(kind: Kind, identifiers: Sequence[Identifier], customer_id: UUID) -> list[Identifier]:
    """The numbers to which a dossier is told.

    What a person asked is nobody's who acts for the enterprise of that person. Of a file with several national numbers
    only that of whoever asked: a merge that joins two people by mistake must not show the one what is the other's.
    """
    if kind != "person":
        return [one for one in identifiers if one.type in {"enterpriseNumber", "vCode"}]
    ssins = [one for one in identifiers if one.type == "ssin"]
    own = [one for one in ssins if one.customer_id in {None, customer_id}]
    return ssins if len(ssins) == 1 else own if len(own) == 1 else []


def content_of(name: str | None, product: str | None, status: StatusCode, to: Sequence[Identifier]) -> str:
    """A print of what is told: another one means that it has to be told again."""
    parts = (name, product, status.phase, status.code, status.action, sorted(str(one.id) for one in to))
    return sha256(msgspec.json.encode(parts)).hexdigest()


def upload_id(row: Row, version: int, content: str) -> UUID:
    """Of this content of this version, in this round: a repeat is the same upload, one after a refusal is not."""
    about = row.question_id or row.case_id
    return uuid5(NAMESPACE_URL, f"urn:onthaal:dossier:{about}:{version}:{content}:{row.rounds}")


def same_status(row: Row, status: StatusCode) -> bool:
    """Whether the citizen was told this status last."""
    return (row.phase, row.code, row.action_needed) == (status.phase, status.code, status.action is not None)


def to_notify(row: Row, status: StatusCode) -> bool:
    """Whether a notice goes with it: once for each time that it comes to stand so."""
    return row.notify if same_status(row, status) else status.notify
