"""`same` merges; what merging and its undoing mean for everything that was suggested or decided."""

from typing import Any

import httpx
import pytest

from backend.kit.db import UnitOfWork
from tests.backend.crm.conftest import Audit
from tests.backend.crm.suggestions.conftest import (
    JAN,
    JAN_AGAIN,
    JAN_BY_MAIL,
    Body,
    Register,
    change,
    decide,
    others,
    pairs,
    suggested,
)
from tests.conftest import Client

pytestmark = pytest.mark.anyio


async def pair(client: Client, one: str, other: str, state: str = "open") -> Body:
    """The suggestion about these two."""
    (found,) = [item for item in await suggested(client, one, state=state) if other in others([item], one)]
    return found


async def undo(client: Client, merged: str) -> Body:
    (merge,) = [
        one
        for one in (await client.get(f"/customers/{merged}/merges")).json()["items"]
        if one["mergedId"] == merged and "undoneAt" not in one
    ]
    response = await client.post(
        f"/customers/{merge['survivorId']}/merges/{merge['id']}/undo", json={"reason": "Toch iemand anders"}
    )
    assert response.status_code == 200, response.text
    undone: Body = response.json()
    return undone


async def merge(client: Client, survivor: str, merged: str, key: str) -> httpx.Response:
    versions = [(await client.get(f"/customers/{one}")).json()["version"] for one in (survivor, merged)]
    body: dict[str, Any] = {"mergedId": merged, "survivorVersion": versions[0], "mergedVersion": versions[1]}
    return await client.post(f"/customers/{survivor}/merges", json=body, headers={"Idempotency-Key": key})


async def test_same_merges_at_once(agent: Client, register: Register, audit: Audit) -> None:
    first, second = await register(JAN), await register(JAN_AGAIN)
    found = await pair(agent, first, second)
    response = await decide(agent, found, "same", reason="Bevestigd aan de telefoon")
    assert response.status_code == 200, response.text
    made = response.json()
    assert (made["state"], made["version"]) == ("same", found["version"] + 1)
    assert [(one["decision"], one["cause"], one["reason"]) for one in made["decisions"]] == [
        ("same", "person", "Bevestigd aan de telefoon")
    ]
    assert [one["status"] for one in made["customers"]] == ["active", "merged"]
    kept = (await agent.get(f"/customers/{second}")).json()
    assert (kept["id"], kept["merged"]) == (first, [second])
    (made_merge,) = (await agent.get(f"/customers/{first}/merges")).json()["items"]
    assert made_merge["reason"] == "Bevestigd aan de telefoon"
    assert await suggested(agent, second) == []
    assert {"decideSuggestion", "mergeCustomers"} <= {entry["action"] for entry in await audit(second)}
    again = await decide(agent, made, "different")
    assert (again.status_code, again.json()["type"].rsplit(":", 1)[1]) == (409, "suggestionMerged")


async def test_who_stays_can_be_chosen(agent: Client, register: Register) -> None:
    first, second = await register(JAN), await register(JAN_AGAIN)
    found = await pair(agent, first, second)
    assert (await decide(agent, found, "same", survivorId=second)).status_code == 200
    assert (await agent.get(f"/customers/{first}")).json()["id"] == second


async def test_what_merging_refuses_leaves_the_suggestion_as_it_was(
    agent: Client, register: Register, uow: UnitOfWork
) -> None:
    first, second = await register(JAN), await register(JAN_AGAIN)
    found = await pair(agent, first, second)
    await change(agent, first, identifiers=[{"type": "ssin", "value": "85.07.30-033.28"}])
    await change(agent, second, identifiers=[{"type": "ssin", "value": "85.07.30-001.60"}])
    response = await decide(agent, found, "same")
    assert (response.status_code, response.json()["type"].rsplit(":", 1)[1]) == (409, "identifiersDiffer")
    assert await pairs(uow) == [(first, second, "open")]
    assert await uow.fetchval("SELECT count(*) FROM match_decision") == 0


