"""Finding customers: every key, pages, the audit rows of what was shown, input that makes no sense."""

from base64 import urlsafe_b64decode
from typing import Any

import pytest

from tests.backend.crm.conftest import Audit, Body, Create
from tests.conftest import Client

pytestmark = pytest.mark.anyio


async def found(agent: Client, body: Body, **params: str) -> list[str]:
    response = await agent.post("/customers/query", json=body, params=params)
    assert response.status_code == 200, response.text
    return [hit["displayName"] for hit in response.json()["items"]]


PERSON_KEYS: list[Body] = [
    {"ssin": "85073003328"},
    {"ssin": "85.07.30-033.28"},
    {"phone": "+32 470 12 34 56"},
    {"phone": "0470/12.34.56"},
    {"email": "JAN.vdb@voorbeeld.be"},
    {"postcode": "9080", "houseNumber": "12a"},
    {"postcode": "B-9080", "houseNumber": "12 A"},
    {"name": "van den br"},
    {"name": "vandenbroeck"},
    {"name": "Van den Broeck Jan"},
    {"name": "Jan Van den Broe"},
    {"name": "jef b"},
    {"name": "broe"},
    {"name": "jan broeck"},
]
ASSOCIATION_KEYS: list[Body] = [
    {"vCode": "V 0001001"},
    {"enterpriseNumber": "BE0442528054"},
    {"name": "fanfare de een"},
]


async def test_a_person_is_found_by(agent: Client, create: Create, person: Body) -> None:
    other = {"kind": "person", "names": {"given": "An", "family": "Zwaan"}}
    await create(person)
    await create(other)
    for key in PERSON_KEYS:
        assert await found(agent, key) == ["Jan Van den Broeck"], key


async def test_an_association_is_found_by(agent: Client, create: Create, association: Body) -> None:
    await create(association)
    for key in ASSOCIATION_KEYS:
        assert await found(agent, key) == ["Fanfare De Eendracht vzw"], key


async def test_a_branch_is_found_by_its_number(agent: Client, create: Create) -> None:
    number = {"type": "establishmentUnitNumber", "value": "2289324120"}
    await create({"kind": "enterprise", "organisationName": "Molen BV", "identifiers": [number]})
    assert await found(agent, {"establishmentUnitNumber": "2.289.324.120"}) == ["Molen BV"]


STRANGERS: list[Body] = [
    {"ssin": "90061638302"},
    {"phone": "0470 12 34 57"},
    {"email": "x@voorbeeld.be"},
    {"name": "roeck"},
    {"name": "%an"},
    {"postcode": "9080", "houseNumber": "12"},
]


async def test_nobody_else_is_found(agent: Client, create: Create, person: Body) -> None:
    await create(person)
    for key in STRANGERS:
        assert await found(agent, key) == [], key


async def test_a_hit_is_short_masked_and_logged(agent: Client, create: Create, person: Body, audit: Audit) -> None:
    made = (await create(person)).json()
    response = await agent.post("/customers/query", json={"ssin": "85073003328"})
    assert response.json()["items"] == [
        {
            "id": made["id"],
            "kind": "person",
            "displayName": "Jan Van den Broeck",
            "status": "active",
            "address": "Kerkstraat 12 A bus 3, 9080 Lochristi",
            "foundBy": "ssin",
            "identifiers": [{"type": "ssin", "value": "***.***-**.28"}],
            "contactPoints": [
                {"type": "phone", "value": "+32470123456"},
                {"type": "email", "value": "jan.vdb@voorbeeld.be"},
            ],
        }
    ]
    last = (await audit(made["id"]))[-1]
    assert last["action"] == "queryCustomers"
    assert last["fields"] == ["displayName", "identifiers", "address", "contactPoints"]


async def pages(agent: Client, body: Body) -> list[str]:
    names: list[str] = []
    params: dict[str, str] = {"limit": "2"}
    while True:
        response = await agent.post("/customers/query", json=body, params=params)
        page: dict[str, Any] = response.json()
        assert len(page["items"]) <= 2
        names += [hit["displayName"] for hit in page["items"]]
        if "next" not in page:
            return names
        params["cursor"] = page["next"]
        assert len(names) < 50


