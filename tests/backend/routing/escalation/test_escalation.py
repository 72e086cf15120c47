"""The chain: reminder, assignee, team lead, head, again; one step at a time, each an event and a notice."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app import Platform
from backend.contacts.rules import ASSIGNEE, HEAD, REMINDER, TEAM_LEAD
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.work import Work
from backend.routing.escalation.rules import Colleagues, audience, heads_above, kind
from backend.routing.escalation.service import EscalationService
from backend.routing.rules import OFFICE
from tests.backend.routing.sweeping import away, do, events, standing, sweep, told
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
def question(registered: dict[str, Any]) -> UUID:
    return UUID(registered["questions"][0]["id"])


async def step(platform: Platform, uow: UnitOfWork, question: UUID) -> int:
    """The sweep at the very moment at which the next step is due, and a moment before."""

    async def run(work: Work) -> int:
        return await EscalationService(work, platform.placer(work)).sweep()

    due = (await standing(uow, question))["escalate_at"]
    assert await sweep(platform, run, due - timedelta(seconds=1)) == 0, "not before"
    return await sweep(platform, run, due)


async def test_from_reminder_to_head_and_again(
    platform: Platform, anonymous: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    civil, users = people.departments["burgerzaken"], people.users
    await uow.execute(
        """INSERT INTO service_level (department_id, weekly, closed, country_holidays, working_days, head_id)
           VALUES ($1, $2::jsonb, '[]', true, '{}', $3)""",
        civil,
        encode_json(OFFICE),
        users["agent2"],
    )
    await do(anonymous.as_user(people.tokens["expert"]), question, "claim")
    before = await standing(uow, question)
    moments = []
    for _ in range(5):
        moments.append((await standing(uow, question))["escalate_at"])
        assert await step(platform, uow, question) == 1
    assert await told(uow, question) == [
        ("expert", "reminder"),
        ("expert", "overdue"),
        ("civillead", "escalated"),
        ("agent2", "escalated"),
        ("agent2", "escalated"),
    ]
    assert moments == sorted(moments)
    assert moments[ASSIGNEE] == before["deadline"]
    now = await standing(uow, question)
    assert now["escalation"] == 5
    assert now["escalate_at"] > moments[-1], "it comes back until somebody acts"
    assert now["moved_at"] == before["moved_at"], "that nothing happens is no movement"
    assert now["deadline"] == before["deadline"]
    timeline = (await events(uow, question))[2:]
    assert [row["type"] for row in timeline] == ["escalated"] * 5
    assert [row["data"]["step"] for row in timeline] == [0, 1, 2, 3, 4]
    assert timeline[0]["data"]["to"] == [str(users["expert"])]
    await do(anonymous.as_user(people.tokens["expert"]), question, "answer", {"text": "Zo.", "channel": "phone"})
    assert (await standing(uow, question))["escalate_at"] is None


async def test_what_nobody_has_is_told_to_who_leads_and_without_a_head_to_the_contact_centre(
    platform: Platform, question: UUID, uow: UnitOfWork, people: People
) -> None:
    await away(uow, people.users["civilLead"], people.users["expert2"])
    for _ in range(4):
        await step(platform, uow, question)
    who = [name for name, _ in await told(uow, question)]
    assert who == ["expert2", "expert2", "expert2", "lead"]


async def test_what_is_sensitive_never_leaves_its_department(
    platform: Platform, agent: Client, people: People, uow: UnitOfWork
) -> None:
    body = {
        "channel": "phone",
        "questions": [{"subject": "Steun", "departmentId": str(people.departments["sociaal-huis"])}],
    }
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "escalation-1"})).json()
    question = UUID(made["questions"][0]["id"])
    for _ in range(4):
        assert await step(platform, uow, question) == 1
    assert {name for name, _ in await told(uow, question)} == {"social"}
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", people.users["social"])
    assert await step(platform, uow, question) == 1
    assert (await events(uow, question))[-1]["data"]["to"] == [], "nobody is there: said so, and it comes back"


async def test_a_worker_that_was_away_takes_one_step_at_a_time(
    platform: Platform, question: UUID, uow: UnitOfWork
) -> None:
    async def run(work: Work) -> int:
        return await EscalationService(work, platform.placer(work)).sweep()

    late = (await standing(uow, question))["deadline"] + timedelta(days=30)
    for done in range(1, 5):
        assert await sweep(platform, run, late) == 1
        assert (await standing(uow, question))["escalation"] == done


ids = st.lists(st.integers(0, 9).map(lambda n: UUID(int=n)), max_size=3)


@given(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9).map(lambda n: UUID(int=n))), ids, ids, ids, ids)
def test_somebody_is_asked_whenever_anybody_is_there(
    at: int, assignee: UUID | None, leads: list[UUID], heads: list[UUID], centre: list[UUID], members: list[UUID]
) -> None:
    there = Colleagues(assignee=assignee, leads=leads, heads=heads, centre=centre, members=members)
    groups = audience(at, there)
    assert all(groups), "no empty group"
    if leads or members:
        assert groups
    if at < TEAM_LEAD and assignee:
        assert list(groups[0]) == [assignee]
    if at >= HEAD and heads:
        assert list(groups[0]) == heads[:1]
    if at == TEAM_LEAD and leads:
        assert list(groups[0]) == leads


def test_the_heads_are_looked_up_the_tree_without_going_in_circles() -> None:
    sport, leisure, society = uuid4(), uuid4(), uuid4()
    boss, other = uuid4(), uuid4()
    parents: dict[UUID, UUID | None] = {sport: leisure, leisure: society, society: sport}
    assert heads_above(sport, {society: boss, leisure: other}, parents) == [other, boss]
    assert heads_above(sport, {sport: boss, society: boss}, parents) == [boss]
    assert heads_above(sport, {}, parents) == []


def test_what_is_said_at_each_step() -> None:
    assert [kind(at) for at in (REMINDER, ASSIGNEE, TEAM_LEAD, HEAD, HEAD + 1)] == [
        "reminder",
        "overdue",
        "escalated",
        "escalated",
        "escalated",
    ]
