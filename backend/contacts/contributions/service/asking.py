"""The owner's side: asking departments for their part, looking after what was asked, putting the answer together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.contacts.contributions.errors import contribution_ended, contribution_exists, own_department
from backend.contacts.contributions.rules import check_deadline, composed, running
from backend.contacts.contributions.schemas import (
    ComposedAnswer,
    ContributionAsk,
    ContributionList,
    ContributionsAsk,
    ContributionView,
)
from backend.contacts.contributions.service.statements import ADD, DROP, GIVEN, MOVE, NOW, OF_QUESTION
from backend.contacts.events import ContributionAsked, ContributionDropped
from backend.contacts.life.service import Held, Holding
from backend.contacts.life.service.parts import working_on
from backend.contacts.notices.rules import NoticeKind
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import REMINDER, Given, Placer, Verb
from backend.contacts.shielding.service import looked, may, missing, visible
from backend.kit.db import Row, UniqueViolation, encode_json, rows_to
from backend.kit.problems import forbidden, not_found
from backend.kit.schema import given
from backend.kit.work import Work

_QUESTION = """
SELECT id, customer_id, department_id, assignee_id, confidentiality, open_contributions, version
  FROM question WHERE id = $1
"""


class AskingService:
    """Contributions as whoever owns the question handles them; its version is what is checked.

    Args:
        work: the unit of work.
        placer: until when a department gives its part.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._placer = placer
        self._holding = Holding(work, placer)

    async def ask(self, question_id: UUID, data: ContributionsAsk, expected: int) -> ContributionList:
        """Ask departments for their part, all or none.

        Raises:
            ProblemError: 400 for an unknown department, or a deadline that makes no sense; 404; 403; 412; 409
                `sameDepartment`, `contributionExists`, `notInThisState`.
        """
        held = await self._holding.lock(question_id, expected)
        rows = []
        for asked in data.items:
            if asked.department_id == held.standing.department_id:
                raise own_department()
            row = await self._row(held, asked)
            held = await self._holding.apply(Verb.ASK_PART, held, data=_data(row))
            rows.append(row)
        try:
            await self._work.uow.execute(
                ADD, encode_json(rows), held.id, held.reference, self._work.who.id, self._work.now
            )
        except UniqueViolation:
            raise contribution_exists() from None
        self._work.touch("worklist", [row["department_id"] for row in rows])
        for row in rows:
            news = ContributionAsked(contribution_id=row["id"], question_id=held.id, department_id=row["department_id"])
            await self._work.tell(news)
            await self._tell(row["department_id"], None, held.id, "contributionAsked")
        return await self._list(held.id, held.version)

    async def of_question(self, question_id: UUID) -> ContributionList:
        """Every part that was ever asked, in that order; 404 also for a question that is shielded."""
        row = await self._question(question_id)
        return await self._list(row["id"], row["version"])

    async def change(self, question_id: UUID, contribution_id: UUID, deadline: datetime, expected: int) -> int:
        """Another deadline for an open part; gives the new version of the question."""
        held, part = await self._open(question_id, contribution_id, expected)
        check_deadline(deadline, self._work.now)
        terms = await self._placer.terms([part["term_id"]])
        clock = running(part["asked_at"], deadline, terms[part["term_id"]])
        await self._work.uow.execute(MOVE, part["id"], deadline, clock.step(REMINDER))
        self._work.touch("worklist", [part["department_id"]])
        data = {**_data(part), "deadline": deadline.isoformat()}
        return (await self._holding.apply(Verb.CHANGE_PART, held, data=data)).version

    async def drop(self, question_id: UUID, contribution_id: UUID, reason: str, expected: int) -> int:
        """The part is not needed any more; gives the new version of the question."""
        held, part = await self._open(question_id, contribution_id, expected)
        await self._work.uow.execute(DROP, part["id"], self._work.now, reason)
        after = await self._holding.apply(
            Verb.DROP_PART, held, Given(at=self._work.now), reason=reason, data=_data(part)
        )
        news = ContributionDropped(contribution_id=part["id"], question_id=held.id, department_id=part["department_id"])
        await self._work.tell(news)
        self._work.touch("worklist", [part["department_id"]])
        await self._tell(part["department_id"], part["assignee_id"], held.id, "contributionDropped")
        return after.version

    async def compose(self, question_id: UUID) -> ComposedAnswer:
        """A draft from the parts that were given since the last answer, for who may answer. 404, 403."""
        row = await self._question(question_id)
        if not may(self._work, row):
            raise forbidden("This belongs to another department or colleague.", denied=("question", question_id))
        parts = [(one["name"], one["given"]) for one in await self._work.uow.fetch(GIVEN, question_id)]
        return ComposedAnswer(text=composed(parts), open=row["open_contributions"])

    async def _tell(self, department_id: UUID, assignee_id: UUID | None, question_id: UUID, kind: NoticeKind) -> None:
        who = await working_on(self._work, department_id, assignee_id)
        await NoticeService(self._work).tell(who, question_id, kind)

    async def _row(self, held: Held, asked: ContributionAsk) -> dict[str, Any]:
        """A part as it is stored: the deadline that was given, else what the department agrees on."""
        placement = await self._holding.placement(held, asked.department_id)
        deadline = given(asked.deadline)
        if deadline is not None:
            check_deadline(deadline, self._work.now)
        clock = running(self._work.now, deadline or placement.clock.deadline, placement.term)
        return {
            "id": uuid7(),
            "department_id": asked.department_id,
            "asked": asked.asked,
            "deadline": clock.deadline,
            "term_id": placement.term_id,
            "escalate_at": clock.step(REMINDER),
        }

    async def _open(self, question_id: UUID, contribution_id: UUID, expected: int) -> tuple[Held, Row]:
        """The question, locked for its owner, and a part of it that is open; 404, 409 `contributionEnded`."""
        held = await self._holding.lock(question_id, expected)
        part = await self._work.uow.fetchrow(NOW, contribution_id)
        if part is None or part["question_id"] != held.id:
            raise not_found("contribution")
        if part["state"] != "open":
            raise contribution_ended()
        self._work.trail.record("contribution", [contribution_id])
        return held, part

    async def _question(self, question_id: UUID) -> Row:
        """What decides who may see it, of a question that is visible; the look is recorded."""
        row = await self._work.uow.fetchrow(_QUESTION, question_id)
        if row is None or not visible(self._work, row):
            await missing(self._work, "q.id = $1", question_id)
        looked(self._work, [row], fields=["contributions"])
        return row

    async def _list(self, question_id: UUID, version: int) -> ContributionList:
        rows = await self._work.uow.fetch(OF_QUESTION, question_id)
        self._work.trail.record("contribution", [row["id"] for row in rows], fields=["asked", "text"])
        return ContributionList(items=rows_to(ContributionView, rows), version=version)


def _data(part: Any) -> dict[str, str]:
    """What the event of the question says of a part."""
    return {"contributionId": str(part["id"]), "departmentId": str(part["department_id"])}
