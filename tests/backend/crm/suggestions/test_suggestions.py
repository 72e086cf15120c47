"""Suggestions are found, explained, masked and logged; what is decided is remembered."""

from typing import Any
from uuid import UUID

import pytest

from backend.kit.db import UnitOfWork
from tests.backend.crm.conftest import Audit
from tests.backend.crm.suggestions.conftest import (
    JAN,
    JAN_AGAIN,
    JAN_BY_MAIL,
    SOMEBODY,
    Body,
    Register,
    change,
    decide,
    others,
    person,
    suggested,
)
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


def values(body: Body) -> list[str]:
    """Everything personal in what was sent."""
    found = [*body["names"].values(), *(point["value"] for point in body["contactPoints"])]
    found += [value for place in body.get("addresses", []) for value in place.values()]
    return [*found, body.get("birthDate", "")]


async def test_who_is_registered_twice_is_suggested_and_explained(
    agent: Client, register: Register, uow: UnitOfWork
) -> None:
    first = await register(JAN)
    await register(SOMEBODY)
    second = await register(JAN_AGAIN)
    (found,) = await suggested(agent, second)
    assert [one["id"] for one in found["customers"]] == [first, second]
    assert (found["state"], found["strength"], found["decisions"]) == ("open", "strong", [])
    assert found["score"] == round(sum(part["weight"] for part in found["parts"]), 2)
    said = {part["feature"]: part for part in found["parts"]}
    assert said["phone"]["weight"] > 0
    stored = await uow.fetchval("SELECT parts::text FROM match_suggestion")
    told = stored.lower()
    for value in {*values(JAN), *values(JAN_AGAIN), "85073003328", "+32470123456"} - {""}:
        if not value.isdigit() or len(value) > 3:  # "12" may stand in a weight
            assert value.lower() not in told, value
    assert await suggested(agent, first) == [found], "from the other side it is the same one"


async def test_shielded_fields_stay_masked_and_every_customer_shown_is_logged(
    agent: Client, register: Register, audit: Audit
) -> None:
    ssin = {"identifiers": [{"type": "ssin", "value": "85.07.30-033.28"}]}
    hidden = {"addresses": [JAN["addresses"][0] | {"undisclosed": True}]}
    first = await register(JAN | ssin | hidden)
    second = await register(JAN_AGAIN)
    response = await agent.get(f"/customers/{second}/suggestions")
    shown = response.json()["items"][0]["customers"][0]
    assert shown["identifiers"] == [{"type": "ssin", "value": "***.***-**.28"}]
    assert "address" not in shown
    assert "1985" not in response.text
    for customer in (first, second):
        looks = [entry for entry in await audit(customer) if entry["action"] == "listCustomerSuggestions"]
        assert [(one["purpose"], one["fields"]) for one in looks] == [
            ("duplicateCheck", ["displayName", "identifiers", "address", "contactPoints"])
        ]


async def test_while_typing_nothing_is_stored(agent: Client, register: Register, uow: UnitOfWork, audit: Audit) -> None:
    first = await register(JAN)
    await register(SOMEBODY)
    before = await uow.fetchval("SELECT count(*) FROM customer")
    typed: Body = {
        "kind": "person",
        "names": {"given": "jan", "family": "vandenbroek", "alias": ""},
        "contactPoints": [{"type": "phone", "value": "0470123456"}, {"type": "email", "value": "jan@"}],
        "identifiers": [{"type": "ssin", "value": "850730"}],
        "addresses": [{"street": "Kerk", "postcode": "90"}],
    }
    response = await agent.post("/customers/match", json=typed)
    assert response.status_code == 200, response.text
    (hit,) = response.json()["items"]
    assert hit["customer"]["id"] == first
    assert hit["score"] == round(sum(part["weight"] for part in hit["parts"]), 2)
    assert await uow.fetchval("SELECT count(*) FROM customer") == before
    assert await uow.fetchval("SELECT count(*) FROM match_suggestion") == 0
    (look,) = [entry for entry in await audit(first) if entry["action"] == "matchCustomers"]
    assert look["purpose"] == "duplicateCheck"


@pytest.mark.parametrize("typed", [{"kind": "person"}, {"kind": "enterprise", "organisationName": ""}])
async def test_an_empty_form_finds_nobody(agent: Client, register: Register, typed: Body) -> None:
    await register(JAN)
    assert (await agent.post("/customers/match", json=typed)).json() == {"items": []}


async def test_who_certainly_is_somebody_else_is_never_in_it(agent: Client, register: Register) -> None:
    father = JAN | {"identifiers": [{"type": "ssin", "value": "85.07.30-033.28"}]}
    son = JAN | {"birthDate": "2010-02-03", "identifiers": [{"type": "ssin", "value": "10.02.03-001.65"}]}
    await register(father)
    second = await register(son)
    assert await suggested(agent, second) == []
    assert (await agent.get("/suggestions")).json()["items"] == []
    typed = {name: son[name] for name in ("kind", "names", "birthDate", "identifiers")}
    found = (await agent.post("/customers/match", json=typed)).json()["items"]
    assert [hit["customer"]["id"] for hit in found] == [second], "the son himself, and not his father"


