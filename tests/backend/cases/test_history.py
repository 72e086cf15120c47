"""The history of a customer: everything there is, newest first, page by page, filtered, and nothing of others."""

from typing import Any

import pytest

from tests.backend.cases.conftest import Json, Register, key
from tests.conftest import OUTER, Client, RolledBack
from tests.people import People

pytestmark = pytest.mark.anyio


async def history(client: Client, customer: str, **params: Any) -> list[Json]:
    response = await client.get(f"/customers/{customer}/history", params={"limit": 100, **params})
    assert response.status_code == 200, response.text
    page = response.json()
    assert "next" not in page
    found: list[Json] = page["items"]
    return found


def kinds(entries: list[Json]) -> list[str]:
    return [entry["kind"] for entry in entries]


async def verb(client: Client, question: str, name: str, **body: Any) -> None:
    tag = (await client.get(f"/questions/{question}")).headers["etag"]
    response = await client.post(f"/questions/{question}/{name}", json=body, headers={"If-Match": tag})
    assert response.status_code == 200, response.text


async def report(client: Client, number: str, **body: Any) -> None:
    sent = {
        "title": "Vergunning",
        "phase": "behandeling",
        "status": "InBehandeling",
        "changedAt": "2026-11-20T10:00:00Z",
        **body,
    }
    response = await client.put(f"/cases/by-external-id/{number}", json=sent)
    assert response.status_code == 200, response.text


async def test_it_holds_everything_that_happened(
    agent: Client, anonymous: Client, people: People, create: Register, register: Register
) -> None:
    an = await create(
        names={"given": "An", "family": "Peeters"},
        identifiers=[{"type": "ssin", "value": "85.07.30-033.28"}],
        addresses=[{"street": "Kerkstraat", "postcode": "9080", "municipality": "Lochristi", "undisclosed": True}],
    )
    customer = an["id"]
    contact = await register("Reispas", customerId=customer, notes="Belt vaak", department="burgerzaken")
    question = contact["questions"][0]["id"]
    expert = anonymous.as_user(people.tokens["expert"])
    await verb(expert, question, "claim")
    await verb(expert, question, "answer", text="Kom langs.", channel="phone")
    await report(anonymous.as_user(people.tokens["integrator"]), "EV-1", customerId=customer)
    body = {"contactPoints": [{"type": "phone", "value": "0470 12 34 56"}], "names": {"given": "Anna"}}
    await agent.patch(f"/customers/{customer}", json=body, headers={"If-Match": '"1"'})
    entries = await history(agent, customer)
    found = {kind: [one for one in entries if one["kind"] == kind] for kind in kinds(entries)}
    assert found.keys() == {"contact", "question", "message", "case", "change"}
    assert [one["at"] for one in entries] == sorted((one["at"] for one in entries), reverse=True)
    (shown,) = found["contact"]
    assert shown["contact"]["notes"] == "Belt vaak"
    assert [one["subject"] for one in shown["contact"]["questions"]] == ["Reispas"]
    assert "by" not in shown["contact"], "the customer itself"
    (asked,) = found["question"]
    assert (asked["question"]["state"], asked["question"]["text"]) == ("answered", "Tekst van Reispas")
    assert [one["message"]["purpose"] for one in found["message"]] == ["answer", "acknowledgement"]
    assert found["message"][0]["message"]["text"] == "Kom langs."
    assert found["case"][0]["case"]["externalId"] == "EV-1"
    later, first = found["change"]
    assert [(one["what"], one["field"], one.get("value")) for one in later["change"]["facts"]] == [
        ("added", "names", "Anna"),
        ("added", "contactPoints", "0470 12 34 56"),
        ("ended", "names", "An Peeters"),
    ]
    assert {(one["field"], one.get("value")) for one in first["change"]["facts"]} == {
        ("names", "An Peeters"),
        ("identifiers", "***.***-**.28"),
        ("addresses", None),
    }
    assert "Kerkstraat" not in str(entries)
    assert "850730" not in str(entries)


async def test_long_texts_are_cut(agent: Client, create: Register) -> None:
    customer = (await create(names={"given": "An"}))["id"]
    question = {"subject": "Lang", "text": "a" * 5_000}
    body = {"channel": "phone", "customerId": customer, "questions": [question], "notes": "b" * 5_000}
    await agent.post("/contacts", json=body, headers=key())
    entries = await history(agent, customer)
    (asked,) = [one["question"] for one in entries if one["kind"] == "question"]
    (contact,) = [one["contact"] for one in entries if one["kind"] == "contact"]
    assert (len(asked["text"]), len(contact["notes"])) == (500, 500)


