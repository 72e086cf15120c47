"""Logging in at a real, certified provider (npm oidc-provider), from the first click to the session and its end."""

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from backend.commands.provider import accounts
from backend.kit.db import UnitOfWork
from backend.kit.embedded.provider import ProviderServer
from bff.session import Sessions
from bff.session import refreshing as pace
from bff.session.errors import ProviderAway
from bff.session.login import Login
from bff.session.provider import Tokens
from bff.settings import Settings
from tests.bff.session.conftest import CITY, ORGANISATION, PUBLIC, Arrivals, Opened, Site, choose, log_in
from tests.conftest import Client
from tests.people import People

ACTION = re.compile(r'<form[^>]* action="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("people")]


async def test_a_colleague_logs_in(opened: Opened, with_provider: Settings, uow: UnitOfWork) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser:
        page = await log_in(browser, "agent", "an.agent", back="/agent/who?x=1&y=2")
        assert page.status_code == 200
        assert page.url == f"{PUBLIC}/agent/callback?{page.url.query.decode()}"
        assert 'content="0; url=/agent/who?x=1&amp;y=2"' in page.text, "the bounce page is ours"
        told = (await browser.get("/agent/session")).json()
        assert told["name"] == "An Verhaeghe"
        assert told["roles"] == ["agent"]
        assert 3500 < told["secondsLeft"] <= 3600
        assert (await browser.get("/agent/who")).json() == {"subject": told["userId"]}
        login = await uow.fetchrow("SELECT issuer, subject FROM user_login WHERE user_id = $1::uuid", told["userId"])
        assert login is not None
        assert login["subject"] == "an.agent"


async def test_cookies_of_the_login_are_as_strict_as_they_can_be(opened: Opened, with_provider: Settings) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser:
        begun = await browser.get("/agent/login")
        assert begun.status_code == 303
        short = begun.headers["set-cookie"]
        assert short.startswith("__Host-onthaal-agent-login=")
        for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"):
            assert part in short
        assert "Domain" not in short
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert {len(asked[name][0]) for name in ("state", "nonce", "code_challenge")} == {43}
        page = await browser.get(begun.headers["location"], follow_redirects=True)
        done = await choose(browser, page, "an.agent")
        given, gone = done.headers.get_list("set-cookie")
        assert given.startswith("__Host-onthaal-agent=")
        for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
            assert part in given
        assert "Domain" not in given
        assert "Max-Age" not in given, "gone with the browser"
        assert gone.startswith('__Host-onthaal-agent-login="";') or "Max-Age=0" in gone
        assert done.headers["cache-control"] == "no-store"
        assert "script" not in done.text


async def test_every_login_gets_a_new_id_and_ends_the_session_before(opened: Opened, with_provider: Settings) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser:
        held = []
        for _ in range(2):
            begun = await browser.get("/agent/login", follow_redirects=True)
            if "callback" not in str(begun.url):  # the provider knows the browser the second time
                await choose(browser, begun, "an.agent")
            held.append(browser.cookies["__Host-onthaal-agent"])
        sessions: Sessions = site.app.state.sessions
        assert held[0] != held[1]
        assert await sessions.find(held[0]) is None
        assert await sessions.find(held[1]) is not None


@pytest.mark.parametrize(
    "back", ["https://kwaad.example/", "//kwaad.example", "/\\kwaad.example", "kwaad", "/a\nb", "javascript:alert(1)"]
)
async def test_a_login_never_ends_elsewhere(opened: Opened, with_provider: Settings, back: str) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser:
        page = await log_in(browser, "agent", "an.agent", back=back)
        assert 'content="0; url=/"' in page.text
        assert "kwaad" not in page.text


@pytest.mark.parametrize(
    ("account", "capacity", "known"),
    [
        ("lotte.willems", "BUR", {"givenName": "Lotte", "familyName": "Willems", "ssin": "85073003328"}),
        (
            "bakkerij",
            "EA",
            {
                "givenName": "Wout",
                "familyName": "Claes",
                "organisation": "Bakkerij Claes",
                "enterpriseNumber": "0999999031",
            },
        ),
        (
            "harmonie",
            "VER",
            {
                "givenName": "Femke",
                "familyName": "De Wolf",
                "organisation": "Harmonie De Toekomst",
                "vCode": "V0099001",
            },
        ),
    ],
)
async def test_somebody_of_the_city_logs_in(
    opened: Opened, with_provider: Settings, account: str, capacity: str, known: dict[str, str]
) -> None:
    async with opened("widget", with_provider) as site, site.browser() as browser:
        page = await log_in(browser, "widget", account)
        assert page.status_code == 200, page.text
        told = (await browser.get("/widget/session")).json()
        assert (told["capacity"], told["known"]) == (capacity, known)
        assert told["means"] == "urn:be:vlaanderen:authmech:eid"
        assert "customerId" not in told
        assert (await browser.get("/widget/who")).json() == {"subject": "visitor"}


async def test_who_is_known_is_the_customer(opened: Opened, with_provider: Settings, agent: Client) -> None:
    body = {
        "kind": "person",
        "names": {"given": "Lotte", "family": "Willems"},
        "identifiers": [{"type": "ssin", "value": "85.07.30-033.28"}],
    }
    made = await agent.post("/customers", json=body, headers={"Idempotency-Key": "lotte-willems-1"})
    assert made.status_code == 201, made.text
    async with opened("widget", with_provider) as site, site.browser() as browser:
        await log_in(browser, "widget", "lotte.willems")
        told = (await browser.get("/widget/session")).json()
        assert told["customerId"] == made.json()["id"]
        assert (await browser.get("/widget/who")).json() == {"subject": made.json()["id"]}


async def test_somebody_without_rights_gets_a_page_and_no_session(
    opened: Opened, with_provider: Settings, provider: ProviderServer
) -> None:
    offered = accounts(CITY, ORGANISATION)
    provider.offer([msgspec.structs.replace(one, claims={**one.claims, "onthaal_rol_3d": []}) for one in offered])
    try:
        async with opened("agent", with_provider) as site, site.browser() as browser:
            page = await log_in(browser, "agent", "bart.agent")
            assert page.status_code == 403
            assert "geen toegang" in page.text
            assert (await browser.get("/agent/session")).status_code == 401
    finally:
        provider.offer(offered)


async def _expire(site: Site, token: str) -> None:
    """As if the provider was asked long ago."""
    sessions: Sessions = site.app.state.sessions
    session = await sessions.find(token)
    assert session is not None
    assert session.grant is not None
    assert session.grant.refresh
    asked = session.grant.checked - pace.EVERY_SECONDS - 1
    grant = msgspec.structs.replace(session.grant, checked=asked)
    assert await sessions.replace(token, msgspec.structs.replace(session, grant=grant))


async def test_a_right_taken_away_at_the_provider_is_gone(
    opened: Opened, with_provider: Settings, provider: ProviderServer
) -> None:
    offered = accounts(CITY, ORGANISATION)
    async with opened("agent", with_provider) as site, site.browser() as browser:
        await log_in(browser, "agent", "an.agent")
        before = (await browser.get("/agent/session")).json()
        right = {"onthaal_rol_3d": [f"OnthaalTeamLead-onthaal:{ORGANISATION}"]}
        try:
            provider.offer([msgspec.structs.replace(one, claims={**one.claims, **right}) for one in offered])
            await _expire(site, browser.cookies["__Host-onthaal-agent"])
            after = (await browser.get("/agent/session")).json()
        finally:
            provider.offer(offered)
        assert (before["roles"], after["roles"]) == (["agent"], ["teamLead"])
        assert after["userId"] == before["userId"]


async def test_whoever_is_gone_at_the_provider_is_logged_out(
    opened: Opened, with_provider: Settings, provider: ProviderServer
) -> None:
    offered = accounts(CITY, ORGANISATION)
    async with opened("agent", with_provider) as site, site.browser() as browser:
        await log_in(browser, "agent", "an.agent")
        try:
            provider.offer([one for one in offered if one.id != "an.agent"])
            await _expire(site, browser.cookies["__Host-onthaal-agent"])
            assert (await browser.get("/agent/session")).status_code == 401
        finally:
            provider.offer(offered)
        assert (await browser.get("/agent/session")).status_code == 401


async def test_an_administrator_sees_and_ends_sessions(opened: Opened, with_provider: Settings, people: People) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser, site.browser() as chief:
        await log_in(browser, "agent", "an.agent")
        user_id = (await browser.get("/agent/session")).json()["userId"]
        assert (await browser.get("/agent/sessions")).status_code == 403
        sessions: Sessions = site.app.state.sessions
        token, _ = await sessions.start(str(people.users["administrator"]), "Baas")
        chief.cookies.set(sessions.cookie, token)
        listed = (await chief.get("/agent/sessions")).json()["items"]
        assert {one["userId"] for one in listed} == {user_id, str(people.users["administrator"])}
        assert [one["userId"] for one in listed if one.get("own")] == [str(people.users["administrator"])]
        theirs = next(one["id"] for one in listed if one["userId"] == user_id)
        assert (await browser.delete(f"/agent/sessions/{theirs}")).status_code == 403
        assert (await chief.delete(f"/agent/sessions/{theirs}")).status_code == 204
        assert (await chief.delete(f"/agent/sessions/{theirs}")).status_code == 404
        assert (await browser.get("/agent/session")).status_code == 401


async def test_many_requests_at_once_refresh_once(
    opened: Opened, with_provider: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser:
        await log_in(browser, "agent", "an.agent")
        token = browser.cookies["__Host-onthaal-agent"]
        login: Login = site.app.state.login
        asked, real = [], login.provider.refresh

        async def counted(refresh: str) -> Tokens:
            asked.append(refresh)
            return await real(refresh)

        monkeypatch.setattr(login.provider, "refresh", counted)
        await _expire(site, token)
        answers = await asyncio.gather(*(browser.get("/agent/session") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(asked) == 1
        await _expire(site, token)
        assert (await browser.get("/agent/session")).status_code == 200
        assert len(asked) == 2


async def test_logging_out_here_logs_out_there(opened: Opened, with_provider: Settings) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser:
        await log_in(browser, "agent", "an.agent")
        told = (await browser.post("/agent/logout")).json()
        assert (await browser.get("/agent/session")).status_code == 401
        page = await browser.get(told["address"])
        form = dict(HIDDEN.findall(page.text)) | {"logout": "yes"}
        target = ACTION.search(page.text)
        assert target is not None, page.text
        ended = await browser.post(page.url.join(target[1]), data=form, follow_redirects=True)
        assert str(ended.url) == f"{PUBLIC}/agent/login/ended"
        assert "U bent afgemeld" in ended.text
        again = await browser.get("/agent/login", follow_redirects=True)
        assert "Kies wie u bent" in again.text, "the provider asks who it is"


async def test_no_national_number_in_an_address(opened: Opened, with_provider: Settings) -> None:
    async with opened("widget", with_provider) as site, site.browser() as browser:
        await log_in(browser, "widget", "lotte.willems")
        told = (await browser.post("/widget/logout")).json()
        assert "id_token_hint" not in told["address"]
        assert parse_qs(urlsplit(told["address"]).query)["client_id"] == ["onthaal-widget"]


async def test_logging_out_there_logs_out_here(
    opened: Opened, with_provider: Settings, provider: ProviderServer, arriving: Arrivals
) -> None:
    """The provider itself calls the channel (back-channel logout), which answers through a real port."""
    async with opened("agent", with_provider) as site, site.browser() as browser, site.browser() as other:
        await log_in(browser, "agent", "an.agent")
        await log_in(other, "agent", "bart.agent")
        page = await browser.get(f"{provider.issuer}/session/end")
        form = dict(HIDDEN.findall(page.text)) | {"logout": "yes"}
        target = ACTION.search(page.text)
        assert target is not None, page.text
        with arriving() as called:
            ended = await browser.post(page.url.join(target[1]), data=form, follow_redirects=True)
        assert ended.status_code == 200, ended.text
        assert [one.path for one in called] == ["/agent/backchannelLogout"]
        for status in (200, 400):  # the second time it is a replay
            answer = await browser.post(
                "/agent/backchannelLogout",
                content=called[0].body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code == status, answer.text
        assert (await browser.get("/agent/session")).status_code == 401
        assert (await other.get("/agent/session")).status_code == 200


async def test_while_the_provider_is_away_whoever_is_in_stays_in(
    opened: Opened, with_provider: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("agent", with_provider) as site, site.browser() as browser:
        await log_in(browser, "agent", "an.agent")
        login: Login = site.app.state.login
        token = browser.cookies["__Host-onthaal-agent"]

        async def away(_refresh: str) -> Tokens:
            raise ProviderAway("timeout")

        monkeypatch.setattr(login.provider, "refresh", away)
        await _expire(site, token)
        assert (await browser.get("/agent/session")).status_code == 200
        sessions: Sessions = site.app.state.sessions
        session = await sessions.find(token)
        assert session is not None
        assert session.grant is not None
        grant = msgspec.structs.replace(session.grant, until=0.0)
        await sessions.replace(token, msgspec.structs.replace(session, grant=grant))
        assert (await browser.get("/agent/session")).status_code == 503
