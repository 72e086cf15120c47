"""What of a contact a person may see: it can be about questions that the person may not know of."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.contacts.registration.schemas import ContactView
from backend.contacts.shielding.service.questions import GLASS, purpose, visible
from backend.kit.db import Row
from backend.kit.work import Work

LINKS = """
(SELECT coalesce(json_agg(json_build_object('id', q.id, 'customer_id', q.customer_id, 'department_id', q.department_id,
        'assignee_id', q.assignee_id, 'confidentiality', q.confidentiality, 'reference', q.reference,
        'subject', q.subject) ORDER BY q.id), '[]')
   FROM contact_question l JOIN question q ON q.id = l.question_id WHERE l.contact_id = c.id) AS links
"""
"""The questions that contact `c` was about, as far as the transaction reaches: what decides who sees the contact."""

_TELLING = ("caller", "notes", "consulted_product_ids")
"""What a contact says about all its questions together."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A question that a contact was about."""

    id: UUID
    customer_id: UUID | None
    department_id: UUID
    assignee_id: UUID | None
    confidentiality: str
    reference: str
    subject: str


async def show(work: Work, rows: Sequence[Row]) -> list[tuple[ContactView, list[Link]]]:
    """The contacts of which the person may know, without questions, each with those that are visible.

    A contact of which every question is sensitive for others does not exist for this person; one of which some are
    shows without what was said in it. How the caller can be reached is for who has to do with the customer.

    Args:
        work: whose look it is; recorded.
        rows: columns of a contact, `question_count` and `LINKS`.
    """
    seen: list[tuple[Row, list[Link]]] = []
    for row in rows:
        links = msgspec.convert(row["links"], list[Link])
        if shown := [link for link in links if visible(work, msgspec.structs.asdict(link))]:
            seen.append((row, shown))
    linked = await _linked(work, seen)
    found = []
    for row, shown in seen:
        view = work.access.project("contact", _view(row, len(shown)), linked=row["id"] in linked)
        found.append((view, shown))
        why = "" if any(not purpose(work, msgspec.structs.asdict(link)) for link in shown) else GLASS
        fields = [name for name in ("caller", "notes") if getattr(view, name)]
        work.trail.record("contact", [row["id"]], fields=fields, purpose=why)
    return found


def _view(row: Row, shown: int) -> ContactView:
    """The contact, without what tells of questions that are not shown."""
    fields = dict(row)
    if fields.pop("question_count") > shown:
        fields = {name: value for name, value in fields.items() if name not in _TELLING}
    del fields["links"]
    return ContactView(questions=[], **fields)


async def _linked(work: Work, seen: Sequence[tuple[Row, Sequence[Link]]]) -> frozenset[UUID]:
    """The contacts with which a department of the person has to do, by itself or by their customer."""
    access = work.access
    if not access.link_matters("contact"):
        return frozenset()
    near = {
        row["id"]
        for row, links in seen
        if any(access.insider(one) for one in (row["department_id"], *(link.department_id for link in links)) if one)
    }
    far = {row["customer_id"] for row, _ in seen if row["id"] not in near} - {None}
    ties = await access.linked(far)
    return frozenset(near | {row["id"] for row, _ in seen if row["customer_id"] in ties})
