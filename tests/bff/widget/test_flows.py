"""Guided questions on the website: taken by anybody, filled in for who is logged in, handed over to the city."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from bff.app import Mounted
from bff.widget.app import RELAYED
from bff.widget.limits import MOST, SECONDS
from tests.backend.assistant.authoring import document
from tests.backend.assistant.taking import GUESTS, PERMIT, SECRET, add_product, party, publish
from tests.backend.contacts.intake.office import FORM
from tests.bff.sessions import channel_of, cookie, sign_in
from tests.bff.widget.conftest import SITE, Shop, asked, browser, proof
from tests.people import People

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
FLOW = "/widget/flows/straatfeest"
OWN = "/widget/own/flows/straatfeest/answers"
ELSEWHERE = "https://elders.example"
HOME = {"street": "Dorpsstraat", "number": "1", "postcode": "9999", "municipality": "Zonderwater"}
TAKEN = "SELECT from_node, to_node, sum(count)::int AS times FROM flow_passage GROUP BY 1, 2 ORDER BY 1"
KEPT = """
SELECT channel, identity, customer_id::text, product_id, subject, body, assistance ->> 'outcome' AS outcome,
       jsonb_array_length(assistance -> 'path') AS answers, structured_answers
  FROM question ORDER BY created_at
"""


@pytest.fixture
async def flows(platform: Platform, mounted: Mounted, uow: UnitOfWork) -> str:
    """Published: one whose answers may be in an address, one whose answers are private; gives their product's id."""
    assert mounted, "it runs, so that it hears of them"
    product = await add_product(uow)
    await publish(platform, party(), document("uitkering", answers_in="session"))
    return str(product)


@pytest.mark.usefixtures("people")
async def test_flows_are_found_and_begun(http: httpx.AsyncClient, flows: str) -> None:
    listed = (await http.get("/widget/flows")).json()["items"]
    assert [(one["slug"], one["answersIn"]) for one in listed] == [("straatfeest", "url"), ("uitkering", "session")]
    about = (await http.get("/widget/flows", params={"productId": flows, "language": "fr"})).json()["items"]
    assert [one["title"] for one in about] == ["Puis-je organiser une fête de rue ?"]
    first = (await http.get("/widget/flows", params={"limit": 1})).json()
    rest = (await http.get("/widget/flows", params={"limit": 1, "cursor": first["next"]})).json()
    assert [one["slug"] for one in rest["items"]] == ["uitkering"]
    begun = (await http.get(FLOW)).json()
    assert (begun["questions"], begun["step"]["question"]["id"]) == (5, "wie")
    for gone in ("nooit", "..%2Fproducts", "%00"):
        answer = await http.get(f"/widget/flows/{gone}")
        assert answer.status_code in {400, 404}, gone
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await http.get("/widget/flows", params={"zoek": "x"})).status_code == 400


@pytest.mark.usefixtures("flows")
async def test_a_step_is_the_same_from_an_address_and_from_a_body(http: httpx.AsyncClient, uow: UnitOfWork) -> None:
    for answers in ({}, {"wie": "person"}, GUESTS, PERMIT, {"wie": "niemand"}):
        shared = await http.get(f"{FLOW}/step", params={"answers": json.dumps(answers), "version": 1})
        assert shared.status_code == 200, shared.text
        assert await uow.fetch(TAKEN) == [], "an address that is opened is no step"
        taken = await http.post(f"{FLOW}/step", json={"answers": answers, "version": 1, "answered": "x"})
        assert taken.json() == shared.json()
    assert (taken.json()["question"]["id"], taken.json()["refused"]) == ("wie", "Kies een van de antwoorden.")
    await http.post(f"{FLOW}/step", json={})
    await http.post(f"{FLOW}/step", json={"answers": {"wie": "person"}, "answered": "wie"})
    assert [tuple(row.values()) for row in await uow.fetch(TAKEN)] == [("", "wie", 1), ("wie", "postcode", 1)]
    outcome = (await http.post(f"{FLOW}/step", json={"answers": PERMIT})).text
    assert "vergunning" in outcome
    assert SECRET not in outcome, "what is for colleagues stays with them"


