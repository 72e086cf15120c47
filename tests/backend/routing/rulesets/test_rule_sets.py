from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from uuid_utils.compat import uuid7

from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

SETS = "/routing/ruleSets"
Json = dict[str, Any]


def a_rule(name: str, department: UUID | None = None, **more: Any) -> Json:
    conditions = more.pop("conditions", {"kinds": ["report"]})
    outcome = {"departmentId": str(department)} if department else {}
    return {"name": name, "conditions": conditions, "outcome": {**outcome, **more}}


async def draft(administrator: Client, rules: list[Json] | None = None, **more: Any) -> Json:
    """A draft with these rules, or with those it is a copy of."""
    response = await administrator.post(SETS, json=more, headers={"Idempotency-Key": str(uuid7())})
    assert response.status_code == 201, response.text
    made: Json = response.json()
    if rules is None:
        return made
    changed = await change(administrator, made, rules)
    assert changed.status_code == 200, changed.text
    found: Json = changed.json()
    return found


async def change(administrator: Client, held: Json, rules: list[Json]) -> httpx.Response:
    tag = {"If-Match": f'"{held["version"]}"'}
    return await administrator.put(f"{SETS}/{held['id']}", json={"rules": rules}, headers=tag)


async def activate(administrator: Client, held: Json, reason: str = "Beslist in het overleg") -> httpx.Response:
    tag = {"If-Match": f'"{held["version"]}"'}
    return await administrator.post(f"{SETS}/{held['id']}/activate", json={"reason": reason}, headers=tag)


async def test_the_whole_life_of_a_set(administrator: Client, people: People) -> None:
    civil, mobility = people.departments["burgerzaken"], people.departments["mobiliteit"]
    first = await draft(administrator, [a_rule("Meldingen", mobility)])
    assert (first["number"], first["state"], first["ruleCount"], first["version"]) == (1, "draft", 1, 2)
    active = (await activate(administrator, first)).json()
    assert (active["state"], active["reason"]) == ("active", "Beslist in het overleg")
    assert active["activatedBy"] == str(people.users["administrator"])

    second = await draft(administrator)
    assert second["rules"] == first["rules"], "a draft begins as a copy of the active set"
    assert (second["copiedFromId"], second["followsId"]) == (first["id"], first["id"])
    second = (await change(administrator, second, [a_rule("Klachten", civil), *first["rules"]])).json()
    assert (await activate(administrator, second, "Klachten apart")).status_code == 200

    third = await draft(administrator, copyOf=first["id"])
    assert third["rules"] == first["rules"], "going back: an old set becomes a new draft"
    assert (await activate(administrator, third, "Terug naar de eerste")).status_code == 200

    history = (await administrator.get(SETS)).json()["items"]
    assert [(one["number"], one["state"]) for one in history] == [(3, "active"), (2, "retired"), (1, "retired")]
    assert [one["reason"] for one in history] == ["Terug naar de eerste", "Klachten apart", "Beslist in het overleg"]
    assert [one.get("successorId") for one in history] == [None, third["id"], second["id"]]
    assert history[2]["retiredAt"] == history[1]["activatedAt"]
    kept = (await administrator.get(f"{SETS}/{first['id']}")).json()
    assert kept["rules"] == first["rules"]


async def test_sets_are_listed_by_page(administrator: Client) -> None:
    for _ in range(3):
        await draft(administrator)
    page = (await administrator.get(SETS, params={"limit": 2})).json()
    assert [one["number"] for one in page["items"]] == [3, 2]
    rest = (await administrator.get(SETS, params={"limit": 2, "cursor": page["next"]})).json()
    assert [one["number"] for one in rest["items"]] == [1]
    assert "next" not in rest


async def test_nothing_changes_in_what_was_ever_active(administrator: Client, people: People, uow: UnitOfWork) -> None:
    first = await draft(administrator, [a_rule("Meldingen", people.departments["mobiliteit"])])
    active = (await activate(administrator, first)).json()
    refused = await change(administrator, active, [])
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:notADraft")
    again = await activate(administrator, active)
    assert again.status_code == 409
    for sql in (
        "UPDATE rule_set SET rules = '[]'",
        "UPDATE rule_set SET reason = 'Iets anders'",
        "UPDATE rule_set SET state = 'draft', activated_at = NULL, activated_by = NULL, reason = NULL",
        "UPDATE rule_set SET number = 7",
        "DELETE FROM rule_set",
    ):
        savepoint = uow._raw.transaction()
        await savepoint.start()
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
            await uow.execute(sql)
        await savepoint.rollback()


async def test_the_database_knows_one_active_set_at_most(administrator: Client, uow: UnitOfWork) -> None:
    await activate(administrator, await draft(administrator))
    savepoint = uow._raw.transaction()
    await savepoint.start()
    with pytest.raises(asyncpg.UniqueViolationError, match="ux_rule_set_active"):
        await uow.execute(
            """INSERT INTO rule_set (id, number, state, rules, created_at, changed_at, activated_at, activated_by,
                                     reason)
               SELECT $1, 99, 'active', '[]', now(), now(), now(), activated_by, 'Nog een' FROM rule_set LIMIT 1""",
            uuid7(),
        )
    await savepoint.rollback()


async def test_a_draft_that_was_overtaken_is_not_activated(administrator: Client, people: People) -> None:
    one = await draft(administrator, [a_rule("Een", people.departments["mobiliteit"])])
    other = await draft(administrator, [a_rule("Ander", people.departments["burgerzaken"])])
    assert (await activate(administrator, one)).status_code == 200
    refused = await activate(administrator, other)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:ruleSetOvertaken")
    copy = await draft(administrator, copyOf=other["id"])
    assert (await activate(administrator, copy)).status_code == 200


