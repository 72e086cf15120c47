"""The same verdict through the API, search, export and SQL: for every person, over the same customers and questions."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.app import Platform
from backend.identity.rules import POLICY
from backend.kit.access import Principal
from backend.kit.db import UnitOfWork
from backend.kit.reach import Reach
from backend.settings import DEV_ISSUER
from tests.conftest import Client
from tests.people import USERS, People

pytestmark = pytest.mark.anyio

LOOKERS = [name for name in USERS if name not in {"editor", "administrator", "auditor", "integrator"}]
"""Whoever handles questions."""
OWNERS = ("onthaal", "burgerzaken", "mobiliteit", "sociaal-huis")
_MESSAGES = "SELECT DISTINCT question_id FROM message"
_CASES = "SELECT external_id FROM application_case WHERE external_id LIKE 'V-%'"


class Town:
    """Questions of every department, normal and sensitive, of one customer and of nobody; what each was about."""

    def __init__(self) -> None:
        self.questions: dict[str, dict[str, Any]] = {}
        self.contacts: dict[str, str] = {}
        self.customer = ""

    def visible(self, name: str) -> set[str]:
        """What the words of design 5 say: sensitive is for the department alone."""
        return {
            one
            for one, question in self.questions.items()
            if question["confidentiality"] == "normal" or question["owner"] in USERS[name]
        }


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


@pytest.fixture
async def town(agent: Client, anonymous: Client, people: People, registered: dict[str, Any]) -> Town:
    town = Town()
    town.customer = registered["customerId"]
    integrator = anonymous.as_user(people.tokens["integrator"])
    first = registered["questions"][0]
    town.questions[first["id"]] = first | {"owner": "burgerzaken"}
    town.contacts[registered["id"]] = first["id"]
    for owner in OWNERS:
        for confidentiality in ("normal", "sensitive"):
            for whose in ({"customerId": town.customer}, {}):
                asked = {
                    "subject": f"Vraag voor {owner}",
                    "departmentId": str(people.departments[owner]),
                    "confidentiality": confidentiality,
                }
                body = {"channel": "phone", "notes": "Woorden van de klant", "questions": [asked], **whose}
                made = (await agent.post("/contacts", json=body, headers=key())).json()
                question = made["questions"][0]
                town.questions[question["id"]] = question | {"owner": owner}
                town.contacts[made["id"]] = question["id"]
                case = {
                    "title": "Aanvraag", "phase": "behandeling", "status": "Lopend", "questionId": question["id"],
                    "changedAt": "2026-11-20T10:00:00Z", **whose,
                }  # fmt: skip
                sent = await integrator.put(f"/cases/by-external-id/V-{question['id']}", json=case)
                assert sent.status_code == 200, sent.text
    return town


async def reach_of(platform: Platform, people: People, name: str) -> Reach:
    who = await platform.principals.find(DEV_ISSUER, name, None)
    assert isinstance(who, Principal)
    assert who.id == people.users[name]
    return POLICY.reach(who, "getQuestion", datetime.now(UTC))


@pytest.mark.parametrize("name", LOOKERS)
async def test_every_way_gives_the_same_verdict(
    name: str, town: Town, anonymous: Client, people: People, platform: Platform
) -> None:
    client = anonymous.as_user(people.tokens[name])
    wanted = town.visible(name)
    assert len(town.questions) > len(wanted) or "sociaal-huis" not in OWNERS
    verdicts = {
        "get": await _by_id(client, town),
        "reference": await _by_reference(client, town),
        "contacts": await _by_contact(client, town),
    }
    async with platform.database.begin(await reach_of(platform, people, name)) as uow:
        verdicts |= await _by_sql(uow, town)
    for way, found in verdicts.items():
        assert found == wanted, f"{name} by {way}: {_differences(town, found ^ wanted)}"
    theirs = {one for one in wanted if town.questions[one].get("customerId") == town.customer}
    for way, found in (await _of_the_customer(client, town)).items():
        assert found == theirs, f"{name} by {way}: {_differences(town, found ^ theirs)}"
    for code in OWNERS:
        await _worklist(client, town, people, name, code)


def _differences(town: Town, ids: set[str]) -> list[str]:
    return [f"{town.questions[one]['owner']}, {town.questions[one]['confidentiality']}" for one in ids]


async def _by_id(client: Client, town: Town) -> set[str]:
    return {one for one in town.questions if (await client.get(f"/questions/{one}")).status_code == 200}


async def _by_reference(client: Client, town: Town) -> set[str]:
    found = set()
    for one, question in town.questions.items():
        body = {"reference": question["reference"]}
        if (await client.post("/questions/query", json=body)).status_code == 200:
            found.add(one)
    return found


async def _by_contact(client: Client, town: Town) -> set[str]:
    return {
        question
        for contact, question in town.contacts.items()
        if (await client.get(f"/contacts/{contact}")).status_code == 200
    }


async def _by_sql(uow: UnitOfWork, town: Town) -> dict[str, set[str]]:
    """Plain SQL under the role of the application with the context of this person."""

    async def column(sql: str) -> set[str]:
        return {str(row[0]) for row in await uow.fetch(sql)}

    contacts = await column("SELECT id FROM contact")
    cases = await column(_CASES)
    first = next(iter(town.questions))  # has no case
    return {
        "question": await column("SELECT id FROM question"),
        "timeline": await column("SELECT DISTINCT question_id FROM question_event"),
        "links": await column("SELECT question_id FROM contact_question"),
        "contact": {question for contact, question in town.contacts.items() if contact in contacts},
        "case": {case.removeprefix("V-") for case in cases} | {first},
        "count": await column("SELECT id FROM question ORDER BY id LIMIT (SELECT count(*) FROM question)"),
    }


async def _of_the_customer(client: Client, town: Town) -> dict[str, set[str]]:
    file = (await client.get(f"/customers/{town.customer}/file")).json()
    first = next(iter(town.questions))
    ways = {
        "file": {one["question"]["id"] for one in file["questions"]},
        "file, contacts": {id_ for one in file["contacts"] for id_ in one["questionIds"]},
        "file, cases": {one["questionId"] for one in file["cases"]} | {first},
    }
    history = await client.get(f"/customers/{town.customer}/history", params={"limit": 100})
    assert history.status_code == 200, history.text
    entries = history.json()["items"]
    ways["history"] = {one["question"]["id"] for one in entries if one["kind"] == "question"}
    ways["history, contacts"] = {
        q["id"] for one in entries if one["kind"] == "contact" for q in one["contact"]["questions"]
    }
    ways["history, cases"] = {one["case"]["questionId"] for one in entries if one["kind"] == "case"} | {first}
    body = {"purpose": "accessRequest"}
    export = await client.post(f"/customers/{town.customer}/export", json=body)
    if export.status_code == 200 and export.headers["content-type"].startswith("application/json"):
        ways["export"] = {one for one in town.questions if one in export.text}
    return ways


async def _worklist(client: Client, town: Town, people: People, name: str, code: str) -> None:
    params = {"department": str(people.departments[code]), "limit": "100"}
    for worklist in ("department", "unassigned"):
        answer = await client.get(f"/worklists/{worklist}", params=params)
        if code not in USERS[name]:
            assert answer.status_code == 403
            continue
        found = {one["id"] for one in answer.json()["items"]}
        assert found == {one for one, question in town.questions.items() if question["owner"] == code}


async def test_without_a_context_nothing_is_there(town: Town, platform: Platform) -> None:
    assert town.questions
    async with platform.database.begin() as uow:
        for table in ("question", "question_event", "message", "contact", "contact_question", "application_case"):
            assert await uow.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_without_a_context_nothing_is_written(platform: Platform, people: People) -> None:
    async with platform.database.begin() as uow:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await uow.execute(
                """INSERT INTO contact (id, channel, direction, started_at, agent_id, consulted_product_ids,
                          question_count)
                   VALUES (gen_random_uuid(), 'phone', 'inbound', now(), $1, '{}', 1)""",
                people.users["agent"],
            )


async def test_a_service_that_forgets_to_ask_still_changes_nothing_of_others(
    town: Town, platform: Platform, people: People
) -> None:
    hidden = next(UUID(one) for one, question in town.questions.items() if question["owner"] == "sociaal-huis")
    async with platform.database.begin(await reach_of(platform, people, "agent")) as uow:
        assert await uow.execute("UPDATE question SET priority = 0 WHERE id = $1", hidden) == "UPDATE 0"
        assert await uow.fetch("SELECT FROM question WHERE id = $1 FOR UPDATE", hidden) == []
