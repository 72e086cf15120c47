"""Reading the questions of who is logged in: `customer_id` is one of the own file, here and in row-level security."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.audit.service import OWN_DATA
from backend.catalogue.products.service import ProductService
from backend.contacts.own.rules import STEPS, Form, message_title, status_text, step_text
from backend.contacts.own.schemas import (
    OwnAppointment,
    OwnMessage,
    OwnMessagePage,
    OwnQuestion,
    OwnQuestionPage,
    OwnQuestionView,
    OwnStep,
)
from backend.contacts.rules import OPEN, State
from backend.contacts.shielding.service import missing
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row, rows_to
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.work import Work

_QUESTION = """
SELECT q.id, q.reference, q.subject, q.kind, q.product_id, q.state, d.name AS department, q.created_at,
       q.moved_at AS changed_at, q.deadline, q.body AS text, q.channel, q.answer_channel
  FROM question q JOIN department d ON d.id = q.department_id WHERE q.customer_id = ANY($1::uuid[])
"""
_PAGE = f"""
WITH mine AS MATERIALIZED ({_QUESTION})
SELECT * FROM mine WHERE $2::uuid IS NULL OR id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4
"""
"""Materialised: a file is small, and PostgreSQL would rather walk all questions backwards until a page is full."""
_ONE = f"{_QUESTION} AND q.id = $2"
_COUNT = "SELECT count(*) FROM question q WHERE q.customer_id = ANY($1::uuid[])"
_SAID = """
  FROM message m JOIN question q ON q.id = m.question_id
 WHERE q.customer_id = ANY($1::uuid[]) AND m.direction IN ('inbound', 'outbound')
   AND NOT m.marks && ARRAY['unknownSender', 'spam'] AND ($2::uuid IS NULL OR q.id = $2)
"""
_MESSAGES = f"""
WITH said AS MATERIALIZED (
SELECT m.id, m.question_id, q.reference, q.subject, m.direction, m.channel, m.purpose, m.body AS text,
       coalesce(m.sent_at, m.created_at) AS at {_SAID})
SELECT * FROM said WHERE $3::uuid IS NULL OR id < $3 ORDER BY id DESC LIMIT $4 OFFSET $5
"""
_COUNT_MESSAGES = f"SELECT count(*) {_SAID}"
_STEPS = """
SELECT e.at, e.type, d.name AS department FROM question_event e JOIN department d ON d.id = e.department_id
 WHERE e.question_id = $1 AND e.type = ANY($2::text[]) ORDER BY e.version
"""
_APPOINTMENTS = """
SELECT id, state, starts_at AS start, ends_at AS end, place, link FROM appointment WHERE question_id = $1 ORDER BY id
"""
_SUBJECTS = """
SELECT id FROM question WHERE customer_id = ANY($1::uuid[])
UNION ALL SELECT id FROM contact WHERE customer_id = ANY($1::uuid[])
"""
_MOST = 500
"""Messages shown with one question."""


class OwnService:
    """The questions of the customer who is logged in.

    Args:
        work: the unit of work.
        products: knows what products are called.
        form: how the city addresses people.
    """

    def __init__(self, work: Work, products: ProductService, form: Form) -> None:
        self._work = work
        self._products = products
        self._form = form
        self._file = list(work.who.file)

    async def page(self, page: PageRequest, offset: int) -> OwnQuestionPage:
        """The own questions, the newest first."""
        after = decode_cursor(page.cursor, (UUID,))[0] if page.cursor else None
        rows = await self._work.uow.fetch(_PAGE, self._file, after, page.limit + 1, offset)
        total = await self._work.uow.fetchval(_COUNT, self._file)
        shown = rows[: page.limit]
        names = await self._names(shown)
        self._looked(shown, ["subject"])
        items = [OwnQuestion(**self._fields(row, names)) for row in shown]
        if len(rows) > page.limit:
            return OwnQuestionPage(items=items, total=total, next=encode_cursor((items[-1].id,)))
        return OwnQuestionPage(items=items, total=total)

    async def get(self, question_id: UUID) -> OwnQuestionView:
        """One own question; 404 for any other."""
        uow = self._work.uow
        row = await uow.fetchrow(_ONE, self._file, question_id)
        if row is None:
            await missing(self._work, "q.id = $1", question_id)
        names = await self._names([row])
        said = await uow.fetch(_MESSAGES, self._file, question_id, None, _MOST, 0)
        steps = await uow.fetch(_STEPS, question_id, list(STEPS))
        self._looked([row], ["text", "messages", "timeline"])
        return OwnQuestionView(
            **self._fields(row, names),
            text=row["text"],
            channel=row["channel"],
            answer_channel=row["answer_channel"],
            messages=[_message(one) for one in reversed(said)],
            timeline=[
                OwnStep(at=one["at"], text=step_text(one["type"]), department=one["department"]) for one in steps
            ],
            appointments=rows_to(OwnAppointment, await uow.fetch(_APPOINTMENTS, question_id)),
        )

    async def messages(self, page: PageRequest, offset: int) -> OwnMessagePage:
        """What was said about all own questions, the newest first."""
        after = decode_cursor(page.cursor, (UUID,))[0] if page.cursor else None
        rows = await self._work.uow.fetch(_MESSAGES, self._file, None, after, page.limit + 1, offset)
        total = await self._work.uow.fetchval(_COUNT_MESSAGES, self._file, None)
        shown = rows[: page.limit]
        about = list(dict.fromkeys(row["question_id"] for row in shown))
        self._work.trail.record("question", about, fields=["messages"], purpose=OWN_DATA)
        items = [_message(row) for row in shown]
        if len(rows) > page.limit:
            return OwnMessagePage(items=items, total=total, next=encode_cursor((items[-1].id,)))
        return OwnMessagePage(items=items, total=total)

    def _looked(self, rows: Iterable[Row], fields: Sequence[str]) -> None:
        self._work.trail.record("question", [row["id"] for row in rows], fields=fields, purpose=OWN_DATA)

    async def _names(self, rows: Iterable[Row]) -> Mapping[UUID, str]:
        ids = list(dict.fromkeys(row["product_id"] for row in rows if row["product_id"]))
        return await self._products.names(ids)

    def _fields(self, row: Row, names: Mapping[UUID, str]) -> dict[str, Any]:
        state = State(row["state"])
        same = {name: row[name] for name in OwnQuestion.__struct_fields__ if name in row}
        return {
            **same,
            "product_name": names.get(row["product_id"]),
            "state": state,
            "status_text": status_text(state, self._form),
            "deadline": row["deadline"].astimezone(BRUSSELS).date(),
            "answered": state not in OPEN and state is not State.WITHDRAWN,
        }


def _message(row: Row) -> OwnMessage:
    fields = dict(row)
    title = message_title(fields.pop("purpose"))
    return OwnMessage(**fields, title=title)


async def own_subjects(work: Work) -> list[UUID]:
    """Ids under which the audit log knows the own questions and contacts."""
    return [row["id"] for row in await work.uow.fetch(_SUBJECTS, list(work.who.file))]
