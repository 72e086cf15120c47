"""From a flow to the city: what the asker saw is what the colleague reads; nothing is asked again, nothing is lost."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from backend.assistant.rules import Flow, compiled, replay
from backend.assistant.steps.rules import subject, text, without
from backend.kit.reach import EVERYTHING
from tests.backend.assistant.taking import GUESTS, PERMIT, add_product, changed, given_flow, party, publish
from tests.backend.contacts.intake.conftest import counter as counter  # noqa: PLC0414 a fixture
from tests.backend.contacts.intake.office import FORM, Counter
from tests.conftest import Client

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
QUESTION = "SELECT id, channel, identity, assistance, structured_answers, product_id, body, subject FROM question"


@pytest.fixture
async def product(counter: Counter) -> UUID:
    async with counter.platform.database.transaction(EVERYTHING) as uow:
        return await add_product(uow)


@pytest.fixture
async def city(counter: Counter, product: UUID) -> AsyncIterator[Counter]:  # noqa: ARG001 is there
    silent = party()
    silent["outcomes"][2]["handover"]["include_answers"] = False
    await publish(counter.platform, party(), given_flow("verhuizen"), {**silent, "flow": "stil"})
    yield counter
    assert counter.failures == []


async def summary(client: Client, answers: Json, slug: str = "straatfeest", **more: Any) -> Json:
    response = await client.post(f"/flows/{slug}/summary", json={"answers": answers, **more})
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


async def hand_over(
    city: Counter, answers: Json, slug: str = "straatfeest", *, client: Client | None = None, key: str = "", **more: Any
) -> httpx.Response:
    """As the website does: the summary, edited or not, with who asks."""
    client = client or city.visitor()
    form = {**FORM, "proof": await city.proof(client), **more.pop("form", {})}
    form = {name: value for name, value in form.items() if value is not None}
    body = {"form": form, "answers": answers, **more}
    return await client.post(f"/flows/{slug}/handover", json=body, headers={"Idempotency-Key": key or uuid4().hex})


async def only(city: Counter) -> Any:
    await city.work()
    (question,) = await city.fetch(QUESTION)
    return question


async def test_from_an_outcome_to_a_question_that_says_it_all(city: Counter, product: UUID) -> None:
    told = await summary(city.visitor(), PERMIT)
    assert told["subject"] == "Mag ik een straatfeest geven? – Vraag een vergunning"
    assert told["text"].split("\n") == [
        "Ik beantwoordde de vragen van “Mag ik een straatfeest geven?”.",
        "",
        "- Wie geeft het feest? Een buur",
        "- In welke postcode? 9999",
        "- Hoeveel gasten? 80",
        "- Komt er een tent? Ja",
        "- Is er muziek? Nee",
        "",
        "Ik kwam uit bij: Vraag een vergunning.",
    ]
    assert (told["topic"], told["departmentName"]) == ("feesten", "Mobiliteit")
    assert told["product"] == {"id": str(product), "name": "Straatfeest"}
    assert told["answers"][3] == {"question": "tent", "title": "Komt er een tent?", "answer": "Ja", "value": "ja"}

    form = {"subject": told["subject"], "text": f"{told['text']}\nMag het op zondag?"}
    received = await hand_over(city, PERMIT, form=form)
    assert (received.status_code, set(received.json())) == (202, {"reference", "statusSecret"}), received.text
    question = await only(city)
    assert (question["channel"], question["identity"], question["product_id"]) == ("assistant", "claimed", product)
    assert question["body"].endswith("Mag het op zondag?")

    expert = city.staff("mobility")
    seen = (await expert.get(f"/questions/{question['id']}")).json()
    assert seen["departmentId"] == str(city.people.departments["mobiliteit"]), "routed by what the outcome says"
    assert seen["structuredAnswers"] == [{"question": one["title"], "answer": one["answer"]} for one in told["answers"]]
    kept = seen["assistance"]
    assert (kept["flow"], kept["version"], kept["mode"], kept["outcome"]) == ("straatfeest", 1, "citizen", "vergunning")
    assert [(one["question"], one["value"]) for one in kept["path"]] == list(PERMIT.items())
    rows = await city.fetch("SELECT from_node, count FROM flow_passage WHERE to_kind = 'handover'")
    assert [tuple(row) for row in rows] == [("vergunning", 1)]


async def test_who_does_not_get_further_asks_from_the_open_question(city: Counter) -> None:
    told = await summary(city.visitor(), GUESTS)
    assert told["text"].endswith("Ik raak niet verder bij de vraag: Komt er een tent?")
    assert (await hand_over(city, {**GUESTS, "tent": "misschien"}, form={"text": told["text"]})).status_code == 202
    question = await only(city)
    kept = question["assistance"]
    assert (kept["openQuestion"], kept["openTitle"], "outcome" in kept) == ("tent", "Komt er een tent?", False)
    assert kept["topic"] == "feesten", "every outcome that says it, says the same"
    assert [one["question"] for one in kept["path"]] == list(GUESTS)
    assert "misschien" not in str(dict(question))


async def test_what_the_asker_takes_out_is_nowhere(city: Counter) -> None:
    told = await summary(city.visitor(), PERMIT)
    shorter = await summary(city.visitor(), PERMIT, leftOut=["gasten"])
    assert "80" in told["text"]
    assert "80" not in shorter["text"]
    sent = await hand_over(city, PERMIT, form={"text": told["text"]}, leftOut=["gasten", "postcode"])
    assert sent.status_code == 202
    question = await only(city)
    assert [one["question"] for one in question["assistance"]["path"]] == ["wie", "tent", "muziek"]
    everything = str(dict(question))
    assert "Hoeveel gasten" not in everything
    assert "9999" not in everything
    assert "Komt er een tent? Ja" in question["body"]


def test_an_answer_is_one_line_to_take_out_whatever_its_question_is_called() -> None:
    flow = party(title="Een feest\nin je straat")
    flow["questions"][0]["title"] = "Wie geeft\nhet feest?"
    program = compiled(msgspec.convert(flow, Flow))
    position = replay(program, PERMIT, date(2026, 12, 1))
    told = text(program, position, "nl")
    assert "- Wie geeft het feest? Een buur" in told.split("\n")
    assert "Een buur" not in without(told, program, position, ["wie"])
    assert subject(program, position, "nl") == "Een feest in je straat – Vraag een vergunning"


async def test_an_outcome_may_want_no_answers(city: Counter) -> None:
    told = await summary(city.visitor(), PERMIT, "stil")
    assert ("answers" in told, "80" in told["text"]) == (False, False)
    assert (await hand_over(city, PERMIT, "stil", form={"text": told["text"]})).status_code == 202
    question = await only(city)
    assert question["assistance"].get("path") is None
    assert not question["structured_answers"]
    assert question["assistance"]["topic"] == "feesten"


async def test_answers_off_the_way_do_not_travel(city: Counter) -> None:
    assert (await hand_over(city, {**PERMIT, "postcode": "1000", "gasten": 6_180_339})).status_code == 202
    question = await only(city)
    assert [one["question"] for one in question["assistance"]["path"]] == ["wie", "postcode"]
    assert "kept" not in question["assistance"]
    assert "6180339" not in str(dict(question))
    assert "gasten" not in str(dict(question))


async def test_in_another_language_colleagues_read_dutch(city: Counter) -> None:
    told = await summary(city.visitor(), PERMIT, language="fr")
    assert "- Quel code postal ? 9999" in told["text"]
    assert told["product"]["name"] == "Straatfeest (fr)"
    sent = await hand_over(city, PERMIT, form={"text": told["text"], "language": "fr"}, language="fr")
    assert sent.status_code == 202
    question = await only(city)
    assert question["assistance"]["language"] == "fr"
    assert question["structured_answers"][1] == {"question": "In welke postcode?", "answer": "9999"}


async def test_who_is_logged_in_needs_no_proof(city: Counter) -> None:
    person = {"kind": "person", "names": {"given": "Lien", "family": "De Smet"}}
    made = await city.staff().post("/customers", json=person, headers={"Idempotency-Key": uuid4().hex})
    client = city.customer(made.json()["id"])
    assert (await hand_over(city, PERMIT, client=client, form={"proof": None})).status_code == 202
    question = await only(city)
    assert (question["identity"], question["assistance"]["outcome"]) == ("confirmed", "vergunning")
    own = (await client.get("/own/questions")).json()["items"]
    assert [one["subject"] for one in own] == [question["subject"]]


async def test_the_same_twice_is_one_question(city: Counter) -> None:
    client, key = city.visitor(), uuid4().hex
    form = {"proof": await city.proof(client)}
    first = await hand_over(city, PERMIT, client=client, key=key, form=form)
    again = await hand_over(city, PERMIT, client=client, key=key, form=form)
    assert (first.status_code, first.content) == (202, again.content)
    (row,) = await city.fetch("SELECT sum(count) AS times FROM flow_passage WHERE to_kind = 'handover'")
    assert row["times"] == 1
    other = await hand_over(city, GUESTS, client=client, key=uuid4().hex, form=form)
    assert other.status_code == 409, "the proof is used up"
    await only(city)


async def test_the_version_that_was_answered_counts(city: Counter) -> None:
    newer = party(title="Nieuw")
    newer["questions"] = newer["questions"][:2]
    newer["questions"][1]["next"] = [{"goto": "elders"}]
    newer["outcomes"] = newer["outcomes"][:1]
    await city.execute(
        "UPDATE flow_version SET status = 'retired', retired_at = now() WHERE document->>'flow' = $1", "straatfeest"
    )
    await publish(city.platform, newer)
    assert (await summary(city.visitor(), PERMIT))["subject"].startswith("Nieuw")
    assert (await hand_over(city, PERMIT, version=1)).status_code == 202
    kept = (await only(city))["assistance"]
    assert (kept["version"], kept["outcome"]) == (1, "vergunning")


async def test_sent_again_it_is_the_same_whatever_changed_since(city: Counter) -> None:
    person = {"kind": "person", "names": {"given": "Lien", "family": "De Smet"}}
    made = await city.staff().post("/customers", json=person, headers={"Idempotency-Key": uuid4().hex})
    client, key = city.customer(made.json()["id"]), uuid4().hex
    first = await hand_over(city, PERMIT, client=client, key=key, form={"proof": None})
    await changed(city.platform, "UPDATE product SET status = 'withdrawn'")
    await publish(city.platform, party(title="Nieuw"))
    again = await hand_over(city, PERMIT, client=client, key=key, form={"proof": None})
    assert (again.status_code, again.content) == (202, first.content)
    elsewhere = await hand_over(city, PERMIT, "stil", client=client, key=key, form={"proof": None})
    assert elsewhere.json() != first.json(), "another flow is another question"
    await city.work()
    assert sorted(one["assistance"]["flow"] for one in await city.fetch(QUESTION)) == ["stil", "straatfeest"]


async def test_of_a_version_that_is_still_to_come_nothing_is_told(city: Counter) -> None:
    await publish(city.platform, party(title="Geheim tot later", valid_from="2098-01-01"))
    assert (await city.visitor().post("/flows/straatfeest/summary", json={"version": 2})).status_code == 404
    assert (await hand_over(city, PERMIT, version=2)).status_code == 404
    await publish(city.platform, {**party(valid_from="2098-01-01"), "flow": "later"})
    assert (await city.visitor().post("/flows/later/summary", json={})).status_code == 404


async def test_what_guards_a_form_guards_this(city: Counter) -> None:
    client = city.visitor()
    without = await client.post("/flows/straatfeest/handover", json={"form": {**FORM}, "answers": {}})
    assert without.status_code == 400, "no key"
    assert (await hand_over(city, PERMIT, form={"proof": None})).status_code == 400
    assert (await hand_over(city, PERMIT, form={"text": "x" * 9_000}, leftOut=["x"] * 101)).status_code == 400
    big = {f"v{number}": "x" * 1_000 for number in range(80)}
    assert (await hand_over(city, big)).status_code == 413
    assert (await hand_over(city, PERMIT, "nooit")).status_code == 404
    assert (await hand_over(city, PERMIT, version=9)).status_code == 404
    agent = city.staff("agent")
    refused = await agent.post("/flows/straatfeest/handover", json={}, headers={"Idempotency-Key": uuid4().hex})
    assert refused.status_code == 403
    await city.work()
    assert await city.fetch(QUESTION) == []
    network = uuid4().hex
    taken = [(await hand_over(city, PERMIT, client=city.visitor(network))).status_code for _ in range(11)]
    assert taken == [202] * 10 + [429]