@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_pages_of_any_size_give_every_entry_once(
    agent: Client, create: Register, register: Register, limit: int
) -> None:
    customer = (await create(names={"given": "An"}))["id"]
    for number in range(4):
        await register(f"Vraag {number}", customerId=customer)
    whole = await history(agent, customer)
    assert len(whole) == 1 + 4 * 3, "the profile; of each: contact, question, acknowledgement"
    seen: list[Json] = []
    params: Json = {"limit": limit}
    while True:
        page = (await agent.get(f"/customers/{customer}/history", params=params)).json()
        assert len(page["items"]) <= limit
        seen += page["items"]
        if "next" not in page:
            break
        params["cursor"] = page["next"]
    assert seen == whole


async def test_a_cursor_is_good_for_its_own_list_only(agent: Client, create: Register, register: Register) -> None:
    customer, other = [(await create(names={"given": name}))["id"] for name in ("An", "Jan")]
    for _ in range(2):
        await register("Vraag", customerId=customer)
    path = f"/customers/{customer}/history"
    cursor = (await agent.get(path, params={"limit": 1})).json()["next"]
    for asked in ({"kind": "contact"}, {"open": "true"}, {"since": "2020-01-01T00:00:00Z"}):
        assert (await agent.get(path, params={**asked, "cursor": cursor})).status_code == 400
    assert (await agent.get(f"/customers/{other}/history", params={"cursor": cursor})).status_code == 400
    assert (await agent.get(path, params={"cursor": "AAAA"})).status_code == 400
    assert (await agent.get(path, params={"text": "reispas"})).status_code == 400, "free text never in an address"


async def test_filters(
    agent: Client, anonymous: Client, people: People, create: Register, register: Register, product: Any
) -> None:
    customer = (await create(names={"given": "An"}))["id"]
    pas = await register("Reispas", customerId=customer, department="burgerzaken")
    await register("Put in de weg", customerId=customer, department="mobiliteit")
    body = {"channel": "counter", "customerId": customer, "questions": [{"subject": "Kost", "productId": str(product)}]}
    await agent.post("/contacts", json=body, headers=key())
    integrator = anonymous.as_user(people.tokens["integrator"])
    await report(integrator, "EV-1", customerId=customer, productId=str(product))
    await report(integrator, "EV-2", customerId=customer, phase="afgerond", status="Afgerond")
    expert = anonymous.as_user(people.tokens["expert"])
    await verb(expert, pas["questions"][0]["id"], "claim")
    await verb(expert, pas["questions"][0]["id"], "answer", text="Kom langs.", channel="phone")

    def subjects(entries: list[Json]) -> set[str]:
        return {one["question"]["subject"] for one in entries if one["kind"] == "question"}

    assert set(kinds(await history(agent, customer, kind="message"))) == {"message"}
    of_department = await history(agent, customer, department=str(people.departments["mobiliteit"]))
    assert subjects(of_department) == {"Put in de weg"}
    assert set(kinds(of_department)) <= {"contact", "question", "message"}
    assert len([one for one in of_department if one["kind"] == "contact"]) == 1
    about = await history(agent, customer, product=str(product))
    assert subjects(about) == {"Kost"}
    assert [one["case"]["externalId"] for one in about if one["kind"] == "case"] == ["EV-1"]
    assert subjects(await history(agent, customer, state="answered")) == {"Reispas"}
    unfinished = await history(agent, customer, open="true")
    assert subjects(unfinished) == {"Put in de weg", "Kost"}
    assert [one["case"]["externalId"] for one in unfinished if one["kind"] == "case"] == ["EV-1"]
    assert await history(agent, customer, kind="change", state="answered") == []
    assert {one["kind"] for one in await history(agent, customer, until="2026-11-21T00:00:00Z", kind="case")} == {
        "case"
    }
    assert await history(agent, customer, since="2999-01-01T00:00:00Z") == []
    assert await history(agent, customer, until="2020-01-01T00:00:00Z") == []
    everything = await history(agent, customer)
    middle = everything[4]["at"]
    newer, older = await history(agent, customer, since=middle), await history(agent, customer, until=middle)
    assert newer + older == everything


