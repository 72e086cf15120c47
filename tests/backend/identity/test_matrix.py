"""Every operation x every role x every relation, over HTTP on the real database, against the reviewed policy table.

Besides the status: a refusal is in the audit log and changes nothing anybody else sees, a look at a person's data is in
it too, and exactly the fields of the table come back. Each request is undone afterwards.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.identity.rules import HIDDEN, LINKED_BY, OPERATIONS, PUBLIC
from backend.kit.access import Relation
from backend.kit.boundary import Boundary
from backend.kit.db import cast_connection
from backend.kit.metrics import observe
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION, AUDITOR
from backend.settings import Settings
from tests.backend.identity.samples import SAMPLES, Sample
from tests.backend.identity.world import (
    BORN,
    RELATIONS,
    ROLES,
    SECRETS,
    SSINS,
    WHO,
    World,
    add_customers,
    add_world,
    place,
)
from tests.conftest import Client, RolledBack
from tests.description import DescriptionCheck

pytestmark = pytest.mark.anyio

BAD = 400
DESK = {"agent", "expert", "teamLead"}
"""Whoever sees sensitive questions of their own department."""


class Matrix(msgspec.Struct, frozen=True):
    """The running application and what is in it."""

    client: Client
    database: RolledBack
    world: World


@pytest.fixture(scope="module")
async def matrix(settings: Settings, database_url: str, description: DescriptionCheck) -> AsyncIterator[Matrix]:
    """Made once: every request is undone by itself."""
    async with RolledBack(database_url, role=APPLICATION) as database, database.kept_open():
        platform = Platform(settings, database)
        litestar = create_litestar(platform)
        async with database.transaction(EVERYTHING) as uow:
            world = await add_world(uow, development_issuer(settings))
        app = Boundary(litestar, observe=observe)
        async with litestar.lifespan(), Client(app, description) as client:
            yield Matrix(client, database, await add_customers(client.as_user(world.people.tokens["agent"]), world))


class Answer(msgspec.Struct, frozen=True):
    """What came of one request, and what the audit log says of it."""

    response: httpx.Response
    entries: list[dict[str, Any]]
    things: dict[str, str]


@asynccontextmanager
async def undone(database: RolledBack) -> AsyncIterator[Any]:
    """A savepoint that is always given up."""
    assert database.pooled is not None
    connection: Any = cast_connection(database.pooled)
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        yield connection
    finally:
        await savepoint.rollback()


async def ask(matrix: Matrix, operation: str, who: str | None, relation: str) -> Answer:
    """Send the sample of an operation, about a thing at this distance."""
    sample, world = SAMPLES[operation], matrix.world
    async with undone(matrix.database) as connection:
        async with matrix.database.transaction(EVERYTHING) as uow:
            things = await place(uow, world, sample.about, relation, who or "nobody", answered=sample.answered)
        names = {**world.ids, **things}
        client = matrix.client.as_user(world.tokens[who]) if who else matrix.client
        await connection.execute(f"SET LOCAL ROLE {AUDITOR}")
        before = await connection.fetchval("SELECT count(*) FROM audit_entry")
        await connection.execute(f"SET LOCAL ROLE {APPLICATION}")
        response = await client.request(**_request(sample, names))
        await connection.execute(f"SET LOCAL ROLE {AUDITOR}")
        rows = await connection.fetch("SELECT * FROM audit_entry ORDER BY id DESC LIMIT 30")
        added = await connection.fetchval("SELECT count(*) FROM audit_entry") - before
        await connection.execute(f"SET LOCAL ROLE {APPLICATION}")
        return Answer(response, [dict(row) for row in rows[: min(added, 30)]], things)


def _request(sample: Sample, names: dict[str, str]) -> dict[str, Any]:
    method, path = sample.call.split(" ", 1)
    headers = {}
    if sample.once:
        headers["Idempotency-Key"] = str(uuid4())
    if sample.version is not None:
        headers["If-Match"] = f'"{sample.version}"'
    body = _filled(sample.body, names)
    request = {"method": method, "url": _filled(path, names), "headers": headers}
    if sample.file:
        return request | {"files": {"file": (sample.file, b"Een plan.")}}
    return request | ({"json": body} if body is not None else {})


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, str):
        for name, one in names.items():
            value = value.replace(f"{{{name}}}", one)
    return value


def refusal(operation: str, who: str | None, relation: str) -> int | None:
    """The status with which the table refuses, None when it lets through; nothing here asks the policy's own code."""
    if who is None:
        return 401
    needed = OPERATIONS[operation].get(who)
    if needed is None:
        return 403
    own_case = SAMPLES[operation].about == "case" and who == "integrator"
    if relation in {"sensitive", "sensitiveProduct"} and not own_case:
        return 404
    if relation == "inside" and who not in DESK and not own_case:
        return 404
    near = {
        Relation.ANY: True,
        Relation.DEPARTMENT: relation in {"own", "department", "inside"},
        Relation.LINKED: relation == "linked",
        Relation.OWN: relation == "own",
    }
    return None if near[needed] else 403


