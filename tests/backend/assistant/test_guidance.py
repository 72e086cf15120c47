"""An agent takes a flow with a customer: any order, what is known is filled in, stopping is no loss."""

import json
from datetime import date
from itertools import product as every
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.app import Platform
from backend.assistant.guidance.rules import Told, reach, readable, screen
from backend.assistant.rules import Flow, Program, compiled, day_of_test, replay
from backend.assistant.steps.rules import Surroundings, assistance, subject, text
from backend.kit.db import UnitOfWork
from backend.kit.embedded.cluster import Cluster
from tests.backend.assistant.taking import PERMIT, SECRET, given_flow, party, publish, take, visiting
from tests.backend.contacts.intake.conftest import counter as counter  # noqa: PLC0414 a fixture
from tests.backend.contacts.intake.office import Counter, administrator
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
DAY = date(2026, 12, 1)
PROGRAM = compiled(msgspec.convert(party(), Flow))
HOME = {"street": "Dorpsstraat", "number": "1", "postcode": "9999", "municipality": "Zonderwater"}


@pytest.fixture
async def flows(platform: Platform, anonymous: Client) -> None:  # noqa: ARG001 started
    await publish(platform, party(), given_flow("verhuizen"), given_flow("trouwen"))


async def guided(client: Client, answers: Json | None = None, slug: str = "straatfeest", **more: Any) -> Json:
    response = await client.post(f"/flows/{slug}/guided", json={"answers": answers or {}, **more})
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


def states(view: Json) -> dict[str, str]:
    return {one["id"]: one["state"] for one in view["questions"]}


def by_id(view: Json, name: str) -> Json:
    return next(one for one in view["questions"] if one["id"] == name)


async def customer(agent: Client, *addresses: Json, kind: str = "person", **more: Any) -> str:
    named = {"names": {"given": "Lien", "family": "De Smet"}} if kind == "person" else {"organisationName": "De Buurt"}
    body = {"kind": kind, "addresses": list(addresses), **named, **more}
    response = await agent.post("/customers", json=body, headers={"Idempotency-Key": uuid4().hex})
    assert response.status_code == 201, response.text
    found: str = response.json()["id"]
    return found


@pytest.mark.usefixtures("flows")
async def test_the_whole_flow_is_on_one_screen(agent: Client) -> None:
    view = await guided(agent)
    assert states(view) == {"wie": "open", "postcode": "ahead", "gasten": "ahead", "tent": "ahead", "muziek": "ahead"}
    assert (view["next"], view["outcomesLeft"]["count"]) == ("wie", 3)
    place = by_id(view, "postcode")
    assert (place["say"], place["note"]) == ("Waar is het feest?", SECRET)
    assert by_id(view, "wie")["say"] == "Wie geeft het feest?"
    assert [one["label"] for one in by_id(view, "muziek")["options"]] == ["Ja", "Nee"]


@pytest.mark.usefixtures("flows")
async def test_answers_come_in_any_order(agent: Client) -> None:
    view = await guided(agent, {"muziek": "nee", "gasten": 10})
    assert states(view)["muziek"] == states(view)["gasten"] == "ahead"
    assert (by_id(view, "muziek")["answer"], by_id(view, "muziek")["from"]) == ("Nee", "given")
    assert states(view)["tent"] == "notNeeded", "with ten guests nobody asks for a tent"
    assert [one["id"] for one in view["outcomesLeft"]["items"]] == ["elders", "melden"]
    view = await guided(agent, {"muziek": "nee", "gasten": 10, "wie": "person"})
    assert view["next"] == "postcode"
    view = await guided(agent, {"muziek": "nee", "gasten": 10, "wie": "person", "postcode": "9999"})
    assert states(view) == {
        "wie": "answered",
        "postcode": "answered",
        "gasten": "answered",
        "tent": "passedOver",
        "muziek": "answered",
    }
    assert view["outcome"]["id"] == "melden"
    assert "next" not in view
    away = await guided(agent, {"muziek": "nee", "gasten": 10, "wie": "person", "postcode": "1000"})
    assert states(away)["gasten"] == states(away)["tent"] == states(away)["muziek"] == "notNeeded"
    assert by_id(away, "gasten")["value"] == 10, "kept, for when it is needed again"


@pytest.mark.usefixtures("flows")
async def test_an_outcome_says_what_is_for_colleagues(agent: Client, platform: Platform) -> None:
    view = await guided(agent, PERMIT)
    assert (view["outcome"]["agentNote"], view["outcome"]["kindLabel"]) == (SECRET, "Hiervoor is een vergunning nodig")
    assert [one["id"] for one in view["outcome"]["blocks"]] == ["tent"]
    refused = await visiting(agent, platform).post("/flows/straatfeest/guided", json={})
    assert refused.status_code == 403


