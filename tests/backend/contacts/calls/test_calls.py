"""Calling back over HTTP: the windows of the customer, the attempts, and what follows when nobody answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.app import Platform
from backend.contacts.calls.rules import next_half_day
from backend.kit.calendar import OpeningHours
from backend.kit.db import UnitOfWork
from backend.routing.rules import USUAL
from tests.conftest import Client
from tests.letters import mail_of
from tests.people import People
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


def window(start: float, hours: float = 1) -> dict[str, str]:
    """A window that begins so many hours from now."""
    begin = NOW + timedelta(hours=start)
    return {"start": begin.isoformat(), "end": (begin + timedelta(hours=hours)).isoformat()}


@pytest.fixture
def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


async def register(agent: Client, product: UUID, *windows: dict[str, str], **more: Any) -> str:
    """A question of somebody who wants a call."""
    asked: dict[str, Any] = {
        "subject": "Reispas",
        "productId": str(product),
        "answerChannel": "phone",
        "text": "Hoe lang?",
    }
    if windows:
        asked["callBackWindows"] = list(windows)
    body = {"channel": "phone", "customer": PERSON, "questions": [{**asked, **more.pop("question", {})}], **more}
    made = await agent.post("/contacts", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.text
    return str(made.json()["questions"][0]["id"])


async def do(client: Client, question: str, verb: str, body: dict[str, Any] | None = None) -> httpx.Response:
    tag = (await client.get(f"/questions/{question}")).headers.get("etag", '"1"')
    return await client.post(f"/questions/{question}/{verb}", json=body, headers={"If-Match": tag})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_who_claims_calls_in_the_first_window_to_come(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product, window(26), window(-5), window(3))
    claimed = (await do(expert, question, "claim")).json()
    assert claimed["nextAction"] == "callBack"
    assert moment(claimed["nextActionAt"]) == NOW + timedelta(hours=3)
    noted = (await do(expert, question, "notes", {"text": "Bel ik straks."})).json()
    assert noted["nextActionAt"] == claimed["nextActionAt"]


async def test_windows_that_are_over_leave_the_deadline(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product, window(-5), window(-2))
    claimed = (await do(expert, question, "claim")).json()
    assert (claimed["nextAction"], claimed["nextActionAt"]) == ("callBack", claimed["deadline"])


async def test_a_window_ends_after_it_starts(agent: Client) -> None:
    asked = {"subject": "x", "answerChannel": "phone", "callBackWindows": [window(3, -1)]}
    body = {"channel": "phone", "questions": [asked]}
    refused = await agent.post("/contacts", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert refused.status_code == 400
    assert refused.json()["issues"][0]["name"] == "questions[0].callBackWindows[0].end"


async def test_a_call_back_is_planned_where_the_customer_wants_it(
    agent: Client, expert: Client, product: UUID, people: People
) -> None:
    question = await register(agent, product, window(3), window(30))
    inside = (NOW + timedelta(hours=30, minutes=20)).isoformat()
    planned = await do(expert, question, "callBack", {"at": inside})
    assert planned.status_code == 200, planned.text
    page = planned.json()
    assert (page["state"], page["nextAction"], page["assigneeId"]) == (
        "inProgress", "callBack", str(people.users["expert"]),
    )  # fmt: skip
    assert moment(page["nextActionAt"]) == moment(inside)
    outside = {"at": (NOW + timedelta(hours=50)).isoformat()}
    refused = await do(expert, question, "callBack", outside)
    assert refused.status_code == 400
    assert refused.json()["issues"][0]["name"] == "reason"
    other = await do(expert, question, "callBack", {**outside, "reason": "Gevraagd in een sms"})
    assert other.json()["timeline"][-1]["type"] == "planned"
    assert other.json()["timeline"][-1]["reason"] == "Gevraagd in een sms"


@pytest.mark.parametrize("hours", [-1, 24 * 100])
async def test_a_call_back_lies_ahead_and_near(agent: Client, expert: Client, product: UUID, hours: int) -> None:
    question = await register(agent, product)
    body = {"at": (NOW + timedelta(hours=hours)).isoformat()}
    assert (await do(expert, question, "callBack", body)).status_code == 400


async def test_who_has_it_keeps_it_when_a_colleague_plans(
    agent: Client, expert: Client, anonymous: Client, product: UUID, people: People
) -> None:
    question = await register(agent, product)
    await do(expert, question, "claim")
    colleague = anonymous.as_user(people.tokens["expert2"])
    page = (await do(colleague, question, "callBack", {"at": (NOW + timedelta(hours=5)).isoformat()})).json()
    assert page["assigneeId"] == str(people.users["expert"])


async def test_reached_and_answered_is_one_request(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product, window(1))
    body = {"outcome": "reached", "answer": "Vijf werkdagen.", "note": "Was blij."}
    done = await do(expert, question, "callAttempts", body)
    assert done.status_code == 200, done.text
    page = done.json()
    assert page["state"] == "answered"
    assert [event["type"] for event in page["timeline"]] == ["registered", "called", "answered"]
    (attempt,) = page["callAttempts"]
    assert (attempt["outcome"], attempt["note"]) == ("reached", "Was blij.")
    answer = page["messages"][-1]
    assert (answer["purpose"], answer["channel"], answer["delivery"]) == ("answer", "phone", "none")


async def test_nobody_hears_an_answer_who_was_not_reached(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product)
    refused = await do(expert, question, "callAttempts", {"outcome": "voicemail", "answer": "Vijf dagen"})
    assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, "answer")
    assert (await expert.get(f"/questions/{question}")).json()["callAttempts"] == []


async def test_reached_without_an_answer_waits_until_the_deadline(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product, window(2))
    await do(expert, question, "claim")
    page = (await do(expert, question, "callAttempts", {"outcome": "reached", "note": "Zoekt papieren."})).json()
    assert (page["nextAction"], page["nextActionAt"]) == ("callBack", page["deadline"])
    again = (await do(expert, question, "notes", {"text": "Even wachten"})).json()
    assert again["nextActionAt"] == again["deadline"]


async def test_not_reached_is_tried_again(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product, window(-0.5), window(30))
    first = (await do(expert, question, "callAttempts", {"outcome": "noAnswer"})).json()
    assert (first["nextAction"], moment(first["nextActionAt"])) == ("callBack", NOW + timedelta(hours=30))
    windowless = await register(agent, product, customer={"kind": "person", "names": {"given": "Jo"}})
    second = (await do(expert, windowless, "callAttempts", {"outcome": "busy"})).json()
    hours = OpeningHours(weekly=USUAL.hours.weekly)
    assert moment(second["nextActionAt"]) == next_half_day(moment(second["callAttempts"][0]["at"]), hours)


async def test_three_attempts_in_vain_and_the_answer_goes_by_mail(
    agent: Client, expert: Client, product: UUID, platform: Platform
) -> None:
    person = {**PERSON, "preferredChannel": "phone"}
    question = await register(agent, product, window(-1), window(20), customer=person)
    for outcome in ("noAnswer", "voicemail"):
        page = (await do(expert, question, "callAttempts", {"outcome": outcome})).json()
        assert page["nextAction"] == "callBack"
        assert "reason" not in page["timeline"][-1]
    page = (await do(expert, question, "callAttempts", {"outcome": "wrongNumber"})).json()
    assert (page["nextAction"], page["nextActionAt"], page["answerChannel"]) == ("answer", page["deadline"], "email")
    assert page["timeline"][-1]["reason"] == "Na drie pogingen niet bereikt: het antwoord gaat per e-mail."
    assert [one["purpose"] for one in page["messages"]] == ["acknowledgement", "unreached"]
    mail = await mail_of(platform, page["messages"][1]["id"])
    assert mail.to == "lien.desmet@voorbeeld.be"
    assert mail.subject == f"We konden je niet bereiken: Reispas [{page['reference']}]"
    assert "drie keer gebeld" in mail.text
    assert mail.automatic
    fourth = (await do(expert, question, "callAttempts", {"outcome": "busy"})).json()
    assert [one["purpose"] for one in fourth["messages"]].count("unreached") == 1


async def test_without_an_address_the_answer_goes_by_letter(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product, customer={"kind": "person", "names": {"given": "Jo"}})
    for _ in range(3):
        page = (await do(expert, question, "callAttempts", {"outcome": "noAnswer"})).json()
    assert (page["nextAction"], page["answerChannel"]) == ("answer", "letter")
    assert page["timeline"][-1]["reason"].startswith("Na drie pogingen niet bereikt, en er is geen e-mailadres")
    assert "unreached" not in [one["purpose"] for one in page["messages"]]


async def test_a_talk_in_between_starts_the_count_again(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product)
    for outcome in ("busy", "busy", "reached", "busy", "busy"):
        page = (await do(expert, question, "callAttempts", {"outcome": outcome})).json()
    assert (page["answerChannel"], page["nextAction"]) == ("phone", "callBack")


async def test_of_two_who_register_the_same_call_one_wins(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product)
    tag = {"If-Match": (await expert.get(f"/questions/{question}")).headers["etag"]}
    path, body = f"/questions/{question}/callAttempts", {"outcome": "busy"}
    assert (await expert.post(path, json=body, headers=tag)).status_code == 200
    assert (await expert.post(path, json=body, headers=tag)).status_code == 412
    assert len((await expert.get(f"/questions/{question}")).json()["callAttempts"]) == 1


async def test_an_ended_question_is_called_no_more(agent: Client, expert: Client, product: UUID) -> None:
    question = await register(agent, product)
    await do(expert, question, "callAttempts", {"outcome": "reached", "answer": "Zo."})
    assert (await do(expert, question, "callAttempts", {"outcome": "busy"})).status_code == 409


async def test_what_was_said_on_the_phone_is_shielded(
    agent: Client, anonymous: Client, product: UUID, people: People, uow: UnitOfWork
) -> None:
    target = {"departmentId": str(people.departments["sociaal-huis"])}
    question = await register(agent, product, question={**target})
    social = anonymous.as_user(people.tokens["social"])
    done = await do(social, question, "callAttempts", {"outcome": "voicemail", "note": "Stem van de broer"})
    assert done.status_code == 200, done.text
    expert = anonymous.as_user(people.tokens["expert"])
    hidden = await do(expert, question, "callAttempts", {"outcome": "busy"})
    assert hidden.status_code == 404
    person = people.users["expert"]
    await uow.execute(f"SELECT set_config('app.reach', 'person', true), set_config('app.person', '{person}', true)")
    await uow.execute("SELECT set_config('app.departments', '{}', true)")
    assert await uow.fetchval("SELECT count(*) FROM call_attempt") == 0
