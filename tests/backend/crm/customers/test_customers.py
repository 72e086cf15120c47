"""Create, read and change over HTTP; what the tables and the audit log hold afterwards."""

from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.crm.customers.service import CustomerService
from backend.kit.db import UnitOfWork
from tests.backend.crm.conftest import Audit, Body, Create
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

SSIN = "85073003328"
TABLES = (
    "customer",
    "customer_identifier",
    "customer_name",
    "customer_address",
    "customer_contact_point",
    "idempotency_record",
    "outbox",
)


def issue(response: Any) -> str:
    assert response.status_code == 400, response.text
    (found,) = response.json()["issues"]
    return str(found.get("name", ""))


async def test_a_person_is_stored_and_shown_masked(agent: Client, create: Create, person: Body, audit: Audit) -> None:
    made = await create(person)
    assert made.status_code == 201
    view = made.json()
    assert view["displayName"] == "Jan Van den Broeck"
    assert view["identifiers"][0]["value"] == "***.***-**.28"
    assert view["identifiers"][0]["masked"] is True
    assert view["birthDateKnown"] is True
    assert [name["text"] for name in view["names"]] == ["Jan Van den Broeck", "Jef Bakker"]
    assert [(one["value"], one["typed"]) for one in view["contactPoints"]] == [
        ("+32470123456", "0470 12 34 56"),
        ("jan.vdb@voorbeeld.be", "Jan.VDB@Voorbeeld.be"),
    ]
    read = await agent.get(f"/customers/{view['id']}")
    assert read.headers["etag"] == '"1"'
    assert read.json() == view
    for shown in (made, read):
        assert "850730" not in shown.text
        assert "1985" not in shown.text
    assert [(entry["action"], entry["fields"]) for entry in await audit(view["id"])] == [
        ("createCustomer", ["displayName", "names", "identifiers", "addresses", "contactPoints"]),
        ("getCustomer", ["displayName", "names", "identifiers", "addresses", "contactPoints"]),
    ]


async def test_no_table_holds_a_national_number_or_birth_date_in_clear(
    create: Create, person: Body, uow: UnitOfWork
) -> None:
    assert (await create(person)).status_code == 201
    held = ""
    for table in TABLES:
        held += "".join(row[0] for row in await uow.fetch(f"SELECT t::text FROM {table} t"))
    assert "Kerkstraat" in held
    for clear in (SSIN, "850730", "85.07.30", "1985-07-30"):
        assert clear not in held
        assert clear.encode().hex() not in held


async def test_an_identifier_belongs_to_one_customer(agent: Client, create: Create, person: Body) -> None:
    first = (await create(person)).json()
    again = await create({"kind": "person", "names": {"family": "Ander"}, "identifiers": person["identifiers"]})
    assert again.status_code == 409
    assert again.json()["type"] == "urn:problem-type:onthaal:customerExists"
    for secret in (SSIN, first["id"], "Broeck"):
        assert secret not in again.text
    assert (await agent.get(f"/customers/{first['id']}")).status_code == 200


async def test_an_organisation_has_its_own_numbers(create: Create, association: Body) -> None:
    view = (await create(association)).json()
    assert view["displayName"] == "Fanfare De Eendracht vzw"
    assert [(one["type"], one["value"]) for one in view["identifiers"]] == [
        ("vCode", "V0001001"),
        ("enterpriseNumber", "0442528054"),
    ]
    enterprise = {
        "kind": "enterprise",
        "organisationName": "Bakkerij Molen BV",
        "identifiers": [{"type": "establishmentUnitNumber", "value": "2.289.324.120"}],
    }
    assert (await create(enterprise)).json()["identifiers"][0]["value"] == "2289324120"


async def test_an_undisclosed_address_is_withheld_and_not_searchable(
    agent: Client, create: Create, person: Body
) -> None:
    person["addresses"][0]["undisclosed"] = True
    view = (await create(person)).json()
    assert view["addresses"][0].keys() == {"undisclosed", "source", "recordedAt"}
    found = await agent.post("/customers/query", json={"postcode": "9080", "houseNumber": "12a"})
    assert found.json() == {"items": []}
    hit = (await agent.post("/customers/query", json={"ssin": SSIN})).json()["items"][0]
    assert "address" not in hit


