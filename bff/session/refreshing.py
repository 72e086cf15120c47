"""Asks the provider again about who is logged in: tokens stay fresh, and a role taken away there is gone here."""

import asyncio
import time

import msgspec

from backend.kit.problems import ProblemError, unavailable
from bff.core.client import Caller, ProblemRelayed
from bff.session.errors import LoginRefused, ProviderAway
from bff.session.login import Login
from bff.session.model import Session
from bff.session.sessions import Sessions

EVERY_SECONDS = 300.0
BEFORE_SECONDS = 30.0
ALONE_SECONDS = 15
"""One request asks, over all processes; the others go on as they are. When the provider is away, also the pause."""
WAIT_SECONDS = 6.0
LOOK_SECONDS = 0.1
"""Who has no tokens left to go on with waits for the one that asks, and looks so often."""
ASKING, PAUSED = 1.0, 0.0


class Refresher:
    """Keeps sessions of one channel up to date.

    Args:
        sessions: which.
        login: asks the provider and the core.
    """

    def __init__(self, sessions: Sessions, login: Login) -> None:
        self._sessions = sessions
        self._login = login

    async def current(self, token: str, session: Session, caller: Caller) -> Session | None:
        """The session as the provider confirms it, asked when that is due; None: it ended there or here.

        While the provider or the core is away the session goes on until its tokens end.

        Raises:
            ProblemError: 503, the provider is away and the tokens ended.
        """
        if not _due(session):
            return session
        alone = f"refresh:{session.id}"
        if not await self._sessions.first(alone, ALONE_SECONDS):
            return await self._awaited(alone, token, session)
        again = await self._sessions.find(token)
        if again is None or not _due(again):
            await self._sessions.done(alone)
            return again
        try:
            renewed = await self._renewed(token, again, caller)
        except (LoginRefused, ProblemRelayed):
            await self._sessions.end(token)
            return None
        except (ProviderAway, ProblemError):
            await self._sessions.note(alone, PAUSED, ALONE_SECONDS)
            held = await self._sessions.find(token)
            return _alive(held) if held else None
        await self._sessions.done(alone)
        return renewed

    async def _awaited(self, alone: str, token: str, session: Session) -> Session | None:
        """The session while another request asks; raises as `current`."""
        until, asking = time.monotonic() + WAIT_SECONDS, True
        while asking and _ended(session) and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
            asking = await self._sessions.noted(alone) == ASKING
            again = await self._sessions.find(token)
            if again is None:
                return None
            session = again
        return _alive(session)

    async def _renewed(self, token: str, session: Session, caller: Caller) -> Session | None:
        fresh, id_token = await self._login.refreshed(session)
        if not await self._sessions.replace(token, fresh):  # at once: the old refresh token is used up
            return None
        if id_token is not None:
            fresh = await self._login.known_again(fresh, id_token, caller)
        if fresh.grant is not None:
            fresh = msgspec.structs.replace(fresh, grant=msgspec.structs.replace(fresh.grant, checked=time.time()))
        return fresh if await self._sessions.replace(token, fresh) else None


def _due(session: Session) -> bool:
    grant, now = session.grant, time.time()
    if grant is None or grant.refresh is None:
        return False
    return now - grant.checked >= EVERY_SECONDS or now >= grant.until - BEFORE_SECONDS


def _ended(session: Session) -> bool:
    return session.grant is not None and time.time() > session.grant.until + BEFORE_SECONDS


def _alive(session: Session) -> Session:
    if _ended(session):
        raise unavailable("The identity provider is away.")
    return session
