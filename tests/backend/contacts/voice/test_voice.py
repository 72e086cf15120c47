from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.contacts.voice.rules import VALID, Ticket, link, read, signed, ticket
from backend.kit.db import UnitOfWork
from tests.backend.contacts.test_life import do
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


@pytest.fixture
async def answered(expert: Client, registered: dict[str, Any]) -> str:
    question = str(registered["questions"][0]["id"])
    await do(expert, question, "claim")
    assert (await do(expert, question, "answer", {"text": "Vijf werkdagen."})).status_code == 200
    return question


@pytest.fixture
async def token(platform: Platform, answered: str, uow: UnitOfWork) -> str:
    return await _token(platform, uow, answered)


async def _token(platform: Platform, uow: UnitOfWork, question: str) -> str:
    """As it stands in the mail of the newest answer."""
    row = await uow.fetchrow(
        "SELECT id, created_at FROM message WHERE question_id = $1 AND purpose = 'answer' ORDER BY id DESC LIMIT 1",
        UUID(question),
    )
    assert row is not None
    return link("https://stad.example", platform.keys, row["id"], row["created_at"]).split("#")[1]


async def say(client: Client, token: str, **told: Any) -> httpx.Response:
    return await client.post("/satisfaction", json={"token": token, **told})


async def test_what_is_solved_is_kept(anonymous: Client, expert: Client, answered: str, token: str) -> None:
    response = await say(anonymous, token, solved=True, score=5)
    assert (response.status_code, response.json()) == (200, {"reopened": False})
    page = (await expert.get(f"/questions/{answered}")).json()
    assert page["state"] == "answered"
    assert (page["timeline"][-1]["type"], page["timeline"][-1]["data"]) == ("rated", {"solved": True, "score": 5})
    assert "actorId" not in page["timeline"][-1]


async def test_what_is_not_solved_is_open_again_with_priority(
    anonymous: Client, expert: Client, people: People, answered: str, token: str, uow: UnitOfWork
) -> None:
    response = await say(anonymous, token, solved=False, comment="Ik heb nog geen pas.")
    assert response.json()["reopened"] is True
    page = (await expert.get(f"/questions/{answered}")).json()
    assert (page["state"], page["priority"], page["assigneeId"]) == ("inProgress", "high", str(people.users["expert"]))
    assert [event["type"] for event in page["timeline"][-2:]] == ["rated", "reopened"]
    heard = [message for message in page["messages"] if message["direction"] == "inbound"]
    assert [message["text"] for message in heard] == ["Ik heb nog geen pas."]
    letters = [message["purpose"] for message in page["messages"] if message["delivery"] == "pending"]
    assert letters[-1] == "reopened"
    told = await uow.fetch(
        "SELECT user_id, kind FROM notice WHERE question_id = $1 AND kind = 'reopened'", UUID(answered)
    )
    assert [row["user_id"] for row in told] == [people.users["expert"]]


async def test_the_same_twice_changes_nothing(anonymous: Client, expert: Client, answered: str, token: str) -> None:
    first = await say(anonymous, token, solved=False, comment="Nog niet.")
    page = (await expert.get(f"/questions/{answered}")).json()
    again = await say(anonymous, token, solved=False, comment="Nog niet.")
    assert (first.json()["reopened"], again.json()["reopened"]) == (True, False)
    assert (await expert.get(f"/questions/{answered}")).json() == page


async def test_a_change_of_mind_counts(anonymous: Client, expert: Client, answered: str, token: str) -> None:
    await say(anonymous, token, solved=True)
    assert (await say(anonymous, token, solved=False)).json()["reopened"] is True
    assert (await say(anonymous, token, solved=True)).json()["reopened"] is False
    assert (await expert.get(f"/questions/{answered}")).json()["state"] == "inProgress", "somebody is at work on it"


async def test_an_old_answer_does_not_open_what_was_answered_since(
    platform: Platform, anonymous: Client, expert: Client, answered: str, token: str, uow: UnitOfWork
) -> None:
    await say(anonymous, token, solved=False)
    await do(expert, answered, "answer", {"text": "Nu wel."})
    await uow.execute(
        "UPDATE message SET created_at = created_at + interval '1 minute' WHERE id = "
        "(SELECT id FROM message WHERE purpose = 'answer' ORDER BY id DESC LIMIT 1)"
    )
    assert (await say(anonymous, token, solved=True)).json()["reopened"] is False
    assert (await say(anonymous, token, solved=False)).json()["reopened"] is False
    assert (await expert.get(f"/questions/{answered}")).json()["state"] == "answered"
    newest = await _token(platform, uow, answered)
    assert (await say(anonymous, newest, solved=False)).json()["reopened"] is True


async def test_only_a_genuine_link_counts(platform: Platform, anonymous: Client, token: str, uow: UnitOfWork) -> None:
    message = await uow.fetchval("SELECT id FROM message WHERE purpose = 'answer'")
    old = link("", platform.keys, message, datetime.now(UTC) - VALID - timedelta(days=2)).split("#")[1]
    foreign = link("", platform.keys, uuid7(), datetime.now(UTC)).split("#")[1]
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (old, foreign, flipped, "x" * 48, token + "AAAA"):
        response = await say(anonymous, wrong, solved=False)
        assert response.status_code == 404, wrong
    assert (await anonymous.post("/satisfaction", json={"token": token})).status_code == 400


async def test_looking_has_no_effect(anonymous: Client, expert: Client, answered: str, token: str) -> None:
    before = (await expert.get(f"/questions/{answered}")).json()
    page = await anonymous.get("/mening")
    assert page.status_code == 200
    assert token not in page.text
    assert "script-src 'sha256-" in page.headers["content-security-policy"]
    assert (await anonymous.get("/satisfaction")).status_code == 405
    assert (await expert.get(f"/questions/{answered}")).json() == before


async def test_sensitive_notices_stay_inside(
    anonymous: Client, people: People, platform: Platform, uow: UnitOfWork
) -> None:
    social = anonymous.as_user(people.tokens["social"])
    body = {
        "channel": "counter",
        "caller": {"email": "an@voorbeeld.be"},
        "questions": [{"subject": "Leefloon", "departmentId": str(people.departments["sociaal-huis"])}],
    }
    made = await social.post("/contacts", json=body, headers={"Idempotency-Key": "sensitive-voice"})
    question = made.json()["questions"][0]["id"]
    await do(social, question, "answer", {"text": "Kom langs."})
    assert (await say(anonymous, await _token(platform, uow, question), solved=False)).json()["reopened"] is True
    told = await uow.fetch("SELECT user_id FROM notice WHERE question_id = $1", UUID(question))
    assert {row["user_id"] for row in told} <= {people.users["social"]}


@given(raw=st.text(max_size=80))
def test_rubbish_is_no_ticket(raw: str) -> None:
    found = read(raw)
    assert found is None or signed(*found) == raw


@given(message=st.uuids(), days=st.integers(0, 20_000))
def test_a_ticket_comes_back_as_it_was(message: UUID, days: int) -> None:
    one = ticket(message, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
    assert read(signed(one, b"s" * 32)) == (one, b"s" * 18)
    assert isinstance(one, Ticket)
