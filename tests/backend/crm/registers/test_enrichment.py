"""Register a customer, look it up, accept what the register says, see it in the profile: the whole way over HTTP."""

import pytest

from tests.backend.crm.conftest import Audit, Body, Create
from tests.backend.crm.registers.conftest import HENDRIK, Accept, Enrich, opened, told
from tests.conftest import Client
from tests.people import People
from tests.simulators.magda import CAPACITY, Magda

pytestmark = pytest.mark.anyio


async def profile(agent: Client, customer: Body) -> Body:
    view: Body = (await agent.get(f"/customers/{customer['id']}")).json()
    return view


async def test_the_differences_are_told_thing_by_thing(jan: Body, enrich: Enrich, magda: Magda) -> None:
    response = await enrich(jan["id"])
    assert response.status_code == 200, response.text
    view = response.json()
    assert (view["register"], view["outcome"], view["capacity"]) == ("nationalRegister", "found", CAPACITY)
    assert told(view) == [
        ("name", "person", "different", "Jan Pieter Maria Van den Broeck"),
        ("address", "", "different", "Dorp-West 52 bus 3, 9080 Lochristi"),
        ("contactPoint", "phone", "new", "+32470123499"),
        ("contactPoint", "email", "same", "jan.vdb@voorbeeld.be"),
        ("birthDate", "", "same", None),
    ]
    by_field = {(one["field"], one.get("type")): one for one in view["differences"]}
    assert by_field["name", "person"]["ours"] == ["Jan Van den Broeck"]
    assert by_field["address", None]["ours"] == ["Kerkstraat 12 A bus 3, 9080 Lochristi"]
    assert by_field["birthDate", None] == {
        "id": by_field["birthDate", None]["id"],
        "field": "birthDate",
        "verdict": "same",
        "decision": "none",
        "shielded": True,
    }
    assert "1985" not in response.text
    assert any(view["reference"].encode() in one.body for one in magda.server.requests), "the register has it too"


async def test_what_is_accepted_is_in_the_profile_with_the_register_as_its_source(
    agent: Client, jan: Body, enrich: Enrich, accept: Accept, audit: Audit
) -> None:
    view = (await enrich(jan["id"])).json()
    done = await accept(view, "name", "address")
    assert done.status_code == 200, done.text
    assert done.headers["etag"] == '"2"'
    after = await profile(agent, jan)
    assert done.json() == after
    assert after["displayName"] == "Jan Pieter Maria Van den Broeck"
    assert [(one["text"], one["source"]) for one in after["names"]] == [
        ("Jan Pieter Maria Van den Broeck", "nationalRegister"),
        ("Jan Van den Broeck", "agent"),
        ("Jef Bakker", "agent"),
    ], "what the desk said stands beside it"
    first = after["addresses"][0]
    assert (first["street"], first["source"], first["validFrom"]) == ("Dorp-West", "nationalRegister", "2015-03-01")
    assert first["registerId"] == "https://data.vlaanderen.be/id/adres/2453872"
    assert len(after["contactPoints"]) == 2, "the phone number was not accepted"
    log = [(one["action"], one["fields"], one["purpose"], one["outcome"]) for one in await audit(jan["id"])]
    assert log[1:4] == [
        ("enrichCustomer", ["ssin"], "registerLookup", "asked"),
        ("enrichCustomer", ["address", "birthDate", "contactPoint", "name"], "registerLookup", "done"),
        ("getCustomer", log[0][1], "questionHandling", "done"),
    ]
    assert log[4][:2] == ("acceptEnrichment", ["address", "name"])


async def test_after_the_decision_the_values_are_gone_and_the_rest_is_rejected(
    agent: Client, jan: Body, enrich: Enrich, accept: Accept, people: People
) -> None:
    view = (await enrich(jan["id"])).json()
    await accept(view, "name")
    (listed,) = (await agent.get(f"/customers/{jan['id']}/enrichment")).json()["items"]
    assert [(one["field"], one["decision"]) for one in listed["differences"]] == [
        ("name", "accepted"),
        ("address", "rejected"),
        ("contactPoint", "rejected"),
        ("contactPoint", "rejected"),
        ("birthDate", "none"),
    ]
    assert not any("theirs" in one or "ours" in one for one in listed["differences"])
    assert listed["decidedBy"] == str(people.users["agent"])
    again = await accept(view, ids=[view["differences"][1]["id"]])
    assert (again.status_code, again.json()["type"]) == (409, "urn:problem-type:onthaal:lookupClosed")


