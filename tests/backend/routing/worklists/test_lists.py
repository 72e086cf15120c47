"""Every worklist, order and filter against a model in Python; pages while questions move; counts."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.kit.calendar import public_holidays
from backend.kit.clock import BRUSSELS
from backend.kit.db import UnitOfWork
from tests.backlog import OPEN, Question, add, add_backlog, drawn
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

PLANNED = ("callBack", "appointment")
SORTS = {
    "priority": ("priority", "deadline"),
    "deadline": ("deadline",),
    "created": ("created_at",),
    "moved": ("moved_at",),
    "planned": ("next_action_at",),
}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BRUSSELS).astimezone(UTC)


def soon(now: datetime) -> datetime:
    day = now.astimezone(BRUSSELS).date() + timedelta(days=1)
    while day.weekday() > 4 or day in public_holidays(day.year):
        day += timedelta(days=1)
    return midnight(day + timedelta(days=1))


def on_list(now: datetime) -> dict[str, Callable[[Question], bool]]:
    tomorrow = midnight(now.astimezone(BRUSSELS).date() + timedelta(days=1))
    return {
        "department": lambda _: True,
        "unassigned": lambda q: q["assignee_id"] is None,
        "dueSoon": lambda q: now <= q["deadline"] < soon(now),
        "overdue": lambda q: q["deadline"] < now,
        "waiting": lambda q: q["state"] == "waitingForCustomer",
        "escalated": lambda q: q["escalation"] >= 2,
        "callBacks": lambda q: q["next_action"] in PLANNED and q["next_action_at"] < tomorrow,
    }


async def walk(client: Client, worklist: str, **params: str) -> list[str]:
    """The ids of all pages."""
    seen: list[str] = []
    while True:
        answer = await client.get(f"/worklists/{worklist}", params={"limit": "7", **params})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [item["id"] for item in page["items"]]
        if "next" not in page:
            return seen
        params["cursor"] = page["next"]


def expected(questions: list[Question], sort: str) -> list[str]:
    def key(one: Question) -> tuple[Any, ...]:
        return (*(one[column] for column in SORTS[sort]), one["id"].bytes)

    return [str(one["id"]) for one in sorted(questions, key=key)]


async def test_every_list_is_what_it_says_in_every_order(agent: Client, uow: UnitOfWork, people: People) -> None:
    now = await uow.fetchval("SELECT now()")
    made = await add_backlog(uow, people, 150)
    home = [one for one in made if one["code"] == "onthaal" and one["state"] in OPEN]
    for worklist, holds in on_list(now).items():
        found = [one for one in home if holds(one)]
        assert 0 < len(found) <= len(home), worklist
        for sort in [*SORTS] if worklist == "callBacks" else [*SORTS][:-1]:
            assert await walk(agent, worklist, sort=sort) == expected(found, sort), (worklist, sort)
        usual = "planned" if worklist == "callBacks" else "priority"
        assert await walk(agent, worklist) == expected(found, usual), worklist
    mine = [one for one in home if one["assignee_id"] == people.users["agent"]]
    for sort in SORTS:
        assert await walk(agent, "mine", sort=sort) == expected(mine, sort)


async def test_filters_go_together(agent: Client, uow: UnitOfWork, people: People) -> None:
    made = await add_backlog(uow, people, 150, seed=6)
    home = [one for one in made if one["code"] == "onthaal" and one["state"] in OPEN]
    draw = random.Random(7)
    moment = sorted(one["created_at"] for one in home)[len(home) // 2]
    choices: dict[str, tuple[str, Callable[[Question], bool]]] = {
        "kind": ("complaint", lambda q: q["kind"] == "complaint"),
        "channel": ("email", lambda q: q["channel"] == "email"),
        "priority": ("normal", lambda q: q["priority"] == 2),
        "state": ("inProgress", lambda q: q["state"] == "inProgress"),
        "assignee": (str(people.users["agent2"]), lambda q: q["assignee_id"] == people.users["agent2"]),
        "createdSince": (moment.isoformat(), lambda q: q["created_at"] >= moment),
        "createdUntil": (moment.isoformat(), lambda q: q["created_at"] < moment),
    }
    for _ in range(20):
        names = draw.sample(sorted(choices), draw.randint(1, 3))
        found = [one for one in home if all(choices[name][1](one) for name in names)]
        params = {name: choices[name][0] for name in names}
        sort = draw.choice(["priority", "deadline", "created", "moved"])
        assert await walk(agent, "department", sort=sort, **params) == expected(found, sort), params
    product = await agent.get("/worklists/department", params={"product": str(made[0]["id"])})
    assert product.json()["items"] == []


async def test_pages_lose_and_double_nothing_while_questions_move(
    agent: Client, uow: UnitOfWork, people: People
) -> None:
    """What is claimed keeps its place; what comes or is answered meanwhile moves nobody else."""
    now = await uow.fetchval("SELECT now()")
    draw = random.Random(8)
    made = [drawn(draw, people, now, code="onthaal") for _ in range(60)]
    for one in made:
        await add(uow, one)
    there = [one["id"] for one in made if one["state"] in OPEN]
    ended: set[UUID] = set()
    seen: list[str] = []
    params = {"limit": "5", "sort": "deadline"}
    while True:
        page = (await agent.get("/worklists/department", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        if "next" not in page:
            break
        params["cursor"] = page["next"]
        await uow.execute(
            "UPDATE question SET assignee_id = $2, state = 'inProgress' WHERE id = $1",
            draw.choice([one for one in there if one not in ended]), people.users["agent2"],
        )  # fmt: skip
        gone = draw.choice([one for one in there if one not in ended])
        ended.add(gone)
        await uow.execute(
            """UPDATE question SET state = 'answered', answered_at = now(), next_action = NULL, next_action_at = NULL,
                      escalate_at = NULL WHERE id = $1""",
            gone,
        )
        await add(uow, drawn(draw, people, now, code="onthaal"))
    assert len(seen) == len(set(seen)), "nothing comes twice"
    assert {str(one) for one in there if one not in ended} <= set(seen), "nothing is passed over"


async def test_counts_are_those_of_the_lists(anonymous: Client, agent: Client, uow: UnitOfWork, people: People) -> None:
    now = await uow.fetchval("SELECT now()")
    made = await add_backlog(uow, people, 150, seed=9)
    home = [one for one in made if one["code"] == "onthaal" and one["state"] in OPEN]
    counts = (await agent.get("/worklists/counts")).json()
    assert counts.pop("mine") == {"count": sum(one["assignee_id"] == people.users["agent"] for one in home)}
    assert counts == {name: {"count": sum(map(holds, home))} for name, holds in on_list(now).items()}
    department = {"department": str(people.departments["sociaal-huis"])}
    assert (await agent.get("/worklists/counts", params=department)).status_code == 403
    social = anonymous.as_user(people.tokens["social"])
    own = sum(one["code"] == "sociaal-huis" and one["state"] in OPEN for one in made)
    assert (await social.get("/worklists/counts", params=department)).json()["department"] == {"count": own}


async def test_it_is_counted_no_further_than_a_thousand(agent: Client, uow: UnitOfWork, people: People) -> None:
    await uow.execute(
        """INSERT INTO question (id, reference, kind, subject, channel, department_id, state, priority, deadline,
                  next_action, next_action_at, confidentiality, language, answer_channel, identity, created_at,
                  escalate_at, version)
           SELECT gen_random_uuid(), 'C' || n, 'question', 'x', 'phone', $1, 'new', 2, now() + interval '30 days',
                  'assign', now(), 'normal', 'nl', 'email', 'anonymous', now(), now(), 1 FROM generate_series(1, 1001) n
        """,
        people.departments["onthaal"],
    )
    counts = (await agent.get("/worklists/counts")).json()
    assert counts["unassigned"] == counts["department"] == {"count": 1000, "more": True}
    assert counts["overdue"] == {"count": 0}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/worklists/department?sort=planned", "sort"),
        ("/worklists/department?state=closed", "state"),
        ("/worklists/department?createdSince=1700000000", "createdSince"),
    ],
)
async def test_what_cannot_be_asked_is_refused(agent: Client, path: str, name: str) -> None:
    answer = await agent.get(path)
    assert answer.status_code == 400, answer.text
    assert answer.json()["issues"][0]["name"] == name


async def test_a_cursor_is_good_for_its_list_and_order(agent: Client, uow: UnitOfWork, people: People) -> None:
    await add_backlog(uow, people, 60, seed=10)
    page = (await agent.get("/worklists/department", params={"limit": "2", "sort": "deadline"})).json()
    for params in ({"sort": "created"}, {}):
        answer = await agent.get("/worklists/department", params={**params, "cursor": page["next"]})
        assert answer.status_code == 400
    assert (await agent.get("/worklists/overdue?sort=deadline", params={"cursor": page["next"]})).status_code == 400


async def test_what_is_shown_is_logged_and_what_is_shielded_is_on_no_list(
    anonymous: Client, agent: Client, uow: UnitOfWork, people: People
) -> None:
    """Somebody can have a sensitive question of a department that is not theirs any more, for as long as that lasts."""
    now = await uow.fetchval("SELECT now()")
    draw = random.Random(11)
    hidden = {**drawn(draw, people, now, code="sociaal-huis"), "assignee_id": people.users["agent"], "sensitive": True}
    hidden |= {"state": "inProgress", "next_action": "answer", "next_action_at": now, "escalate_at": now}
    hidden |= {"answered_at": None, "closed_at": None}
    await uow.execute(
        "INSERT INTO membership (department_id, user_id, roles) VALUES ($1, $2, '{productEditor}')",
        hidden["department_id"], people.users["agent"],
    )  # fmt: skip
    await add(uow, hidden)
    assert await walk(agent, "mine") == []
    assert (await agent.get("/worklists/counts")).json()["mine"] == {"count": 0}
    social = anonymous.as_user(people.tokens["social"])
    assert await walk(social, "department") == [str(hidden["id"])]
    await uow.execute("SET LOCAL ROLE onthaal_auditor")
    logged = await uow.fetch("SELECT actor, action FROM audit_entry WHERE subject = $1", hidden["id"])
    await uow.execute("RESET ROLE")
    assert [tuple(row) for row in logged] == [(people.users["social"], "listWorklist")]
