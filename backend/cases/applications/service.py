"""Keeping what applications report: an older report never overwrites a newer one."""

from collections.abc import Collection
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.cases.applications.schemas import CasePut, CaseView
from backend.cases.events import CaseReported
from backend.contacts.shielding.service import GLASS, questions_shown
from backend.crm.history.rules import Span
from backend.kit.db import Row, rows_to
from backend.kit.problems import check_moment, not_found
from backend.kit.reach import EVERYTHING
from backend.kit.schema import given
from backend.kit.work import Work

_COLUMNS = (
    "id, client_id, external_id, title, customer_id, product_id, question_id, phase, status, action_needed, link, "
    "changed_at"
)
_PUT = f"""
INSERT INTO application_case ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT ON CONSTRAINT ux_application_case_external DO UPDATE SET
    title = excluded.title, customer_id = excluded.customer_id, product_id = excluded.product_id,
    question_id = excluded.question_id, phase = excluded.phase, status = excluded.status,
    action_needed = excluded.action_needed, link = excluded.link, changed_at = excluded.changed_at
 WHERE application_case.changed_at <= excluded.changed_at
"""
_BY_KEY = f"SELECT {_COLUMNS} FROM application_case WHERE client_id = $1 AND external_id = $2"
_ONE = f"SELECT {_COLUMNS} FROM application_case WHERE id = $1"
_THESE = f"SELECT {_COLUMNS} FROM application_case WHERE id = ANY($1::uuid[])"
_THERE = "SELECT id FROM application_case WHERE id = $1"
_OF_CUSTOMER = f"""
SELECT {_COLUMNS} FROM application_case WHERE customer_id = ANY($1::uuid[]) ORDER BY changed_at DESC, id DESC LIMIT $2
"""
_KEYS = """
SELECT 'case' AS kind, changed_at AS at, id FROM application_case
 WHERE customer_id = ANY($1::uuid[]) AND (changed_at, id) < ($2, $3) AND changed_at >= $4
   AND ($6::uuid IS NULL OR product_id = $6) AND NOT ($7 AND phase = 'afgerond')
 ORDER BY changed_at DESC, id DESC LIMIT $5
"""


class CaseService:
    """Cases of other applications."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(self, external_id: str, data: CasePut) -> CaseView:
        """Keep the report of the calling application; gives the case as it now stands (the newest report wins)."""
        check_moment(data.changed_at, self._work.now, "changedAt")
        who = self._work.who.id
        await self._work.uow.execute(
            _PUT,
            uuid7(),
            who,
            external_id,
            data.title,
            given(data.customer_id),
            given(data.product_id),
            given(data.question_id),
            data.phase,
            data.status,
            data.action_needed,
            given(data.link),
            data.changed_at,
        )
        view = rows_to(CaseView, await self._work.uow.fetch(_BY_KEY, who, external_id))[0]
        self._work.trail.record("case", [view.id])
        await self._work.tell(CaseReported(case_id=view.id))
        return view

    async def get(self, case_id: UUID) -> CaseView:
        """One case; an application sees only its own."""
        found = await self._shown(_ONE, case_id)
        who = self._work.who
        if not found or ("integrator" in who.roles and found[0].client_id != who.id):
            async with self._work.uow.reaching(EVERYTHING):
                hidden = await self._work.uow.fetchval(_THERE, case_id)
            raise not_found("case", denied=("case", case_id) if hidden else None)
        return found[0]

    async def of_customer(self, members: Collection[UUID], *, most: int) -> list[CaseView]:
        """The cases of all customers of a file, the latest change first."""
        return await self._shown(_OF_CUSTOMER, list(members), most)

    async def keys(self, span: Span, *, product_id: UUID | None, running: bool) -> list[Row]:
        """Where cases stand in the history of a file, newest first: rows of kind (`case`), at, id.

        Args:
            span: which rows, by the moment of the last change.
            product_id: only cases about this product.
            running: without those that are closed (`afgerond`).
        """
        return await self._work.uow.fetch(_KEYS, *span.args, product_id, running)

    async def these(self, ids: Collection[UUID]) -> list[CaseView]:
        """Cases by id."""
        return await self._shown(_THESE, list(ids)) if ids else []

    async def _shown(self, sql: str, *args: object) -> list[CaseView]:
        """Those of which the person may know, recorded: a case about a shielded question is as shielded as that.

        Cases of products of a sensitive department are kept back by row-level security alone; an application always
        sees its own.
        """
        views = rows_to(CaseView, await self._work.uow.fetch(sql, *args))
        about = {view.question_id for view in views if view.question_id}
        known = await questions_shown(self._work, about) | {None} if about else frozenset([None])
        shown = [view for view in views if view.question_id in known or view.client_id == self._work.who.id]
        for view in shown:
            behind = self._work.access.is_open(view.customer_id, view.question_id)
            self._work.trail.record("case", [view.id], purpose=GLASS if behind else "")
        return shown
