"""Tokens of our own: OAuth2 client credentials, the client proven by a signed JWT (RFC 7523)."""

import time
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from backend.kit.outgoing import Answer, Caller, CallFailed
from backend.notifications.burgerprofiel.rules import Coupling

PROOF_SECONDS = 120
EARLY_SECONDS = 180.0
"""Before its end a token is used no more: a call under way may take a while, and clocks differ."""
_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_OK, _FORBIDDEN = 200, frozenset({400, 401, 403})


class TokenRefused(Exception):
    """The server knows us, but gives no token: key, client or scope is wrong; the message is a status."""


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 300.0


class TokenSource:
    """Gives a token per scope, and keeps it as long as it holds.

    Args:
        coupling: who we are, and where tokens are given.
        key: our private key.
        caller: calls the server.
        clock: seconds since 1970.
    """

    def __init__(
        self, coupling: Coupling, key: RSAPrivateKey, caller: Caller, clock: Callable[[], float] = time.time
    ) -> None:
        self._coupling = coupling
        self._key = key
        self._caller = caller
        self._clock = clock
        self._held: dict[str, tuple[str, float]] = {}

    async def token(self, scope: str) -> str:
        """A token that holds for a while yet.

        Raises:
            CallFailed: the server is away.
            TokenRefused: it gives none.
        """
        held = self._held.get(scope)
        if held is not None and self._clock() < held[1]:
            return held[0]
        form = {
            "grant_type": "client_credentials",
            "client_id": self._coupling.client_id,
            "client_assertion_type": _TYPE,
            "client_assertion": self._proof(),
            "scope": scope,
        }
        given = await self._caller.ask(
            "POST",
            self._coupling.token_url,
            _read,
            content=urlencode({name: value for name, value in form.items() if value}).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        )
        self._held[scope] = (given.access_token, self._clock() + given.expires_in - EARLY_SECONDS)
        return given.access_token

    def drop(self, scope: str) -> None:
        """That token is refused: ask for another the next time."""
        self._held.pop(scope, None)

    def _proof(self) -> str:
        now, who = int(self._clock()), self._coupling.client_id
        claims = {
            "iss": who,
            "sub": who,
            "aud": self._coupling.token_url,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + PROOF_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._coupling.key_id})


def _read(answer: Answer) -> _Token:
    if answer.status in _FORBIDDEN:
        raise TokenRefused(f"token http{answer.status}")
    if answer.status != _OK:
        raise CallFailed("status")
    try:
        return msgspec.json.decode(answer.body, type=_Token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallFailed("unreadable") from None
