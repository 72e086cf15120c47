"""The public form: accepted by a role that can only add, a question once, whatever goes wrong in between."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.kit.embedded.cluster import Cluster
from backend.kit.outbox import Dispatcher
from backend.kit.reach import EVERYTHING
from backend.kit.reference import parse_reference
from backend.kit.roles import INTAKE
from backend.worker import handlers
from tests.backend.contacts.intake.office import FORM, Counter, administrator, until_one_waits

pytestmark = pytest.mark.anyio

QUESTIONS = """
SELECT q.*, c.caller, c.notes FROM question q
  JOIN contact_question l ON l.question_id = q.id JOIN contact c ON c.id = l.contact_id
"""


async def test_a_form_becomes_a_question_with_the_reference_that_was_told(counter: Counter) -> None:
    response = await counter.send()
    assert response.status_code == 202, response.text
    told = response.json()
    assert set(told) == {"reference", "statusSecret"}
    assert parse_reference(told["reference"]) == told["reference"]
    (kept,) = await counter.fetch("SELECT * FROM submission")
    assert b"vuilniswagen" not in bytes(kept["payload"]), "the form is kept in clear"
    await counter.work()
    (question,) = await counter.fetch(QUESTIONS)
    assert question["reference"] == told["reference"]
    assert (question["channel"], question["identity"], question["customer_id"]) == ("webForm", "claimed", None)
    assert question["subject"] == "Vuilnis"
    assert question["caller"]["name"] == "Jef Maes"
    assert "Kerkstraat 12, 9000 Gent" in question["notes"]
    (kept,) = await counter.fetch("SELECT * FROM submission")
    assert kept["payload"] is None
    assert kept["question_id"] == question["id"]
    assert counter.failures == []


async def test_the_same_form_twice_is_one_question_with_one_answer(counter: Counter) -> None:
    client, key = counter.visitor(), uuid4().hex
    proof = await counter.proof(client)
    first = await counter.send(client, key=key, proof=proof)
    again = await counter.send(client, key=key, proof=proof)
    await counter.work()
    later = await counter.send(client, key=key, proof=proof)
    assert [one.status_code for one in (first, again, later)] == [202, 202, 202]
    assert first.content == again.content == later.content
    await counter.work()
    assert len(await counter.fetch(QUESTIONS)) == 1


async def test_a_proof_is_used_up_by_one_form(counter: Counter) -> None:
    client = counter.visitor()
    proof, key = await counter.proof(client), uuid4().hex
    assert (await counter.send(client, key=key, proof=proof)).status_code == 202
    for other in ({"key": uuid4().hex}, {"key": key, "subject": "Iets anders"}):
        used = await counter.send(client, proof=proof, **other)
        assert used.status_code == 409, used.text
        assert used.json()["type"].endswith(":proofUsed")
    assert (await counter.send(client, key=key, proof=proof)).status_code == 202, "the first one may be repeated"
    await counter.work()
    assert len(await counter.fetch(QUESTIONS)) == 1


async def test_a_replay_is_known_whichever_rule_postgresql_looks_at_first(counter: Counter, cluster: Cluster) -> None:
    """With the index of the nonce older than the primary key the other rule is the one that is reported."""
    admin = await asyncpg.connect(administrator(counter, cluster))
    try:
        await admin.execute("ALTER TABLE submission DROP CONSTRAINT pk_submission CASCADE")
        await admin.execute("ALTER TABLE submission ADD CONSTRAINT pk_submission PRIMARY KEY (id)")
    finally:
        await admin.close()
    client, key = counter.visitor(), uuid4().hex
    proof = await counter.proof(client)
    first, again = [await counter.send(client, key=key, proof=proof) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202), again.text
    assert first.content == again.content
    assert (await counter.send(client, proof=proof)).status_code == 409
    assert len(await counter.fetch("SELECT FROM submission")) == 1, "looking added a row"


async def test_twins_at_the_same_moment_are_one_question(counter: Counter) -> None:
    client, key = counter.visitor(), uuid4().hex
    proof = await counter.proof(client)
    answers = await asyncio.gather(*(counter.send(client, key=key, proof=proof) for _ in range(5)))
    assert {one.status_code for one in answers} == {202}
    assert len({one.content for one in answers}) == 1
    await counter.work()
    assert len(await counter.fetch(QUESTIONS)) == 1


async def test_killed_between_accepting_and_registering_the_form_stays(counter: Counter) -> None:
    """The worker dies with the transaction open: the row is there, the lease ends, the question comes once."""
    await counter.send()
    dispatcher = Dispatcher(counter.platform.database, handlers(counter.platform))
    (effect,) = await dispatcher.lease(1)

    class Killed(BaseException):
        """As a process that is gone: nothing after it runs."""

    async def killed(uow: Any, one: Any) -> None:
        await handlers(counter.platform)[one.topic](uow, one)  # type: ignore[operator]
        raise Killed

    with pytest.raises(Killed):
        await Dispatcher(counter.platform.database, {effect.topic: killed}).run(effect)
    (kept,) = await counter.fetch("SELECT payload FROM submission")
    assert kept["payload"] is not None
    assert await counter.fetch(QUESTIONS) == []
    await counter.work()
    assert await counter.fetch(QUESTIONS) == [], "another worker has the lease"
    await counter.execute("UPDATE outbox SET leased_until = now() - interval '1 second' WHERE done_at IS NULL")
    await counter.work()
    await counter.work()
    assert len(await counter.fetch(QUESTIONS)) == 1


async def test_what_cannot_be_registered_is_a_visible_dead_letter_and_stays(counter: Counter) -> None:
    await counter.send()
    await counter.execute("UPDATE submission SET payload = '\\x0102'")
    await counter.work()
    (dead,) = await counter.fetch("SELECT topic, reason FROM outbox WHERE dead_at IS NOT NULL")
    assert dead["topic"] == "contacts.registerForm"
    assert "cannot be read" in dead["reason"]
    (kept,) = await counter.fetch("SELECT payload FROM submission")
    assert kept["payload"] is not None
    page = (await counter.staff("administrator").get("/dead-letters")).json()
    assert [one["topic"] for one in page["items"]] == ["contacts.registerForm"]


async def test_a_product_that_is_gone_keeps_no_question_away(counter: Counter) -> None:
    await counter.send(productId=str(uuid4()))
    await counter.work()
    (question,) = await counter.fetch(QUESTIONS)
    assert question["product_id"] is None


@pytest.mark.parametrize(
    ("form", "place"),
    [
        ({"email": None}, "email"),
        ({"answerChannel": "phone"}, "phone"),
        ({"email": "a@b@c"}, ""),
        ({"text": "x" * 10_001}, ""),
        ({"customerId": str(uuid4())}, ""),
    ],
)
async def test_what_cannot_be_is_refused_at_once(counter: Counter, form: dict[str, Any], place: str) -> None:
    response = await counter.send(**form)
    assert response.status_code == 400, response.text
    assert place in response.text
    assert await counter.fetch("SELECT FROM submission") == []


async def test_a_form_is_at_most_64_kb(counter: Counter) -> None:
    answers = [{"question": f"Vraag {number}", "answer": "x" * 2_000} for number in range(40)]
    response = await counter.send(structuredAnswers=answers)
    assert response.status_code == 413, response.text


async def test_without_a_good_proof_there_is_no_form(counter: Counter) -> None:
    client = counter.visitor()
    none = await client.post("/intake/forms", json=FORM, headers={"Idempotency-Key": uuid4().hex})
    assert none.status_code == 400
    good = await counter.proof(client)
    content = good["value"]
    changed = content[:60] + ("A" if content[60] != "A" else "B") + content[61:]
    for proof in ({"kind": "proofOfWork", "value": changed}, {"kind": "wait", "value": content}):
        assert (await counter.send(client, proof=proof)).status_code == 400
    assert (await counter.send(client, proof=good)).status_code == 202


async def test_who_cannot_calculate_waits_instead(counter: Counter) -> None:
    client = counter.visitor()
    tickets = [await client.post("/intake/challenges", json={"kind": "wait"}) for _ in range(4)]
    assert [one.status_code for one in tickets] == [200, 200, 200, 429]
    assert int(tickets[3].headers["retry-after"]) > 3_000
    proof = {"kind": "wait", "value": tickets[0].json()["ticket"]}
    assert (await counter.send(client, proof=proof)).status_code == 202
    assert (await counter.send(client, proof=proof)).status_code == 409, "single use"
    forged = {"kind": "wait", "value": proof["value"][:-1] + ("A" if proof["value"][-1] != "A" else "B")}
    assert (await counter.send(client, proof=forged)).status_code == 400


async def test_a_customer_who_is_logged_in_needs_no_proof_and_is_known(counter: Counter) -> None:
    created = await counter.staff().post(
        "/customers",
        json={"kind": "person", "names": {"given": "Jef", "family": "Maes"}},
        headers={"Idempotency-Key": uuid4().hex},
    )
    customer = created.json()["id"]
    body = {**FORM, "email": None, "answerChannel": "none"}
    body = {name: value for name, value in body.items() if value is not None}
    key = {"Idempotency-Key": uuid4().hex}
    client = counter.customer(customer)
    first, again = [await client.post("/intake/forms", json=body, headers=key) for _ in range(2)]
    assert first.status_code == 202, first.text
    assert first.content == again.content
    await counter.work()
    (question,) = await counter.fetch(QUESTIONS)
    assert (question["customer_id"], question["identity"]) == (UUID(customer), "confirmed")


async def test_one_network_sends_ten_forms_an_hour(counter: Counter) -> None:
    client = counter.visitor("one-network" + uuid4().hex)
    answers = [await counter.send(client, subject=f"Vraag {number}") for number in range(11)]
    assert [one.status_code for one in answers] == [202] * 10 + [429]
    assert 0 < int(answers[10].headers["retry-after"]) <= 3_600
    assert (await counter.send()).status_code == 202, "another network"


async def test_the_role_of_the_form_can_only_add(counter: Counter) -> None:
    """Not one relation of the database can be read by the role that accepts forms; and it says nothing but INSERT."""
    said: list[str] = []

    def listen(query: Any) -> None:
        said.append(query.query)

    async with counter.platform.intake.dedicated() as pooled:
        connection: Any = pooled.driver_connection
        assert await connection.fetchval("SELECT current_user") == INTAKE
        readable = await connection.fetch(
            """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
                  AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND has_any_column_privilege(c.oid, 'SELECT')"""
        )
        assert readable == []
        connection.add_query_logger(listen)
    assert (await counter.send()).status_code == 202
    known = await counter.send(email="burgerzaken@stad.example")
    assert known.status_code == 202
    statements = [one for one in said if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SELECT set_config"))]
    assert statements, "nothing was said on this connection"
    assert all(one.strip().startswith("INSERT INTO intake.form") for one in statements), statements
    tables = [
        row[0] for row in await counter.fetch("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    ]
    assert not [table for table in tables for one in said if f" {table} " in f" {one} "]


async def test_who_says_no_at_the_desk_meanwhile_is_not_overruled_by_asking(counter: Counter) -> None:
    """Registering waits for the desk, and leaves alone what was decided there."""
    body = {"kind": "person", "names": {"given": "Jef", "family": "Maes"}}
    made = await counter.staff().post("/customers", json=body, headers={"Idempotency-Key": uuid4().hex})
    customer = made.json()["id"]
    await counter.send(counter.customer(customer))
    async with counter.platform.database.transaction(EVERYTHING) as desk:
        await desk.execute(
            "INSERT INTO status_sharing (customer_id, agreed, source, decided_at) VALUES ($1, false, 'staff', now())",
            UUID(customer),
        )
        registering = asyncio.create_task(counter.work())
        await until_one_waits(counter)
    await registering
    assert len(await counter.fetch(QUESTIONS)) == 1
    (said,) = await counter.fetch("SELECT agreed FROM status_sharing")
    assert not said["agreed"]
