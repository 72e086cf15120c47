"""Bulk reminders: who is told, what is skipped and why, what is left in the timeline."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.app import Platform
from backend.contacts.reminders.jobs import ReminderTeller
from backend.contacts.reminders.service import TELL
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.reach import EVERYTHING
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def ask(agent: Client, people: People, code: str, number: int) -> str:
    body = {
        "channel": "phone",
        "questions": [{"subject": f"Vraag {number}", "departmentId": str(people.departments[code])}],
    }
    answer = await agent.post("/contacts", json=body, headers={"Idempotency-Key": f"reminders-{number:04}"})
    made: str = answer.json()["questions"][0]["id"]
    return made


async def remind(client: Client, body: dict[str, Any], key: str = "remind-0001", status: int = 201) -> dict[str, Any]:
    answer = await client.post("/monitor/reminders", json=body, headers={"Idempotency-Key": key})
    assert answer.status_code == status, answer.text
    done: dict[str, Any] = answer.json()
    return done


async def tell(platform: Platform, uow: UnitOfWork) -> set[tuple[UUID, UUID, str]]:
    """Run what waits; gives (user, question, kind) of every notice."""
    for row in await uow.fetch("SELECT id, topic, ids, attempts, created_at FROM outbox WHERE topic = $1", TELL):
        async with platform.database.begin(EVERYTHING) as unit:
            teller = ReminderTeller(lambda one, effect: platform.work(one, None, effect.topic, "test"))
            await teller(unit, Effect(**row))
            await unit.commit()
    return {tuple(row) for row in await uow.fetch("SELECT user_id, question_id, kind FROM notice")}


async def test_whoever_has_it_is_told_and_the_timeline_says_so(
    agent: Client, anonymous: Client, platform: Platform, uow: UnitOfWork, people: People
) -> None:
    held, free = await ask(agent, people, "burgerzaken", 1), await ask(agent, people, "burgerzaken", 2)
    expert = anonymous.as_user(people.tokens["expert"])
    await expert.post(f"/questions/{held}/claim", headers={"If-Match": '"1"'})
    before = (await agent.get(f"/questions/{held}")).json()
    done = await remind(agent, {"questionIds": [held, free, held], "note": "De burger belde twee keer."})
    assert done == {"reminded": [held, free], "skipped": []}
    after = (await agent.get(f"/questions/{held}")).json()
    assert after["timeline"][-1]["type"] == "reminded"
    assert after["timeline"][-1]["reason"] == "De burger belde twee keer."
    assert after["version"] == before["version"] + 1
    kept = ("movedAt", "deadline", "nextAction", "state", "assigneeId")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}, "a reminder is no movement"
    assert await tell(platform, uow) >= {
        (people.users["expert"], UUID(held), "reminder"),
        (people.users["civilLead"], UUID(free), "reminder"),
    }


async def test_what_is_skipped_says_why(agent: Client, anonymous: Client, uow: UnitOfWork, people: People) -> None:
    done, again = await ask(agent, people, "onthaal", 1), await ask(agent, people, "onthaal", 2)
    hidden, nothing = await ask(agent, people, "sociaal-huis", 3), str(uuid4())
    withdraw = {"reason": "Dubbel gemeld", "cause": "duplicate"}
    await agent.post(f"/questions/{done}/withdraw", json=withdraw, headers={"If-Match": '"1"'})
    await remind(agent, {"questionIds": [again]})
    body = {"questionIds": [done, again, hidden, nothing]}
    answer = await remind(agent, body, key="remind-0002")
    assert answer["reminded"] == []
    assert {one["questionId"]: one["reason"] for one in answer["skipped"]} == {
        done: "notOpen", again: "alreadyReminded", hidden: "unknown", nothing: "unknown"
    }  # fmt: skip
    events = "SELECT count(*) FROM question_event WHERE type = 'reminded'"
    assert await uow.fetchval(events) == 1
    assert await remind(agent, body, key="remind-0002") == answer, "replayed"
    expert = anonymous.as_user(people.tokens["expert"])
    await remind(expert, body, key="remind-0003", status=403)


async def test_a_number_of_the_monitor_can_be_reminded_of(agent: Client, uow: UnitOfWork, people: People) -> None:
    late, other = await ask(agent, people, "burgerzaken", 1), await ask(agent, people, "mobiliteit", 2)
    fine = await ask(agent, people, "burgerzaken", 3)
    for question in (late, other):
        await uow.execute("UPDATE question SET deadline = now() - interval '1 day' WHERE id = $1", UUID(question))
    department = str(people.departments["burgerzaken"])
    assert (await remind(agent, {"bucket": "overdue", "departmentId": department}))["reminded"] == [late]
    rest = await remind(agent, {"bucket": "overdue"}, key="remind-0002")
    assert rest["reminded"] == [other]
    assert rest["skipped"] == [{"questionId": late, "reason": "alreadyReminded"}]
    assert fine not in rest["reminded"]


@pytest.mark.parametrize("body", [{}, {"bucket": "open", "questionIds": [str(uuid4())]}, {"questionIds": []}])
async def test_it_says_which_questions(agent: Client, body: dict[str, Any]) -> None:
    await remind(agent, body, status=400)


async def test_nobody_is_told_of_what_was_answered_meanwhile(
    agent: Client, platform: Platform, uow: UnitOfWork, people: People
) -> None:
    question = await ask(agent, people, "onthaal", 1)
    await remind(agent, {"questionIds": [question]})
    withdraw = {"reason": "Dubbel gemeld", "cause": "duplicate"}
    await agent.post(f"/questions/{question}/withdraw", json=withdraw, headers={"If-Match": '"2"'})
    assert {kind for _, about, kind in await tell(platform, uow) if str(about) == question} <= {"assigned"}
