"""A customer and a question at a glance: the same as their parts, in one transaction, in few statements."""

from typing import Any
from uuid import uuid4

import pytest

from tests.backend.cases.conftest import Json, Register
from tests.backend.cases.test_history import report
from tests.conftest import OUTER, Client, RolledBack
from tests.people import People

pytestmark = pytest.mark.anyio

MOST_STATEMENTS = 12
AN = {"names": {"given": "An", "family": "Peeters"}}
SETTING = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
"""The transaction itself, in which PostgreSQL is told for whom."""


async def overview(client: Client, path: str) -> Json:
    response = await client.get(f"{path}/overview")
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


async def statements(client: Client, database: RolledBack, path: str) -> list[str]:
    assert database.pooled is not None
    connection: Any = database.pooled.driver_connection
    seen: list[str] = []

    def note(record: Any) -> None:
        if OUTER not in record.query and not record.query.startswith(SETTING):
            seen.append(record.query)

    connection.add_query_logger(note)
    try:
        await overview(client, path)
    finally:
        connection.remove_query_logger(note)
    return seen


async def test_a_customer_is_what_its_parts_are(
    agent: Client, anonymous: Client, people: People, create: Register, register: Register
) -> None:
    customer = (await create(**AN))["id"]
    questions = [await register(f"Vraag {number}", customerId=customer) for number in range(3)]
    for number in range(2):
        await report(anonymous.as_user(people.tokens["integrator"]), f"O-{number}", customerId=customer)
    shown = await overview(agent, f"/customers/{customer}")
    history = (await agent.get(f"/customers/{customer}/history", params={"limit": 25})).json()
    assert shown["history"] == history
    file = (await agent.get(f"/customers/{customer}/file")).json()
    assert {name: shown[name] for name in ("customer", "cases", "representations")} == {
        name: file[name] for name in ("customer", "cases", "representations")
    }
    ids = [one["questions"][0]["id"] for one in questions]
    assert [one["id"] for one in shown["openQuestions"]] == ids[::-1]
    assert shown["suggestions"] == {"items": []}


async def test_the_history_reads_on_where_the_overview_ends(
    agent: Client, create: Register, register: Register
) -> None:
    customer = (await create(**AN))["id"]
    for number in range(15):
        await register(f"Vraag {number}", customerId=customer)
    shown = await overview(agent, f"/customers/{customer}")
    assert len(shown["history"]["items"]) == 25
    params = {"limit": 25, "cursor": shown["history"]["next"]}
    rest = (await agent.get(f"/customers/{customer}/history", params=params)).json()["items"]
    whole = (await agent.get(f"/customers/{customer}/history", params={"limit": 100})).json()["items"]
    assert [*shown["history"]["items"], *rest] == whole


async def test_a_customer_takes_few_statements(
    agent: Client, create: Register, register: Register, database: RolledBack
) -> None:
    customer = (await create(**AN))["id"]
    for number in range(4):
        await register(f"Vraag {number}", customerId=customer)
    seen = await statements(agent, database, f"/customers/{customer}")
    assert 5 < len(seen) <= MOST_STATEMENTS, "\n".join(seen)


async def test_a_question_takes_few_statements(
    *,
    agent: Client,
    anonymous: Client,
    people: People,
    create: Register,
    register: Register,
    database: RolledBack,
) -> None:
    customer, expert = (await create(**AN))["id"], anonymous.as_user(people.tokens["expert"])
    question = (await register("Vraag", customerId=customer, department="burgerzaken"))["questions"][0]
    path = f"/questions/{question['id']}"
    known = (await overview(expert, path))["known"]
    prepared = (await expert.get(f"{path}/preparation")).json()
    assert known == {name: value for name, value in prepared.items() if name != "question"}
    seen = await statements(expert, database, path)
    assert 5 < len(seen) <= MOST_STATEMENTS, "\n".join(seen)
    assert set(await overview(agent, path)) == {"question"}, "an agent does not answer it"


async def test_doubles_are_for_who_decides_on_them(
    agent: Client, anonymous: Client, people: People, create: Register
) -> None:
    customer = (await create(**AN))["id"]
    assert "suggestions" in await overview(agent, f"/customers/{customer}")
    expert = anonymous.as_user(people.tokens["expert"])
    assert "suggestions" not in await overview(expert, f"/customers/{customer}")


@pytest.mark.parametrize("path", ["customers", "questions"])
async def test_unknown(agent: Client, path: str) -> None:
    answer = await agent.get(f"/{path}/{uuid4()}/overview")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
