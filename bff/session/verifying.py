"""What a token of the provider must be; an id token is no logout token is no access token (design 5)."""

import hmac
import time
from typing import Any

import jwt
import msgspec

from bff.session.errors import LoginRefused
from bff.session.keys import KeySet
from bff.settings import Provider

LEEWAY = 30
LOGOUT_SECONDS = 120
"""A logout token is used at once: an older one is refused, whatever its end."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

Claims = dict[str, Any]


class TokenCheck:
    """Checks tokens of one provider.

    Args:
        provider: who must have made them, for whom, how.
        keys: its keys.
    """

    def __init__(self, provider: Provider, keys: KeySet) -> None:
        self._provider = provider
        self._keys = keys

    async def id_token(self, token: str, nonce: str | None) -> Claims:
        """Claims of an id token.

        Args:
            token: as the token endpoint gave it.
            nonce: of the login; None for a refreshed one.

        Raises:
            LoginRefused: not to be trusted.
            ProviderAway: its keys cannot be read.
        """
        claims = await self._signed(token, kinds={"", "jwt"}, require=["exp", "iat", "iss", "aud", "sub"])
        if "events" in claims:
            raise LoginRefused("a logout token is no id token")
        if nonce is not None and not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise LoginRefused("nonce")
        wanted = self._provider.acr_values
        if wanted and claims.get("acr") not in wanted:
            raise LoginRefused("acr")
        return claims

    async def logout_token(self, token: str) -> Claims:
        """Claims of a back-channel logout token; its `jti` is still to be burnt.

        Raises:
            LoginRefused: not to be trusted.
            ProviderAway: its keys cannot be read.
        """
        claims = await self._signed(token, kinds={"logout+jwt"}, require=["iat", "iss", "aud", "jti"])
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise LoginRefused("events")
        if "nonce" in claims:
            raise LoginRefused("nonce in a logout token")
        if not isinstance(claims["jti"], str) or not claims["jti"]:
            raise LoginRefused("jti")
        if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sid", "sub")):
            raise LoginRefused("neither sid nor sub")
        if claims["iat"] < time.time() - LOGOUT_SECONDS:
            raise LoginRefused("iat too long ago")
        return claims

    async def _signed(self, token: str, *, kinds: set[str], require: list[str]) -> Claims:
        """Claims of a token with a good signature, of this issuer, for us alone."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise LoginRefused("no token") from error
        algorithm = header.get("alg")
        if algorithm not in self._provider.algorithms:
            raise LoginRefused("alg")
        if str(header.get("typ") or "").lower().removeprefix("application/") not in kinds:
            raise LoginRefused("typ")
        key = await self._keys.key(header.get("kid"), str(algorithm))
        us = self._provider.client_id
        try:
            claims: Claims = jwt.decode(
                token,
                key,
                algorithms=[str(algorithm)],
                issuer=self._provider.issuer,
                audience=us,
                leeway=LEEWAY,
                options={"require": require},
            )
            msgspec.json.encode(claims)  # half a character would stop us later, where nobody expects it
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise LoginRefused(type(error).__name__) from error
        if claims["aud"] not in (us, [us]):
            raise LoginRefused("for others too")
        if claims.get("azp", us) != us:
            raise LoginRefused("azp")
        if not isinstance(claims["iat"], int | float):  # PyJWT takes a text too
            raise LoginRefused("iat")
        return claims