async def test_other_suggestions_of_the_one_that_is_gone_are_looked_for_anew(
    agent: Client, register: Register, uow: UnitOfWork
) -> None:
    first, second, third = [await register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    for customer in (first, second, third):
        await suggested(agent, customer)
    assert len(await pairs(uow)) == 3
    await decide(agent, await pair(agent, first, second), "same")
    assert dict(zip(["12", "13", "23"], [state for *_, state in await pairs(uow)], strict=True)) == {
        "12": "same",
        "13": "open",
        "23": "obsolete",
    }
    assert others(await suggested(agent, third), third) == [first]
    assert (await agent.get("/suggestions")).json()["items"] == await suggested(agent, third)


async def test_after_an_undo_the_two_are_remembered_as_different(
    agent: Client, register: Register, uow: UnitOfWork
) -> None:
    first, second = await register(JAN), await register(JAN_AGAIN)
    await decide(agent, await pair(agent, first, second), "same")
    await undo(agent, second)
    assert await pairs(uow) == [(first, second, "different")]
    for customer in (first, second):
        assert await suggested(agent, customer) == []
    kept = await pair(agent, first, second, "different")
    assert [(one["decision"], one["cause"], one.get("reason")) for one in kept["decisions"]] == [
        ("different", "split", "undone"),
        ("same", "person", None),
    ]
    assert (await decide(agent, kept, "open")).status_code == 200
    assert others(await suggested(agent, first), first) == [second]


async def test_a_merge_without_a_suggestion_is_remembered_too(
    agent: Client, register: Register, uow: UnitOfWork
) -> None:
    first, second = await register(JAN), await register(JAN_AGAIN)
    assert (await merge(agent, first, second, "merge-0001")).status_code == 201
    assert await pairs(uow) == []
    await undo(agent, second)
    assert await pairs(uow) == [(first, second, "different")]
    assert await suggested(agent, second) == []


async def test_who_is_different_from_one_is_different_from_the_file_it_becomes_part_of(
    agent: Client, register: Register, uow: UnitOfWork
) -> None:
    first, second, third = [await register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    await decide(agent, await pair(agent, third, second), "different", reason="Zijn neef")
    assert (await merge(agent, first, second, "merge-0002")).status_code == 201
    assert await suggested(agent, first) == []
    assert await suggested(agent, third) == []
    carried = await pair(agent, first, third, "different")
    assert carried["decisions"][0]["cause"] == "carried"
    await undo(agent, second)
    assert await suggested(agent, second) == [], "its own decision holds as before"
    assert others(await suggested(agent, first), first) == [third], "nobody ever said that of the first one"
    states = {frozenset(one[:2]): one[2] for one in await pairs(uow)}
    assert states == {
        frozenset({first, second}): "different",
        frozenset({second, third}): "different",
        frozenset({first, third}): "open",
    }


async def test_a_decision_about_the_one_that_stays_holds_on(agent: Client, register: Register) -> None:
    first, second, third = [await register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    await decide(agent, await pair(agent, first, third), "different")
    assert (await merge(agent, first, second, "merge-0003")).status_code == 201
    assert await suggested(agent, third) == []
    await undo(agent, second)
    assert third not in others(await suggested(agent, first), first)
    await change(agent, third, contactPoints=[{"type": "phone", "value": "0470123456"}])
    assert third in others(await suggested(agent, first), first)


async def test_a_carried_decision_that_is_taken_back_does_not_come_again(agent: Client, register: Register) -> None:
    first, second, third = [await register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    await decide(agent, await pair(agent, third, second), "different")
    await merge(agent, first, second, "merge-0004")
    await decide(agent, await pair(agent, first, third, "different"), "open")
    assert others(await suggested(agent, first), first) == [third]
    await undo(agent, second)
    assert set(others(await suggested(agent, third), third)) == {first, second}


async def test_a_chain_that_is_taken_apart_in_the_middle(agent: Client, register: Register, uow: UnitOfWork) -> None:
    first, second, third = [await register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    await decide(agent, await pair(agent, second, third), "same", survivorId=second)  # third in second
    assert (await merge(agent, first, second, "merge-0005")).status_code == 201  # both in first
    await undo(agent, third)
    states = {frozenset(one[:2]): one[2] for one in await pairs(uow)}
    assert states[frozenset({second, third})] == "different"
    assert states[frozenset({first, third})] == "different"
    await undo(agent, second)
    assert await suggested(agent, second) == []
    assert others(await suggested(agent, third), third) == [first], "nobody said that of these two"