@pytest.mark.usefixtures("flows")
async def test_texts_come_in_a_language_that_is_there(http: httpx.AsyncClient) -> None:
    for asked_for, given, title in (
        ("fr", "fr", "Quel code postal ?"),
        ("de", "nl", "In welke postcode?"),
        ("xx", "nl", "In welke postcode?"),
    ):
        query = {"answers": '{"wie":"person"}', "language": asked_for}
        shared = (await http.get(f"{FLOW}/step", params=query)).json()
        body = {"answers": {"wie": "person"}, "language": asked_for}
        taken = (await http.post(f"{FLOW}/step", json=body)).json()
        assert [(one["language"], one["question"]["title"]) for one in (shared, taken)] == [(given, title)] * 2
    told = await http.post(f"{FLOW}/summary", json={"answers": PERMIT, "language": "fr", "leftOut": ["gasten"]})
    assert told.json()["subject"] == "Puis-je organiser une fête de rue ? – Demandez une autorisation"
    assert [one["question"] for one in told.json()["answers"]] == ["wie", "postcode", "tent", "muziek"]


@pytest.mark.usefixtures("flows")
async def test_private_answers_are_in_no_address(http: httpx.AsyncClient) -> None:
    path = "/widget/flows/uitkering/step"
    refused = await http.get(path, params={"answers": '{"gezin":6}'})
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "answersNotInAddress")
    taken = await http.post(path, json={"answers": {"gezin": 6}})
    assert (taken.status_code, taken.json()["outcome"]["id"]) == (200, "groot")
    assert taken.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("flows")
