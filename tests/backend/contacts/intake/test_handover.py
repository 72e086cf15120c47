"""Guided questions end in a form: kept with it, a question of channel `assistant`, where the flow says it belongs."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from backend.contacts.intake.schemas import FormReceived, FormSubmit
from backend.contacts.intake.service import AcceptingService
from backend.contacts.rules import Assistance, FlowAnswers
from backend.kit.db import Row
from backend.kit.problems import ProblemError
from tests.backend.contacts.claims.test_claims import bodies, confirm, known, token_in
from tests.backend.contacts.intake.office import FORM, Counter
from tests.guides import MOVING, MOVING_TOLD, Signpost
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 30)
QUESTIONS = """
SELECT q.*, d.code, c.channel AS over, (SELECT e.reason FROM question_event e
         WHERE e.question_id = q.id AND e.version = 1) AS reason
  FROM question q JOIN department d ON d.id = q.department_id
  JOIN contact_question l ON l.question_id = q.id JOIN contact c ON c.id = l.contact_id ORDER BY q.id
"""


class Website:
    """Hands over to the counter, as the assistant does."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.visitor = counter.visitor()
        self.new = False

    async def assistance(self, day: date = TODAY, **answered: Any) -> Assistance:
        asked = msgspec.convert({**MOVING, **answered}, FlowAnswers)
        return await Signpost().guided(asked, mode="citizen", day=day)

    async def hand_over(
        self,
        assistance: Assistance,
        *,
        key: str = "",
        proof: dict[str, str] | None = None,
        customer: str = "",
        **form: Any,
    ) -> FormReceived:
        platform = self.counter.platform
        proof = proof or await self.counter.proof(self.visitor)
        data = msgspec.convert({**FORM, **form, "proof": proof}, FormSubmit)
        client = self.counter.customer(customer) if customer else self.visitor
        token = client.headers["authorization"].removeprefix("Bearer ")
        who = await platform.principals.of(await platform.verifier.verify(token))
        assert who is not None
        accepting = AcceptingService(platform.intake, platform.keys, platform.limits, cost=1, wait=0)
        sent = msgspec.defstruct("Sent", ["form", "answers"])(data, assistance.path)
        received, self.new = await accepting.accept(who, data, key or uuid4().hex, assistance, sent)
        return received

    async def question(self) -> Row:
        await self.counter.work()
        assert self.counter.failures == []
        (question,) = await self.counter.fetch(QUESTIONS)
        return question


@pytest.fixture
def website(counter: Counter) -> Website:
    return Website(counter)