def relations(operation: str, who: str | None) -> list[str]:
    """The distances that make sense: only a member can have a question of the department."""
    return [one for one in RELATIONS[SAMPLES[operation].about] if one != "own" or who in ROLES]


def withheld(resource: str, who: str, relation: str) -> set[str] | None:
    """JSON names of the fields the table keeps from this role at this distance; None: everything."""
    row = HIDDEN[resource].get(who)
    if row is None:
        return None
    linked = relation in {"linked", "own", "department", "inside", "mixed"}
    fields = row[Relation.LINKED] if linked and Relation.LINKED in row else row[Relation.ANY]
    return {_camel(name) for name in fields}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def _at(body: Any, path: str) -> Any:
    for part in filter(None, path.split(".")):
        body = body[int(part)] if part.isdigit() else body[part]
    return body


def test_every_operation_has_a_sample() -> None:
    missing = sorted(set(OPERATIONS) - set(SAMPLES))
    assert not missing, f"add a request for each of these to tests/backend/identity/samples.py: {missing}"
    assert not set(SAMPLES) - set(OPERATIONS), f"samples of nothing: {sorted(set(SAMPLES) - set(OPERATIONS))}"
    assert not set(SAMPLES) & set(PUBLIC)


def test_who_needs_a_link_is_asked_for_the_customer_of_the_path() -> None:
    """The link is looked up by the parameter of the path, for every operation alike."""
    assert LINKED_BY == "customer_id"
    unclear = [
        name
        for name, row in OPERATIONS.items()
        if Relation.LINKED in row.values()
        and name in SAMPLES
        and (SAMPLES[name].about != "customer" or "/customers/{customer}" not in SAMPLES[name].call)
    ]
    assert not unclear, (
        f"`linked` needs /customers/{{customer_id}} in the path, and a sample about a customer: {unclear}"
    )


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
async def test_the_application_does_what_the_table_says(matrix: Matrix, operation: str) -> None:
    assert operation in SAMPLES, f"add a request for {operation} to tests/backend/identity/samples.py"
    wrong: list[str] = []
    shown: dict[tuple[str, str], dict[str, set[str]]] = {}
    for who in (*WHO, None):
        for relation in relations(operation, who):
            answer = await ask(matrix, operation, who, relation)
            wrong += [
                f"{who or 'no token'}, {relation or '-'}: {fault}"
                for fault in _faults(matrix, operation, who, relation, answer)
            ]
            if answer.response.is_success and who:
                for path in SAMPLES[operation].shows:
                    found = _at(answer.response.json(), path)
                    shown.setdefault((path, relation), {})[who] = set(found)
    wrong += _field_faults(operation, shown)
    assert not wrong, f"{operation}, {OPERATIONS[operation]}:\n" + "\n".join(wrong)


def _faults(matrix: Matrix, operation: str, who: str | None, relation: str, answer: Answer) -> list[str]:
    if operation != "revealCustomer" and (clear := [one for one in SECRETS if one in answer.response.text]):
        return [f"shows in clear what is masked until revealed: {clear}"]
    refused, got = refusal(operation, who, relation), answer.response.status_code
    wanted = refused or SAMPLES[operation].allowed
    if got != wanted:
        return [f"{got} instead of {wanted}: {answer.response.text[:300]}"]
    if who is None:
        return [] if not answer.entries else ["somebody unknown left a trace in the audit log"]
    mine = [one for one in answer.entries if one["actor"] == matrix.world.users[who]]
    about = SAMPLES[operation].about
    if refused:
        return _refusal_faults(operation, answer, mine, about)
    if any(one["outcome"] == "denied" for one in answer.entries):
        return ["let through, and yet logged as denied"]
    return [] if mine or about is None or got >= BAD else ["a look or change that is not in the audit log"]


