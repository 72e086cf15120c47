import pytest

from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def test_me_says_who_the_token_is(agent: Client, people: People) -> None:
    me = (await agent.get("/me")).json()
    assert me["id"] == str(people.users["agent"])
    assert me["roles"] == ["agent"]
    assert "registerContact" in me["operations"]
    assert "createUser" not in me["operations"]


async def test_without_a_token_nothing_opens(anonymous: Client) -> None:
    response = await anonymous.get("/me")
    assert response.status_code == 401
    assert response.json()["type"] == "urn:problem-type:belgif:noAccessToken"
    assert response.headers["www-authenticate"] == "Bearer"


async def test_an_administrator_makes_a_user_once(anonymous: Client, people: People) -> None:
    administrator = anonymous.as_user(people.tokens["administrator"])
    body = {"username": "nieuw.kracht", "name": "Nieuwe Kracht", "logins": [{"issuer": "urn:x", "subject": "n"}]}
    first = await administrator.post("/users", json=body, headers={"Idempotency-Key": "key-000001"})
    again = await administrator.post("/users", json=body, headers={"Idempotency-Key": "key-000001"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await administrator.post("/users", json={**body, "name": "X"}, headers={"Idempotency-Key": "key-000001"})
    assert other.status_code == 422


async def test_a_role_taken_away_counts_at_the_next_request(anonymous: Client, people: People) -> None:
    administrator = anonymous.as_user(people.tokens["administrator"])
    agent = anonymous.as_user(people.tokens["agent"])
    assert (await agent.get("/me")).json()["roles"] == ["agent"]
    user = people.users["agent"]
    seen = await administrator.get(f"/users/{user}")
    changed = await administrator.put(
        f"/users/{user}/memberships", json={"items": []}, headers={"If-Match": seen.headers["etag"]}
    )
    assert changed.status_code == 200
    assert changed.json()["memberships"] == []
    assert (await agent.get("/me")).status_code == 403
    stale = await administrator.patch(f"/users/{user}", json={"name": "Y"}, headers={"If-Match": seen.headers["etag"]})
    assert stale.status_code == 412
