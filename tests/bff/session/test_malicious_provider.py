"""A provider that lies, and a browser that brings something else than it was given: nobody gets in."""

import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from backend.kit.configuration import SettingsInvalid
from bff.session import Sessions
from bff.session import provider as over_http
from bff.session.keys import AGAIN_SECONDS
from bff.session.login import Login
from bff.session.model import Grant
from bff.session.provider import ProviderClient, Tokens
from bff.settings import Provider, Settings
from tests.bff.session.conftest import Alone, Opened
from tests.bff.sessions import sign_in
from tests.simulators.malicious_provider import CLIENT, Lie, MaliciousProvider
from tests.simulators.server import Reply

pytestmark = pytest.mark.anyio

STRANGE = "https://kwaad.example"


def put(**values: Any) -> Any:
    """A change that sets these, and takes away what is None."""

    def change(told: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in (told | values).items() if value is not None}

    return change


LIES = {
    "iss of another": Lie(claims=put(iss=STRANGE)),
    "no iss": Lie(claims=put(iss=None)),
    "aud of another": Lie(claims=put(aud="other-client")),
    "aud for others too": Lie(claims=put(aud=[CLIENT, "other-client"])),
    "no aud": Lie(claims=put(aud=None)),
    "azp of another": Lie(claims=put(azp="other-client")),
    "nonce of another login": Lie(claims=put(nonce="x" * 43)),
    "no nonce": Lie(claims=put(nonce=None)),
    "a nonce that is no text": Lie(claims=put(nonce="\ud800")),
    "a name that is no text": Lie(claims=put(given_name="\ud800")),
    "no sub": Lie(claims=put(sub=None)),
    "ended": Lie(claims=put(exp=int(time.time()) - 3600)),
    "no end": Lie(claims=put(exp=None)),
    "not yet": Lie(claims=put(iat=int(time.time()) + 3600)),
    "alg none": Lie(key="none"),
    "alg HS256 with the public key": Lie(key="public"),
    "alg nobody agreed on": Lie(header=put(alg="RS512")),
    "key of another under this kid": Lie(key="strange"),
    "unknown kid": Lie(header=put(kid="k9")),
    "no kid": Lie(header=put(kid=None)),
    "no keys": Lie(keys=lambda _: []),
    "a secret as key": Lie(keys=lambda _: [{"kty": "oct", "k": "c2VjcmV0", "kid": "k1", "alg": "HS256"}]),
    "key for encryption": Lie(keys=lambda known: [{**known[0], "use": "enc"}]),
    "typ of an access token": Lie(header=put(typ="at+jwt")),
    "typ of a logout token": Lie(header=put(typ="logout+jwt")),
    "events of a logout token": Lie(claims=put(events={})),
    "no id token": Lie(replies={"/token": Reply(body=b'{"access_token": "x"}')}),
    "an id token that is none": Lie(replies={"/token": Reply(body=b'{"id_token": "a.b.c"}')}),
    "code refused": Lie(replies={"/token": Reply(status=400, body=b'{"error": "invalid_grant"}')}),
    "no JSON": Lie(replies={"/token": Reply(body=b"<html>")}),
    "callback of another issuer": Lie(callback=put(iss=STRANGE)),
    "callback of no issuer": Lie(callback=put(iss=None)),
    "state of another": Lie(callback=put(state="x" * 43)),
    "no state": Lie(callback=put(state=None)),
    "no code": Lie(callback=put(code=None)),
    "an error": Lie(callback=put(code=None, error="access_denied")),
    "an error with a code": Lie(callback=put(error="access_denied")),
    "state twice": Lie(callback=put(state=["a", "b"])),
}

AWAY = {
    "token endpoint down": Lie(replies={"/token": Reply(status=503)}),
    "token endpoint slow": Lie(replies={"/token": Reply(wait=5)}),
    "slow keys": Lie(replies={"/keys": Reply(wait=5)}),
    "keys down": Lie(replies={"/keys": Reply(status=500)}),
    "tokens elsewhere": Lie(replies={"/token": Reply(status=307, headers={"Location": f"{STRANGE}/token"})}),
    "an answer without end": Lie(replies={"/token": Reply(body=b" " * 2_000_000)}),
}