async def test_sites_of_the_city_take_flows_and_others_change_nothing(http: httpx.AsyncClient, uow: UnitOfWork) -> None:
    there = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    for method, path in (("GET", "/step"), ("POST", "/step"), ("POST", "/summary")):
        body: Json | None = {"answers": {}} if method == "POST" else None
        seen = await http.request(method, f"{FLOW}{path}", headers=there, json=body)
        assert (seen.status_code, seen.headers["access-control-allow-origin"]) == (200, SITE), path
        assert "access-control-allow-credentials" not in seen.headers
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-csrf,idempotency-key"}
    assert (await http.options(f"{FLOW}/handover", headers={"Origin": SITE, **wanted})).status_code == 204
    assert (await http.options(f"{FLOW}/step", headers={"Origin": ELSEWHERE, **wanted})).status_code == 400
    counted = await uow.fetch(TAKEN)
    key = {"Idempotency-Key": uuid4().hex}
    for headers in ({"X-CSRF": ""}, {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"}):
        for path in ("step", "summary", "handover"):
            refused = await http.post(f"{FLOW}/{path}", json={}, headers={**key, **headers})
            assert refused.status_code == 403, (path, headers)
            assert "access-control-allow-origin" not in refused.headers
    assert await uow.fetch(TAKEN) == counted


LIMITED = {
    "listFlows": ("GET", "/widget/flows"),
    "getFlow": ("GET", FLOW),
    "getFlowStep": ("GET", f"{FLOW}/step"),
    "takeFlowStep": ("POST", f"{FLOW}/step"),
    "summariseFlow": ("POST", f"{FLOW}/summary"),
}


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.usefixtures("flows")
async def test_a_network_that_asks_too_often_waits(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert MOST[name] >= 60, "a flow of 60 questions in a minute"
    monkeypatch.setitem(MOST, name, 3)

    async def ask(client: httpx.AsyncClient, name: str) -> httpx.Response:
        method, path = LIMITED[name]
        return await client.request(method, path, json={} if method == "POST" else None)

    async with browser(mounted) as busy, browser(mounted) as other:
        answers = [await ask(busy, name) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= SECONDS + 1
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert (await ask(other, name)).status_code == 200
        rest = next(one for one in LIMITED if one != name)
        assert (await ask(busy, rest)).status_code == 200, "each has a limit of its own"


def test_every_operation_on_flows_is_limited_or_of_a_person() -> None:
    offered = {one for one in RELAYED if isinstance(one, str) and "Flow" in one}
    assert offered - MOST.keys() == {"handOverFlow", "getOwnFlowAnswers"}, "limited by the core; needs a login"


@pytest.mark.usefixtures("flows")
async def test_who_is_logged_in_finds_known_answers(http: httpx.AsyncClient, mounted: Mounted, people: People) -> None:
    widget = channel_of(mounted, "widget")
    customer = (await asked(http, people, addresses=[HOME]))["customerId"]
    cookies = cookie(await sign_in(widget, customer, capacity="BUR"))
    found = await http.get(OWN, params={"version": 1}, headers=cookies)
    assert found.status_code == 200, found.text
    assert found.json() == {"answers": {"wie": "person", "postcode": "9999"}, "version": 1}
    assert found.headers["cache-control"] == "no-store"
    step = await http.post(f"{FLOW}/step", json={"answers": found.json()["answers"]}, headers=cookies)
    assert step.json()["question"]["id"] == "gasten"
    for subject in ("visitor", str(uuid4())):
        nobody = cookie(await sign_in(widget, subject, capacity="BUR", givenName="Lien"))
        assert (await http.get(OWN, headers=nobody)).json() == {"answers": {}, "version": 1}
    assert (await http.get("/widget/own/flows/nooit/answers", headers=cookies)).status_code == 404


@pytest.mark.usefixtures("flows")
async def test_known_answers_are_for_pages_of_ours_only(
    http: httpx.AsyncClient, mounted: Mounted, people: People
) -> None:
    customer = (await asked(http, people, addresses=[HOME]))["customerId"]
    cookies = cookie(await sign_in(channel_of(mounted, "widget"), customer))
    assert (await http.get(OWN)).status_code == 401
    for site in (SITE, ELSEWHERE):
        there = {**cookies, "Origin": site, "Sec-Fetch-Site": "cross-site"}
        refused = await http.get(OWN, headers=there)
        assert refused.status_code == 401
        assert "9999" not in refused.text


@pytest.fixture
async def visitor(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on a website that can hand flows over; nothing may fail behind it."""
    await publish(shop.counter.platform, party())
    async with browser(shop.mounted) as client:
        yield client
    assert shop.counter.failures == []


async def hand_over(
    client: httpx.AsyncClient, headers: dict[str, str] | None = None, key: str = "", **form: Any
) -> httpx.Response:
    """The summary as it was shown, with who asks unless that is left to the login."""
    told = (await client.post(f"{FLOW}/summary", json={"answers": PERMIT})).json()
    body = {"form": {"subject": told["subject"], "text": told["text"], **form}, "answers": PERMIT}
    sent = {"Idempotency-Key": key or uuid4().hex, **(headers or {})}
    return await client.post(f"{FLOW}/handover", json=body, headers=sent)


async def signed_in(shop: Shop) -> tuple[str, dict[str, str]]:
    """A customer with a session on the website."""
    person = {"kind": "person", "names": {"given": "Lien", "family": "De Smet"}}
    reached = {"contactPoints": [{"type": "email", "value": "lien.desmet@voorbeeld.be"}]}
    key = {"Idempotency-Key": uuid4().hex}
    made = await shop.counter.staff().post("/customers", json=person | reached, headers=key)
    assert made.status_code == 201, made.text
    customer = made.json()["id"]
    return customer, cookie(await sign_in(channel_of(shop.mounted, "widget"), customer, capacity="BUR"))


async def test_who_is_logged_in_hands_over_without_proof_and_finds_the_question(
    shop: Shop, visitor: httpx.AsyncClient
) -> None:
    customer, cookies = await signed_in(shop)
    form = (await visitor.get("/widget/form", headers=cookies)).json()
    assert form["proofNeeded"] is False
    key, email = uuid4().hex, form["prefill"]["email"]
    first = await hand_over(visitor, cookies, key, email=email)
    assert first.status_code == 202, first.text
    again = await hand_over(visitor, cookies, key, email=email)
    assert (again.status_code, again.json()) == (202, first.json())
    await shop.counter.work()
    (question,) = await shop.counter.fetch(KEPT)
    assert (question["channel"], question["identity"], question["customer_id"]) == ("assistant", "confirmed", customer)
    assert (question["outcome"], question["answers"], len(question["structured_answers"])) == ("vergunning", 5, 5)
    own = (await visitor.get("/widget/own/questions", headers=cookies)).json()["items"]
    assert [(one["reference"], one["subject"]) for one in own] == [(first.json()["reference"], question["subject"])]
    seen = (await visitor.get(f"/widget/own/questions/{own[0]['id']}", headers=cookies)).json()
    assert seen["text"] == question["body"]
    status = await visitor.post("/widget/status", json=first.json())
    assert status.json()["state"] == "received"


async def test_who_is_not_logged_in_proves_to_be_no_robot(shop: Shop, visitor: httpx.AsyncClient) -> None:
    widget = channel_of(shop.mounted, "widget")
    _, cookies = await signed_in(shop)
    there = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    nobody = [cookie(await sign_in(widget, subject, capacity="BUR")) for subject in ("visitor", str(uuid4()))]
    for headers in ({}, *nobody, {**cookies, **there}):
        refused = await hand_over(visitor, headers, **FORM)
        assert refused.status_code == 400, headers
        assert [one["name"] for one in refused.json()["issues"]] == ["form.proof"]
    good = await proof(visitor)
    sent = await hand_over(visitor, there, proof=good, **FORM)
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (202, SITE), sent.text
    used = await hand_over(visitor, proof=good, **FORM)
    assert (used.status_code, used.json()["type"].rpartition(":")[2]) == (409, "proofUsed")
    await shop.counter.work()
    (question,) = await shop.counter.fetch(KEPT)
    assert (question["channel"], question["identity"], question["outcome"]) == ("assistant", "claimed", "vergunning")
    assert question["customer_id"] is None


async def test_a_network_that_hands_over_too_often_waits(shop: Shop, visitor: httpx.AsyncClient) -> None:
    _, cookies = await signed_in(shop)
    taken = [await hand_over(visitor, cookies, answerChannel="none") for _ in range(11)]
    assert [one.status_code for one in taken] == [202] * 10 + [429], taken[0].text
    async with browser(shop.mounted) as other:
        assert (await hand_over(other, cookies, answerChannel="none")).status_code == 202
    await shop.counter.work()
    assert len(await shop.counter.fetch(KEPT)) == 11


async def test_what_cannot_be_handed_over_is_told(shop: Shop, visitor: httpx.AsyncClient) -> None:
    _, cookies = await signed_in(shop)
    for wrong, place in (({"answerChannel": "phone"}, "form.phone"), ({"text": 7}, "form.text")):
        refused = await hand_over(visitor, cookies, **wrong)
        assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, place), refused.text
    keyless = await visitor.post(f"{FLOW}/handover", json={"form": FORM, "answers": PERMIT})
    assert keyless.status_code == 400
    unknown = await visitor.post(
        "/widget/flows/nooit/handover",
        json={"form": {**FORM, "proof": await proof(visitor)}, "answers": {}},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert unknown.status_code == 404
    large = await hand_over(visitor, proof=await proof(visitor), **{**FORM, "text": "é" * 40_000})
    assert large.status_code in {400, 413}
    assert large.headers["content-type"] == "application/problem+json"
