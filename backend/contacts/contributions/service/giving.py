"""The side of the department that was asked: its worklist, taking on a part, giving or declining it.

Its people may have nothing to see of the question itself. Their right is that on the contribution; what it does to the
question is done for them, with the question locked first: whoever ends a part and whoever ends the question wait for
each other.
"""

from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from backend.contacts.contributions.errors import contribution_ended
from backend.contacts.contributions.rules import ContributionState, Only
from backend.contacts.contributions.schemas import ContributionPage, ContributionTask
from backend.contacts.contributions.service.statements import ABOUT, DROP, GIVE, HELD_BY, LIST, NOW, ONE, TAKE, WHERE
from backend.contacts.events import ContributionDropped, ContributionGiven
from backend.contacts.life.service import Held, Holding
from backend.contacts.life.service.parts import working_on
from backend.contacts.notices.rules import NoticeKind
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import Placer, Verb
from backend.contacts.shielding.service import visible
from backend.identity.events import MembershipEnding
from backend.kit.db import Row
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import forbidden, not_found
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work

_OF_QUESTION = ("asked_by", "question_id", "subject", "owner_department_id")
"""What tells of the question: for who may see it."""


class GivingService:
    """Contributions as the department that was asked handles them; the version of each is what is checked.

    Args:
        work: the unit of work.
        placer: who owns a question and until when.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._holding = Holding(work, placer)

    async def page(
        self, department_id: UUID | None, page: PageRequest, *, state: ContributionState, only: Only | None
    ) -> ContributionPage:
        """Contributions asked of a department, the earliest deadline first; 403 for one the person does not belong to.

        Args:
            department_id: the person's first one when left out; not used for `mine`.
            page: keyset page in the order deadline, id.
            state: in which state.
            only: which of them.
        """
        who = self._work.who
        owner = who.id if only == "mine" else department_id or who.department
        if only != "mine" and (owner is None or not self._work.access.insider(owner)):
            raise forbidden("You do not handle questions of that department.")
        scope = f"contributions:{owner}:{state}:{only}"
        after: tuple[Any, ...] = (None, None)
        if page.cursor:
            after = decode_cursor(page.cursor, (datetime, UUID), scope=scope)
        passed = self._work.now if only == "overdue" else None
        sql = LIST.format(where=WHERE[only])
        rows = await self._work.uow.fetch(sql, owner, state, passed, *after, page.limit + 1)
        shown = rows[: page.limit]
        items = [self._task(row) for row in shown if self._shows(row)]
        if len(rows) > page.limit:
            last = shown[-1]
            return ContributionPage(items=items, next=encode_cursor((last["deadline"], last["id"]), scope=scope))
        return ContributionPage(items=items)

    async def get(self, contribution_id: UUID) -> ContributionTask:
        """One contribution, for who sees the question and for the department that was asked; 404."""
        return self._task(await self._seen(contribution_id))

    async def claim(self, contribution_id: UUID, expected: int) -> None:
        """Take on a part that the own department was asked for."""
        await self._take(contribution_id, self._work.who.id, expected)

    async def assign(self, contribution_id: UUID, user_id: UUID, expected: int) -> None:
        """Give it to a member of the department that was asked; 400 for somebody else."""
        await self._take(contribution_id, user_id, expected)

    async def give(self, contribution_id: UUID, text: str, expected: int) -> None:
        """Give the part; 409 `contributionEnded` when nobody waits for it any more."""
        part, held = await self._locked(contribution_id, expected)
        now, who = self._work.now, self._work.who.id
        await self._work.uow.execute(GIVE, contribution_id, now, text, who)
        await self._apply(Verb.GIVE_PART, held, part)
        await self._work.tell(ContributionGiven(**_ids(part)))
        await self._tell(held, "contributionGiven")

    async def decline(self, contribution_id: UUID, reason: str, expected: int) -> None:
        """The department does not give its part: it goes back to the owner, with the reason."""
        part, held = await self._locked(contribution_id, expected)
        await self._work.uow.execute(DROP, contribution_id, self._work.now, reason)
        await self._apply(Verb.DROP_PART, held, part, reason=reason, declined=True)
        await self._work.tell(ContributionDropped(**_ids(part)))
        await self._tell(held, "contributionDeclined")

    async def release(self, ending: MembershipEnding) -> None:
        """Parts that somebody took on who leaves a department go back to that department."""
        for row in await self._work.uow.fetch(HELD_BY, ending.user_id, ending.department_id):
            part, held = await self._lock(row["id"])
            if part["assignee_id"] == ending.user_id:
                await self._work.uow.execute(TAKE, part["id"], None)
                await self._apply(Verb.CHANGE_PART, held, part, reason="left the department")

    async def _take(self, contribution_id: UUID, user_id: UUID, expected: int) -> None:
        part, held = await self._locked(contribution_id, expected)
        await self._work.uow.execute(TAKE, contribution_id, user_id)
        await self._apply(Verb.CHANGE_PART, held, part, assigneeId=str(user_id))

    async def _locked(self, contribution_id: UUID, expected: int) -> tuple[Row, Held]:
        """An open part and its question, locked, for who handles it; 404, 403, 412, 409 `contributionEnded`."""
        seen = await self._seen(contribution_id)
        department, assignee = seen["department_id"], seen["assignee_id"]
        if not self._work.access.may(department=department, assignee=assignee, sensitive=False):
            raise forbidden("Another department was asked for this.", denied=("contribution", contribution_id))
        part, held = await self._lock(contribution_id)
        check_version(expected, part["version"])
        if part["state"] != "open":
            raise contribution_ended()
        self._work.trail.record("contribution", [contribution_id])
        return part, held

    async def _lock(self, contribution_id: UUID) -> tuple[Row, Held]:
        """A part as it is while its question is locked: it changes in no other way."""
        async with self._work.uow.reaching(EVERYTHING):
            held = await self._holding.lock(await self._work.uow.fetchval(ABOUT, contribution_id), None)
            part = await self._work.uow.fetchrow(NOW, contribution_id)
        assert part is not None  # noqa: S101 parts are never removed
        return part, held

    async def _apply(self, verb: Verb, held: Held, part: Row, *, reason: str | None = None, **codes: Any) -> None:
        data = {"contributionId": str(part["id"]), "departmentId": str(part["department_id"]), **codes}
        async with self._work.uow.reaching(EVERYTHING):
            await self._holding.apply(verb, held, reason=reason, data=data)
        self._work.touch("worklist", [part["department_id"]])

    async def _tell(self, held: Held, kind: NoticeKind) -> None:
        """Whoever handles the question hears of it."""
        who = await working_on(self._work, held.standing.department_id, held.standing.assignee_id)
        await NoticeService(self._work).tell(who, held.id, kind)

    async def _seen(self, contribution_id: UUID) -> Row:
        row = await self._work.uow.fetchrow(ONE, contribution_id)
        if row is None or not self._shows(row):
            await self._missing(contribution_id)
        return row

    def _shows(self, row: Row) -> bool:
        return self._work.access.insider(row["department_id"]) or self._knows(row)

    def _knows(self, row: Row) -> bool:
        """Whether the person may know of the question."""
        if row["seen_id"] is None:
            return False
        question = {
            "id": row["seen_id"],
            "customer_id": row["customer_id"],
            "department_id": row["owner_department_id"],
            "assignee_id": row["handler_id"],
            "confidentiality": row["confidentiality"],
        }
        return visible(self._work, question)

    def _task(self, row: Row) -> ContributionTask:
        """What the person sees of it; recorded."""
        fields = {name: row[name] for name in ContributionTask.__struct_fields__}
        if self._knows(row):
            self._work.trail.record("question", [row["question_id"]], fields=["subject"])
        else:
            fields |= dict.fromkeys(_OF_QUESTION)
        self._work.trail.record("contribution", [row["id"]], fields=["asked", "text"])
        return ContributionTask(**fields)

    async def _missing(self, contribution_id: UUID) -> NoReturn:
        """404; whether it is shielded or does not exist shows in the audit log only."""
        async with self._work.uow.reaching(EVERYTHING):
            hidden = await self._work.uow.fetchval(ABOUT, contribution_id)
        raise not_found("contribution", denied=("contribution", contribution_id) if hidden else None)


def _ids(part: Row) -> dict[str, UUID]:
    return {
        "contribution_id": part["id"],
        "question_id": part["question_id"],
        "department_id": part["department_id"],
    }