DISCOVERIES = {
    "of another issuer": (put(issuer=STRANGE), 502),
    "keys elsewhere": (put(jwks_uri=f"{STRANGE}/keys"), 502),
    "tokens elsewhere": (put(token_endpoint=f"{STRANGE}/token"), 502),
    "login elsewhere": (put(authorization_endpoint="http://127.0.0.1:1/auth"), 502),
    "nothing in it": (lambda _: {}, 502),
}


async def come_back(browser: httpx.AsyncClient, liar: MaliciousProvider, **more: Any) -> httpx.Response:
    """The login up to the callback."""
    begun = await browser.get("/agent/login")
    assert begun.status_code == 303, begun.text
    asked = {key: values[0] for key, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    liar.nonce = asked["nonce"]
    given = liar.lie.callback({"code": "code-1", "state": asked["state"], "iss": liar.issuer, **more})
    return await browser.get("/agent/callback", params=given)


@pytest.mark.usefixtures("people")
async def test_without_a_lie_one_gets_in(
    opened: Opened, channel_settings: Settings, with_liar: Settings, liar: MaliciousProvider
) -> None:
    chosen = msgspec.structs.replace(channel_settings, providers_file=with_liar.providers_file)
    async with opened("agent", chosen) as site, site.browser() as browser:
        page = await come_back(browser, liar, session_state="zzz")
        assert page.status_code == 200, page.text
        assert (await browser.get("/agent/session")).json()["name"] == "An Echt"


@pytest.mark.usefixtures("people")
async def test_careless_data_of_a_person_keep_nobody_out(
    opened: Opened, channel_settings: Settings, with_liar: Settings, liar: MaliciousProvider
) -> None:
    liar.tell(Lie(claims=put(vo_email="an@stad.example; an@elders.example", family_name="Echt" * 60)))
    chosen = msgspec.structs.replace(channel_settings, providers_file=with_liar.providers_file)
    async with opened("agent", chosen) as site, site.browser() as browser:
        page = await come_back(browser, liar)
        assert page.status_code == 200, page.text


@pytest.mark.usefixtures("people")
async def test_logging_out_there_during_a_login_counts(
    opened: Opened,
    channel_settings: Settings,
    with_liar: Settings,
    liar: MaliciousProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The provider calls between giving the tokens and the beginning of our session."""
    chosen = msgspec.structs.replace(channel_settings, providers_file=with_liar.providers_file)
    async with opened("agent", chosen) as site, site.browser() as browser:
        login: Login = site.app.state.login
        real = login.provider.exchange

        async def exchange(code: str, verifier: str) -> Tokens:
            tokens = await real(code, verifier)
            form = {"logout_token": liar.signed(liar.logout_claims(), {"kid": "k1", "typ": "logout+jwt"})}
            assert (await browser.post("/agent/backchannelLogout", data=form)).status_code == 200
            return tokens

        with monkeypatch.context() as patched:
            patched.setattr(login.provider, "exchange", exchange)
            assert (await come_back(browser, liar)).status_code == 400
        assert (await browser.get("/agent/session")).status_code == 401
        assert await site.app.state.sessions.listed() == []
        await asyncio.sleep(1.1)  # moments in tokens are whole seconds
        assert (await come_back(browser, liar)).status_code == 200, "logging in again is no matter"


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_is_noticed(alone: Alone, with_liar: Settings, liar: MaliciousProvider, name: str) -> None:
    liar.tell(LIES[name])
    async with alone(with_liar) as site, site.browser() as browser:
        page = await come_back(browser, liar)
        assert page.status_code == 400, page.text
        assert "niet gelukt" in page.text
        assert STRANGE not in page.text
        assert (await browser.get("/agent/session")).status_code == 401
        assert await site.app.state.sessions.listed() == []


@pytest.mark.parametrize("name", AWAY)
async def test_a_provider_that_is_away_is_not_waited_for(
    alone: Alone, with_liar: Settings, liar: MaliciousProvider, name: str
) -> None:
    liar.tell(AWAY[name])
    async with alone(with_liar) as site, site.browser() as browser:
        started = time.monotonic()
        page = await come_back(browser, liar)
        assert time.monotonic() - started < 3
        assert page.status_code == 503, page.text
        assert (await browser.get("/agent/session")).status_code == 401


@pytest.mark.parametrize("name", DISCOVERIES)
async def test_a_discovery_that_is_not_the_providers_own(
    alone: Alone, with_liar: Settings, liar: MaliciousProvider, name: str
) -> None:
    change, status = DISCOVERIES[name]
    liar.tell(Lie(metadata=change))
    async with alone(with_liar) as site, site.browser() as browser:
        page = await browser.get("/agent/login")
        assert page.status_code == status
        assert "location" not in page.headers


@pytest.mark.usefixtures("people")
async def test_a_callback_counts_once(
    opened: Opened, channel_settings: Settings, with_liar: Settings, liar: MaliciousProvider
) -> None:
    chosen = msgspec.structs.replace(channel_settings, providers_file=with_liar.providers_file)
    async with opened("agent", chosen) as site, site.browser() as browser:
        begun = await browser.get("/agent/login")
        asked = {key: values[0] for key, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
        liar.nonce = asked["nonce"]
        given = {"code": "code-1", "state": asked["state"], "iss": liar.issuer}
        short = {"Cookie": f"__Host-onthaal-agent-login={browser.cookies['__Host-onthaal-agent-login']}"}
        browser.cookies.clear()
        assert (await browser.get("/agent/callback", params=given, headers=short)).status_code == 200
        browser.cookies.clear()
        assert (await browser.get("/agent/callback", params=given, headers=short)).status_code == 400
        assert liar.asked.count("/token") == 1, "the code is not even tried again"


async def test_a_callback_without_a_login_of_this_browser(
    alone: Alone, with_liar: Settings, liar: MaliciousProvider
) -> None:
    """Login CSRF: the attacker's code and state in the victim's browser."""
    async with alone(with_liar) as site, site.browser() as attacker, site.browser() as victim:
        begun = await attacker.get("/agent/login")
        asked = {key: values[0] for key, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
        given = {"code": "code-1", "state": asked["state"], "iss": liar.issuer}
        assert (await victim.get("/agent/callback", params=given)).status_code == 400
        await victim.get("/agent/login")
        assert (await victim.get("/agent/callback", params=given)).status_code == 400
        assert "/token" not in liar.asked


async def test_unknown_keys_do_not_make_us_hammer_the_provider(
    alone: Alone, with_liar: Settings, liar: MaliciousProvider
) -> None:
    liar.tell(Lie(header=put(kid="k9")))
    async with alone(with_liar) as site, site.browser() as browser:
        for _ in range(4):
            assert (await come_back(browser, liar)).status_code == 400
        assert liar.asked.count("/keys") == 1


async def test_strange_keys_keep_nobody_waiting(
    alone: Alone, with_liar: Settings, liar: MaliciousProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may send logout tokens; meanwhile the provider is slow with its keys."""
    monkeypatch.setattr(over_http, "SECONDS", 2.0)
    async with alone(with_liar) as site, site.browser() as browser:

        async def log_out(kid: str) -> int:
            token = liar.signed(liar.logout_claims(), {"kid": kid, "typ": "logout+jwt"})
            return (await browser.post("/agent/backchannelLogout", data={"logout_token": token})).status_code

        assert await log_out("k1") == 200
        site.app.state.login.provider.check._keys._tried -= AGAIN_SECONDS + 1
        liar.tell(Lie(replies={"/keys": Reply(wait=5)}))
        strange = [asyncio.create_task(log_out("k9")) for _ in range(10)]
        await asyncio.sleep(0.2)
        began = time.monotonic()
        assert await log_out("k1") == 200
        assert time.monotonic() - began < 1
        assert {await one for one in strange} == {503}
        assert liar.asked.count("/keys") == 1


async def test_beginning_a_login_costs_us_little(alone: Alone, with_liar: Settings) -> None:
    async with alone(with_liar) as site, site.browser() as browser:
        long = {"Cookie": f"{site.app.state.sessions.cookie}={'x' * 30_000}"}
        begun = await browser.get("/agent/login", params={"return": f"/{'x' * 30_000}"}, headers=long)
        assert begun.status_code == 303
        ((kept, _),) = site.app.state.sessions._store._small.values()
        assert len(kept) < 1_000


LOGOUTS: dict[str, tuple[dict[str, Any], dict[str, Any], str, int]] = {
    "honest": ({}, {}, "own", 200),
    "typ of an id token": ({}, {"typ": "JWT"}, "own", 400),
    "no typ": ({}, {"typ": None}, "own", 400),
    "typ of an access token": ({}, {"typ": "at+jwt"}, "own", 400),
    "with a nonce": ({"nonce": "x"}, {}, "own", 400),
    "no events": ({"events": None}, {}, "own", 400),
    "another event": ({"events": {"http://elders.example": {}}}, {}, "own", 400),
    "iss of another": ({"iss": STRANGE}, {}, "own", 400),
    "aud of another": ({"aud": "other-client"}, {}, "own", 400),
    "no jti": ({"jti": None}, {}, "own", 400),
    "neither sid nor sub": ({"sid": None}, {}, "own", 400),
    "a moment as text": ({"iat": str(int(time.time()))}, {}, "own", 400),
    "sid that is no text": ({"sid": "\ud800"}, {}, "own", 400),
    "long ago": ({"iat": int(time.time()) - 3600}, {}, "own", 400),
    "alg none": ({}, {}, "none", 400),
    "alg HS256 with the public key": ({}, {}, "public", 400),
    "key of another": ({}, {}, "strange", 400),
}


@pytest.mark.parametrize("name", LOGOUTS)
async def test_logout_tokens(alone: Alone, with_liar: Settings, liar: MaliciousProvider, name: str) -> None:
    claims, header, key, status = LOGOUTS[name]
    async with alone(with_liar) as site, site.browser() as browser:
        sessions: Sessions = site.app.state.sessions
        held, _ = await sessions.start("user-1", "An", grant=Grant(issuer=liar.issuer, subject="s-1", sid="sid-1"))
        browser.cookies.set(sessions.cookie, held)
        token = liar.signed(put(**claims)(liar.logout_claims()), put(**header)({"kid": "k1", "typ": "logout+jwt"}), key)
        for again in (status, 400):
            answer = await browser.post("/agent/backchannelLogout", data={"logout_token": token})
            assert answer.status_code == again, answer.text
        assert (await browser.get("/agent/session")).status_code == (401 if status == 200 else 200)


async def test_a_logout_without_a_token_or_with_too_much(alone: Alone, with_liar: Settings) -> None:
    async with alone(with_liar) as site, site.browser() as browser:
        browser.cookies.update(await sign_in(site.app, "user-1"))
        for form, status in (({}, 400), ({"logout_token": "x" * 40_000}, 413), ({"logout_token": "\0é"}, 400)):
            assert (await browser.post("/agent/backchannelLogout", data=form)).status_code == status
        assert (await browser.post("/agent/backchannelLogout", json={"logout_token": "x"})).status_code == 400
        assert (await browser.get("/agent/session")).status_code == 200


@pytest.mark.parametrize("algorithms", [(), ("HS256",), ("RS256", "none")])
def test_only_signatures_with_a_public_key_can_be_chosen(tmp_path: Path, algorithms: tuple[str, ...]) -> None:
    (tmp_path / "secret").write_text("x")
    chosen = Provider(issuer=STRANGE, client_id="x", client_secret_file=str(tmp_path / "secret"), algorithms=algorithms)
    with pytest.raises(SettingsInvalid, match="algorithms"):
        ProviderClient(chosen, "https://onthaal.test/agent")
