from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.app import Platform
from backend.contacts.telephony.service import KEEP, forget_old
from backend.kit.db import UnitOfWork
from backend.platform import channel_issuer
from bff.core.tokens import CHANNEL_ITSELF, CallTokens
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

NUMBER = "0470 12 34 56"


@pytest.fixture
async def switchboard(platform: Platform, anonymous: Client) -> Client:
    """The channel of colleagues, for itself."""
    channel_issuer(platform.settings, "agent").prepare()
    key = platform.settings.folder / "keys" / "channel-agent" / "key.pem"
    return anonymous.as_user(CallTokens("agent", key).token(CHANNEL_ITSELF))


@pytest.fixture
async def lien(agent: Client) -> str:
    """A customer with the number."""
    body = {
        "kind": "person",
        "names": {"given": "Lien", "family": "De Smet"},
        "contactPoints": [{"type": "phone", "value": NUMBER}],
    }
    made = await agent.post("/customers", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def ring(switchboard: Client, **told: Any) -> httpx.Response:
    return await switchboard.post("/ringing", json=told)


async def test_the_colleague_at_that_telephone_sees_who_it_may_be(
    switchboard: Client, agent: Client, lien: str
) -> None:
    await agent.post("/me/telephone", json={"extension": "4012"})
    rung = await ring(switchboard, phone=NUMBER, extension="4012")
    assert rung.status_code == 202
    seen = (await agent.get("/me/ringing")).json()
    assert seen["extension"] == "4012"
    (call,) = seen["items"]
    assert (call["id"], call["phone"]) == (rung.json()["id"], "+32470123456")
    assert [hit["id"] for hit in call["suggestions"]] == [lien]


async def test_by_username_and_withheld(switchboard: Client, agent: Client, people: People, uow: UnitOfWork) -> None:
    name = await uow.fetchval("SELECT username FROM app_user WHERE id = $1", people.users["agent"])
    await ring(switchboard, username=name)
    (call,) = (await agent.get("/me/ringing")).json()["items"]
    assert "phone" not in call
    assert "suggestions" not in call


async def test_who_takes_a_telephone_has_it_from_then_on(
    switchboard: Client, agent: Client, anonymous: Client, people: People
) -> None:
    lead = anonymous.as_user(people.tokens["lead"])
    await agent.post("/me/telephone", json={"extension": "4012"})
    await lead.post("/me/telephone", json={"extension": "4012"})
    await ring(switchboard, phone=NUMBER, extension="4012")
    assert (await agent.get("/me/ringing")).json()["items"] == []
    assert len((await lead.get("/me/ringing")).json()["items"]) == 1
    await lead.post("/me/telephone", json={})
    assert "id" not in (await ring(switchboard, phone=NUMBER, extension="4012")).json()


async def test_taken_is_off_the_screen_and_only_mine_to_take(
    switchboard: Client, agent: Client, anonymous: Client, people: People
) -> None:
    await agent.post("/me/telephone", json={"extension": "1"})
    call = (await ring(switchboard, phone=NUMBER, extension="1")).json()["id"]
    lead = anonymous.as_user(people.tokens["lead"])
    assert (await lead.post(f"/me/ringing/{call}/taken")).status_code == 404
    for _ in range(2):
        assert (await agent.post(f"/me/ringing/{call}/taken")).status_code == 204
    assert (await agent.get("/me/ringing")).json()["items"] == []


@pytest.mark.parametrize(
    "told", [{}, {"extension": "1", "username": "x"}, {"extension": "1", "phone": "anonymous"}, {"extension": "drie"}]
)
async def test_what_is_not_clear_is_refused(switchboard: Client, told: dict[str, str]) -> None:
    assert (await ring(switchboard, **told)).status_code == 400


async def test_only_the_channel_itself_rings(agent: Client) -> None:
    assert (await ring(agent, extension="1")).status_code == 403


async def test_the_number_is_not_in_clear_and_soon_gone(switchboard: Client, agent: Client, uow: UnitOfWork) -> None:
    await agent.post("/me/telephone", json={"extension": "1"})
    call = UUID((await ring(switchboard, phone=NUMBER, extension="1")).json()["id"])
    raw: bytes = await uow.fetchval("SELECT phone FROM ringing_call WHERE id = $1", call)
    assert b"470" not in raw
    assert await forget_old(uow) == 0
    later = KEEP + timedelta(seconds=1)
    await uow.execute("DELETE FROM ringing_call")
    sql = "INSERT INTO ringing_call (id, user_id, at) SELECT $1, user_id, now() - $2::interval FROM telephone"
    await uow.execute(sql, call, later)
    assert (await agent.get("/me/ringing")).json()["items"] == []
    assert await forget_old(uow) == 1


async def test_only_who_looks_is_logged_as_having_seen_the_customer(
    switchboard: Client, agent: Client, lien: str, uow: UnitOfWork
) -> None:
    await agent.post("/me/telephone", json={"extension": "1"})
    await ring(switchboard, phone=NUMBER, extension="1")
    await uow.execute("SET LOCAL ROLE onthaal_auditor")
    count = "SELECT count(*) FROM audit_entry WHERE subject = $1 AND action IN ('ringTelephone', 'getRinging')"
    before = await uow.fetchval(count, UUID(lien))
    await uow.execute("SET LOCAL ROLE onthaal_app")
    await agent.get("/me/ringing")
    await uow.execute("SET LOCAL ROLE onthaal_auditor")
    after = await uow.fetchval(count, UUID(lien))
    await uow.execute("SET LOCAL ROLE onthaal_app")
    assert (before, after) == (0, 1)
