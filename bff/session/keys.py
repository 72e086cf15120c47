"""The public keys of a provider: fetched from the address its discovery names, kept, asked again for an unknown one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt

from bff.session.errors import LoginRefused, ProviderAway

KEPT_SECONDS = 3600.0
AGAIN_SECONDS = 30.0
"""For an unknown key the set is read again at most so often: nobody can make us hammer the provider."""


class KeySet:
    """Keys by `kid`.

    Args:
        fetch: reads the set (`{"keys": [...]}`); raises ProviderAway.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Any]]) -> None:
        self._fetch = fetch
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read = self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: object, algorithm: str) -> jwt.PyJWK:
        """The key with this name.

        Raises:
            LoginRefused: the provider has no such key, or not for this algorithm.
            ProviderAway: it does not answer.
        """
        if not isinstance(kid, str) or not kid:
            raise LoginRefused("no kid")
        if not self._held(kid):
            async with self._lock:
                await self._ask(kid)
        found = self._keys.get(kid)
        if found is None:
            raise LoginRefused("unknown kid")
        if found.algorithm_name != algorithm:
            raise LoginRefused("the key is for another alg")
        return found

    def _held(self, kid: str) -> bool:
        return kid in self._keys and time.monotonic() - self._read <= KEPT_SECONDS

    async def _ask(self, kid: str) -> None:
        """Read the set again where that is due; raises ProviderAway."""
        now = time.monotonic()
        if self._held(kid):
            return
        if now - self._read <= KEPT_SECONDS and now - self._tried <= AGAIN_SECONDS:
            if self._tried > self._read:
                raise ProviderAway("its keys could not be read a moment ago")
            return
        self._tried = now
        self._keys = _parsed(await self._fetch())
        self._read = time.monotonic()


def _parsed(answer: Any) -> dict[str, jwt.PyJWK]:
    """The signing keys we can use; never a secret one."""
    keys: dict[str, jwt.PyJWK] = {}
    listed = answer.get("keys") if isinstance(answer, dict) else None
    for one in listed if isinstance(listed, list) else []:
        if not isinstance(one, dict) or one.get("kty") not in {"RSA", "EC"} or one.get("use", "sig") != "sig":
            continue
        try:
            made = jwt.PyJWK(one)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if isinstance(one.get("kid"), str):
            keys[one["kid"]] = made
    return keys
