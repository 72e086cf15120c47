"""Merging two customers and taking it back, through the API."""

from typing import Any

import pytest

from tests.backend.crm.conftest import Audit, Body, Create
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


def other_person(**more: Any) -> Body:
    return {
        "kind": "person",
        "names": {"given": "J.", "family": "Vandenbroeck"},
        "language": "fr",
        "birthDate": "1985-07-30",
        "addresses": [{"street": "Dorp", "number": "1", "postcode": "9000", "municipality": "Gent"}],
        "contactPoints": [
            {"type": "phone", "value": "0470 12 34 56"},
            {"type": "email", "value": "janneke@voorbeeld.be", "preferred": True},
        ],
        **more,
    }


async def merge(agent: Client, survivor: Body, merged: Body, key: str = "merge-00001") -> Body:
    response = await agent.post(
        f"/customers/{survivor['id']}/merges",
        json={
            "mergedId": merged["id"],
            "survivorVersion": survivor["version"],
            "mergedVersion": merged["version"],
            "reason": "Zelfde persoon, bevestigd aan de telefoon",
        },
        headers={"Idempotency-Key": key},
    )
    assert response.status_code == 201, response.text
    made: Body = response.json()
    return made


async def undo(agent: Client, made: Body) -> Body:
    response = await agent.post(
        f"/customers/{made['merge']['survivorId']}/merges/{made['merge']['id']}/undo",
        json={"reason": "Toch vader en zoon"},
    )
    assert response.status_code == 200, response.text
    taken_back: Body = response.json()
    return taken_back


async def show(agent: Client, customer_id: str) -> Body:
    response = await agent.get(f"/customers/{customer_id}")
    assert response.status_code == 200, response.text
    shown: Body = response.json()
    return shown


def said(customer: Body) -> Body:
    """A profile without what tells when it was last touched."""
    return {name: value for name, value in customer.items() if name not in {"version", "updatedAt"}}


async def test_the_preview_is_what_the_merge_gives(agent: Client, create: Create, person: Body, audit: Audit) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    response = await agent.post(f"/customers/{survivor['id']}/merges/preview", json={"mergedId": merged["id"]})
    assert response.status_code == 200, response.text
    preview = response.json()
    assert said(preview["survivor"]) == said(survivor)
    assert said(await show(agent, survivor["id"])) == said(survivor), "a preview stores nothing"
    assert said(await show(agent, merged["id"])) == said(merged)
    made = await merge(agent, survivor, merged)
    assert said(made["customer"]) == said(preview["result"])
    assert [entry["action"] for entry in await audit(merged["id"])][-1] == "mergeCustomers"


