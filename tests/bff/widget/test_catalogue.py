"""The catalogue on the website: found, read without what is for staff, and the link with known data."""

from uuid import uuid4

import httpx
import pytest

from bff.app import Mounted
from bff.widget.limits import MOST, SECONDS
from tests.bff.sessions import channel_of, cookie, sign_in
from tests.bff.widget.conftest import SITE, asked, browser
from tests.people import People

pytestmark = pytest.mark.anyio

STAFF_ONLY = {"internalInstructions", "departmentId", "department", "published"}


async def test_products_are_found_while_typing(http: httpx.AsyncClient, passport: str) -> None:
    typing = await http.get("/widget/products", params={"q": "reisp", "typing": "true"})
    assert typing.status_code == 200, typing.text
    assert passport in {one["id"] for one in typing.json()["items"]}
    nothing = await http.get("/widget/products", params={"q": "zeppelin"})
    assert nothing.json()["offerContactForm"] is True
    wrong = await http.get("/widget/products", params={"zoek": "x"})
    assert wrong.status_code == 400, "the refusal of the core is passed on"
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_a_citizen_does_not_see_what_is_for_staff(http: httpx.AsyncClient, passport: str, people: People) -> None:
    seen = await http.get(f"/widget/products/{passport}")
    assert seen.status_code == 200, seen.text
    assert seen.json()["firstLineInformation"].startswith("Een reispas")
    assert not STAFF_ONLY & seen.json().keys()
    staff = await http.get(f"/products/{passport}", headers={"Authorization": f"Bearer {people.tokens['agent']}"})
    assert {"internalInstructions", "departmentId"} <= staff.json().keys(), "there is something to hide"
    assert (await http.get(f"/widget/products/{uuid4()}")).status_code == 404


async def test_a_link_is_filled_in_with_what_was_typed(http: httpx.AsyncClient, passport: str) -> None:
    link = await http.post(f"/widget/products/{passport}/transactionLink", json={"givenName": "Jef"})
    assert link.status_code == 200, link.text
    assert link.json() == {"url": "https://loket.stad.example/pas?naam=Jef"}
    strange = await http.post(f"/widget/products/{passport}/transactionLink", json={"ssin": "85073003328"})
    assert strange.status_code == 400


async def test_a_link_is_filled_in_with_what_is_known(
    http: httpx.AsyncClient, mounted: Mounted, passport: str, people: People
) -> None:
    customer = (await asked(http, people))["customerId"]
    cookies = await sign_in(channel_of(mounted, "widget"), customer, givenName="Lien", familyName="De Smet")
    path = f"/widget/products/{passport}/transactionLink"
    link = await http.post(path, json={"email": "nieuw@voorbeeld.be"}, headers=cookie(cookies))
    assert link.json()["url"] == "https://loket.stad.example/pas?naam=Lien%20De%20Smet&mail=nieuw%40voorbeeld.be"


async def test_a_network_that_searches_too_often_waits(mounted: Mounted, passport: str) -> None:
    async with browser(mounted) as busy, browser(mounted) as other:
        statuses = [
            (await busy.get("/widget/products", params={"q": "reis"})).status_code
            for _ in range(MOST["searchProducts"])
        ]
        assert set(statuses) == {200}
        refused = await busy.get("/widget/products", params={"q": "reis"})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= SECONDS
        assert (await other.get("/widget/products", params={"q": "reis"})).status_code == 200
        assert (await busy.get(f"/widget/products/{passport}")).status_code == 200, "each has a limit of its own"


async def test_only_configured_sites_may_ask(http: httpx.AsyncClient, passport: str) -> None:
    ours = await http.get("/widget/products", headers={"Origin": SITE})
    assert ours.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in ours.headers
    strange = await http.get(f"/widget/products/{passport}", headers={"Origin": "https://elders.example"})
    assert "access-control-allow-origin" not in strange.headers
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-csrf,idempotency-key"}
    allowed = await http.options("/widget/forms", headers={"Origin": SITE, **wanted})
    assert allowed.status_code == 204
    assert "POST" in allowed.headers["access-control-allow-methods"]
    refused = await http.options("/widget/forms", headers={"Origin": "https://elders.example", **wanted})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