async def rule(counter: Counter, **rule: Any) -> None:
    """Let one rule about topics count."""
    administrator = counter.staff("administrator")
    made = await administrator.post("/routing/ruleSets", json={"empty": True}, headers={"Idempotency-Key": uuid4().hex})
    path = f"/routing/ruleSets/{made.json()['id']}"
    changed = await administrator.put(path, json={"rules": [rule]}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    tag = {"If-Match": changed.headers["etag"]}
    active = await administrator.post(f"{path}/activate", json={"reason": "Proef"}, headers=tag)
    assert active.status_code == 200, active.text


async def test_it_becomes_a_question_of_the_assistant_with_everything_that_was_answered(website: Website) -> None:
    own = {"question": "Ben je te voet?", "answer": "Ja"}
    assistance = await website.assistance()
    told = await website.hand_over(assistance, structuredAnswers=[own])
    (kept,) = await website.counter.fetch("SELECT payload FROM submission")
    assert b"9031" not in bytes(kept["payload"]), "the answers are kept in clear"
    question = await website.question()
    assert question["reference"] == told.reference
    assert (question["channel"], question["over"], question["identity"]) == ("assistant", "assistant", "claimed")
    assert question["structured_answers"] == [own, *MOVING_TOLD]
    assert msgspec.convert(question["assistance"], Assistance) == assistance
    assert (question["code"], question["reason"]) == ("burgerzaken", "Wegwijzer: onderwerp Verhuis")
    (kept,) = await website.counter.fetch("SELECT payload FROM submission")
    assert kept["payload"] is None


async def test_who_writes_on_the_website_hears_from_us_the_same_day(website: Website) -> None:
    await website.hand_over(await website.assistance())
    question = await website.question()
    sent = await website.counter.send()
    assert sent.status_code == 202, sent.text
    await website.counter.work()
    _, by_form = await website.counter.fetch(QUESTIONS)
    assert question["deadline"] == by_form["deadline"]


async def test_the_acknowledgement_repeats_nothing_that_was_typed(website: Website) -> None:
    await website.hand_over(await website.assistance(), subject="Koop bij mij", givenName="Schelden")
    await website.question()
    (mail,) = website.counter.mails(str(FORM["email"]))
    for body in (str(mail["Subject"]), *bodies(mail)):
        assert "Koop bij mij" not in body
        assert "Schelden" not in body


async def test_the_sender_follows_it_with_the_secret(website: Website) -> None:
    told = await website.hand_over(await website.assistance())
    await website.question()
    asked = {"reference": told.reference, "statusSecret": told.status_secret}
    status = await website.visitor.post("/intake/status", json=asked)
    assert (status.status_code, status.json()["state"]) == (200, "received")


async def test_a_rule_about_the_topic_goes_before_the_flow(website: Website) -> None:
    mobility = str(website.counter.people.departments["mobiliteit"])
    await rule(website.counter, name="Verhuis", conditions={"topics": ["verhuis"]}, outcome={"departmentId": mobility})
    await website.hand_over(await website.assistance())
    question = await website.question()
    assert (question["code"], question["reason"]) == ("mobiliteit", "Regel 1 van regelset 1: Verhuis")


async def test_a_team_that_is_none_leaves_it_to_the_contact_centre(website: Website) -> None:
    await website.hand_over(await website.assistance(answers={"richting": "weg"}))
    question = await website.question()
    assert (question["code"], question["reason"]) == ("onthaal", None)
    assert question["assistance"]["topic"] == "vertrek"


async def test_the_same_twice_is_one_question_also_after_midnight(website: Website) -> None:
    key, proof = uuid4().hex, await website.counter.proof(website.visitor)
    first = await website.hand_over(await website.assistance(), key=key, proof=proof)
    assert website.new
    again = await website.hand_over(await website.assistance(TODAY + timedelta(days=1)), key=key, proof=proof)
    assert (first, website.new) == (again, False)
    question = await website.question()
    assert question["assistance"]["day"] == f"{TODAY}"


async def test_other_answers_are_another_form(website: Website) -> None:
    key, proof = uuid4().hex, await website.counter.proof(website.visitor)
    await website.hand_over(await website.assistance(), key=key, proof=proof)
    with pytest.raises(ProblemError) as refused:
        await website.hand_over(await website.assistance(answers={"richting": "weg"}), key=key, proof=proof)
    assert (refused.value.status, refused.value.kind) == (409, "proofUsed")


async def test_a_customer_who_is_logged_in_is_known(website: Website) -> None:
    made = await website.counter.staff().post("/customers", json=PERSON, headers={"Idempotency-Key": uuid4().hex})
    await website.hand_over(await website.assistance(), customer=made.json()["id"])
    question = await website.question()
    assert (str(question["customer_id"]), question["identity"]) == (made.json()["id"], "confirmed")
    assert question["channel"] == "assistant"


async def test_whose_it_may_be_is_asked_on_the_channel_on_file_and_can_be_undone(website: Website) -> None:
    counter = website.counter
    customer = await known(counter)
    told = await website.hand_over(await website.assistance(), phone="0470 12 34 56")
    await counter.work()
    confirmed = await confirm(counter, token_in(counter, "bevestig"), told.reference)
    assert confirmed.status_code == 200, confirmed.text
    question = await website.question()
    assert (str(question["customer_id"]), question["identity"]) == (customer, "confirmed")
    undone = await counter.visitor().post("/claims/undo", json={"token": token_in(counter, "ongedaan")})
    assert undone.status_code == 200, undone.text
    assert (await website.question())["customer_id"] is None
    assert await counter.fetch("SELECT FROM contact WHERE customer_id IS NOT NULL") == []


async def test_answers_that_are_too_large_keep_no_question_away(website: Website) -> None:
    found = await website.assistance()
    large = [msgspec.structs.replace(one, title="t" * 900, answer="a" * 9_000) for one in found.path]
    await website.hand_over(msgspec.structs.replace(found, path=large * 80))
    question = await website.question()
    assert len(question["assistance"]["path"]) == 100
    assert len(question["structured_answers"][0]["answer"]) == 2_000