async def test_what_the_register_said_before_ends_when_it_says_something_else(
    agent: Client, jan: Body, enrich: Enrich, accept: Accept, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accept((await enrich(jan["id"])).json(), "name", "address", "contactPoint")
    same = (await enrich(jan["id"])).json()
    assert {one["verdict"] for one in same["differences"]} == {"same"}, told(same)
    assert opened(same) == []
    from tests.simulators import register_data as data

    moved = [node for node in data.PERSONS["85073003328"] if node[0] in {"Naam", "Geboorte"}]
    moved.append(("Adressen", {}, [data._home("Nieuwe Weg", "1", data.GHENT, since="2026-02-01")]))
    monkeypatch.setitem(data.PERSONS, "85073003328", moved)
    view = (await enrich(jan["id"])).json()
    assert [one for one in told(view) if one[2] != "same"] == [
        ("address", "", "different", "Nieuwe Weg 1, 9000 Gent"),
        ("contactPoint", "phone", "ended", None),
        ("contactPoint", "email", "ended", None),
    ]
    await accept(view, "address", "contactPoint")
    after = await profile(agent, jan)
    assert [(one["street"], one["source"]) for one in after["addresses"]] == [
        ("Nieuwe Weg", "nationalRegister"),
        ("Kerkstraat", "agent"),
    ]
    assert {one["source"] for one in after["contactPoints"]} == {"agent"}


async def test_death_makes_the_customer_deceased(agent: Client, create: Create, enrich: Enrich, accept: Accept) -> None:
    body = {
        "kind": "person",
        "names": {"family": "De Doncker"},
        "identifiers": [{"type": "ssin", "value": HENDRIK}],
    }
    customer = (await create(body)).json()
    view = (await enrich(customer["id"])).json()
    assert ("deceased", "", "new", "overleden op 14/03/2026") in told(view)
    birth = next(one for one in view["differences"] if one["field"] == "birthDate")
    assert (birth["verdict"], birth["decision"], birth["shielded"]) == ("new", "open", True)
    assert (await profile(agent, customer))["status"] == "active", "nobody dies because a register was asked"
    assert (await accept(view, "deceased", "birthDate")).json()["status"] == "deceased"
    shown = await agent.post(
        f"/customers/{customer['id']}/reveal", json={"fields": ["birthDate"], "purpose": "identityCheck"}
    )
    assert shown.json()["birthDate"] == "1990-06-16"
    again = (await enrich(customer["id"])).json()
    assert [one["verdict"] for one in again["differences"] if one["field"] == "deceased"] == ["same"]


async def test_an_association_brings_the_number_of_its_enterprise(
    create: Create, enrich: Enrich, accept: Accept
) -> None:
    body = {
        "kind": "association",
        "organisationName": "Turnkring Hoger Op",
        "identifiers": [{"type": "vCode", "value": "V0001002"}],
    }
    customer = (await create(body)).json()
    view = (await enrich(customer["id"])).json()
    assert view["register"] == "associationsRegister"
    assert "capacity" not in view
    assert told(view) == [
        ("name", "organisation", "same", "Turnkring Hoger Op"),
        ("name", "alias", "new", "De Turners"),
        ("address", "", "new", "Sportlaan 2, 9080 Lochristi"),
        ("identifier", "enterpriseNumber", "new", "0316380841"),
        ("legalForm", "", "new", "Vereniging zonder winstoogmerk"),
    ]
    after = (await accept(view, "name", "identifier")).json()
    assert [(one["type"], one["value"], one["source"]) for one in after["identifiers"]] == [
        ("enterpriseNumber", "0316380841", "associationsRegister"),
        ("vCode", "V0001002", "agent"),
    ]
    other = await enrich(customer["id"], register="enterpriseRegister")
    assert other.json()["register"] == "enterpriseRegister", "now that one knows it too"


async def test_a_number_of_somebody_else_is_not_taken_over(
    create: Create, enrich: Enrich, accept: Accept, agent: Client
) -> None:
    number = {"type": "enterpriseNumber", "value": "0316380841"}
    await create({"kind": "enterprise", "organisationName": "Turnkring", "identifiers": [number]})
    body = {
        "kind": "association",
        "organisationName": "Turners",
        "identifiers": [{"type": "vCode", "value": "V0001002"}],
    }
    customer = (await create(body)).json()
    view = (await enrich(customer["id"])).json()
    refused = await accept(view, "identifier", "name")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:customerExists")
    assert (await profile(agent, customer))["version"] == 1, "all of it, or nothing"
    assert (await accept(view, "name")).status_code == 200, "the look-up is still open"


async def test_an_enterprise_with_other_names_that_stopped(create: Create, enrich: Enrich) -> None:
    body = {
        "kind": "enterprise",
        "organisationName": "Bakkerij Ter Ziele",
        "identifiers": [{"type": "enterpriseNumber", "value": "0697608063"}],
    }
    view = (await enrich((await create(body)).json()["id"])).json()
    assert told(view) == [
        ("name", "organisation", "same", "Bakkerij Ter Ziele"),
        ("stopped", "", "new", "stopgezet"),
    ]
    assert [one["decision"] for one in view["differences"]] == ["open", "none"], "that it stopped is told only"


async def test_a_customer_without_a_number_cannot_be_looked_up(create: Create, enrich: Enrich) -> None:
    customer = (await create({"kind": "person", "names": {"given": "An"}})).json()
    for body in ({}, {"register": "enterpriseRegister"}):
        refused = await enrich(customer["id"], **body)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:noIdentifier")


async def test_an_unknown_number_is_told_and_recorded(agent: Client, create: Create, enrich: Enrich) -> None:
    body = {"kind": "person", "names": {"given": "An"}, "identifiers": [{"type": "ssin", "value": "53480200724"}]}
    customer = (await create(body)).json()
    refused = await enrich(customer["id"])
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:problem-type:onthaal:registerUnknown")
    assert "53480200724" not in refused.text
    (listed,) = (await agent.get(f"/customers/{customer['id']}/enrichment")).json()["items"]
    assert (listed["outcome"], listed["code"], listed["differences"]) == ("unknown", "30001", [])


async def test_somebody_changed_the_profile_meanwhile(agent: Client, jan: Body, enrich: Enrich, accept: Accept) -> None:
    view = (await enrich(jan["id"])).json()
    await agent.patch(f"/customers/{jan['id']}", json={"language": "fr"}, headers={"If-Match": '"1"'})
    for chosen in (["name"], []):
        assert (await accept(view, *chosen, version=1)).status_code == 412
    assert (await accept(view, "name", version=2)).status_code == 200


async def test_only_open_differences_of_this_look_up_are_accepted(
    jan: Body, mila: Body, enrich: Enrich, accept: Accept, agent: Client
) -> None:
    first = (await enrich(jan["id"])).json()
    settled = next(one["id"] for one in first["differences"] if one["decision"] == "none")
    other = (await enrich(mila["id"])).json()
    for wrong in (settled, opened(other)[0]["id"]):
        refused = await accept(first, ids=[opened(first)[0]["id"], wrong])
        assert refused.status_code == 400
        assert refused.json()["issues"][0]["name"] == "differences[1]"
    strange = await agent.post(
        f"/customers/{jan['id']}/enrichment/{other['id']}/accept",
        json={"differences": []},
        headers={"If-Match": '"1"'},
    )
    assert strange.status_code == 404, "a look-up of another customer"
    later = (await enrich(jan["id"])).json()
    assert (await accept(first, "name")).json()["type"] == "urn:problem-type:onthaal:lookupClosed"
    assert (await accept(later, "name")).status_code == 200


async def test_nothing_accepted_is_everything_rejected(
    agent: Client, jan: Body, enrich: Enrich, accept: Accept
) -> None:
    view = (await enrich(jan["id"])).json()
    done = await accept(view)
    assert (done.status_code, done.json()["version"]) == (200, 1)
    (listed,) = (await agent.get(f"/customers/{jan['id']}/enrichment")).json()["items"]
    assert opened(listed) == []


async def test_the_front_office_asks_and_accepts(
    anonymous: Client, people: People, jan: Body, enrich: Enrich, accept: Accept
) -> None:
    view = (await enrich(jan["id"])).json()
    clients = {name: anonymous.as_user(token) for name, token in people.tokens.items()}
    front = {"agent", "agent2", "lead", "civilLead"}
    asked = {name: (await enrich(jan["id"], client=one)).status_code for name, one in clients.items()}
    assert asked == {name: 200 if name in front else 403 for name in clients}
    refused = {name: (await accept(view, client=clients[name])).status_code for name in clients if name not in front}
    assert set(refused.values()) == {403}


async def test_the_second_line_looks_at_customers_it_has_to_do_with(
    anonymous: Client, people: People, jan: Body, enrich: Enrich, agent: Client, registered: Body
) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    await enrich(jan["id"])
    assert (await expert.get(f"/customers/{jan['id']}/enrichment")).status_code == 403
    question = (await agent.get(f"/questions/{registered['questions'][0]['id']}")).json()
    shown = await expert.get(f"/customers/{question['customerId']}/enrichment")
    assert (shown.status_code, shown.json()["items"]) == (200, [])


async def test_look_ups_are_listed_page_by_page(agent: Client, jan: Body, enrich: Enrich) -> None:
    made = [(await enrich(jan["id"])).json()["id"] for _ in range(3)]
    first = (await agent.get(f"/customers/{jan['id']}/enrichment", params={"limit": 2})).json()
    rest = (await agent.get(f"/customers/{jan['id']}/enrichment", params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == made[::-1]
    assert "next" not in rest
    assert [bool(opened(one)) for one in first["items"]] == [True, False], "the latest one counts"


async def test_after_a_merge_facts_go_to_the_live_customer(
    agent: Client, jan: Body, create: Create, enrich: Enrich, accept: Accept
) -> None:
    before = (await enrich(jan["id"])).json()
    live = (await create({"kind": "person", "names": {"given": "J.", "family": "Vandenbroeck"}})).json()
    merged = await agent.post(
        f"/customers/{live['id']}/merges",
        json={"mergedId": jan["id"], "survivorVersion": 1, "mergedVersion": 1},
        headers={"Idempotency-Key": "merge-0001"},
    )
    assert merged.status_code == 201, merged.text
    view = (await enrich(live["id"])).json()
    assert view["customerId"] == live["id"]
    assert (await accept(before, "name")).json()["type"] == "urn:problem-type:onthaal:lookupClosed"
    after = (await accept(view, "name")).json()
    assert (after["id"], after["displayName"]) == (live["id"], "Jan Pieter Maria Van den Broeck")
    listed = (await agent.get(f"/customers/{jan['id']}/enrichment")).json()["items"]
    assert {one["id"] for one in listed} == {before["id"], view["id"]}
