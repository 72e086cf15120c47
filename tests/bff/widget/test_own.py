"""Who is logged in finds the form filled in and sees the own questions, on pages of ours only."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.kit.db import UnitOfWork
from backend.kit.roles import APPLICATION, AUDITOR
from backend.platform import Platform, channel_issuer
from bff.app import Mounted
from bff.core.client import Core
from bff.core.tokens import CallTokens
from tests.bff.sessions import channel_of, cookie, sign_in
from tests.bff.widget.conftest import SITE, asked, send
from tests.people import People

pytestmark = pytest.mark.anyio

LISTS = ("questions", "messages", "cases", "consultations")
LOGINS: list[Any] = [
    (
        "BUR",
        {"givenName": "Lien", "familyName": "De Smet", "ssin": "85073003328"},
        {
            "kind": "person",
            "displayName": "Lien De Smet",
            "names": [{"type": "person", "text": "Lien De Smet", "given": "Lien", "family": "De Smet"}],
            "identifiers": [{"type": "ssin", "value": "**.**.**-***.28"}],
        },
    ),
    (
        "EA",
        {"givenName": "Lien", "enterpriseNumber": "0123456749", "organisation": "Bakkerij Peeters"},
        {
            "kind": "enterprise",
            "displayName": "Bakkerij Peeters",
            "names": [
                {"type": "organisation", "text": "Bakkerij Peeters"},
                {"type": "person", "text": "Lien", "given": "Lien"},
            ],
            "identifiers": [{"type": "enterpriseNumber", "value": "0123456749"}],
        },
    ),
    (
        "VER",
        {"vCode": "V0001001", "organisation": "Fanfare De Moed"},
        {
            "kind": "association",
            "displayName": "Fanfare De Moed",
            "names": [{"type": "organisation", "text": "Fanfare De Moed"}],
            "identifiers": [{"type": "vCode", "value": "V0001001"}],
        },
    ),
]
"""Capacity, what the login says, and the profile of who is no customer."""
ORGANISATION = {"kind": "enterprise", "names": {"organisation": "Bakkerij Peeters"}, "contactPoints": []}


async def test_a_citizen_finds_the_form_filled_in(http: httpx.AsyncClient, mounted: Mounted, people: People) -> None:
    customer = (await asked(http, people))["customerId"]
    known = {"givenName": "Lien", "familyName": "De Smet", "ssin": "85073003328"}
    cookies = await sign_in(channel_of(mounted, "widget"), customer, capacity="BUR", **known)
    response = await http.get("/widget/form", headers=cookie(cookies))
    assert response.status_code == 200, response.text
    assert response.json()["prefill"] == {
        "requester": "person",
        "givenName": "Lien",
        "familyName": "De Smet",
        "maskedSsin": "**.**.**-***.28",
        "email": "lien.desmet@voorbeeld.be",
    }
    assert response.json()["proofNeeded"] is False
    assert "85073003328" not in response.text


@pytest.mark.parametrize(
    ("capacity", "known", "requester"),
    [
        ("EA", {"enterpriseNumber": "0123456749", "organisation": "Bakkerij Peeters"}, "enterprise"),
        ("VER", {"vCode": "V0001001", "organisation": "Fanfare De Moed"}, "association"),
    ],
)
async def test_organisations_that_are_no_customer_yet_find_it_filled_in_too(
    *, http: httpx.AsyncClient, mounted: Mounted, capacity: str, known: dict[str, str], requester: str
) -> None:
    cookies = await sign_in(channel_of(mounted, "widget"), "visitor", capacity=capacity, **known)
    form = (await http.get("/widget/form", headers=cookie(cookies))).json()
    number = {"associationNumber": known["vCode"]} if "vCode" in known else {"enterpriseNumber": "0123456749"}
    assert form["prefill"] == {"requester": requester, "organisationName": known["organisation"], **number}
    assert form["proofNeeded"] is True, "the core does not know who this is"


async def test_own_questions_are_seen_and_those_of_others_are_not(
    http: httpx.AsyncClient, mounted: Mounted, people: People
) -> None:
    mine = await asked(http, people)
    other = await asked(
        http, people, names={"given": "Jan", "family": "Claes"}, contactPoints=[{"type": "email", "value": "j@x.be"}]
    )
    assert mine["customerId"] != other["customerId"]
    cookies = await sign_in(channel_of(mounted, "widget"), mine["customerId"], capacity="BUR")
    page = await http.get("/widget/own/questions", headers=cookie(cookies))
    assert page.status_code == 200, page.text
    own = mine["questions"][0]["id"]
    assert [one["id"] for one in page.json()["items"]] == [own]
    question = await http.get(f"/widget/own/questions/{own}", headers=cookie(cookies))
    assert question.json()["text"] == "Hoe lang duurt het?"
    strange = await http.get(f"/widget/own/questions/{other['questions'][0]['id']}", headers=cookie(cookies))
    assert strange.status_code == 404


async def test_what_is_own_needs_a_login_on_a_page_of_ours(
    http: httpx.AsyncClient, mounted: Mounted, people: People
) -> None:
    customer = (await asked(http, people))["customerId"]
    cookies = cookie(await sign_in(channel_of(mounted, "widget"), customer))
    for path in ("questions", "messages", "cases", "consultations", "profile"):
        assert (await http.get(f"/widget/own/{path}")).status_code == 401
        assert (await http.options(f"/widget/own/{path}")).status_code == 204, "it says the methods, to anybody"
        assert (await http.get(f"/widget/own/{path}", headers=cookies)).status_code == 200
        for site in (SITE, "https://elders.example"):
            there = {**cookies, "Origin": site, "Sec-Fetch-Site": "cross-site"}
            assert (await http.get(f"/widget/own/{path}", headers=there)).status_code == 401


async def test_a_customer_who_is_logged_in_needs_no_proof(
    http: httpx.AsyncClient, mounted: Mounted, people: People
) -> None:
    customer = (await asked(http, people))["customerId"]
    cookies = cookie(await sign_in(channel_of(mounted, "widget"), customer))
    form = {"subject": "Vuilnis", "text": "Wanneer?", "answerChannel": "none"}
    sent = await http.post("/widget/forms", json=form, headers={**cookies, "Idempotency-Key": "own-form-0001"})
    assert sent.status_code == 202, sent.text
    strange = {**cookies, "Origin": "https://elders.example", "Idempotency-Key": "own-form-0002"}
    assert (await http.post("/widget/forms", json=form, headers=strange)).status_code == 403
    assert (await send(http, proof=None)).status_code == 400, "without a login it does"


async def counted(uow: UnitOfWork) -> list[int]:
    """How much is known of people, and how much is in the audit log."""
    known = [await uow.fetchval(f"SELECT count(*) FROM {table}") for table in ("customer", "question", "outbox")]
    await uow.execute(f"SET LOCAL ROLE {AUDITOR}")
    known.append(await uow.fetchval("SELECT count(*) FROM audit_entry"))
    await uow.execute(f"SET LOCAL ROLE {APPLICATION}")
    return known


@pytest.mark.parametrize("gone", [False, True], ids=["no customer yet", "no customer any more"])
@pytest.mark.parametrize(("capacity", "known", "profile"), LOGINS, ids=[one[0] for one in LOGINS])
async def test_who_is_no_customer_has_nothing_yet_and_looking_makes_nothing(
    *,
    http: httpx.AsyncClient,
    mounted: Mounted,
    uow: UnitOfWork,
    people: People,
    gone: bool,
    capacity: str,
    known: dict[str, str],
    profile: dict[str, Any],
) -> None:
    others = await asked(http, people)
    subject = str(uuid4()) if gone else "visitor"
    cookies = cookie(await sign_in(channel_of(mounted, "widget"), subject, capacity=capacity, **known))
    before = await counted(uow)
    for path in LISTS:
        answer = await http.get(f"/widget/own/{path}", headers=cookies)
        assert (answer.status_code, answer.json()["items"]) == (200, []), answer.text
    own = await http.get("/widget/own/profile", headers={**cookies, "Accept-Language": "fr"})
    assert (own.status_code, own.json()) == (200, {**profile, "language": "fr", "addresses": [], "contactPoints": []})
    assert await counted(uow) == before
    strange = await http.get(f"/widget/own/questions/{others['questions'][0]['id']}", headers=cookies)
    assert (strange.status_code, strange.json()["type"]) == (404, "urn:problem-type:belgif:resourceNotFound")


async def test_who_is_no_customer_any_more_is_a_visitor(
    http: httpx.AsyncClient, mounted: Mounted, people: People, passport: str
) -> None:
    assert people
    cookies = cookie(await sign_in(channel_of(mounted, "widget"), str(uuid4()), capacity="BUR", givenName="Lien"))
    assert (await http.get("/widget/products", params={"q": "Reispas"}, headers=cookies)).json()["items"]
    form = (await http.get("/widget/form", params={"productId": passport}, headers=cookies)).json()
    assert (form["proofNeeded"], form["prefill"]) == (True, {"requester": "person", "givenName": "Lien"})
    link = await http.post(f"/widget/products/{passport}/transactionLink", json={}, headers=cookies)
    assert link.status_code == 200, link.text
    sent = await http.post("/widget/forms", json={"text": "?"}, headers={**cookies, "Idempotency-Key": uuid4().hex})
    assert sent.status_code == 400, "a proof is needed, as the form says"
    claim = {"reference": "4F7-K2M-9XF", "answer": "yes"}
    assert (await http.post("/widget/claims/confirm", json=claim, headers=cookies)).status_code == 404


async def test_a_profile_of_a_customer_is_that_of_the_core(
    http: httpx.AsyncClient, mounted: Mounted, people: People
) -> None:
    customer = (await asked(http, people))["customerId"]
    cookies = cookie(await sign_in(channel_of(mounted, "widget"), customer, capacity="BUR", givenName="Anders"))
    own = (await http.get("/widget/own/profile", headers=cookies)).json()
    assert (own["id"], own["kind"], own["language"], own["preferredChannel"]) == (customer, "person", "nl", "none")
    assert [(one["type"], one["text"], one["source"]) for one in own["names"]] == [("person", "Lien De Smet", "agent")]
    assert {one["type"]: one["value"] for one in own["contactPoints"]}["email"] == "lien.desmet@voorbeeld.be"


async def test_a_wrong_key_of_the_channel_logs_nobody_out(
    http: httpx.AsyncClient, mounted: Mounted, platform: Platform, people: People
) -> None:
    customer = (await asked(http, people))["customerId"]
    widget = channel_of(mounted, "widget")
    cookies = cookie(await sign_in(widget, customer))
    channel_issuer(platform.settings, "burgerprofiel").prepare()
    key = Path(platform.settings.data) / "keys" / "channel-burgerprofiel" / "key.pem"
    held: Core = widget.state.core
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held, "_tokens", CallTokens("widget", key))
        for path in ("own/questions", "own/profile", "products?q=pas"):
            assert (await http.get(f"/widget/{path}", headers=cookies)).status_code == 502, path
        assert (await http.get("/widget/session", headers=cookies)).json()["customerId"] == customer
    assert (await http.get("/widget/own/questions", headers=cookies)).json()["total"] == 1