async def test_pages_of_a_name_show_everybody_once_family_name_first(agent: Client, create: Create) -> None:
    people = [
        ("An", "Janssens", None),
        ("Bo", "Janssens", "Janssens Junior"),
        ("Cé", "Jansséns", None),
        ("Janssens", "Ann", None),
        ("Janssens", "Ans", None),
        ("Janssens", "Anssens", None),
        ("Dirk", "Jans", None),
    ]
    for given, family, alias in people:
        names = {"given": given, "family": family} | ({"alias": alias} if alias else {})
        assert (await create({"kind": "person", "names": names})).status_code == 201
    found_by_name = ["An Janssens", "Bo Janssens", "Cé Jansséns"]
    assert (await pages(agent, {"name": "janssens"}))[:3] == found_by_name
    by_the_beginning = ["An Janssens", "Janssens Ann", "Janssens Ans", "Janssens Anssens"]
    found = await pages(agent, {"name": "Janssens An"})
    assert found[:4] == by_the_beginning
    assert len(found) == len(set(found))


async def test_a_household_is_paged_too(agent: Client, create: Create, person: Body) -> None:
    for given in ("Ann", "Bob", "Cas", "Dre", "Eva"):
        body = {**person, "identifiers": [], "names": {"given": given}}
        assert (await create(body)).status_code == 201
    everybody = ["Ann", "Bob", "Cas", "Dre", "Eva"]
    assert await pages(agent, {"phone": "0470123456"}) == everybody
    assert await pages(agent, {"postcode": "9080", "houseNumber": "12A"}) == everybody


async def test_a_cursor_holds_no_name_and_fits_one_kind_of_query(agent: Client, create: Create) -> None:
    for given in ("Ann", "Bob"):
        await create({"kind": "person", "names": {"given": given, "family": "Zwaan"}})
    first = (await agent.post("/customers/query", json={"name": "zwaan"}, params={"limit": 1})).json()
    assert b"zwaan" not in urlsafe_b64decode(first["next"] + "==").lower()
    other = await agent.post("/customers/query", json={"phone": "1700"}, params={"cursor": first["next"]})
    assert other.status_code == 400
    assert other.json()["issues"][0]["name"] == "cursor"


QUERY_FAULTS: list[tuple[Body, str | None]] = [
    ({}, None),
    ({"ssin": "85073003328", "phone": "1700"}, None),
    ({"postcode": "9080"}, None),
    ({"houseNumber": "1"}, None),
    ({"postcode": "9080", "houseNumber": "1", "name": "x y"}, None),
    ({"ssin": "85073003329"}, "ssin"),
    ({"enterpriseNumber": "0442528055"}, "enterpriseNumber"),
    ({"vCode": "0001001"}, "vCode"),
    ({"phone": "0470x"}, "phone"),
    ({"email": "jan@"}, "email"),
    ({"name": "j"}, "name"),
    ({"name": "--- %%"}, "name"),
    ({"postcode": "?", "houseNumber": "1"}, "postcode"),
    ({"nationalNumber": "85073003328"}, "nationalNumber"),
    ({"name": 5}, "name"),
    ({"name": ""}, "name"),
]


async def test_a_query_that_makes_no_sense_is_refused(agent: Client) -> None:
    for body, field in QUERY_FAULTS:
        response = await agent.post("/customers/query", json=body)
        assert response.status_code == 400, body
        assert response.json()["issues"][0].get("name") == field, body
        assert "85073003328" not in response.text


STRANGE = ["\ufdfa" * 200, "'; DROP TABLE customer; --", "%_\\", "😀a" * 100, "ﬁﬂ", "ß" * 200, "\u0301a\u0301", "李明"]


async def test_strange_text_is_kept_or_refused_and_never_breaks(agent: Client, create: Create) -> None:
    for text in STRANGE:
        place = {"street": text, "number": text[:20], "postcode": "9000", "municipality": text, "registerId": text}
        names = {"given": text, "family": text, "alias": text}
        made = await create({"kind": "person", "names": names, "addresses": [place]})
        assert made.status_code == (400 if text == "%_\\" else 201)
        answer = await agent.post("/customers/query", json={"name": text})
        if made.status_code == 201 and answer.status_code == 200:
            assert [hit["id"] for hit in answer.json()["items"]] == [made.json()["id"]]
        else:
            assert answer.status_code == 400
        near = await agent.post("/customers/query", json={"postcode": "9000", "houseNumber": text[:20]})
        assert len(near.json()["items"]) == (made.status_code == 201)
        for field in ("ssin", "phone", "email", "vCode", "enterpriseNumber"):
            assert (await agent.post("/customers/query", json={field: text[:40]})).status_code == 400
