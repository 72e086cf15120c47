"""A part that is late is followed up too: reminder, deadline, team lead, head; each an event and a notice."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app import Platform
from backend.contacts.contributions.rules import composed, running, told
from backend.contacts.contributions.service import FollowUp
from backend.contacts.rules import HEAD, REMINDER, TEAM_LEAD, Term
from backend.kit.calendar import OpeningHours
from backend.kit.db import UnitOfWork
from backend.kit.reach import EVERYTHING
from tests.backend.contacts.contributions.conftest import Town
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

PEOPLE = [UUID(int=number) for number in range(1, 8)]
people_of = st.lists(st.sampled_from(PEOPLE), max_size=4, unique=True)
TERM = Term(hours=OpeningHours(weekly=((("09:00", "12:00"), ("13:00", "17:00")),) * 5 + ((), ())), days=3)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@settings(deadline=None, database=None)
@given(
    step=st.integers(0, 6),
    assignee=st.none() | st.sampled_from(PEOPLE),
    leads=people_of,
    members=people_of,
    head=st.none() | st.sampled_from(PEOPLE),
)
def test_nobody_from_outside_hears_of_it(
    step: int, assignee: UUID | None, leads: list[UUID], members: list[UUID], head: UUID | None
) -> None:
    if assignee is not None and assignee not in members:
        members = [*members, assignee]  # the database sees to it
    found = told(step, assignee=assignee, leads=leads, members=members, head=head)
    assert found <= {*members, *([head] if step >= HEAD and head else [])}
    assert bool(members) <= bool(found)
    assert assignee is None or assignee in found
    assert step < TEAM_LEAD or {*leads} & {*members} <= found
    later = told(step + 1, assignee=assignee, leads=leads, members=members, head=head)
    assert found <= later


@settings(deadline=None, database=None)
@given(hours=st.integers(1, 2_000), done=st.integers(0, 8))
def test_the_chain_goes_on_as_long_as_nothing_happens(hours: int, done: int) -> None:
    clock = running(START, START + timedelta(hours=hours), TERM)
    steps = [clock.step(number) for number in range(done + 2)]
    assert steps == sorted(steps)
    assert START <= steps[REMINDER] <= clock.deadline
    assert steps[1] == clock.deadline
    assert all(one < other for one, other in pairwise(steps[1:]))


@settings(deadline=None, database=None)
@given(parts=st.lists(st.tuples(st.text("AbC ", min_size=1), st.text("xyz\n ", min_size=1)), max_size=5))
def test_a_draft_holds_every_part_in_order(parts: list[tuple[str, str]]) -> None:
    draft, place = composed(parts), 0
    for department, said in parts:
        for one in (f"{department} laat weten:", said.strip()):
            found = draft.find(one, place)
            assert found >= 0, one
            place = found + len(one)


@pytest.fixture
def sweep(platform: Platform) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        async with platform.database.transaction(EVERYTHING) as uow:
            work = platform.work(uow, None, "followContributions", "sweep")
            heads = {await uow.fetchval("SELECT id FROM department WHERE code = 'burgerzaken'"): await _expert2(uow)}
            return await FollowUp(work, platform.placer(work), heads).run()

    return run


async def _expert2(uow: UnitOfWork) -> UUID:
    found: UUID = await uow.fetchval("SELECT id FROM app_user WHERE username = 'expert2'")
    return found


async def test_every_step_is_an_event_and_a_notice(
    agent: Client, town: Town, people: People, uow: UnitOfWork, sweep: Callable[[], Awaitable[int]]
) -> None:
    question = str((await town.register("onthaal"))["id"])
    (part,) = await town.asked(question, "burgerzaken", by="agent")
    await town.do("expert", f"/contributions/{part}/claim")
    assert await sweep() == 0, "not yet"
    heard = []
    for step in range(4):
        await uow.execute("UPDATE contribution SET escalate_at = now() - interval '1 hour' WHERE id = $1", UUID(part))
        await uow.execute("DELETE FROM notice")
        assert await sweep() == 1
        assert await sweep() == 0, "the next step is later"
        rows = await uow.fetch("SELECT user_id FROM notice WHERE kind = 'contributionDue'")
        heard.append({row["user_id"] for row in rows})
        last = (await town.page(question, by="agent"))["timeline"][-1]
        assert (last["type"], last["data"]["step"]) == ("reminded", step)
        assert last["data"]["contributionId"] == part
    users = people.users
    assert heard == [
        {users["expert"]}, {users["expert"]}, {users["expert"], users["civilLead"]},
        {users["expert"], users["civilLead"], users["expert2"]},
    ]  # fmt: skip
    tag = (await agent.get(f"/questions/{question}")).headers["etag"]
    later = {"deadline": (datetime.now(UTC) + timedelta(days=30)).isoformat()}
    moved = await agent.patch(f"/questions/{question}/contributions/{part}", json=later, headers={"If-Match": tag})
    assert moved.status_code == 200, moved.text
    again = await uow.fetchrow("SELECT escalation, escalate_at > now() AS ahead FROM contribution")
    assert again is not None
    assert dict(again) == {"escalation": 0, "ahead": True}, "another deadline, another chain"


async def test_what_was_given_is_followed_up_no_more(
    town: Town, uow: UnitOfWork, question: str, sweep: Callable[[], Awaitable[int]]
) -> None:
    given_part, open_part = await town.asked(question, "mobiliteit", "onthaal")
    await town.do("mobility", f"/contributions/{given_part}/give", {"text": "Ja"})
    await uow.execute("UPDATE contribution SET escalate_at = '2020-01-01' WHERE id = $1", UUID(open_part))
    assert await sweep() == 1
    await town.do("expert", f"/questions/{question}/withdraw", {"reason": "Dubbel", "cause": "duplicate"})
    assert await sweep() == 0


async def test_whoever_it_is_about_is_told(town: Town, uow: UnitOfWork, question: str) -> None:
    """Asked: the department; given or declined: the owner; dropped: whoever was at it."""

    async def heard(kind: str) -> set[UUID]:
        rows = await uow.fetch("DELETE FROM notice WHERE kind = $1 RETURNING user_id", kind)
        return {row["user_id"] for row in rows}

    users = town.people.users
    await town.do("expert", f"/questions/{question}/claim")
    first, second = await town.asked(question, "mobiliteit", "onthaal")
    assert await heard("contributionAsked") == {users["mobility"], users["lead"]}
    await town.do("mobility", f"/contributions/{first}/decline", {"reason": "Niet van ons"})
    assert await heard("contributionDeclined") == {users["expert"]}
    await town.do("agent2", f"/contributions/{second}/claim")
    body = {"text": "Ja", "channel": "phone", "overrideReason": "Te laat"}
    await town.do("expert", f"/questions/{question}/answer", body)
    assert await heard("contributionDropped") == {users["agent2"]}
