"""Verifying access tokens (PyJWT): exact algorithms, audience, issuer and `typ`; keys only from the pinned key set.

Design 4 note 16 and design 5: ID tokens, access tokens and logout tokens are not interchangeable, and a `kid` that the
issuer's own key set does not hold is refused.
"""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import httpx
import jwt
import msgspec

LEEWAY_SECONDS = 30
KEYS_TTL_SECONDS = 300
RETRY_SECONDS = 10
FETCH_SECONDS = 5


class TokenRefused(Exception):
    """The token is not one we accept; the message says why, without the token."""


class TokenExpired(TokenRefused):
    """The token was good and is too old."""


class KeysUnavailable(Exception):
    """The issuer's key set cannot be read now and no earlier copy is held."""


class Issuer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One trusted issuer.

    Attributes:
        issuer: exact value of `iss`.
        audience: exact value of `aud`.
        jwks_url: https address of the key set, or
        jwks_file: path of the key set on disk.
        algorithms: the only algorithms accepted.
        types: accepted values of the header `typ` (compared without case, `application/` removed).
        subject_claim: the claim that holds the user's name with us.
        development: made by the development issuer; refused in production mode.
        channel: the front end whose tokens these are (`agent`, `widget`, `burgerprofiel`): its own server signs one per
            call, with who it acts for; see `backend.identity.rules.CHANNELS`.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    jwks_file: str | None = None
    algorithms: tuple[str, ...] = ("RS256", "ES256", "EdDSA")
    types: tuple[str, ...] = ("at+jwt",)
    subject_claim: str = "sub"
    development: bool = False
    channel: Literal["agent", "widget", "burgerprofiel"] | None = None


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was checked: who issued it, about whom, through which client or channel, until when."""

    issuer: str
    subject: str
    client: str | None
    channel: str | None = None
    expires: float
    claims: dict[str, Any]


class _KeySet:
    """The public keys of one issuer, read once and again when they are old or a key id is new."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = -float(KEYS_TTL_SECONDS)
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> jwt.PyJWK:
        """The key with this id.

        Raises:
            TokenRefused: the issuer has no such key.
            KeysUnavailable: the key set cannot be read.
        """
        age = time.monotonic() - self._read_at
        if age > KEYS_TTL_SECONDS or (kid not in self._keys and age > RETRY_SECONDS):
            async with self._lock:
                if time.monotonic() - self._read_at >= min(age, RETRY_SECONDS):
                    await self._read()
        if kid not in self._keys:
            raise TokenRefused("signed with a key that the issuer does not publish")
        return self._keys[kid]

    async def _read(self) -> None:
        try:
            document = await self._document()
            keys = jwt.PyJWKSet.from_dict(document).keys
        except (OSError, httpx.HTTPError, msgspec.DecodeError, jwt.PyJWTError) as error:
            if self._keys:
                self._read_at = time.monotonic() - KEYS_TTL_SECONDS + RETRY_SECONDS
                return
            raise KeysUnavailable(f"the key set of {self._issuer.issuer} cannot be read") from error
        self._keys = {key.key_id: key for key in keys if key.key_id}
        self._read_at = time.monotonic()

    async def _document(self) -> dict[str, Any]:
        if self._issuer.jwks_file:
            raw = await asyncio.to_thread(Path(self._issuer.jwks_file).read_bytes)
        else:
            async with httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False) as client:
                response = await client.get(self._issuer.jwks_url or "")
                response.raise_for_status()
                raw = response.content
        return msgspec.json.decode(raw, type=dict[str, Any])


class TokenVerifier:
    """Checks tokens of the configured issuers; a token that passed is remembered for at most a minute."""

    _remembered_seconds = 60
    _remembered_most = 2_000

    def __init__(self, issuers: list[Issuer]) -> None:
        self._issuers: Mapping[str, Issuer] = {issuer.issuer: issuer for issuer in issuers}
        self._keys = {issuer.issuer: _KeySet(issuer) for issuer in issuers}
        self._passed: dict[str, tuple[float, Verified]] = {}

    async def verify(self, token: str) -> Verified:
        """Check signature and claims.

        Raises:
            TokenExpired, TokenRefused: 401.
            KeysUnavailable: 503, the issuer is away.
        """
        now = time.time()
        held = self._passed.get(token)
        if held and now < held[0]:
            return held[1]
        verified = await self._check(token)
        if len(self._passed) >= self._remembered_most:
            self._passed.clear()
        self._passed[token] = (min(now + self._remembered_seconds, verified.expires), verified)
        return verified

    async def _check(self, token: str) -> Verified:
        try:
            header = jwt.get_unverified_header(token)
            unverified = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenRefused("not a token we can read") from error
        named = unverified.get("iss")
        issuer = self._issuers.get(named) if isinstance(named, str) else None
        if issuer is None:
            raise TokenRefused("issuer is not trusted")
        kind = str(header.get("typ", "")).lower().removeprefix("application/")
        if kind not in issuer.types:
            raise TokenRefused("not an access token")
        kid, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(kid, str) or algorithm not in issuer.algorithms:
            raise TokenRefused("key or algorithm is not accepted")
        key = await self._keys[issuer.issuer].key(kid)
        return self._decode(token, issuer, key)

    @staticmethod
    def _decode(token: str, issuer: Issuer, key: jwt.PyJWK) -> Verified:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=list(issuer.algorithms),
                audience=issuer.audience,
                issuer=issuer.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "strict_aud": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired("the token has expired") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenRefused("signature or claims are not right") from error
        subject = claims.get(issuer.subject_claim)
        if not isinstance(subject, str) or not subject:
            raise TokenRefused("the token names nobody")
        client = claims.get("azp") or claims.get("client_id")
        return Verified(
            issuer=issuer.issuer,
            subject=subject,
            client=client if isinstance(client, str) else None,
            channel=issuer.channel,
            expires=float(claims["exp"]) + LEEWAY_SECONDS,
            claims=claims,
        )
