"""The monitor against a model in Python, for every viewer; the lists behind its numbers; counting again."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app import Platform
from backend.contacts.lists.rules import Bucket, moments
from backend.kit.clock import BRUSSELS
from backend.kit.db import UnitOfWork
from backend.kit.reach import EVERYTHING, Reach
from backend.routing.monitor.rules import is_silent
from backend.routing.monitor.service import COUNT, MonitorService
from backend.routing.rules import USUAL
from tests.backlog import OPEN, Question, add_backlog
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

AGES = ("ageToday", "age1To2", "age3To5", "age6To10", "ageOver10")
DUE = ("overdue", "dueToday", "dueThisWeek", "dueLater")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BRUSSELS).astimezone(UTC)


def in_bucket(now: datetime) -> dict[str, Callable[[Question], bool]]:
    today = now.astimezone(BRUSSELS).date()
    tomorrow = midnight(today + timedelta(days=1))
    monday = midnight(today + timedelta(days=7 - today.weekday()))

    def age(one: Question) -> int:
        asked: date = one["created_at"].astimezone(BRUSSELS).date()
        return (today - asked).days

    return {
        "open": lambda _: True,
        "ageToday": lambda q: age(q) == 0,
        "age1To2": lambda q: 1 <= age(q) <= 2,
        "age3To5": lambda q: 3 <= age(q) <= 5,
        "age6To10": lambda q: 6 <= age(q) <= 10,
        "ageOver10": lambda q: age(q) > 10,
        "overdue": lambda q: q["deadline"] < now,
        "overdueOver5": lambda q: q["deadline"] < now - timedelta(days=5),
        "dueToday": lambda q: now <= q["deadline"] < tomorrow,
        "dueThisWeek": lambda q: tomorrow <= q["deadline"] < monday,
        "dueLater": lambda q: q["deadline"] >= max(tomorrow, monday),
        "unassigned": lambda q: q["assignee_id"] is None,
        "waiting": lambda q: q["state"] == "waitingForCustomer",
        "unmovedOver3": lambda q: now - q["moved_at"] > timedelta(days=3),
        "unmovedOver7": lambda q: now - q["moved_at"] > timedelta(days=7),
        "pingPong": lambda q: q["bounces"] >= 1,
        "reminded": lambda q: q["escalation"] == 1,
        "escalatedToAssignee": lambda q: q["escalation"] == 2,
        "escalatedToTeamLead": lambda q: q["escalation"] == 3,
        "escalatedToHead": lambda q: q["escalation"] >= 4,
    }


def counted(questions: list[Question], now: datetime) -> dict[str, int]:
    return {name: sum(map(holds, questions)) for name, holds in in_bucket(now).items()}


async def lead_of_both(uow: UnitOfWork, people: People) -> str:
    """The team lead of the contact centre leads the sensitive department too."""
    await uow.execute(
        "INSERT INTO membership (department_id, user_id, roles) VALUES ($1, $2, '{teamLead}')",
        people.departments["sociaal-huis"], people.users["lead"],
    )  # fmt: skip
    return people.tokens["lead"]


def seen(questions: list[Question], insider: tuple[str, ...]) -> list[Question]:
    return [
        one
        for one in questions
        if one["state"] in OPEN and (one["code"] in insider or (not one["sensitive"] and one["code"] != "sociaal-huis"))
    ]


async def recount(platform: Platform, later: timedelta = timedelta()) -> bool:
    async with platform.database.begin(EVERYTHING) as uow:
        work = platform.work(uow, None, COUNT, "test")
        done = await MonitorService(msgspec.structs.replace(work, now=work.now + later)).count()
        await uow.commit()
    return done


async def walk(client: Client, **params: str) -> list[str]:
    found: list[str] = []
    while True:
        answer = await client.get("/monitor/questions", params={"limit": "9", **params})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [item["id"] for item in page["items"]]
        if "next" not in page:
            return found
        params["cursor"] = page["next"]


async def test_numbers_are_exact_for_every_viewer(
    anonymous: Client, agent: Client, uow: UnitOfWork, people: People
) -> None:
    made = await add_backlog(uow, people, 150)
    both = anonymous.as_user(await lead_of_both(uow, people))
    for client, insider in ((agent, ("onthaal",)), (both, ("onthaal", "sociaal-huis"))):
        view = (await client.get("/monitor")).json()
        now = datetime.fromisoformat(view["asOf"])
        mine = seen(made, insider)
        assert view["counts"] == counted(mine, now)
        assert view["counts"]["open"] == sum(view["counts"][name] for name in AGES)
        assert view["counts"]["open"] == sum(view["counts"][name] for name in DUE)
        by_department = {one["departmentId"]: one for one in view["departments"]}
        assert set(by_department) == {str(one["department_id"]) for one in mine}
        for department, one in by_department.items():
            own = [question for question in mine if str(question["department_id"]) == department]
            assert one["counts"] == counted(own, now)
            assert datetime.fromisoformat(one["oldestAt"]) == min(question["created_at"] for question in own)
            assert datetime.fromisoformat(one["movedAt"]) == max(question["moved_at"] for question in own)
        overdue = [one["counts"]["overdue"] for one in view["departments"]]
        assert overdue == sorted(overdue, reverse=True)


async def test_behind_every_number_are_its_questions(
    anonymous: Client, agent: Client, uow: UnitOfWork, people: People
) -> None:
    made = await add_backlog(uow, people, 120, seed=12)
    now = await uow.fetchval("SELECT now()")
    both = anonymous.as_user(await lead_of_both(uow, people))
    for client, insider in ((agent, ("onthaal",)), (both, ("onthaal", "sociaal-huis"))):
        mine = seen(made, insider)
        for bucket, holds in in_bucket(now).items():
            key = "created_at" if bucket.startswith("age") else "moved_at" if "unmoved" in bucket else "deadline"
            found = sorted(filter(holds, mine), key=lambda one: (one[key], one["id"].bytes))
            assert await walk(client, bucket=bucket) == [str(one["id"]) for one in found], bucket
    home = {str(one["id"]) for one in seen(made, ("onthaal",)) if one["code"] == "mobiliteit"}
    department = {name: str(people.departments[name]) for name in people.departments}
    assert set(await walk(agent, bucket="open", department=department["mobiliteit"])) == home
    assert await walk(agent, bucket="open", department=department["sociaal-huis"]) == []
    assert await walk(agent, bucket="open", department=str(uuid4())) == []


async def test_nobody_waits_for_counting(agent: Client, platform: Platform, uow: UnitOfWork, people: People) -> None:
    """What was counted is shown until the worker has counted again, and that is asked for once."""
    await add_backlog(uow, people, 20, seed=13)
    assert await recount(platform)
    first = (await agent.get("/monitor")).json()
    await add_backlog(uow, people, 20, seed=14)
    assert not await recount(platform), "just counted"
    assert (await agent.get("/monitor")).json() == first
    assert await _asked(uow) == 0
    await uow.execute("DELETE FROM open_tally")
    assert await recount(platform, timedelta(seconds=-20))
    await agent.get("/monitor")
    await agent.get("/monitor")
    assert await _asked(uow) == 1
    assert await recount(platform)
    assert (await agent.get("/monitor")).json()["counts"]["open"] > first["counts"]["open"]


async def _asked(uow: UnitOfWork) -> int:
    asked: int = await uow.fetchval("SELECT count(*) FROM outbox WHERE topic = $1", COUNT)
    return asked


async def test_a_department_that_does_nothing_is_silent(agent: Client, uow: UnitOfWork, people: People) -> None:
    await add_backlog(uow, people, 100, seed=15)
    await uow.execute("UPDATE question SET moved_at = now() - interval '30 days', escalation = 1")
    event = uuid4()
    await uow.execute(
        """INSERT INTO question_event (id, question_id, version, type, at, actor_id, state, department_id)
           SELECT $1, id, 2, 'noted', now(), $2, state, department_id FROM question LIMIT 1""",
        event, people.users["mobility"],
    )  # fmt: skip
    await uow.execute(
        """INSERT INTO question_event (id, question_id, version, type, at, actor_id, state, department_id)
           SELECT gen_random_uuid(), id, 3, 'reminded', now(), $1, state, department_id FROM question LIMIT 1""",
        people.users["expert"],
    )  # fmt: skip
    view = (await agent.get("/monitor")).json()
    silent = {one["departmentId"]: one["silent"] for one in view["departments"]}
    names = ("onthaal", "burgerzaken", "mobiliteit")
    assert silent == {str(people.departments[name]): name != "mobiliteit" for name in names}
    acted = {one["departmentId"] for one in view["departments"] if "actedAt" in one}
    assert acted == {str(people.departments["mobiliteit"])}, "a reminder is no act"


async def test_the_tally_is_shielded_by_the_database(platform: Platform, uow: UnitOfWork, people: People) -> None:
    await add_backlog(uow, people, 60, seed=16)
    await recount(platform)
    hidden = "SELECT count(*) FROM open_tally WHERE shielded"
    assert await uow.fetchval(hidden) > 0
    async with platform.database.begin() as nobody:
        assert await nobody.fetchval("SELECT count(*) FROM open_tally") == 0
    async with platform.database.begin(Reach(kind="person", person=uuid4())) as somebody:
        assert await somebody.fetchval(hidden) == 0


@given(st.integers(1_704_067_200, 1_893_456_000))
def test_moments_are_in_order(seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    at = moments(now)
    assert at["back10"] < at["back5"] < at["back2"] < at["today"] <= now < at["tomorrow"] <= at["monday"]
    assert at["tomorrow"] < at["soon"] <= now + timedelta(days=8)
    for name in ("today", "tomorrow", "monday", "soon", "back2", "back5", "back10"):
        assert at[name].astimezone(BRUSSELS).time() == time(), name
    assert at["monday"].astimezone(BRUSSELS).weekday() == 0


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_acting_never_makes_a_department_silent(reminded: int, acted: int, more: int) -> None:
    now = datetime(2026, 3, 30, 12, tzinfo=UTC)
    since, at = now - timedelta(hours=reminded), now - timedelta(hours=acted)
    before = is_silent(since, at, now, USUAL.hours)
    assert is_silent(since, at + timedelta(hours=more), now, USUAL.hours) <= before
    assert not is_silent(None, at, now, USUAL.hours)
    if min(reminded, acted) < 72:
        assert not before, "three days are not more than three working days"


def test_the_model_knows_every_number() -> None:
    assert set(in_bucket(datetime.now(UTC))) == set(get_args(Bucket))
