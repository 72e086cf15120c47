"""The identity provider over HTTP: discovery, the address of the login, code and refresh token for tokens, logout.

Only addresses on the very host of the issuer are ever called, redirects are not followed.
"""

import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.kit.configuration import SettingsInvalid
from backend.kit.outgoing import Answer, Caller, CallFailed
from bff.session.errors import LoginRefused, ProviderAway
from bff.session.keys import KeySet
from bff.session.verifying import TokenCheck
from bff.settings import Provider

SECONDS = 5.0
DISCOVERED_SECONDS = 3600.0
ASSERTION_SECONDS = 60
OK = 200
REFUSALS = frozenset({400, 401, 403})
"""The provider says no; any other answer without content only says that it cannot now."""
AT_ONCE = 32
"""Calls under way; a login makes one or two."""
SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What we use of the discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of the token endpoint."""

    id_token: str | None = None
    refresh_token: str | None = None
    expires_in: float = 300.0


class ProviderClient:
    """We as a client of one provider.

    Args:
        provider: which one, and who we are there.
        base: address of the channel, without a slash at the end.

    Raises:
        SettingsInvalid: a secret or key cannot be read, or a signature would be none.
    """

    def __init__(self, provider: Provider, base: str) -> None:
        self.provider = provider
        self.redirect = f"{base}/callback"
        self._home = f"{base}/login/ended"
        self._caller = Caller(tls=None, seconds=SECONDS, at_once=AT_ONCE)
        self._metadata: tuple[float, Metadata] | None = None
        self.check = TokenCheck(provider, KeySet(self._keys))
        if not provider.algorithms or not SIGNATURES.issuperset(provider.algorithms):
            raise SettingsInvalid(f"provider {provider.issuer}: algorithms must be signatures with a public key")
        try:
            self._secret = Path(provider.client_secret_file).read_text().strip() if provider.client_secret_file else ""
            pem = Path(provider.client_key_file).read_bytes() if provider.client_key_file else b""
            self._key: Any = load_pem_private_key(pem, password=None) if pem else None
        except (OSError, ValueError) as error:
            raise SettingsInvalid(f"provider {provider.issuer}: {error}") from error

    async def metadata(self) -> Metadata:
        """The discovery document.

        Raises:
            ProviderAway: it cannot be read.
            LoginRefused: it is of another issuer, or names addresses elsewhere.
        """
        now = time.monotonic()
        if self._metadata and self._metadata[0] > now:
            return self._metadata[1]
        raw = await self._read("GET", f"{self.provider.issuer}/.well-known/openid-configuration")
        try:
            found = msgspec.convert(raw, Metadata)
        except msgspec.ValidationError as error:
            raise LoginRefused("discovery") from error
        if found.issuer != self.provider.issuer:
            raise LoginRefused("discovery of another issuer")
        named = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.end_session_endpoint)
        if any(_place(address) != _place(self.provider.issuer) for address in named if address):
            raise LoginRefused("discovery names another host")
        self._metadata = now + DISCOVERED_SECONDS, found
        return found

    async def login_address(self, *, state: str, nonce: str, challenge: str) -> str:
        """Where the browser goes to log in; raises as `metadata`."""
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.redirect,
            "scope": " ".join(self.provider.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self.provider.acr_values:
            asked["acr_values"] = " ".join(self.provider.acr_values)
        if "offline_access" in self.provider.scopes:
            asked["prompt"] = "consent"
        return f"{(await self.metadata()).authorization_endpoint}?{urlencode(asked)}"

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Tokens for a code.

        Raises:
            LoginRefused: the provider refuses it.
            ProviderAway: it does not answer.
        """
        return await self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect,
                "code_verifier": verifier,
            }
        )

    async def refresh(self, token: str) -> Tokens:
        """New tokens; raises as `exchange`."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": token})

    async def logout_address(self, hint: str | None) -> str | None:
        """Where the browser goes to end the session at the provider too; None when it has no such page."""
        address = (await self.metadata()).end_session_endpoint
        if address is None:
            return None
        asked = {"client_id": self.provider.client_id, "post_logout_redirect_uri": self._home}
        return f"{address}?{urlencode(asked | ({'id_token_hint': hint} if hint else {}))}"

    async def close(self) -> None:
        """Let go of connections."""
        await self._caller.close()

    async def _keys(self) -> Any:
        return await self._read("GET", (await self.metadata()).jwks_uri)

    async def _tokens(self, form: dict[str, str]) -> Tokens:
        address, headers = (await self.metadata()).token_endpoint, {"Content-Type": "application/x-www-form-urlencoded"}
        if self._key is None:
            pair = f"{quote_plus(self.provider.client_id)}:{quote_plus(self._secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form = form | {
                "client_id": self.provider.client_id,
                "client_assertion_type": ASSERTION,
                "client_assertion": self._assertion(),
            }
        raw = await self._read("POST", address, content=urlencode(form).encode(), headers=headers)
        try:
            return msgspec.convert(raw, Tokens, strict=False)
        except msgspec.ValidationError as error:
            raise LoginRefused("answer of the token endpoint") from error

    def _assertion(self) -> str:
        """We, for a minute, once (`private_key_jwt`)."""
        us, now = self.provider.client_id, int(time.time())
        algorithm = "ES256" if isinstance(self._key, EllipticCurvePrivateKey) else "RS256"
        claims = {"iss": us, "sub": us, "aud": self.provider.issuer, "jti": str(uuid4())}
        claims |= {"iat": now, "exp": now + ASSERTION_SECONDS}  # type: ignore[dict-item]
        return jwt.encode(claims, self._key, algorithm=algorithm, headers={"kid": self.provider.client_key_id})

    async def _read(
        self, method: str, address: str, *, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Any:
        """The JSON at an address of the provider."""
        try:
            return await self._caller.ask(method, address, _json, content=content, headers=headers)
        except CallFailed as error:
            raise ProviderAway(error.reason) from error


def _json(answer: Answer) -> Any:
    if answer.status in REFUSALS:
        raise LoginRefused(f"the provider answered {answer.status}")
    if answer.status != OK:
        raise CallFailed("status")
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LoginRefused("no JSON") from error


def _place(address: str) -> tuple[str, str]:
    parsed = urlsplit(address)
    return parsed.scheme, parsed.netloc
