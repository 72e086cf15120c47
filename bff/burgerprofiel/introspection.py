"""Whether the token of a caller is good: asked of who gave it (RFC 7662), remembered for a minute at most."""

import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.kit.configuration import SettingsInvalid
from backend.kit.outgoing import Answer, Caller, CallFailed, tls_context
from backend.kit.problems import ProblemError, unavailable
from bff.settings import SourceApi

KEPT_SECONDS = 60.0
KEPT = 1_000
SECONDS = 5.0
AT_ONCE = 32
LONGEST_TOKEN = 8_192
ASSERTION_SECONDS = 60
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
OK = 200


class Introspected(msgspec.Struct, frozen=True, kw_only=True):
    """What we use of the answer."""

    active: bool
    aud: str | list[str] = []
    scope: str = ""
    iss: str | None = None
    exp: float | None = None


class Introspection:
    """Checks tokens.

    Args:
        source: who gives them, who we are there, what they must be good for.

    Raises:
        SettingsInvalid: our secret or key cannot be read.
    """

    def __init__(self, source: SourceApi) -> None:
        self._source = source
        self._held: dict[bytes, tuple[float, Introspected]] = {}
        tls = tls_context() if source.introspection_url.startswith("https://") else None
        self._caller = Caller(tls=tls, seconds=SECONDS, at_once=AT_ONCE)
        try:
            self._secret = Path(source.client_secret_file).read_text().strip() if source.client_secret_file else ""
            pem = Path(source.client_key_file).read_bytes() if source.client_key_file else b""
            self._key: Any = load_pem_private_key(pem, password=None) if pem else None
        except (OSError, ValueError) as error:
            raise SettingsInvalid(f"source of Mijn Burgerprofiel: {error}") from error

    async def check(self, token: str) -> None:
        """Let a good token pass.

        Raises:
            ProblemError: 401 not active, or meant for others; 403 without the scope; 503 nobody can tell now.
        """
        if not token or len(token) > LONGEST_TOKEN:
            raise _refused("noAccessToken" if not token else "invalidAccessToken")
        found = await self._found(token)
        audience = [found.aud] if isinstance(found.aud, str) else found.aud
        over = found.exp is not None and found.exp <= time.time()
        if not found.active or over or self._source.audience not in audience:
            raise _refused("invalidAccessToken")
        if found.iss not in {None, self._source.issuer}:
            raise _refused("invalidAccessToken")
        if self._source.scope not in found.scope.split():
            raise ProblemError(403, "The token does not include this scope.", standard="missingScope")

    async def close(self) -> None:
        """Let go of connections."""
        await self._caller.close()

    async def _found(self, token: str) -> Introspected:
        key, now = sha256(token.encode()).digest(), time.monotonic()
        held = self._held.get(key)
        if held and held[0] > now:
            return held[1]
        found = await self._ask(token)
        self._held.pop(key, None)
        if len(self._held) >= KEPT:
            del self._held[next(iter(self._held))]  # the oldest
        self._held[key] = (now + KEPT_SECONDS, found)
        return found

    async def _ask(self, token: str) -> Introspected:
        form = {"token": token, "token_type_hint": "access_token"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self._key is None:
            pair = f"{quote_plus(self._source.client_id)}:{quote_plus(self._secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {
                "client_id": self._source.client_id,
                "client_assertion_type": ASSERTION,
                "client_assertion": self._assertion(),
            }
        try:
            return await self._caller.ask(
                "POST", self._source.introspection_url, _read, content=urlencode(form).encode(), headers=headers
            )
        except CallFailed as error:
            raise unavailable("Who gives the access tokens does not answer.") from error

    def _assertion(self) -> str:
        """We, for a minute, once (`private_key_jwt`)."""
        us, now = self._source.client_id, int(time.time())
        claims: dict[str, Any] = {"iss": us, "sub": us, "aud": self._source.issuer, "jti": str(uuid4())}
        claims |= {"iat": now, "exp": now + ASSERTION_SECONDS}
        algorithm = "ES256" if isinstance(self._key, EllipticCurvePrivateKey) else "RS256"
        return jwt.encode(claims, self._key, algorithm=algorithm, headers={"kid": self._source.client_key_id})


def _refused(kind: str) -> ProblemError:
    return ProblemError(
        401, "Send an access token that is meant for us.", standard=kind, headers={"WWW-Authenticate": "Bearer"}
    )


def _read(answer: Answer) -> Introspected:
    if answer.status != OK:
        raise CallFailed("status")
    try:
        return msgspec.json.decode(answer.body, type=Introspected, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CallFailed("unreadable") from error
