from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.contacts.drafts.service import KEEP, LARGEST, MOST, forget_old
from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

TYPED = {"title": "Reispas Lien", "content": {"notes": "belt terug", "questions": [{"subject": "Reispas"}]}}


async def keep(client: Client, draft: UUID, version: int, body: dict[str, Any] = TYPED) -> httpx.Response:
    return await client.put(f"/contactDrafts/{draft}", json=body, headers={"If-Match": f'"{version}"'})


async def test_what_is_typed_is_kept_and_can_be_read_again(agent: Client) -> None:
    draft = uuid4()
    first = await keep(agent, draft, 0)
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    second = await keep(agent, draft, 1, {"content": {"notes": "meer"}})
    assert second.json()["version"] == 2
    read = await agent.get(f"/contactDrafts/{draft}")
    assert read.json()["content"] == {"notes": "meer"}
    assert "title" not in read.json()
    assert read.headers["etag"] == '"2"'


async def test_of_two_screens_the_second_hears_that_it_is_late(agent: Client) -> None:
    draft = uuid4()
    await keep(agent, draft, 0)
    assert (await keep(agent, draft, 1)).status_code == 200
    late = await keep(agent, draft, 1, {"content": {"notes": "oud"}})
    assert late.status_code == 412
    assert (await keep(agent, draft, 0)).status_code == 412
    assert (await agent.get(f"/contactDrafts/{draft}")).json()["content"] == TYPED["content"]


async def test_somebody_else_sees_nothing_of_it(agent: Client, anonymous: Client, people: People) -> None:
    draft, expert = uuid4(), anonymous.as_user(people.tokens["expert"])
    await keep(agent, draft, 0)
    assert (await expert.get(f"/contactDrafts/{draft}")).status_code == 404
    assert (await keep(expert, draft, 1)).status_code == 404
    gone = await expert.delete(f"/contactDrafts/{draft}", headers={"If-Match": '"1"'})
    assert gone.status_code == 404
    assert (await expert.get("/contactDrafts")).json()["items"] == []
    assert (await agent.get(f"/contactDrafts/{draft}")).status_code == 200


async def test_the_list_has_the_newest_first_in_pages(agent: Client) -> None:
    drafts = [uuid4() for _ in range(3)]
    for draft in drafts:
        await keep(agent, draft, 0)
    await keep(agent, drafts[0], 1)
    first = (await agent.get("/contactDrafts", params={"limit": 2})).json()
    rest = (await agent.get("/contactDrafts", params={"limit": 2, "cursor": first["next"]})).json()
    shown = [one["id"] for one in [*first["items"], *rest["items"]]]
    assert shown == [str(one) for one in (drafts[0], drafts[2], drafts[1])]
    assert "content" not in first["items"][0]
    assert "next" not in rest


async def test_dropping_it_needs_its_version(agent: Client) -> None:
    draft = uuid4()
    await keep(agent, draft, 0)
    assert (await agent.delete(f"/contactDrafts/{draft}", headers={"If-Match": '"7"'})).status_code == 412
    assert (await agent.delete(f"/contactDrafts/{draft}", headers={"If-Match": '"1"'})).status_code == 204
    assert (await agent.get(f"/contactDrafts/{draft}")).status_code == 404


async def test_too_much_is_refused_and_the_most_is_taken(agent: Client) -> None:
    most = LARGEST - len('{"content":{"notes":""}}')
    assert (await keep(agent, uuid4(), 0, {"content": {"notes": "x" * most}})).status_code == 200
    assert (await keep(agent, uuid4(), 0, {"content": {"notes": "x" * (most + 1)}})).status_code == 400


async def test_nobody_has_more_than_fifty(agent: Client, people: People, uow: UnitOfWork) -> None:
    sql = """
    INSERT INTO contact_draft (id, owner_id, content, version, created_at, changed_at)
    SELECT gen_random_uuid(), $1, '', 1, now(), now() FROM generate_series(1, $2)
    """
    await uow.execute(sql, people.users["agent"], MOST - 1)
    assert (await keep(agent, uuid4(), 0)).status_code == 200
    full = await keep(agent, uuid4(), 0)
    assert (full.status_code, full.json()["type"].split(":")[-1]) == (409, "tooManyDrafts")


async def test_nothing_of_it_is_in_clear(agent: Client, uow: UnitOfWork) -> None:
    draft = uuid4()
    await keep(agent, draft, 0)
    stored = await uow.fetchval("SELECT contact_draft::text FROM contact_draft WHERE id = $1", draft)
    raw: bytes = await uow.fetchval("SELECT content FROM contact_draft WHERE id = $1", draft)
    assert "Lien" not in stored
    assert b"Lien" not in raw


async def test_what_nobody_touched_for_a_month_goes(agent: Client, uow: UnitOfWork) -> None:
    old, new = uuid4(), uuid4()
    await keep(agent, old, 0)
    await keep(agent, new, 0)
    sql = "UPDATE contact_draft SET changed_at = changed_at - $2::interval WHERE id = $1"
    await uow.execute(sql, old, KEEP + timedelta(minutes=1))
    assert await forget_old(uow) == 1
    assert [one["id"] for one in (await agent.get("/contactDrafts")).json()["items"]] == [str(new)]
