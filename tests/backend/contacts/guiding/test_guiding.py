"""Guided questions on the phone: with a new question, and with one that exists."""

from typing import Any
from uuid import uuid4

import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from tests.backend.contacts.test_life import do
from tests.conftest import Client
from tests.guides import MOVING, MOVING_TOLD, PARKING, Signpost
from tests.people import People

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
WEATHER = {"question": "Hoe warm is het?", "answer": "Koud"}


@pytest.fixture(autouse=True)
def signpost(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "guide", lambda _work: Signpost())


async def register(agent: Client, *questions: Json) -> Any:
    body = {"channel": "phone", "questions": [{"subject": "Verhuis", **one} for one in questions]}
    return await agent.post("/contacts", json=body, headers={"Idempotency-Key": uuid4().hex})


async def registered(agent: Client, question: Json) -> Json:
    """A question as it can be read afterwards."""
    answer = await register(agent, question)
    assert answer.status_code == 201, answer.text
    found: Json = (await agent.get(f"/questions/{answer.json()['questions'][0]['id']}")).json()
    return found


async def test_a_question_keeps_what_was_answered(agent: Client, people: People) -> None:
    found = await registered(agent, {"flow": {**MOVING, "notKnown": []}, "structuredAnswers": [WEATHER]})
    assert found["structuredAnswers"] == [WEATHER, *MOVING_TOLD]
    kept = found["assistance"]
    assert (kept["flow"], kept["version"], kept["title"], kept["mode"]) == ("verhuizen", 3, "Verhuizen", "agent")
    assert (kept["outcome"], kept["outcomeTitle"]) == ("u_aangifte", "Geef je nieuwe adres door")
    assert [(one["question"], one["value"]) for one in kept["path"]] == [("richting", "binnen"), ("postcode", "9031")]
    assert (found["channel"], found["departmentId"]) == ("phone", str(people.departments["burgerzaken"]))
    assert found["timeline"][0]["reason"] == "Wegwijzer: onderwerp Verhuis"
    assert found["timeline"][0]["data"] == {"by": "flow"}


async def test_it_may_stop_early(agent: Client, people: People) -> None:
    flow = {"flow": "verhuizen", "answers": {"richting": "binnen"}, "notKnown": ["postcode"]}
    kept = (found := await registered(agent, {"flow": flow}))["assistance"]
    assert (kept["openQuestion"], kept["notKnown"]) == ("postcode", ["Wat is de postcode van je nieuwe adres?"])
    assert "outcome" not in kept
    assert found["departmentId"] == str(people.departments["onthaal"])


async def test_what_is_not_on_the_path_is_kept_apart(agent: Client) -> None:
    flow = {"flow": "verhuizen", "answers": {"richting": "weg", "postcode": "9031"}}
    found = await registered(agent, {"flow": flow})
    assert [one["question"] for one in found["assistance"]["kept"]] == ["postcode"]
    assert found["structuredAnswers"] == [{"question": "Waarheen verhuis je?", "answer": "Naar het buitenland"}]


async def test_without_a_flow_nothing_is_kept(agent: Client) -> None:
    found = await registered(agent, {})
    assert not {"assistance", "structuredAnswers"} & found.keys()


@pytest.mark.parametrize(
    ("flow", "name"),
    [
        ({"flow": "bestaat-niet"}, "flow"),
        ({**MOVING, "version": 9}, "version"),
        ({"flow": "verhuizen", "answers": {"richting": "omhoog"}}, "answers.richting"),
        ({"flow": "verhuizen", "answers": {"kleur": "rood"}}, "answers.kleur"),
    ],
)
async def test_what_cannot_have_been_answered_is_refused_and_named(
    agent: Client, uow: UnitOfWork, flow: Json, name: str
) -> None:
    refused = await register(agent, {}, {"flow": flow})
    assert refused.status_code == 400, refused.text
    assert [one["name"] for one in refused.json()["issues"]] == [f"questions[1].flow.{name}"]
    assert await uow.fetchval("SELECT count(*) FROM question") == 0
    question = (await registered(agent, {}))["id"]
    refused = await do(agent, question, "flow", flow)
    assert refused.status_code == 400, refused.text
    assert [one["name"] for one in refused.json()["issues"]] == [name]
    assert "assistance" not in (await agent.get(f"/questions/{question}")).json()