async def test_a_change_needs_what_was_read(administrator: Client) -> None:
    held = await draft(administrator)
    path = f"{SETS}/{held['id']}"
    assert (await administrator.put(path, json={"rules": []})).status_code == 428
    assert (await change(administrator, held, [])).status_code == 200
    assert (await change(administrator, held, [])).status_code == 412
    assert (await activate(administrator, held)).status_code == 412
    read = await administrator.get(path)
    assert read.headers["etag"] == '"2"'


async def test_every_fault_is_told_with_its_place(
    administrator: Client, people: People, product: UUID, uow: UnitOfWork
) -> None:
    closed = people.departments["mobiliteit"]
    await uow.execute("UPDATE department SET active = false WHERE id = $1", closed)
    await uow.commit()
    nothing = uuid7()
    held = await draft(administrator)
    refused = await change(
        administrator,
        held,
        [
            a_rule("Dubbel", closed),
            a_rule("Dubbel"),
            a_rule("Product", conditions={"productIds": [str(nothing), str(product)]}, priority="high"),
            a_rule("Weg", nothing),
        ],
    )
    assert refused.status_code == 400
    assert [issue["name"] for issue in refused.json()["issues"]] == [
        "rules[0].name",
        "rules[1].name",
        "rules[1].outcome",
        "rules[0].outcome.departmentId",
        "rules[2].conditions.productIds",
        "rules[3].outcome.departmentId",
    ]
    assert (await administrator.get(f"{SETS}/{held['id']}")).json()["rules"] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "Leeg", "conditions": {"kinds": []}, "outcome": {"priority": "high"}},
        {"name": "Soort", "conditions": {"kinds": ["gedoe"]}, "outcome": {"priority": "high"}},
        {"name": "Woorden", "conditions": {"words": ["put"]}, "outcome": {"priority": "high"}},
        {"name": "Postcode", "conditions": {"postcodes": ["9"]}, "outcome": {"priority": "high"}},
        {"name": "Thema", "conditions": {"themes": ["twee woorden"]}, "outcome": {"priority": "high"}},
        {"name": "Onderwerp", "conditions": {"topics": ["  "]}, "outcome": {"priority": "high"}},
        {"name": "Onderwerpen", "conditions": {"topics": []}, "outcome": {"priority": "high"}},
        {"name": "Lang onderwerp", "conditions": {"topics": ["x" * 101]}, "outcome": {"priority": "high"}},
        {"name": "Veel", "conditions": {"topics": ["x"] * 101}, "outcome": {"priority": "high"}},
        {"name": "Lang", "outcome": {"workingDays": 61}},
        {"name": "", "outcome": {"workingDays": 1}},
        {"name": "Niets"},
    ],
)
async def test_what_is_no_rule_is_refused(administrator: Client, rule: Json) -> None:
    assert (await change(administrator, await draft(administrator), [rule])).status_code == 400


async def test_a_draft_is_a_copy_or_empty(administrator: Client, people: People) -> None:
    await activate(administrator, await draft(administrator, [a_rule("Een", people.departments["mobiliteit"])]))
    assert (await draft(administrator, empty=True))["rules"] == []
    for body in ({"copyOf": str(uuid7())}, {"copyOf": str(uuid7()), "empty": True}):
        refused = await administrator.post(SETS, json=body, headers={"Idempotency-Key": str(uuid7())})
        assert refused.status_code == 400
    key = {"Idempotency-Key": str(uuid7())}
    once, twice = [(await administrator.post(SETS, json={}, headers=key)).json()["id"] for _ in range(2)]
    assert once == twice


async def test_a_set_warns_of_what_is_not_in_use_any_more(
    administrator: Client, people: People, product: UUID, uow: UnitOfWork
) -> None:
    mobility = people.departments["mobiliteit"]
    by_product = a_rule("Product", conditions={"productIds": [str(product)]}, priority="high")
    held = await draft(administrator, [by_product, a_rule("Meldingen", mobility)])
    assert "warnings" not in held
    await uow.execute("UPDATE department SET active = false WHERE id = $1", mobility)
    await uow.execute("UPDATE product SET status = 'withdrawn' WHERE id = $1", product)
    await uow.commit()
    warnings = [
        {"rule": 1, "kind": "productWithdrawn", "id": str(product)},
        {"rule": 2, "kind": "departmentInactive", "id": str(mobility)},
    ]
    assert (await administrator.get(SETS)).json()["items"][0]["warnings"] == warnings
    assert (await activate(administrator, held)).json()["warnings"] == warnings


async def test_team_leads_look_and_administrators_change(
    administrator: Client, anonymous: Client, people: People
) -> None:
    held = await draft(administrator)
    lead, agent = (anonymous.as_user(people.tokens[name]) for name in ("lead", "agent"))
    assert (await lead.get(SETS)).status_code == 200
    assert (await lead.get(f"{SETS}/{held['id']}")).status_code == 200
    assert (await lead.post(f"{SETS}/{held['id']}/dryRun", json={})).status_code == 200
    assert (await change(lead, held, [])).status_code == 403
    assert (await activate(lead, held)).status_code == 403
    assert (await agent.get(SETS)).status_code == 403
    assert (await agent.get(f"{SETS}/{uuid7()}")).status_code == 403
    assert (await lead.get(f"{SETS}/{uuid7()}")).status_code == 404