async def test_revealing_shows_and_logs_why(agent: Client, create: Create, person: Body, audit: Audit) -> None:
    person["addresses"][0]["undisclosed"] = True
    made = (await create(person)).json()
    ask = {"fields": ["undisclosedAddress", "ssin", "birthDate"], "purpose": "identityCheck"}
    clear = await agent.post(f"/customers/{made['id']}/reveal", json=ask)
    assert clear.status_code == 200
    assert clear.json()["ssin"] == SSIN
    assert clear.json()["birthDate"] == "1985-07-30"
    assert clear.json()["addresses"][0]["street"] == "Kerkstraat"
    one = await agent.post(f"/customers/{made['id']}/reveal", json={**ask, "fields": ["birthDate"]})
    assert one.json() == {"birthDate": "1985-07-30"}
    logged = (await audit(made["id"]))[-2:]
    assert [entry["action"] for entry in logged] == ["revealCustomer", "revealCustomer"]
    assert [entry["purpose"] for entry in logged] == ["identityCheck", "identityCheck"]
    assert logged[0]["fields"] == ["birthDate", "ssin", "undisclosedAddress"]
    assert SSIN not in str(logged)
    wrong = await agent.post(f"/customers/{made['id']}/reveal", json={**ask, "purpose": "curiosity"})
    assert issue(wrong) == "purpose"


