"""Which question a mail goes on about, and whether its sender is somebody known there."""

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

import msgspec

from backend.contacts.inbound.rules import Mail, foreign
from backend.contacts.rules import State
from backend.crm.customers.service import CustomerService
from backend.kit.work import Work

_BY_OURS = """
SELECT m.question_id FROM unnest($1::uuid[]) WITH ORDINALITY AS named(id, place) JOIN message m ON m.id = named.id
 WHERE m.direction = 'outbound' ORDER BY place LIMIT 1
"""
_BY_THEIRS = """
SELECT m.question_id FROM unnest($1::text[]) WITH ORDINALITY AS named(id, place) JOIN message m ON m.mail_id = named.id
 ORDER BY place LIMIT 1
"""
_BY_REFERENCE = "SELECT id FROM question WHERE reference = ANY($1::text[]) ORDER BY id DESC LIMIT 1"
_QUESTION = "SELECT state, customer_id FROM question WHERE id = $1"
_TOLD = """
SELECT EXISTS (
  SELECT FROM contact_question l JOIN contact c ON c.id = l.contact_id
   WHERE l.question_id = $1 AND lower(c.caller->>'email') = ANY($2::text[]) AND NOT c.caller ? 'unconfirmed')
OR EXISTS (SELECT FROM message m WHERE m.question_id = $1 AND lower(m.recipient) = ANY($2::text[]))
"""
_OWN = "SELECT id, question_id, purpose, delivery FROM message WHERE id = ANY($1::uuid[]) AND direction = 'outbound'"


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A question that a mail goes on about.

    Attributes:
        by: how that shows: it answers a mail of this question, or its subject has the reference.
        known: its sender's address was told for this question, or is on file of its customer.
    """

    question_id: UUID
    state: State
    by: Literal["answer", "reference"]
    known: bool


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A mail of ours."""

    id: UUID
    question_id: UUID
    purpose: str
    delivery: str


async def thread_of(work: Work, mail: Mail, domain: str) -> Thread | None:
    """The question that a mail goes on about; None when it shows none, or one that does not exist."""
    found: UUID | None = await work.uow.fetchval(_BY_OURS, list(mail.ours))
    found = found or await work.uow.fetchval(_BY_THEIRS, foreign(mail.answers, domain))
    by: Literal["answer", "reference"] = "answer" if found else "reference"
    found = found or await work.uow.fetchval(_BY_REFERENCE, list(mail.references))
    if found is None:
        return None
    row = await work.uow.fetchrow(_QUESTION, found)
    if row is None:
        return None
    addresses = {one for one in (mail.sender, mail.reply_to) if one}
    known = bool(mail.sender) and await _known(work, found, row["customer_id"], mail.sender or "")
    if known and len(addresses) > 1:  # answers would go to another address than the one that is known
        known = await _known(work, found, row["customer_id"], mail.reply_to or "")
    return Thread(question_id=found, state=State(row["state"]), by=by, known=known)


async def own_mails(work: Work, ids: Iterable[UUID]) -> list[Own]:
    """Those of these ids that are mails to customers."""
    wanted = list(ids)
    rows = {row["id"]: Own(**row) for row in await work.uow.fetch(_OWN, wanted)}
    return [rows[one] for one in wanted if one in rows]


async def _known(work: Work, question_id: UUID, customer_id: UUID | None, address: str) -> bool:
    if await work.uow.fetchval(_TOLD, question_id, [address]):
        return True
    customers = CustomerService(work)
    live = await customers.live(customer_id) if customer_id else None
    if live is None:
        return False
    profile = (await customers.profiles([live])).get(live)
    return profile is not None and any(
        point.type == "email" and point.value == address for point in profile.contact_points
    )
