"""Keeping what applications report: an older report never overwrites a newer one."""

from uuid import UUID

from uuid_utils.compat import uuid7

from backend.cases.applications.schemas import CasePut, CaseView
from backend.kit.db import rows_to
from backend.kit.problems import check_moment, not_found
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
_OF_CUSTOMER = f"SELECT {_COLUMNS} FROM application_case WHERE customer_id = $1 ORDER BY changed_at DESC LIMIT $2"


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
        return view

    async def get(self, case_id: UUID) -> CaseView:
        """One case; an application sees only its own."""
        found = rows_to(CaseView, await self._work.uow.fetch(_ONE, case_id))
        who = self._work.who
        if not found or ("integrator" in who.roles and found[0].client_id != who.id):
            raise not_found("case")
        self._work.trail.record("case", [case_id])
        return found[0]

    async def of_customer(self, customer_id: UUID, *, most: int) -> list[CaseView]:
        """The customer's cases, the latest change first."""
        views = rows_to(CaseView, await self._work.uow.fetch(_OF_CUSTOMER, customer_id, most))
        self._work.trail.record("case", [view.id for view in views])
        return views