async def test_a_change_needs_the_version_read(agent: Client, create: Create, person: Body) -> None:
    path = f"/customers/{(await create(person)).json()['id']}"
    assert (await agent.patch(path, json={"language": "fr"})).status_code == 428
    changed = await agent.patch(path, json={"language": "fr"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"2"'
    assert changed.json()["language"] == "fr"
    assert changed.json()["preferredChannel"] == "email"
    assert changed.json()["birthDateKnown"] is True
    assert (await agent.patch(path, json={"language": "de"}, headers={"If-Match": '"1"'})).status_code == 412
    merged = await agent.patch(path, json={"status": "merged"}, headers={"If-Match": '"2"'})
    assert issue(merged) == "status"


async def test_what_is_replaced_is_ended_and_kept(
    agent: Client, create: Create, person: Body, uow: UnitOfWork, audit: Audit
) -> None:
    made = (await create(person)).json()
    await uow.execute("UPDATE customer_contact_point SET verified_at = now(), verified_how = 'callBack'")
    changed = await agent.patch(
        f"/customers/{made['id']}",
        json={
            "names": {"given": "Jan", "family": "Peeters"},
            "addresses": [{"street": "Dorp", "number": "1", "postcode": "B-9000", "municipality": "Gent"}],
            "contactPoints": [{"type": "phone", "value": "+32 470 12 34 56"}, {"type": "phone", "value": "1700"}],
            "birthDate": None,
        },
        headers={"If-Match": '"1"'},
    )
    view = changed.json()
    assert view["displayName"] == "Jan Peeters"
    assert [name["text"] for name in view["names"]] == ["Jan Peeters"]
    assert [address["postcode"] for address in view["addresses"]] == ["9000"]
    assert [point["value"] for point in view["contactPoints"]] == ["+32470123456", "1700"]
    assert view["contactPoints"][0]["verifiedHow"] == "callBack"
    assert "verifiedHow" not in view["contactPoints"][1]
    assert view["birthDateKnown"] is False
    for table, ended in (("customer_name", 2), ("customer_address", 1), ("customer_contact_point", 2)):
        count = await uow.fetchval(f"SELECT count(*) FROM {table} WHERE ended_at IS NOT NULL")
        assert count == ended
    gone = await agent.post("/customers/query", json={"email": "jan.vdb@voorbeeld.be"})
    assert gone.json()["items"] == []
    last = (await audit(made["id"]))[-1]
    assert last["action"] == "changeCustomer"
    assert last["fields"] == ["names", "birthDate", "addresses", "contactPoints"]


async def test_what_a_register_says_stays_and_comes_first(
    agent: Client, create: Create, person: Body, uow: UnitOfWork
) -> None:
    made = (await create(person)).json()
    await uow.execute("UPDATE customer_name SET source = 'nationalRegister' WHERE type = 'person'")
    changed = await agent.patch(
        f"/customers/{made['id']}", json={"names": {"given": "Jantje"}}, headers={"If-Match": '"1"'}
    )
    assert changed.json()["displayName"] == "Jan Van den Broeck"
    assert [(name["text"], name["source"]) for name in changed.json()["names"]] == [
        ("Jan Van den Broeck", "nationalRegister"),
        ("Jantje", "agent"),
    ]


async def test_identifiers_are_added_never_exchanged(agent: Client, create: Create, person: Body) -> None:
    made = (await create({**person, "identifiers": []})).json()
    path = f"/customers/{made['id']}"
    added = await agent.patch(path, json={"identifiers": person["identifiers"]}, headers={"If-Match": '"1"'})
    assert added.json()["identifiers"][0]["value"] == "***.***-**.28"
    same = await agent.patch(path, json={"identifiers": person["identifiers"]}, headers={"If-Match": '"2"'})
    assert len(same.json()["identifiers"]) == 1
    other = {"identifiers": [{"type": "ssin", "value": "90061638302"}]}
    refused = await agent.patch(path, json=other, headers={"If-Match": '"3"'})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:problem-type:onthaal:identifierDiffers"
    second = (await create({"kind": "person", "names": {"given": "An"}})).json()
    taken = await agent.patch(
        f"/customers/{second['id']}", json={"identifiers": person["identifiers"]}, headers={"If-Match": '"1"'}
    )
    assert taken.json()["type"] == "urn:problem-type:onthaal:customerExists"


async def test_a_number_under_an_older_key_is_found_and_stays_unique(
    platform: Platform, create: Create, agent: Client, person: Body
) -> None:
    made = (await create(person)).json()
    platform.keeper.use(platform.keys.rotated())
    found = await agent.post("/customers/query", json={"ssin": SSIN})
    assert [hit["id"] for hit in found.json()["items"]] == [made["id"]]
    assert (await create(person)).status_code == 409


async def test_a_recipient_is_who_a_message_goes_to(
    platform: Platform, uow: UnitOfWork, create: Create, agent: Client, person: Body
) -> None:
    person["contactPoints"].append({"type": "email", "value": "werk@voorbeeld.be", "preferred": True})
    made = (await create(person)).json()
    customers = CustomerService(platform.work(uow, None, "sendMail", "trace"))
    known = await customers.recipient(made["id"])
    assert known is not None
    assert (known.name, known.email, known.language) == ("Jan Van den Broeck", "werk@voorbeeld.be", "nl")
    await agent.patch(f"/customers/{made['id']}", json={"status": "deceased"}, headers={"If-Match": '"1"'})
    gone = await customers.recipient(made["id"])
    assert gone is not None
    assert gone.email is None
    assert await customers.recipient(UUID(int=1)) is None


async def test_the_same_key_makes_one_customer(agent: Client, person: Body) -> None:
    headers = {"Idempotency-Key": "the-same-key"}
    first = await agent.post("/customers", json=person, headers=headers)
    again = await agent.post("/customers", json=person, headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_who_does_not_work_at_a_desk_sees_no_customer(
    anonymous: Client, people: People, create: Create, person: Body
) -> None:
    made = (await create(person)).json()
    for name in ("editor", "administrator", "auditor", "integrator"):
        other = anonymous.as_user(people.tokens[name])
        assert (await other.get(f"/customers/{made['id']}")).status_code == 403
        assert (await other.post("/customers/query", json={"ssin": SSIN})).status_code == 403
    unknown = "01990000-0000-7000-8000-000000000000"
    for name, change in (("agent", 404), ("expert", 403)):  # the second line changes those it has to do with only
        somebody = anonymous.as_user(people.tokens[name])
        assert (await somebody.get(f"/customers/{unknown}")).status_code == 404
        patched = await somebody.patch(f"/customers/{unknown}", json={}, headers={"If-Match": '"1"'})
        assert patched.status_code == change


CUSTOMER_FAULTS: list[tuple[Body, str]] = [
    ({"identifiers": [{"type": "ssin", "value": "85073003329"}]}, "identifiers[0].value"),
    ({"identifiers": [{"type": "ssin", "value": "x"}]}, "identifiers[0].value"),
    ({"identifiers": [{"type": "vCode", "value": "V0001001"}]}, "identifiers[0].type"),
    (
        {"identifiers": [{"type": "ssin", "value": v} for v in ("85073003328", "90061638302")]},
        "identifiers[1].type",
    ),
    ({"identifiers": [{"type": "passport", "value": "1"}]}, "identifiers[0].type"),
    ({"names": {}}, "names"),
    ({"names": {"given": " ", "family": "..."}}, "names"),
    ({"names": {"family": "Jans", "alias": "?!"}}, "names.alias"),
    ({"organisationName": "NV"}, "organisationName"),
    ({"kind": "enterprise"}, "names"),
    ({"birthDate": "2999-01-01"}, "birthDate"),
    ({"birthDate": "1985-02-30"}, "birthDate"),
    ({"addresses": [{"street": "A", "postcode": "90", "municipality": "B"}]}, "addresses[0].postcode"),
    ({"addresses": [{"street": " ", "postcode": "9000", "municipality": "B"}]}, "addresses[0].street"),
    ({"contactPoints": [{"type": "phone", "value": "12"}]}, "contactPoints[0].value"),
    ({"contactPoints": [{"type": "email", "value": "a b@c"}]}, "contactPoints[0].value"),
    ({"contactPoints": [{"type": "email", "value": "a@b.be"}] * 2}, "contactPoints[1].value"),
    ({"status": "merged"}, "status"),
    ({"id": "x"}, "id"),
]


async def test_a_customer_that_makes_no_sense_is_refused(create: Create, person: Body) -> None:
    for change, field in CUSTOMER_FAULTS:
        response = await create({**person, **change})
        assert response.status_code == 400, change
        assert response.json()["issues"][0]["name"] == field
        assert "85073003329" not in response.text