async def test_different_is_remembered_from_both_sides_until_the_data_change(
    agent: Client, lead: Client, register: Register, people: People
) -> None:
    first, second = await register(JAN), await register(JAN_AGAIN)
    (found,) = await suggested(agent, second)
    decided = await decide(agent, found, "different", reason="Neven met dezelfde naam")
    assert decided.status_code == 200, decided.text
    assert decided.json()["state"] == "different"
    assert int(decided.headers["etag"].strip('"')) == decided.json()["version"] == found["version"] + 1
    (said,) = decided.json()["decisions"]
    assert said | {"cause": "person", "actorId": str(people.users["agent"])} == said
    for customer in (first, second):
        assert await suggested(agent, customer) == []
        assert [one["id"] for one in await suggested(agent, customer, state="different")] == [found["id"]]
    await change(agent, first, language="fr")
    await change(agent, second, names={"given": "JAN", "family": "Vandenbroek"})
    assert await suggested(lead, first) == [], "language and capitals are nothing new"
    await change(agent, second, contactPoints=[*JAN_AGAIN["contactPoints"], {"type": "email", "value": "j@x.be"}])
    (again,) = await suggested(lead, first)
    assert (again["id"], again["state"]) == (found["id"], "open")
    assert [(one["decision"], one["cause"]) for one in again["decisions"]] == [
        ("open", "dataChanged"),
        ("different", "person"),
    ]


async def test_a_decision_can_be_reconsidered(agent: Client, register: Register) -> None:
    await register(JAN)
    second = await register(JAN_AGAIN)
    (found,) = await suggested(agent, second)
    conflict = await decide(agent, found, "open")
    assert (conflict.status_code, conflict.json()["type"].rsplit(":", 1)[1]) == (409, "suggestionOpen")
    different = (await decide(agent, found, "different")).json()
    opened = await decide(agent, different, "open", reason="Toch niet zeker")
    assert opened.json()["state"] == "open"
    assert [one["id"] for one in await suggested(agent, second)] == [found["id"]]


async def test_later_comes_back_when_its_rest_is_over(agent: Client, register: Register, uow: UnitOfWork) -> None:
    await register(JAN)
    second = await register(JAN_AGAIN)
    (found,) = await suggested(agent, second)
    rested = (await decide(agent, found, "later")).json()
    days = await uow.fetchval("SELECT until - changed_at FROM match_suggestion")
    assert (rested["state"], days.days) == ("later", 7)
    await change(agent, second, contactPoints=[{"type": "phone", "value": "0470123456"}])
    assert await suggested(agent, second) == []
    assert len(await suggested(agent, second, state="later")) == 1
    await uow.execute("UPDATE match_suggestion SET until = now() - interval '1 second'")
    (back,) = await suggested(agent, second)
    assert [one["cause"] for one in back["decisions"]] == ["expired", "person"]
    assert "until" not in back


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": "different", "survivorId": "018f0000-0000-7000-8000-000000000001"}, "survivorId"),
        ({"decision": "same", "survivorId": "018f0000-0000-7000-8000-000000000001"}, "survivorId"),
        ({"decision": "different", "until": "2040-01-01T00:00:00Z"}, "until"),
        ({"decision": "later", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"decision": "later", "until": "2090-01-01T00:00:00Z"}, "until"),
    ],
)
async def test_a_decision_that_makes_no_sense(agent: Client, register: Register, body: Body, field: str) -> None:
    await register(JAN)
    (found,) = await suggested(agent, await register(JAN_AGAIN))
    response = await decide(agent, found, **body)
    assert response.status_code == 400, response.text
    assert response.json()["issues"][0]["name"] == field
    assert (await agent.get(f"/suggestions/{found['id']}")).json() == found


async def test_who_decides_on_something_old_is_told(agent: Client, lead: Client, register: Register) -> None:
    await register(JAN)
    (found,) = await suggested(agent, await register(JAN_AGAIN))
    assert (await decide(agent, found, "later")).status_code == 200
    assert (await decide(lead, found, "different")).status_code == 412
    bare = await lead.post(f"/suggestions/{found['id']}/decision", json={"decision": "different"})
    assert bare.status_code == 428
    nowhere = found | {"id": "018f0000-0000-7000-8000-000000000001"}
    assert (await decide(lead, nowhere, "different")).status_code == 404