async def test_the_preview_says_which_facts_come_first_and_why(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    body = {"mergedId": merged["id"]}
    choices = (await agent.post(f"/customers/{survivor['id']}/merges/preview", json=body)).json()["choices"]
    told = {(one["field"], one["value"]): (one["customerId"], one["outcome"], one["why"]) for one in choices}
    here, there = survivor["id"], merged["id"]
    assert told["names.person", "Jan Van den Broeck"] == (here, "first", "survivor")
    assert told["names.person", "J. Vandenbroeck"] == (there, "beside", "survivor")
    assert told["language", "nl"] == (here, "first", "survivor")
    assert told["language", "fr"] == (there, "beside", "survivor")
    assert told["contactPoints.phone", "+32470123456"][1:] in {("first", "only"), ("double", "same")}
    assert told["contactPoints.email", "janneke@voorbeeld.be"] == (there, "beside", "survivor")
    assert told["identifiers.ssin", "***.***-**.28"] == (here, "first", "only")
    assert all("1985" not in one["value"] for one in choices), "a birth date is masked in a preview too"
    assert all(one["text"] for one in choices)


async def test_a_merged_customer_leads_to_the_live_one(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    await merge(agent, survivor, merged)
    shown = await show(agent, merged["id"])
    assert shown["id"] == survivor["id"]
    assert shown["merged"] == [merged["id"]]
    phones = [one["value"] for one in shown["contactPoints"] if one["type"] == "phone"]
    assert phones == ["+32470123456"], "said by both, shown once"
    assert [one["street"] for one in shown["addresses"]] == ["Kerkstraat", "Dorp"]
    assert shown["addresses"][1]["mergedFrom"] == merged["id"]
    for key in ({"email": "janneke@voorbeeld.be"}, {"phone": "0470123456"}, {"name": "vandenbroeck"}):
        hits = (await agent.post("/customers/query", json=key)).json()["items"]
        assert [hit["id"] for hit in hits] == [survivor["id"]], key


async def test_undo_gives_both_files_back_exactly(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    made = await merge(agent, survivor, merged)
    taken_back = await undo(agent, made)
    assert said(taken_back["survivor"]) == said(survivor)
    assert said(taken_back["restored"]) == said(merged)
    hits = (await agent.post("/customers/query", json={"phone": "0470123456"})).json()["items"]
    assert sorted(hit["id"] for hit in hits) == sorted([survivor["id"], merged["id"]])


async def test_later_changes_stay_where_they_were_made(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    made = await merge(agent, survivor, merged)
    response = await agent.patch(
        f"/customers/{survivor['id']}",
        json={"contactPoints": [{"type": "phone", "value": "09 210 10 10"}], "birthDate": None, "status": "restricted"},
        headers={"If-Match": f'"{made["customer"]["version"]}"'},
    )
    assert response.status_code == 200, response.text
    changed = response.json()
    assert [one["value"] for one in changed["contactPoints"]] == ["+3292101010"], "those of both files are set aside"
    assert changed["birthDateKnown"] is False
    assert not (await agent.post("/customers/query", json={"email": "janneke@voorbeeld.be"})).json()["items"]
    taken_back = await undo(agent, made)
    assert said(taken_back["restored"]) == said(merged), "the other file was not touched"
    assert [one["value"] for one in taken_back["survivor"]["contactPoints"]] == ["+3292101010"]
    assert taken_back["survivor"]["status"] == "restricted"


async def test_the_strictest_status_holds(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    response = await agent.patch(
        f"/customers/{merged['id']}", json={"status": "deceased"}, headers={"If-Match": f'"{merged["version"]}"'}
    )
    made = await merge(agent, survivor, response.json())
    assert made["customer"]["status"] == "deceased"
    again = await agent.patch(
        f"/customers/{survivor['id']}",
        json={"status": "active"},
        headers={"If-Match": f'"{made["customer"]["version"]}"'},
    )
    assert again.json()["status"] == "active", "a person may say otherwise"
    assert (await undo(agent, made))["restored"]["status"] == "deceased"


async def test_what_is_certainly_not_one_is_refused(
    agent: Client, create: Create, person: Body, association: Body
) -> None:
    survivor = (await create(person)).json()
    organisation = (await create(association)).json()
    somebody = (await create(other_person(identifiers=[{"type": "ssin", "value": "90061638302"}]))).json()
    bis = (await create(other_person(identifiers=[{"type": "ssin", "value": "85473000149"}]))).json()
    for other, expected in ((organisation, "kindsDiffer"), (somebody, "identifiersDiffer")):
        response = await agent.post(f"/customers/{survivor['id']}/merges/preview", json={"mergedId": other["id"]})
        assert response.status_code == 409, response.text
        assert response.json()["type"].endswith(expected)
    response = await agent.post(f"/customers/{survivor['id']}/merges/preview", json={"mergedId": bis["id"]})
    assert response.status_code == 200, "a bis number is followed by a national number"
    response = await agent.post(f"/customers/{survivor['id']}/merges/preview", json={"mergedId": survivor["id"]})
    assert response.status_code == 400


async def test_chains_and_what_is_not_live(agent: Client, create: Create) -> None:
    first, second, third = [(await create(other_person(birthDate=f"198{n}-01-01"))).json() for n in range(3)]
    one = await merge(agent, second, first, "chain-0001")
    two = await merge(agent, third, one["customer"], "chain-0002")
    assert sorted(two["customer"]["merged"]) == sorted([first["id"], second["id"]])
    assert (await show(agent, first["id"]))["id"] == third["id"]
    refused = await agent.post(f"/customers/{first['id']}/merges/preview", json={"mergedId": third["id"]})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("customerMerged")
    inner = await undo(agent, one)
    assert (inner["survivor"]["id"], inner["restored"]["id"]) == (third["id"], first["id"])
    assert said(inner["restored"]) == said(first)
    assert inner["survivor"]["merged"] == [second["id"]]
    outer = await undo(agent, two)
    assert said(outer["restored"]) == said(second)
    again = await agent.post(
        f"/customers/{third['id']}/merges/{two['merge']['id']}/undo", json={"reason": "nog eens proberen"}
    )
    assert again.status_code == 409
    listed = (await agent.get(f"/customers/{third['id']}/merges")).json()["items"]
    assert [item["id"] for item in listed] == [two["merge"]["id"]]
    assert listed[0]["undoReason"]


async def test_a_stale_preview_is_refused(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    await agent.patch(
        f"/customers/{merged['id']}", json={"language": "de"}, headers={"If-Match": f'"{merged["version"]}"'}
    )
    response = await agent.post(
        f"/customers/{survivor['id']}/merges",
        json={"mergedId": merged["id"], "survivorVersion": 1, "mergedVersion": 1},
        headers={"Idempotency-Key": "stale-00001"},
    )
    assert response.status_code == 412


async def test_an_address_that_is_undisclosed_in_one_file_is_so_in_both(
    agent: Client, create: Create, person: Body
) -> None:
    hidden = other_person(addresses=[{**person["addresses"][0], "number": "12a", "undisclosed": True}])
    survivor, merged = (await create(person)).json(), (await create(hidden)).json()
    made = await merge(agent, survivor, merged)
    assert [one.get("street") for one in made["customer"]["addresses"]] == [None]
    key = {"postcode": "9080", "houseNumber": "12A"}
    assert not (await agent.post("/customers/query", json=key)).json()["items"]


async def test_who_may_not(anonymous: Client, people: People, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    expert = anonymous.as_user(people.tokens["expert"])
    response = await expert.post(f"/customers/{survivor['id']}/merges/preview", json={"mergedId": merged["id"]})
    assert response.status_code == 403


async def test_contacts_of_both_are_in_the_file(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    for key, customer in (("contact-0001", survivor), ("contact-0002", merged)):
        await agent.post(
            "/contacts",
            json={"channel": "phone", "customerId": customer["id"], "questions": [{"subject": key}]},
            headers={"Idempotency-Key": key},
        )
    made = await merge(agent, survivor, merged)
    late = await agent.post(
        "/contacts",
        json={"channel": "phone", "customerId": merged["id"], "questions": [{"subject": "contact-0003"}]},
        headers={"Idempotency-Key": "contact-0003"},
    )
    assert late.json()["customerId"] == survivor["id"], "a reference to the merged one leads to the live one"
    file = (await agent.get(f"/customers/{merged['id']}/file")).json()
    assert sorted(one["question"]["subject"] for one in file["questions"]) == [f"contact-000{n}" for n in (1, 2, 3)]
    await undo(agent, made)
    back = (await agent.get(f"/customers/{merged['id']}/file")).json()
    assert [one["question"]["subject"] for one in back["questions"]] == ["contact-0002"]


async def test_a_preview_does_not_confirm_a_guess_of_an_undisclosed_address(
    agent: Client, create: Create, person: Body
) -> None:
    person["addresses"][0]["undisclosed"] = True
    hidden = (await create(person)).json()
    answers = []
    for number, name in (("12 A", "right"), ("14 Z", "wrong")):  # no part of an id
        place = {"street": "Kerkstraat", "number": number, "postcode": "9080", "municipality": "Lochristi"}
        guess = (await create(other_person(addresses=[place], names={"given": "J.", "family": name}))).json()
        body = {"mergedId": guess["id"]}
        answer = (await agent.post(f"/customers/{hidden['id']}/merges/preview", json=body)).json()
        choices = [one for one in answer["choices"] if one["field"] == "addresses"]
        told = str([choices, answer["result"]["addresses"]])
        for one in (number, guess["id"], *(fact["recordedAt"] for fact in answer["result"]["addresses"])):
            told = told.replace(str(one), "…")
        answers.append(told)
    assert answers[0] == answers[1]


async def test_the_history_hides_what_the_file_hides(agent: Client, create: Create, person: Body) -> None:
    hidden = other_person(addresses=[{**person["addresses"][0], "street": "Kerkstr.", "undisclosed": True}])
    survivor, merged = (await create(person)).json(), (await create(hidden)).json()
    made = await merge(agent, survivor, merged)
    assert [one.get("street") for one in made["customer"]["addresses"]] == [None, None]
    for path in ("history", "file"):
        assert "Kerkstr" not in (await agent.get(f"/customers/{survivor['id']}/{path}")).text


async def test_who_acts_for_another_is_not_that_other(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    made = await agent.post(
        f"/customers/{merged['id']}/representations",
        json={"representedId": survivor["id"], "role": "guardian"},
        headers={"Idempotency-Key": "guardian-0001"},
    )
    assert made.status_code == 201, made.text
    response = await agent.post(f"/customers/{survivor['id']}/merges/preview", json={"mergedId": merged["id"]})
    assert response.status_code == 409
    assert response.json()["type"].endswith("representsTheOther")


async def test_a_merged_customer_is_not_changed_under_its_own_id(agent: Client, create: Create, person: Body) -> None:
    survivor, merged = (await create(person)).json(), (await create(other_person())).json()
    made = await merge(agent, survivor, merged)
    version = made["customer"]["version"]
    response = await agent.patch(
        f"/customers/{merged['id']}", json={"language": "de"}, headers={"If-Match": f'"{version}"'}
    )
    assert response.status_code == 409
    assert response.json()["type"].endswith("customerMerged")