@pytest.mark.usefixtures("flows")
async def test_what_the_customer_does_not_know(agent: Client) -> None:
    view = await guided(agent, {"wie": "person", "postcode": "9999"}, notKnown=["gasten"])
    assert (states(view)["gasten"], by_id(view, "gasten")["answer"]) == ("notKnown", "Ik weet het niet")
    assert (view["next"], states(view)["tent"]) == ("muziek", "passedOver"), "not knowing is an answer there"
    view = await guided(agent, {"wie": "person"}, notKnown=["postcode", "tent"])
    assert (view["stopped"], "next" in view) == (True, False)
    assert (states(view)["postcode"], states(view)["tent"], states(view)["muziek"]) == ("notKnown", "notKnown", "ahead")
    assert view["outcomesLeft"]["count"] == 3
    overruled = await guided(agent, {"wie": "person", "postcode": "9999"}, notKnown=["postcode"])
    assert (overruled["stopped"], "value" in by_id(overruled, "postcode")) == (True, False)


@pytest.mark.usefixtures("flows")
async def test_what_cannot_be_is_told_at_its_question(agent: Client) -> None:
    view = await guided(agent, {"wie": "person", "muziek": "hard", "gasten": -3, "kleur": "rood"})
    assert by_id(view, "muziek")["refused"] == "Kies een van de antwoorden."
    assert by_id(view, "gasten")["refused"] == "Geef 1 of meer."
    assert view["unknown"] == ["kleur"]
    assert (view["next"], states(view)["tent"]) == ("postcode", "ahead")
    wrong: list[Json] = [{"answers": {"wie": {}}}, {"notKnown": ["x"] * 101}, {"customerId": "ik"}, {"agent": 1}]
    for body in wrong:
        assert (await agent.post("/flows/straatfeest/guided", json=body)).status_code == 400
    assert (await agent.post("/flows/nooit/guided", json={})).status_code == 404
    assert (await agent.post("/flows/straatfeest/guided", json={"version": 2})).status_code == 404


@pytest.mark.usefixtures("flows")
async def test_countries_are_there_once(agent: Client) -> None:
    view = await guided(agent, slug="trouwen")
    assert len(view["countries"]) > 190
    assert "countries" not in by_id(view, "nationaliteit_1")
    assert "countries" not in await guided(agent)


@pytest.mark.usefixtures("flows")
async def test_what_is_known_of_the_customer_is_filled_in(agent: Client, uow: UnitOfWork, people: People) -> None:
    who = await customer(agent, HOME)
    view = await guided(agent, customerId=who)
    assert [(by_id(view, name)["value"], by_id(view, name)["from"]) for name in ("wie", "postcode")] == [
        ("person", "customer"),
        ("9999", "customer"),
    ]
    assert view["next"] == "gasten"
    other = await guided(agent, {"postcode": "1000"}, customerId=who)
    assert (by_id(other, "postcode")["from"], other["outcome"]["id"]) == ("given", "elders")
    gone = await agent.post("/flows/straatfeest/guided", json={"customerId": str(uuid4())})
    assert gone.status_code == 404
    await uow.execute("SET LOCAL ROLE onthaal_auditor")
    rows = await uow.fetch("SELECT actor, fields FROM audit_entry WHERE action = 'takeGuidedStep'")
    await uow.execute("RESET ROLE")
    assert [(row["actor"], row["fields"]) for row in rows][:2] == [(people.users["agent"], ["addresses", "kind"])] * 2


@pytest.mark.usefixtures("flows")
async def test_a_shielded_address_answers_nothing(agent: Client, anonymous: Client, people: People) -> None:
    hidden = await customer(agent, {**HOME, "undisclosed": True})
    view = await guided(agent, customerId=hidden)
    assert "value" not in by_id(view, "postcode")
    assert "9999" not in json.dumps(view)
    past, abroad = {**HOME, "validTo": "2020-01-01"}, {**HOME, "country": "DK"}
    for address in (past, abroad):
        view = await guided(agent, customerId=await customer(agent, address))
        assert "value" not in by_id(view, "postcode"), address
    firm = await guided(agent, customerId=await customer(agent, HOME, kind="enterprise"))
    assert "value" not in by_id(firm, "wie"), "no answer to this question"
    stranger = anonymous.as_user(people.tokens["expert"])
    view = await guided(stranger, customerId=await customer(agent, HOME))
    assert "value" not in by_id(view, "postcode"), "the second line has nothing to do with this customer"