async def test_the_list_is_of_all_best_first_in_pages(agent: Client, register: Register) -> None:
    first, second, third = [await register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    await register(SOMEBODY)
    for customer in (first, second, third):
        await suggested(agent, customer)
    everything = (await agent.get("/suggestions")).json()["items"]
    assert len(everything) == 3
    order = [(one["probability"], one["score"], one["id"]) for one in everything]
    assert order == sorted(order, reverse=True)
    read: list[Body] = []
    params: dict[str, Any] = {"limit": 1}
    while True:
        page = (await agent.get("/suggestions", params=params)).json()
        read += page["items"]
        if "next" not in page:
            break
        params["cursor"] = page["next"]
    assert read == everything
    for word in ("strong", "likely", "possible"):
        some = (await agent.get("/suggestions", params={"strength": word})).json()["items"]
        assert some == [one for one in everything if one["strength"] == word]
    assert (await agent.get("/suggestions", params={"cursor": "x"})).status_code == 400
    await decide(agent, everything[0], "different")
    assert len((await agent.get("/suggestions")).json()["items"]) == 2
    assert [one["id"] for one in (await agent.get("/suggestions", params={"state": "different"})).json()["items"]] == [
        everything[0]["id"]
    ]


async def test_data_that_no_longer_agree_close_a_suggestion(agent: Client, register: Register) -> None:
    await register(JAN)
    second = await register(JAN_AGAIN)
    (found,) = await suggested(agent, second)
    await change(
        agent,
        second,
        names={"given": "Fatima", "family": "El Amrani"},
        contactPoints=[{"type": "phone", "value": "0486998877"}],
        addresses=[{"street": "Veldstraat", "number": "1", "postcode": "9000", "municipality": "Gent"}],
    )
    assert await suggested(agent, second) == []
    closed = (await agent.get(f"/suggestions/{found['id']}")).json()
    assert (closed["state"], closed["decisions"][0]["cause"]) == ("obsolete", "notProposed")
    assert (await decide(agent, closed, "different")).status_code == 409


async def test_organisations_too(agent: Client, register: Register) -> None:
    club: Body = {"kind": "association", "organisationName": "Fanfare De Eendracht vzw"}
    club |= {"contactPoints": [{"type": "email", "value": "info@eendracht.be"}]}
    first = await register(club)
    second = await register(club | {"organisationName": "VZW Fanfare de Eendracht"})
    assert others(await suggested(agent, second), second) == [first]


async def test_who_may(anonymous: Client, people: People, register: Register, agent: Client) -> None:
    await register(JAN)
    second = await register(JAN_AGAIN)
    (found,) = await suggested(agent, second)
    allowed: dict[str, set[str]] = {}
    for role in ("agent", "lead", "expert", "editor", "administrator", "auditor", "integrator"):
        client = anonymous.as_user(people.tokens[role])
        answers = {
            "match": await client.post("/customers/match", json={"kind": "person"}),
            "list": await client.get("/suggestions"),
            "one": await client.get(f"/suggestions/{found['id']}"),
            "customer": await client.get(f"/customers/{second}/suggestions"),
            "decide": await decide(client, found | {"version": 99}, "different"),
            "runs": await client.get("/matchRuns"),
        }
        allowed[role] = {name for name, answer in answers.items() if answer.status_code != 403}
    desk = {"match", "list", "one", "customer", "decide"}
    assert allowed == {
        "agent": desk,
        "lead": desk,
        "expert": set(),
        "editor": set(),
        "administrator": {"runs"},
        "auditor": set(),
        "integrator": set(),
    }


async def test_registering_and_changing_ask_the_worker_to_look(
    agent: Client, register: Register, uow: UnitOfWork, product: UUID
) -> None:
    async def asked() -> list[str]:
        rows = await uow.fetch("SELECT ids FROM outbox WHERE topic = 'crm.suggest' ORDER BY id")
        await uow.execute("DELETE FROM outbox")
        return [row["ids"]["customer"] for row in rows]

    customer = await register(JAN)
    assert await asked() == [customer]
    questions = [{"subject": "Reispas", "text": "Hoe lang duurt het?", "productId": str(product)}]
    body = {"channel": "phone", "customer": JAN_AGAIN, "questions": questions}
    contact = await agent.post("/contacts", json=body, headers={"Idempotency-Key": "contact-of-new-customer"})
    assert contact.status_code == 201, contact.text
    assert await asked() == [contact.json()["customerId"]]
    await change(agent, customer, language="fr", preferredChannel="letter")
    assert await asked() == []
    fields: Any
    for fields in (
        {"names": {"given": "Johan", "family": "Claes"}},
        {"birthDate": "1980-01-02"},
        {"addresses": []},
        {"contactPoints": []},
        {"identifiers": [{"type": "ssin", "value": "85.07.30-033.28"}]},
    ):
        await change(agent, customer, **fields)
        assert await asked() == [customer], fields


async def test_an_unknown_customer_has_none(agent: Client) -> None:
    response = await agent.get("/customers/018f0000-0000-7000-8000-000000000001/suggestions")
    assert response.status_code == 404


async def test_a_household_is_not_one_person(agent: Client, register: Register) -> None:
    place = JAN["addresses"][0]
    first = await register(person("Jan", "Van den Broeck", born="1985-07-30", place=place))
    wife = await register(person("Marie", "Claes", born="1986-03-04", place=place))
    assert first not in others(await suggested(agent, wife), wife)
