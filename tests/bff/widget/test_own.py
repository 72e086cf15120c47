"""Who is logged in finds the form filled in and sees the own questions, on pages of ours only."""

import httpx
import pytest

from bff.app import Mounted
from tests.bff.sessions import channel_of, cookie, sign_in
from tests.bff.widget.conftest import SITE, asked, send
from tests.people import People

pytestmark = pytest.mark.anyio

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