async def test_who_calls_for_somebody_else_is_in_both_files(
    agent: Client, create: Register, register: Register
) -> None:
    an = (await create(names={"given": "An", "family": "Peeters"}))["id"]
    firm = (await create(kind="enterprise", organisationName="Bakkerij Molen BV"))["id"]
    body = {"representativeId": an, "role": "contactPerson"}
    assert (await agent.post(f"/customers/{firm}/representations", json=body, headers=key())).status_code == 201
    contact = await register("Terras", customerId=an, onBehalfOfId=firm, notes="Voor de zaak")
    await register("Privé", customerId=an)
    of_firm = await history(agent, firm)
    (seen,) = [one["contact"] for one in of_firm if one["kind"] == "contact"]
    assert (seen["id"], seen["by"]["displayName"], seen["by"]["id"]) == (contact["id"], "An Peeters", an)
    assert "onBehalfOf" not in seen
    assert [one["question"]["subject"] for one in of_firm if one["kind"] == "question"] == ["Terras"]
    (began,) = [one["representation"] for one in of_firm if one["kind"] == "representation"]
    assert (began["what"], began["role"], began["representative"]["id"]) == ("begun", "contactPerson", an)
    of_an = [one["contact"] for one in await history(agent, an) if one["kind"] == "contact"]
    assert [one.get("onBehalfOf", {}).get("displayName") for one in of_an] == [None, "Bakkerij Molen BV"]
    page = (await agent.get(f"/questions/{contact['questions'][0]['id']}")).json()
    assert page["onBehalfOf"] == {"id": firm, "kind": "enterprise", "displayName": "Bakkerij Molen BV"}
    file = (await agent.get(f"/customers/{firm}/file")).json()
    assert [(one["by"]["id"], len(one["questionIds"])) for one in file["contacts"]] == [(an, 1)]
    assert [one["question"]["subject"] for one in file["questions"]] == ["Terras"]
    assert [(one["role"], one["other"]["displayName"]) for one in file["representations"]] == [
        ("contactPerson", "An Peeters")
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [("01990000-0000-7000-8000-000000000000", "onBehalfOfId"), ("{an}", "onBehalfOfId")],
)
async def test_on_whose_behalf_is_checked(agent: Client, create: Register, given: str, field: str) -> None:
    an = (await create(names={"given": "An"}))["id"]
    body = {
        "channel": "phone",
        "customerId": an,
        "onBehalfOfId": given.format(an=an),
        "questions": [{"subject": "Terras"}],
    }
    response = await agent.post("/contacts", json=body, headers=key())
    assert response.status_code == 400
    assert response.json()["issues"][0]["name"] == field


async def test_a_merged_customer_brings_its_history_and_takes_it_back(
    agent: Client, create: Register, register: Register
) -> None:
    an, twin = [(await create(names={"given": name}))["id"] for name in ("An", "Anna")]
    await register("Van An", customerId=an)
    await register("Van Anna", customerId=twin)
    body = {"mergedId": twin, "survivorVersion": 1, "mergedVersion": 1, "reason": "Zelfde persoon"}
    merge = (await agent.post(f"/customers/{an}/merges", json=body, headers=key())).json()
    together = await history(agent, an)
    assert together == await history(agent, twin)
    assert {one["question"]["subject"] for one in together if one["kind"] == "question"} == {"Van An", "Van Anna"}
    (linked,) = [one["link"] for one in together if one["kind"] == "link"]
    assert (linked["what"], linked["survivorId"], linked["mergedId"]) == ("merged", an, twin)
    file = (await agent.get(f"/customers/{twin}/file")).json()
    assert file["customer"]["id"] == an
    assert {one["question"]["subject"] for one in file["questions"]} == {"Van An", "Van Anna"}
    path = f"/customers/{an}/merges/{merge['merge']['id']}/undo"
    assert (await agent.post(path, json={"reason": "Toch niet"})).status_code == 200
    apart = await history(agent, twin)
    assert {one["question"]["subject"] for one in apart if one["kind"] == "question"} == {"Van Anna"}
    assert [one["link"]["what"] for one in apart if one["kind"] == "link"] == ["undone", "merged"]


