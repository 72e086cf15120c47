"""Users made at login, over HTTP with the token of the channel, on the real database."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from backend.kit.configuration import SettingsInvalid
from backend.kit.db import UnitOfWork
from backend.platform import Platform, channel_issuer
from backend.settings import check_production
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

AGENT = "OnthaalAgent-onthaal:OVO000000"
EXPERT = "OnthaalExpert-burgerzaken:OVO000000"


@pytest.fixture
def channel(anonymous: Client, platform: Platform, people: People) -> Client:
    """The desk's channel, for itself."""
    assert people
    return anonymous.as_user(channel_issuer(platform.settings, "agent").token("channel", azp="agent"))


async def login(channel: Client, *roles: str, subject: str = "ACC-é1", **more: Any) -> httpx.Response:
    body = {"issuer": "https://acm.example/op", "subject": subject, "name": "An Nieuw", "roles": list(roles), **more}
    return await channel.post("/logins", json=body)


async def test_the_first_login_makes_a_user_who_can_work_at_once(
    channel: Client, platform: Platform, uow: UnitOfWork
) -> None:
    answer = await login(channel, AGENT, EXPERT, "OnthaalAuditor:OVO000000", email="an@stad.example")
    assert answer.status_code == 200, answer.text
    assert answer.json()["roles"] == ["agent", "auditor", "expert"]
    token = channel_issuer(platform.settings, "agent").token(answer.json()["userId"], azp="agent")
    me = (await channel.as_user(token).get("/me")).json()
    assert {one["departmentCode"]: one["roles"] for one in me["memberships"]} == {
        "onthaal": ["agent"],
        "burgerzaken": ["expert"],
    }
    row = await uow.fetchrow("SELECT username, email, managed FROM app_user WHERE id = $1", UUID(me["id"]))
    assert row
    assert row["username"].startswith("acm.acc-e1.")
    assert (row["email"], row["managed"]) == ("an@stad.example", True)
    again = await login(channel, AGENT, EXPERT, "OnthaalAuditor:OVO000000")
    assert again.json() == answer.json()


async def test_a_right_that_is_gone_is_gone_at_the_next_request_and_its_question_waits_for_a_colleague(
    channel: Client, platform: Platform, registered: dict[str, Any], uow: UnitOfWork
) -> None:
    user = (await login(channel, AGENT, EXPERT)).json()["userId"]
    expert = channel.as_user(channel_issuer(platform.settings, "agent").token(user, azp="agent"))
    question = registered["questions"][0]["id"]
    seen = await expert.get(f"/questions/{question}")
    taken = await expert.post(f"/questions/{question}/claim", headers={"If-Match": seen.headers["etag"]})
    assert taken.json()["assigneeId"] == user, taken.text
    assert (await login(channel, AGENT)).json()["roles"] == ["agent"]
    assert (await expert.get("/me")).json()["roles"] == ["agent"]
    assert await uow.fetchval("SELECT assignee_id FROM question WHERE id = $1", UUID(question)) is None
    refused = await login(channel)
    assert refused.status_code == 403
    assert "rechten" in refused.json()["detail"]
    assert (await expert.get("/me")).status_code == 403, "the last role is gone too, although the login was refused"


async def test_nobody_is_made_without_a_right_here(channel: Client, uow: UnitOfWork) -> None:
    for roles in ([], ["OnthaalAgent-onthaal:OVO123456"], ["OnthaalAgent-bestaat-niet:OVO000000"]):
        assert (await login(channel, *roles)).status_code == 403
    assert await uow.fetchval("SELECT count(*) FROM user_login WHERE issuer = 'https://acm.example/op'") == 0


async def test_unknown_rights_are_told_without_names(channel: Client, capsys: pytest.CaptureFixture[str]) -> None:
    await login(channel, AGENT, "OnthaalAgent-geheime-dienst:OVO000000", "Raar:OVO000000")
    told = capsys.readouterr().out
    assert "login.claims_unknown" in told
    assert not [word for word in ("geheime", "An Nieuw", "ACC-") if word in told]


async def test_whoever_an_administrator_made_keeps_what_was_given(
    channel: Client, anonymous: Client, people: People
) -> None:
    administrator = anonymous.as_user(people.tokens["administrator"])
    body = {
        "username": "oud.gediende",
        "name": "Oud Gediende",
        "roles": ["auditor"],
        "logins": [{"issuer": "https://acm.example/op", "subject": "oud"}],
    }
    made = await administrator.post("/users", json=body, headers={"Idempotency-Key": str(uuid4())})
    answer = (await login(channel, AGENT, subject="oud")).json()
    assert answer == {"userId": made.json()["id"], "name": "Oud Gediende", "roles": ["auditor"]}
    seen = await administrator.get(f"/users/{made.json()['id']}")
    await administrator.patch(
        f"/users/{made.json()['id']}", json={"active": False}, headers={"If-Match": seen.headers["etag"]}
    )
    assert (await login(channel, AGENT, subject="oud")).status_code == 403


async def test_a_name_or_mail_that_is_known_is_no_login(channel: Client, people: People) -> None:
    answer = await login(channel, AGENT, subject="agent", name="Agent", email="agent@stad.example")
    assert answer.json()["userId"] != str(people.users["agent"])


async def test_only_the_desk_channel_itself_tells_of_logins(
    anonymous: Client, people: People, platform: Platform
) -> None:
    tokens = [
        people.tokens["administrator"],
        channel_issuer(platform.settings, "widget").token("channel", azp="widget"),
        channel_issuer(platform.settings, "agent").token(str(people.users["administrator"]), azp="agent"),
    ]
    for token in tokens:
        assert (await login(anonymous.as_user(token), AGENT)).status_code == 403


async def test_production_wants_our_own_code(platform: Platform) -> None:
    real = msgspec.structs.replace(
        platform.settings, mode="production", keys_file="k", public_url="https://x.example", metrics_token="t",
        city="Gent", mail_from="a@gent.example", scanner="none",
    )  # fmt: skip
    with pytest.raises(SettingsInvalid, match="ONTHAAL_ORGANISATION"):
        check_production(real)
