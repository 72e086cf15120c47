from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Dispatcher, Effect
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

DIED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def administrator(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


async def add(uow: UnitOfWork, *, died: datetime | None = DIED) -> UUID:
    row = uuid7()
    await uow.execute(
        "INSERT INTO outbox (id, topic, ids, attempts, dead_at, reason) VALUES ($1, 'test.mail', $2, 11, $3, $4)",
        row, '{"message": "m-1"}', died, "MailRefused: recipient refused: 550 5.1.1",
    )  # fmt: skip
    return row


async def test_dead_letters_newest_first_page_by_page(administrator: Client, uow: UnitOfWork) -> None:
    rows = [await add(uow, died=DIED + timedelta(minutes=minutes)) for minutes in (0, 0, 5)]
    await add(uow, died=None)
    first = (await administrator.get("/dead-letters", params={"limit": 2})).json()
    second = (await administrator.get("/dead-letters", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["id"] for item in first["items"] + second["items"]] == [str(rows[2]), str(rows[1]), str(rows[0])]
    assert "next" not in second
    shown = second["items"][0]
    assert shown.pop("createdAt")
    assert shown == {
        "id": str(rows[0]), "topic": "test.mail", "ids": {"message": "m-1"}, "attempts": 11,
        "reason": "MailRefused: recipient refused: 550 5.1.1", "deadAt": "2026-11-23T09:00:00Z",
    }  # fmt: skip


async def test_a_cursor_of_another_list_is_refused(administrator: Client) -> None:
    departments = (await administrator.get("/departments", params={"limit": 1})).json()
    response = await administrator.get("/dead-letters", params={"cursor": departments["next"]})
    assert response.status_code == 400


async def test_a_replayed_letter_is_tried_again_from_the_start(
    administrator: Client, platform: Platform, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await add(uow)
    woken: list[bool] = []
    monkeypatch.setattr(platform.waker, "wake", lambda: woken.append(True))
    response = await administrator.post(f"/dead-letters/{row}/replay")
    assert response.status_code == 200
    assert response.json()["attempts"] == 0
    assert "deadAt" not in response.json()
    assert woken == [True]
    assert (await administrator.get("/dead-letters")).json() == {"items": []}

    seen: list[Effect] = []

    async def refuse(_uow: UnitOfWork, effect: Effect) -> None:
        seen.append(effect)
        raise DeadLetter("still refused")

    dispatcher = Dispatcher(platform.database, {"test.mail": refuse})
    [effect] = await dispatcher.lease(10)
    assert not await dispatcher.run(effect)
    assert [(one.id, one.attempts, one.ids) for one in seen] == [(row, 1, {"message": "m-1"})]
    [again] = (await administrator.get("/dead-letters")).json()["items"]
    assert (again["id"], again["attempts"], again["reason"]) == (str(row), 1, "DeadLetter: still refused")


async def test_only_what_is_dead_can_be_replayed(administrator: Client, uow: UnitOfWork) -> None:
    dead, alive = await add(uow), await add(uow, died=None)
    assert (await administrator.post(f"/dead-letters/{dead}/replay")).status_code == 200
    for row in (dead, alive, uuid7()):
        response = await administrator.post(f"/dead-letters/{row}/replay")
        assert response.status_code == 404
        assert response.json()["detail"] == "No such dead letter."


async def test_a_replay_stands_in_the_audit_log(
    administrator: Client, anonymous: Client, people: People, uow: UnitOfWork
) -> None:
    row = await add(uow)
    await administrator.post(f"/dead-letters/{row}/replay")
    auditor = anonymous.as_user(people.tokens["auditor"])
    [entry] = (await auditor.get("/audit/entries", params={"subject": str(row)})).json()["items"]
    assert (entry["action"], entry["subjectKind"]) == ("replayDeadLetter", "deadLetter")
    assert entry["actor"] == str(people.users["administrator"])


async def test_who_may_look_and_who_may_replay(anonymous: Client, people: People, uow: UnitOfWork) -> None:
    row = await add(uow)
    looks = {"administrator": 200, "lead": 200, "agent": 403, "expert": 403, "auditor": 403, "integrator": 403}
    for person, status in looks.items():
        assert (await anonymous.as_user(people.tokens[person]).get("/dead-letters")).status_code == status
    lead = anonymous.as_user(people.tokens["lead"])
    assert (await lead.post(f"/dead-letters/{row}/replay")).status_code == 403


async def test_mail_away_degrades_readiness_and_no_more(anonymous: Client) -> None:
    response = await anonymous.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["status"] == "DEGRADED"
    assert response.json()["parts"]["mail"] == "DOWN"