async def test_what_is_not_ones_to_see_is_not_there(
    agent: Client, anonymous: Client, people: People, create: Register, register: Register
) -> None:
    customer = (await create(names={"given": "An"}))["id"]
    await register("Leefloon", customerId=customer, department="sociaal-huis", notes="Heel persoonlijk")
    departments = people.departments
    body = {
        "channel": "counter",
        "customerId": customer,
        "notes": "Over beide",
        "questions": [
            {"subject": "Reispas", "departmentId": str(departments["burgerzaken"])},
            {"subject": "Schulden", "departmentId": str(departments["sociaal-huis"])},
        ],
    }
    assert (await agent.post("/contacts", json=body, headers=key())).status_code == 201
    entries = await history(agent, customer)
    for secret in ("Leefloon", "Schulden", "Heel persoonlijk", "Over beide", str(departments["sociaal-huis"])):
        assert secret not in str(entries)
    (contact,) = [one["contact"] for one in entries if one["kind"] == "contact"]
    assert [one["subject"] for one in contact["questions"]] == ["Reispas"]
    assert await history(agent, customer, department=str(departments["sociaal-huis"])) == []
    social = await history(anonymous.as_user(people.tokens["social"]), customer)
    for shown in ("Leefloon", "Schulden", "Heel persoonlijk", "Over beide"):
        assert shown in str(social)


async def test_the_second_line_sees_no_facts_of_whom_it_has_nothing_to_do_with(
    anonymous: Client, people: People, create: Register, register: Register
) -> None:
    customer = (await create(names={"given": "An"}, contactPoints=[{"type": "email", "value": "an@voorbeeld.be"}]))[
        "id"
    ]
    await register("Put in de weg", customerId=customer, department="mobiliteit", caller={"phone": "0470 12 34 56"})
    expert = anonymous.as_user(people.tokens["expert"])
    entries = await history(expert, customer)
    assert "change" not in kinds(entries)
    assert "an@voorbeeld.be" not in str(entries)
    assert "+32470123456" not in str(entries)
    linked = await history(anonymous.as_user(people.tokens["mobility"]), customer)
    assert "change" in kinds(linked)
    assert "+32470123456" in str(linked)
    for name in ("editor", "integrator", "auditor"):
        other = anonymous.as_user(people.tokens[name])
        assert (await other.get(f"/customers/{customer}/history")).status_code == 403


async def test_the_look_is_logged(
    agent: Client, anonymous: Client, people: People, create: Register, register: Register
) -> None:
    customer = (await create(names={"given": "An"}))["id"]
    question = (await register("Reispas", customerId=customer))["questions"][0]["id"]
    await history(agent, customer)
    auditor = anonymous.as_user(people.tokens["auditor"])
    for subject in (customer, question):
        found = (await auditor.get("/audit/entries", params={"subject": subject})).json()["items"]
        assert "getCustomerHistory" in [entry["action"] for entry in found]
    unknown = "01990000-0000-7000-8000-000000000000"
    assert (await agent.get(f"/customers/{unknown}/history")).status_code == 404


async def test_a_page_takes_as_many_statements_whatever_is_in_it(
    agent: Client, create: Register, register: Register, database: RolledBack
) -> None:
    async def statements(customer: str) -> int:
        assert (await agent.get(f"/customers/{customer}/history")).status_code == 200
        assert database.pooled is not None
        connection: Any = database.pooled.driver_connection
        seen: list[str] = []

        def note(record: Any) -> None:
            if OUTER not in record.query:
                seen.append(record.query)

        connection.add_query_logger(note)
        try:
            assert (await agent.get(f"/customers/{customer}/history")).status_code == 200
        finally:
            connection.remove_query_logger(note)
        return len(seen)

    few, many = [(await create(names={"given": name}))["id"] for name in ("An", "Jan")]
    await register("Vraag", customerId=few)
    for number in range(12):
        await register(f"Vraag {number}", customerId=many)
    assert await statements(few) == await statements(many) <= 14


@pytest.mark.parametrize("moment", ["0.5", "1700000000", "2026-11-28", "gisteren"])
async def test_a_moment_is_written_out(agent: Client, registered: dict[str, Any], moment: str) -> None:
    response = await agent.get(f"/customers/{registered['customerId']}/history", params={"until": moment})
    assert response.status_code == 400, response.text
    assert response.json()["issues"][0]["name"] == "until"