@pytest.mark.parametrize(
    "flow",
    [
        {},
        {"flow": "Geen Naam"},
        {**MOVING, "answers": {f"v{number}": 1 for number in range(101)}},
        {**MOVING, "notKnown": ["x"] * 101},
        {**MOVING, "mode": "citizen"},
        {**MOVING, "version": 0},
        {**MOVING, "language": "Nederlands"},
    ],
)
async def test_the_shape_is_checked(agent: Client, flow: Json) -> None:
    assert (await register(agent, {"flow": flow})).status_code == 400


async def test_a_flow_is_attached_to_a_question_that_exists(agent: Client, people: People) -> None:
    question = await registered(agent, {"structuredAnswers": [WEATHER]})
    answer = await do(agent, question["id"], "flow", {**MOVING, "reason": "Klant belde terug"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["structuredAnswers"] == [WEATHER, *MOVING_TOLD]
    assert (found["assistance"]["flow"], found["assistance"]["mode"]) == ("verhuizen", "agent")
    event = found["timeline"][-1]
    assert (event["type"], event["reason"]) == ("guided", "Klant belde terug")
    assert event["data"] == {"flow": "verhuizen", "version": 3, "outcome": "u_aangifte"}
    assert (found["state"], found["departmentId"]) == ("new", question["departmentId"])
    assert found["departmentId"] == str(people.departments["onthaal"]), "the question stays where it is"
    assert answer.headers["etag"] == f'"{question["version"] + 1}"'


async def test_another_flow_takes_its_place_and_the_timeline_says_so(agent: Client) -> None:
    question = (await registered(agent, {"flow": MOVING}))["id"]
    found = (await do(agent, question, "flow", PARKING)).json()
    assert found["assistance"]["flow"] == "parkeren"
    assert found["structuredAnswers"] == [*MOVING_TOLD, {"question": "Waarmee rijd je?", "answer": "Een auto"}]
    replaced = {"flow": "verhuizen", "version": 3, "outcome": "u_aangifte"}
    assert found["timeline"][-1]["data"]["replaced"] == replaced
    assert "9031" not in str(found["timeline"]), "an answer is in the timeline"
    changed = {**PARKING, "answers": {"voertuig": "bus"}}
    again = (await do(agent, question, "flow", changed)).json()
    assert again["structuredAnswers"] == [*MOVING_TOLD, {"question": "Waarmee rijd je?", "answer": "Een bus"}]


async def test_the_expert_prepares_with_it_and_the_overview_shows_it(
    agent: Client, anonymous: Client, people: People
) -> None:
    question = (await registered(agent, {"flow": MOVING}))["id"]
    expert = anonymous.as_user(people.tokens["expert"])
    for path in ("overview", "preparation"):
        shown = await expert.get(f"/questions/{question}/{path}")
        assert shown.status_code == 200, shown.text
        assert shown.json()["question"]["assistance"]["path"][1]["answer"] == "9031"


async def test_a_question_that_ended_is_left_alone(agent: Client) -> None:
    question = (await registered(agent, {}))["id"]
    await do(agent, question, "withdraw", {"reason": "Toch niet nodig", "cause": "byCustomer"})
    refused = await do(agent, question, "flow", MOVING)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:notInThisState")
    assert "assistance" not in (await agent.get(f"/questions/{question}")).json()


async def test_what_was_answered_since_is_seen_first(agent: Client) -> None:
    question = (await registered(agent, {}))["id"]
    path, tag = f"/questions/{question}/flow", {"If-Match": '"1"'}
    assert (await agent.post(path, json=MOVING, headers=tag)).status_code == 200
    assert (await agent.post(path, json=PARKING, headers=tag)).status_code == 412
    assert (await agent.post(path, json=PARKING)).status_code == 428


async def test_who_may_not_know_the_question_attaches_nothing(agent: Client, anonymous: Client, people: People) -> None:
    hidden = {"departmentId": str(people.departments["sociaal-huis"])}
    question = (await register(agent, hidden)).json()["questions"][0]["id"]
    refused = await agent.post(f"/questions/{question}/flow", json=MOVING, headers={"If-Match": '"1"'})
    assert refused.status_code == 404
    social = anonymous.as_user(people.tokens["social"])
    assert (await do(social, question, "flow", MOVING)).status_code == 200