def _refusal_faults(operation: str, answer: Answer, mine: list[dict[str, Any]], about: str | None) -> list[str]:
    if len(answer.entries) != 1 or [(one["action"], one["outcome"]) for one in mine] != [(operation, "denied")]:
        return [f"the refusal is not in the audit log, or not alone: {answer.entries}"]
    thing = answer.things.get(about or "")
    if answer.response.status_code == 404 and mine[0]["subject"] != UUID(thing or ""):
        return [f"the audit log does not say of what: {mine[0]}"]
    told = {
        one for name, one in answer.things.items() if name in {"reference", "customer"} and one in answer.response.text
    }
    return [f"the refusal tells {told}"] if told else []


def _field_faults(operation: str, shown: dict[tuple[str, str], dict[str, set[str]]]) -> list[str]:
    """What each sees = what the one who sees most sees, minus what the table withholds."""
    wrong = []
    for (path, relation), by_who in shown.items():
        resource, whole = SAMPLES[operation].shows[path], set().union(*by_who.values())
        for who, got in by_who.items():
            kept = withheld(resource, who, relation)
            wanted = set() if kept is None else whole - kept
            if got != wanted:
                wrong.append(
                    f"{who}, {relation or '-'}: fields of {resource} {sorted(got ^ wanted)} differ from the table"
                )
    return wrong


async def test_the_fullest_view_is_full(matrix: Matrix) -> None:
    """The comparison of fields above proves nothing about fields that nobody gets."""
    for operation, fields in {
        "getCustomer": {"names", "identifiers", "addresses", "contactPoints", "birthDateKnown", "preferredChannel"},
        "queryCustomers": {"identifiers", "contactPoints", "address"},
        "getContact": {"caller", "notes", "consultedProductIds"},
        "getDepartment": {"email"},
    }.items():
        sample = SAMPLES[operation]
        answer = await ask(matrix, operation, "agent", RELATIONS[sample.about][0])
        path = next(iter(sample.shows))
        missing = fields - set(_at(answer.response.json(), path))
        assert not missing, f"{operation} does not show {missing} to an agent"


async def test_a_mixed_contact_keeps_to_itself_what_was_said(matrix: Matrix) -> None:
    answer = await ask(matrix, "getContact", "agent", "mixed")
    contact = answer.response.json()
    assert not {"caller", "notes", "consultedProductIds"} & set(contact)
    assert [one["id"] for one in contact["questions"]] == [answer.things["question"]]


async def test_what_is_masked_is_nowhere_in_clear(matrix: Matrix, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in what a search by the number itself finds, not in a problem about it, not in the log."""
    world = matrix.world
    client = matrix.client.as_user(world.tokens["agent"])
    async with undone(matrix.database):
        for body in ({"ssin": SSINS["linked"]}, {"text": SSINS["linked"]}, {"name": "Van linked"}):
            found = await client.post("/customers/query", json=body)
            assert world.customers["linked"] in found.text, body
            _assert_masked(found.text)
        again = {
            "kind": "person",
            "names": {"given": "Nele", "family": "Van Linked"},
            "identifiers": [{"type": "ssin", "value": SSINS["linked"]}],
        }
        taken = await client.post("/customers", json=again, headers={"Idempotency-Key": str(uuid4())})
        assert taken.status_code == 409
        _assert_masked(taken.text)
        wrong = SSINS["linked"].replace("28", "29")
        refused = await client.post("/customers/query", json={"ssin": wrong})
        assert refused.status_code == 400
        assert wrong not in refused.text
        revealed = await client.post(
            f"/customers/{world.customers['linked']}/reveal",
            json={"fields": ["ssin", "birthDate", "undisclosedAddress"], "purpose": "identityCheck"},
        )
        assert revealed.json()["birthDate"] == BORN
    _assert_masked(capsys.readouterr().out)


def _assert_masked(text: str) -> None:
    assert not [one for one in SECRETS if one in text]


async def test_revealing_is_logged_with_its_fields_and_purpose(matrix: Matrix) -> None:
    answer = await ask(matrix, "revealCustomer", "agent", "linked")
    entry = next(one for one in answer.entries if one["action"] == "revealCustomer")
    assert (entry["purpose"], entry["fields"], entry["subject"]) == (
        "identityCheck", ["birthDate"], UUID(answer.things["customer"]),
    )  # fmt: skip
