"""The contact form from the website: whole, for anybody, once, whatever goes wrong in between."""

import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from bff.app import Mounted
from bff.core.transport import CoreAway, InProcess, Received, Sent
from bff.widget.answers import Answer, wrong
from bff.widget.core import Question
from bff.widget.words import MISSING, NO_DATE, NO_NUMBER, NO_OPTION, NOT_ASKED, TWICE
from tests.backend.contacts.claims.test_claims import known, token_in
from tests.backend.contacts.intake.office import FORM
from tests.bff.widget.conftest import ANSWERS, QUESTIONS, SITE, Shop, browser, product_id, proof, send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def visitor(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(shop.mounted) as client:
        yield client


async def test_the_form_says_what_it_asks(http: httpx.AsyncClient, passport: str) -> None:
    form = (await http.get("/widget/form", params={"productId": passport})).json()
    assert [one["code"] for one in form["requesters"]] == ["person", "association", "enterprise"]
    assert {one["code"] for one in form["proofs"]} == {"proofOfWork", "wait"}
    assert form["proofNeeded"] is True
    assert form["product"] == {
        "id": passport,
        "name": "Reispas",
        "firstLineInformation": "Een reispas vraag je aan in het stadskantoor.",
        "hasTransaction": True,
    }
    assert form["questions"] == QUESTIONS
    assert "prefill" not in form
    bare = (await http.get("/widget/form")).json()
    assert bare.keys() & {"product", "questions"} == set()
    assert (await http.get("/widget/form", params={"productId": str(uuid4())})).status_code == 404


async def test_codes_and_limits_of_the_form_are_those_of_the_core(http: httpx.AsyncClient) -> None:
    form = (await http.get("/widget/form")).json()
    with open("openapi/core.json", encoding="utf-8") as file:  # noqa: ASYNC230, PTH123 # a test
        shapes = json.load(file)["components"]["schemas"]
    fields = shapes["FormSubmit"]["properties"]
    for offered, field in (("kinds", "kind"), ("answerChannels", "answerChannel"), ("requesters", "requester")):
        assert {one["code"] for one in form[offered]} == set(fields[field]["enum"])
    assert form["limits"]["textLength"] == fields["text"]["maxLength"]
    assert form["limits"]["subjectLength"] == fields["subject"]["maxLength"]
    assert form["limits"]["answerLength"] == shapes["StructuredAnswer"]["properties"]["answer"]["maxLength"]


async def test_an_anonymous_form_becomes_a_question_whose_state_can_be_asked(
    shop: Shop, visitor: httpx.AsyncClient
) -> None:
    product = await product_id(visitor)
    sent = await send(visitor, productId=product, structuredAnswers=ANSWERS)
    assert sent.status_code == 202, sent.text
    told = sent.json()
    assert told.keys() == {"reference", "statusSecret"}
    await shop.counter.work()
    assert shop.counter.failures == []
    (question,) = await shop.counter.fetch("SELECT subject, product_id::text, structured_answers FROM question")
    assert (question["subject"], question["product_id"]) == ("Vuilnis", product)
    assert question["structured_answers"] == ANSWERS
    status = await visitor.post("/widget/status", json=told)
    assert status.status_code == 200, status.text
    assert (status.json()["state"], status.json()["label"]) == ("received", "ontvangen")
    wrong_secret = await visitor.post("/widget/status", json={**told, "statusSecret": "x" * 43})
    assert wrong_secret.status_code == 404


async def test_a_proof_counts_once_and_the_same_form_gets_the_same_answer(visitor: httpx.AsyncClient) -> None:
    key, calculated = uuid4().hex, await proof(visitor)
    first = await send(visitor, key=key, proof=calculated)
    again = await send(visitor, key=key, proof=calculated)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    replayed = await send(visitor, proof=calculated)
    assert replayed.status_code == 409
    assert replayed.json()["type"].endswith(":proofUsed")
    without = await send(visitor, proof=None)
    assert without.status_code == 400


async def test_files_come_with_a_form(shop: Shop, visitor: httpx.AsyncClient) -> None:
    told = (await send(visitor)).json()
    await shop.counter.work()
    path = f"/widget/forms/{told['reference']}/attachments"
    headers = {"X-Status-Secret": told["statusSecret"], "Idempotency-Key": uuid4().hex}
    sent = [await visitor.post(path, files={"file": ("plan.txt", b"Een plan.")}, headers=headers) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 201], sent[0].text
    assert sent[0].json()["name"] == "plan.txt"
    largest = b"a" * (10 * 1024 * 1024)
    headers["Idempotency-Key"] = uuid4().hex
    big = await visitor.post(path, files={"file": ("groot.txt", largest)}, headers=headers)
    assert big.status_code == 201, big.text
    headers["Idempotency-Key"] = uuid4().hex
    bigger = await visitor.post(path, files={"file": ("groter.txt", largest + b"a")}, headers=headers)
    assert bigger.status_code == 413
    other = await visitor.post(path, files={"file": ("x.txt", b"x")}, headers={**headers, "X-Status-Secret": "x" * 43})
    assert other.status_code == 404


async def test_whose_form_it_is_is_confirmed_with_both_halves_and_undone(
    shop: Shop, visitor: httpx.AsyncClient
) -> None:
    customer = await known(shop.counter)
    reference = (await send(visitor, phone="0470 12 34 56")).json()["reference"]
    await shop.counter.work()
    token = token_in(shop.counter, "bevestig")
    answer = {"token": token, "reference": reference, "answer": "yes"}
    for path in ("confirm", "undo"):
        assert (await visitor.get(f"/widget/claims/{path}")).status_code == 405, "looking has no effect"
    other = await visitor.post("/widget/claims/confirm", json={**answer, "reference": "4F7-K2M-9XF"})
    assert other.status_code in {400, 404}
    assert (await shop.counter.fetch("SELECT customer_id FROM question"))[0]["customer_id"] is None
    confirmed = await visitor.post("/widget/claims/confirm", json=answer)
    assert confirmed.json() == {"state": "confirmed"}
    assert str((await shop.counter.fetch("SELECT customer_id FROM question"))[0]["customer_id"]) == customer
    await shop.counter.work()
    undone = await visitor.post("/widget/claims/undo", json={"token": token_in(shop.counter, "ongedaan")})
    assert undone.json() == {"state": "undone"}
    assert (await shop.counter.fetch("SELECT customer_id FROM question"))[0]["customer_id"] is None


async def test_who_cannot_calculate_waits(visitor: httpx.AsyncClient) -> None:
    ticket = (await visitor.post("/widget/challenges", json={"kind": "wait"})).json()["ticket"]
    sent = await send(visitor, proof={"kind": "wait", "value": ticket})
    assert sent.status_code == 202, sent.text


async def test_answers_are_those_the_product_asks_for(http: httpx.AsyncClient, passport: str) -> None:
    sent = await send(http, productId=passport, structuredAnswers=[{"question": "Voor wie?", "answer": "Hond"}])
    assert sent.status_code == 400
    assert sent.headers["content-type"] == "application/problem+json"
    issues = {one["name"]: one["detail"] for one in sent.json()["issues"]}
    assert issues == {"structuredAnswers[0]": NO_OPTION, "structuredAnswers.vertrek": MISSING}
    unknown = await send(http, productId=str(uuid4()))
    assert unknown.status_code == 400
    assert unknown.json()["issues"][0]["name"] == "productId"


@pytest.mark.parametrize(
    ("kind", "answer", "fault"),
    [
        ("text", "iets", None),
        ("text", "  ", MISSING),
        ("date", "2026-02-28", None),
        ("date", "31 maart", NO_DATE),
        ("number", "12,5", None),
        ("number", "nan", NO_NUMBER),
        ("number", "veel", NO_NUMBER),
        ("choice", "a", None),
        ("choice", "c", NO_OPTION),
    ],
)
def test_an_answer_is_of_the_kind_that_was_asked(kind: str, answer: str, fault: str | None) -> None:
    asked = Question(key="k", label="V?", kind=kind, options=["a", "b"], required=True)  # type: ignore[arg-type]
    assert [one.detail for one in wrong([asked], [Answer("V?", answer)])] == ([fault] if fault else [])


def test_answers_nobody_asked_for_or_given_twice_are_refused() -> None:
    asked = Question(key="k", label="V?")
    given = [Answer("V?", "x"), Answer("V?", "y"), Answer("W?", "z")]
    assert [one.detail for one in wrong([asked], given)] == [TWICE, NOT_ASKED]
    assert wrong([asked], []) == [], "not required"


async def test_a_site_of_the_city_may_send_a_form_and_no_other(shop: Shop, visitor: httpx.AsyncClient) -> None:
    async with browser(shop.mounted, Origin=SITE, **{"Sec-Fetch-Site": "cross-site"}) as site:
        sent = await send(site)
        assert sent.status_code == 202, sent.text
        assert sent.headers["access-control-allow-origin"] == SITE
    calculated = await proof(visitor)
    async with browser(shop.mounted, Origin="https://elders.example", **{"Sec-Fetch-Site": "cross-site"}) as strange:
        assert (await send(strange, proof=calculated)).status_code == 403
    async with browser(shop.mounted) as careless:
        del careless.headers["X-CSRF"]
        assert (await send(careless, proof=calculated)).status_code == 403
    body = {**FORM, "proof": calculated}
    form = await visitor.post(
        "/widget/forms",
        content=json.dumps(body),
        headers={"Content-Type": "text/plain", "Idempotency-Key": uuid4().hex},
    )
    assert form.status_code == 415, "JSON only"


async def test_a_form_is_not_too_big(visitor: httpx.AsyncClient) -> None:
    big = [{"question": f"vraag {number}", "answer": "a" * 1_900} for number in range(40)]
    assert (await send(visitor, structuredAnswers=big)).status_code == 413
    assert (
        await visitor.post("/widget/forms", content=b"{", headers={"Content-Type": "application/json"})
    ).status_code == 400


class Breaking(InProcess):
    """Does what is asked, and loses the answer while `away`."""

    away = False

    async def send(self, request: Sent) -> Received:
        answer = await super().send(request)
        if self.away:
            raise CoreAway("Lost")
        return answer


async def test_nothing_is_lost_and_nothing_twice_when_the_answer_gets_lost(shop: Shop) -> None:
    breaking = _breaking(shop.mounted)
    async with browser(shop.mounted) as visitor:
        key, calculated = uuid4().hex, await proof(visitor)
        breaking.away = True
        lost = await send(visitor, key=key, proof=calculated)
        assert lost.status_code == 502
        assert lost.headers["content-type"] == "application/problem+json"
        breaking.away = False
        again = await send(visitor, key=key, proof=calculated)
        assert again.status_code == 202, again.text
        await shop.counter.work()
        found = await shop.counter.fetch("SELECT reference FROM question")
        assert [one["reference"] for one in found] == [again.json()["reference"]]


def _breaking(mounted: Mounted) -> Breaking:
    core = mounted._edges["/widget"].app.state.core  # type: ignore[attr-defined] # a Litestar
    transport = core._transport
    core._transport = Breaking(transport._app, transport._seconds)
    made: Breaking = core._transport
    return made


@pytest.mark.parametrize("path", ["bevestig", "ongedaan", "status", "mening"])
async def test_pages_run_their_own_script_and_nothing_else(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(f"/widget/{path}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert response.text.count("<script>") == len(re.findall("'sha256-[^']+'", policy.split("style-src")[0]))
    assert not re.search(r"\son\w+=|style=|https?://", response.text), "only what the policy lets run"
    assert '<html lang="nl">' in response.text
    assert "location.hash" in response.text
    assert "location.search" not in response.text
    labels = set(re.findall(r'<label for="([^"]+)"', response.text))
    fields = set(re.findall(r'<(?:input|textarea) id="([^"]+)"', response.text))
    assert labels == fields, "every field has a label"


async def test_a_link_to_say_whether_it_helped_is_checked_by_the_core(http: httpx.AsyncClient) -> None:
    said = await http.post("/widget/satisfaction", json={"token": "x" * 48, "solved": True})
    assert said.status_code == 404
    assert said.headers["content-type"] == "application/problem+json"
