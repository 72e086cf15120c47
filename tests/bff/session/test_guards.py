"""Who gets in, and which changes are ours (CSRF)."""

import msgspec
import pytest

from bff.settings import Channel, Settings
from tests.bff.session.conftest import PUBLIC, Opened
from tests.bff.sessions import sign_in

pytestmark = pytest.mark.anyio

ELSEWHERE = "https://www.stad.example"


async def test_agents_log_in_first(opened: Opened) -> None:
    async with opened("agent") as site, site.browser() as browser:
        refused = await browser.get("/agent/who")
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await browser.get("/agent/session")).status_code == 401
        browser.cookies.update(await sign_in(site.app, "user-1", givenName="An", familyName="Claes"))
        assert (await browser.get("/agent/who")).json() == {"subject": "user-1"}
        assert (await browser.get("/agent/session")).json() == {
            "name": "An Claes",
            "secondsLeft": 3599,
            "userId": "user-1",
            "known": {"givenName": "An", "familyName": "Claes"},
        }


async def test_anybody_uses_the_widget(opened: Opened) -> None:
    async with opened("widget") as site, site.browser() as browser:
        assert (await browser.get("/widget/who")).json() == {"subject": "visitor"}
        assert (await browser.get("/widget/session")).status_code == 401
        browser.cookies.update(await sign_in(site.app, "customer-1", capacity="BUR", ssin="85073003328"))
        assert (await browser.get("/widget/who")).json() == {"subject": "customer-1"}
        told = (await browser.get("/widget/session")).json()
        assert (told["customerId"], told["capacity"], told["known"]) == ("customer-1", "BUR", {"ssin": "85073003328"})


async def test_an_id_chosen_by_somebody_else_opens_nothing(opened: Opened) -> None:
    async with opened("agent") as site, site.browser() as browser:
        for chosen in ("a" * 43, "", "x" * 3000):
            browser.cookies.set("__Host-onthaal-agent", chosen)
            assert (await browser.get("/agent/who")).status_code == 401


async def test_a_session_of_the_widget_opens_nothing_for_agents(opened: Opened) -> None:
    async with opened("widget") as widget, opened("agent") as agent, agent.browser() as browser:
        token = next(iter((await sign_in(widget.app, "customer-1")).values()))
        browser.cookies.set("__Host-onthaal-agent", token)
        assert (await browser.get("/agent/who")).status_code == 401


@pytest.mark.parametrize("channel", ["agent", "widget"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC}, 201),
        ({"X-CSRF": "0"}, 403),
        ({"X-CSRF": ""}, 403),
        ({"Origin": "https://kwaad.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": PUBLIC + ".kwaad.example"}, 403),
        ({"Origin": PUBLIC.replace("https", "http")}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": PUBLIC}, 403),
    ],
)
async def test_a_change_comes_from_our_own_pages(
    opened: Opened, channel: Channel, headers: dict[str, str], status: int
) -> None:
    async with opened(channel) as site, site.browser() as browser:
        browser.cookies.update(await sign_in(site.app, "user-1"))
        assert (await browser.post(f"/{channel}/change", headers=headers)).status_code == status


async def test_a_site_of_the_widget_may_write_but_never_as_somebody(opened: Opened, channel_settings: Settings) -> None:
    chosen = msgspec.structs.replace(channel_settings, origins=(ELSEWHERE,))
    headers = {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"}
    async with opened("widget", chosen) as site, site.browser(**headers) as browser:
        browser.cookies.update(await sign_in(site.app, "customer-1"))
        answer = await browser.post("/widget/change")
        assert (answer.status_code, answer.json()) == (201, {"subject": "visitor"})
    async with opened("agent", chosen) as site, site.browser(**headers) as browser:
        browser.cookies.update(await sign_in(site.app, "user-1"))
        assert (await browser.post("/agent/change")).status_code == 403


async def test_a_form_of_another_site_gets_nowhere(opened: Opened) -> None:
    async with opened("agent") as site, site.browser() as browser:
        browser.cookies.update(await sign_in(site.app, "user-1"))
        assert (await browser.post("/agent/change", data={"a": "b"})).status_code == 415


async def test_logging_out_ends_the_session(opened: Opened) -> None:
    async with opened("agent") as site, site.browser() as browser:
        held = await sign_in(site.app, "user-1")
        browser.cookies.update(held)
        answer = await browser.post("/agent/logout")
        assert (answer.status_code, answer.json()) == (200, {})
        ended = answer.headers["set-cookie"]
        assert "__Host-onthaal-agent=" in ended
        assert "Max-Age=0" in ended
        browser.cookies.update(held)
        assert (await browser.get("/agent/who")).status_code == 401


async def test_while_sessions_are_away_nobody_is_let_in_nor_sent_away(
    opened: Opened, channel_settings: Settings
) -> None:
    chosen = msgspec.structs.replace(channel_settings, sessions_url="redis://127.0.0.1:1/0")
    async with opened("agent", chosen) as site, site.browser() as browser:
        assert (await browser.get("/agent/who")).status_code == 401, "no cookie, nothing to look for"
        browser.cookies.set("__Host-onthaal-agent", "a" * 43)
        answer = await browser.get("/agent/who")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_without_a_provider_nobody_logs_in(opened: Opened) -> None:
    async with opened("agent") as site, site.browser() as browser:
        for path in ("/agent/login", "/agent/callback?code=x"):
            assert (await browser.get(path)).status_code == 404