async def register(agent: Client, flow: Json) -> Any:
    body = {"channel": "phone", "questions": [{"subject": "Feest", "flow": flow}]}
    return await agent.post("/contacts", json=body, headers={"Idempotency-Key": uuid4().hex})


@pytest.mark.usefixtures("flows")
async def test_the_answers_go_with_the_question(agent: Client, uow: UnitOfWork, people: People) -> None:
    made = await register(agent, {"flow": "straatfeest", "version": 1, "answers": PERMIT})
    assert made.status_code == 201, made.text
    question = (await agent.get(f"/questions/{made.json()['questions'][0]['id']}")).json()
    kept = question["assistance"]
    assert (kept["mode"], kept["outcome"], kept["topic"]) == ("agent", "vergunning", "feesten")
    assert question["departmentId"] == str(people.departments["mobiliteit"])
    assert question["structuredAnswers"][3] == {"question": "Komt er een tent?", "answer": "Ja"}
    rows = await uow.fetch("SELECT mode, from_node, to_node, count FROM flow_passage ORDER BY from_node")
    assert {row["mode"] for row in rows} == {"agent"}
    assert [(row["from_node"], row["to_node"], row["count"]) for row in rows] == [
        ("", "wie", 1),
        ("gasten", "tent", 1),
        ("muziek", "vergunning", 1),
        ("postcode", "gasten", 1),
        ("tent", "muziek", 1),
        ("wie", "postcode", 1),
    ]


@pytest.mark.usefixtures("flows")
async def test_stopping_early_is_no_loss(agent: Client, uow: UnitOfWork) -> None:
    flow = {"flow": "straatfeest", "answers": {"wie": "person", "muziek": "ja"}, "notKnown": ["postcode"]}
    made = await register(agent, flow)
    assert made.status_code == 201, made.text
    kept = (await agent.get(f"/questions/{made.json()['questions'][0]['id']}")).json()["assistance"]
    assert (kept["openQuestion"], kept["notKnown"]) == ("postcode", ["In welke postcode?"])
    assert [one["question"] for one in kept["path"]] == ["wie"]
    assert [(one["question"], one["answer"]) for one in kept["kept"]] == [("muziek", "Ja")]
    assert await uow.fetchval("SELECT count FROM flow_passage WHERE from_node = 'postcode'") == 1


@pytest.mark.parametrize(
    ("flow", "place"),
    [
        ({"flow": "nooit"}, "flow"),
        ({"flow": "straatfeest", "version": 7}, "version"),
        ({"flow": "straatfeest", "answers": {"kleur": "rood"}}, "answers.kleur"),
        ({"flow": "straatfeest", "answers": {"wie": {"a": [1]}}}, "answers.wie"),
        ({"flow": "straatfeest", "answers": {"wie": True}}, "answers.wie"),
        ({"flow": "straatfeest", "notKnown": ["wie", "kleur"]}, "notKnown[1]"),
    ],
)
@pytest.mark.usefixtures("flows")
async def test_what_cannot_have_been_answered_is_named(agent: Client, uow: UnitOfWork, flow: Json, place: str) -> None:
    refused = await register(agent, flow)
    assert refused.status_code == 400, refused.text
    assert [one["name"] for one in refused.json()["issues"]] == [f"questions[0].flow.{place}"]
    assert await uow.fetchval("SELECT count(*) FROM flow_passage") == 0


async def test_nothing_is_lost_or_refused_for_a_count(counter: Counter, cluster: Cluster) -> None:
    await publish(counter.platform, party())
    admin = await asyncpg.connect(administrator(counter, cluster))
    try:
        await admin.execute("ALTER TABLE flow_passage ADD CONSTRAINT no_more CHECK (count < 1)")
    finally:
        await admin.close()
    made = await register(counter.staff(), {"flow": "straatfeest", "answers": PERMIT})
    assert made.status_code == 201, made.text
    assert (await take(counter.visitor(), "straatfeest"))["question"]["id"] == "wie"
    (kept,) = await counter.fetch("SELECT assistance FROM question")
    assert kept["assistance"]["outcome"] == "vergunning"
    assert await counter.fetch("SELECT FROM flow_passage") == []


def _everywhere(program: Program, values: dict[str, list[Any]], given: Json) -> tuple[set[str], set[str]]:
    """Every question asked and outcome reached from these answers on, by trying all others."""
    asked, outcomes, todo, tried = set[str](), set[str](), [given], list[Json]()
    while todo:
        answers = todo.pop()
        if answers in tried:
            continue
        tried.append(answers)
        position = replay(program, answers, DAY)
        if position.outcome:
            outcomes.add(position.outcome.id)
        if position.question:
            asked.add(position.question.id)
            todo += [{**answers, position.question.id: one} for one in values[position.question.id]]
    return asked, outcomes


