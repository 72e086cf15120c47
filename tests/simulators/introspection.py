"""ACM's introspection of tokens (RFC 7662): a real server that wants a real client assertion, or a secret."""

import time
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs

import jwt
import msgspec

from tests.simulators.server import Reply, Request, Simulator

ISSUER = "https://authenticatie-ti.vlaanderen.be/op"
CLIENT = "onthaal"
SECRET = "geheim-van-de-test"
AUDIENCE = "https://onthaal.test/burgerprofiel"
SCOPE = "onthaal_bron"


class IntrospectionEndpoint:
    """Knows tokens; `tokens` is what it says of each, `reply` what it does instead of answering.

    Args:
        public_key: PEM with which client assertions are checked.
    """

    def __init__(self, public_key: bytes) -> None:
        self.tokens: dict[str, dict[str, Any]] = {}
        self.reply: Reply | None = None
        self._public_key = public_key
        self._seen: set[str] = set()
        self.server = Simulator(self._answer, None)

    def give(self, token: str, **claims: Any) -> str:
        """A token that is good, but for these claims."""
        self.tokens[token] = {
            "active": True,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "scope": f"vo_info {SCOPE}",
            "exp": int(time.time()) + 3600,
            "client_id": "mijn-burgerprofiel",
            "token_type": "bearer",
            **claims,
        }
        return token

    def _answer(self, request: Request) -> Reply:
        if self.reply:
            return self.reply
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.method != "POST" or not self._knows(request, form):
            return Reply(status=401, body=b'{"error":"invalid_client"}')
        found = self.tokens.get(form.get("token", ""), {"active": False})
        return Reply(body=msgspec.json.encode(found), headers={"Content-Type": "application/json"})

    def _knows(self, request: Request, form: dict[str, str]) -> bool:
        if shown := request.headers.get("authorization"):
            return shown == f"Basic {b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"
        try:
            claims = jwt.decode(
                form["client_assertion"], self._public_key, algorithms=["ES256"], audience=ISSUER, issuer=CLIENT
            )
        except (KeyError, jwt.PyJWTError):
            return False
        fresh = claims["jti"] not in self._seen
        self._seen.add(claims["jti"])
        return fresh and claims["sub"] == CLIENT
