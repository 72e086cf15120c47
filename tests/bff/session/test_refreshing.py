"""Asking the provider again, when it answers late, badly or not at all, and many ask at the same moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bff.session import Sessions
from bff.session.model import Grant, Session
from bff.settings import Settings
from tests.bff.session.conftest import Alone
from tests.simulators.malicious_provider import Lie, MaliciousProvider
from tests.simulators.server import Reply

pytestmark = pytest.mark.anyio


def given(**more: Any) -> bytes:
    """An answer of the token endpoint to a refresh token."""
    return json.dumps({"access_token": "x", "expires_in": 300, "refresh_token": "r-2"} | more).encode()


class Idle:
    """Somebody who comes back after the tokens ended."""

    def __init__(self, browser: httpx.AsyncClient, sessions: Sessions, token: str) -> None:
        self.browser = browser
        self._sessions = sessions
        self._token = token

    async def session(self) -> Session | None:
        return await self._sessions.look(self._token)


@pytest.fixture
async def idle(alone: Alone, with_liar: Settings, liar: MaliciousProvider) -> AsyncIterator[Idle]:
    async with alone(with_liar) as site, site.browser() as browser:
        sessions: Sessions = site.app.state.sessions
        grant = Grant(issuer=liar.issuer, subject="s-1", sid="sid-1", refresh="r-1")
        token, _ = await sessions.start("user-1", "An", grant=grant)
        browser.cookies.set(sessions.cookie, token)
        yield Idle(browser, sessions, token)


async def test_who_comes_back_with_many_requests_at_once_is_still_in(idle: Idle, liar: MaliciousProvider) -> None:
    liar.tell(Lie(replies={"/token": Reply(body=given(), wait=0.2)}))
    answers = await asyncio.gather(*(idle.browser.get("/agent/session") for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert liar.asked.count("/token") == 1


async def test_a_new_refresh_token_is_kept_whatever_comes_after(idle: Idle, liar: MaliciousProvider) -> None:
    """The old one is used up: asking with it again would end the session, or look like theft."""
    token = liar.signed(liar.claims(), {"kid": "k1"})
    liar.tell(Lie(replies={"/token": Reply(body=given(id_token=token)), "/keys": Reply(status=503)}))
    await idle.browser.get("/agent/session")
    held = await idle.session()
    assert held is not None
    assert held.grant is not None
    assert held.grant.refresh == "r-2"


AWAY = {
    "discovery": {"/.well-known/openid-configuration": Reply(status=404)},
    "moved": {"/token": Reply(status=302, headers={"Location": "/onderhoud"})},
    "too many": {"/token": Reply(status=429)},
}


@pytest.mark.parametrize("name", AWAY)
async def test_a_provider_under_maintenance_logs_nobody_out(idle: Idle, liar: MaliciousProvider, name: str) -> None:
    liar.tell(Lie(replies=AWAY[name]))
    assert (await idle.browser.get("/agent/session")).status_code == 503
    assert await idle.session() is not None