VALUES: dict[str, list[Any]] = {
    "wie": ["person", "association"],
    "postcode": ["9999", "1000"],
    "gasten": [1, 51, "weet_niet"],
    "tent": ["ja", "nee"],
    "muziek": ["ja", "nee"],
}


def small() -> Json:
    """Ways of their own among several answers, checks that look at other answers, not knowing, a fact."""
    options = [
        {"value": "niets", "label": "Niets", "exclusive": True, "goto": "vrij"},
        {"value": "tent", "label": "Tent", "goto": "hoog"},
        {"value": "podium", "label": "Podium"},
    ]
    check = {"must": 'hoog <= 9 || wat.exists(x, x == "podium")', "message": "Zo hoog is geen tent."}
    return {
        **party(),
        "flow": "klein",
        "facts": [{"id": "groot", "expr": "hoog > 5 && duur > 2"}],
        "questions": [
            {"id": "wat", "type": "multi", "title": "Wat?", "options": options},
            {"id": "duur", "type": "integer", "title": "Hoelang?", "dont_know": True},
            {
                "id": "hoog",
                "type": "integer",
                "title": "Hoe hoog?",
                "validate": [check],
                "next": [{"if": "hoog > 20", "goto": "vrij"}, {"if": "groot", "goto": "zwaar"}, {"goto": "licht"}],
            },
        ],
        "outcomes": [{"id": name, "kind": "free", "title": name, "text": name} for name in ("vrij", "zwaar", "licht")],
    }


WAYS: list[tuple[Program, dict[str, list[Any]]]] = [
    (PROGRAM, VALUES),
    (
        compiled(msgspec.convert(small(), Flow)),
        {
            "wat": [["niets"], ["tent"], ["podium"], ["tent", "podium"]],
            "duur": [1, 3, "weet_niet"],
            "hoog": [3, 7, 15, 30],
        },
    ),
]


@pytest.mark.parametrize(("program", "values"), WAYS, ids=["straatfeest", "klein"])
def test_nothing_that_can_come_is_called_not_needed(program: Program, values: dict[str, list[Any]]) -> None:
    """Against trying every way: what can be asked is said to be, and answers that are ahead rule out what they do."""
    for chosen in every(*([None, *one] for one in values.values())):
        answers = {name: value for name, value in zip(values, chosen, strict=True) if value is not None}
        position = replay(program, answers, DAY)
        good, _ = readable(program, answers, "nl")
        if position.question:
            good.pop(position.question.id, None)  # refused: as a screen does
        found = reach(program, position, good, DAY)
        asked, outcomes = _everywhere(program, values, answers)
        assert asked <= found.questions, answers
        assert outcomes <= found.outcomes, answers
        if program is PROGRAM and not set(answers) - {one.question.id for one in position.passed}:
            assert found.questions == asked, answers


NAMES = st.sampled_from([*VALUES, "kleur", ""])
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["ja", "weet_niet", "9999", "51", "person", "1e999999", "NaN", "-0", "٩٩٩٩"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, ANYTHING), st.dictionaries(NAMES, ANYTHING), st.lists(NAMES, max_size=4))
def test_whatever_is_answered_there_is_a_screen_and_something_to_keep(
    answers: Json, known: Json, not_known: list[str]
) -> None:
    told = Told(given=answers, customer=known, not_known=not_known)
    view = screen(PROGRAM, told, DAY, "fr", Surroundings())
    assert [one.id for one in view.questions] == list(VALUES)
    assert (view.next is None) == (view.outcome is not None or view.stopped)
    position = replay(PROGRAM, told.answers(PROGRAM), DAY)
    kept = assistance(PROGRAM, position, mode="agent", language="nl", day=DAY, beside=answers, not_known=not_known)
    assert (kept.outcome is None) == (kept.open_question is not None)
    assert len(kept.not_known) == len(set(kept.not_known))
    assert 1 <= len(subject(PROGRAM, position, "nl")) <= 200
    assert 1 <= len(text(PROGRAM, position, "nl")) <= 9_500


def test_a_screen_leads_where_the_flow_does() -> None:
    for slug in ("trouwen", "verhuizen"):
        program = compiled(msgspec.convert(given_flow(slug), Flow))
        for test in program.flow.tests:
            day = day_of_test(program.flow, test, DAY)
            names = list(test.answers)
            for known in (0, 3, len(names)):
                answers = {name: test.answers[name] for name in names[:known]}
                view = screen(program, Told(given=answers), day, "nl", Surroundings())
                at = view.outcome.id if view.outcome else view.next
                assert at == replay(program, answers, day).at
                assert len(view.questions) == len(program.questions)
