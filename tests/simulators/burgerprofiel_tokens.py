"""The authorisation server of the simulator of Mijn Burgerprofiel: gives tokens, says whether they are good (RFC 7662).

Whoever introspects shows a client assertion signed with the key of the city, as at ACM (design 7 section 2).
"""

import secrets
import threading
import time
from typing import Any
from urllib.parse import parse_qs

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.simulators.server import Reply, Request

CITY = "onthaal-bron"
AUDIENCE, SCOPE = "onthaal-burgerprofiel", "onthaal_bron"
INTROSPECT = "/op/v1/introspect"
SECONDS = 300
LONGEST_PROOF = 120
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}


class AuthorisationServer:
    """Gives tokens.

    Args:
        url: of the simulator.
        public_key: of the city.
        key_id: its `kid`.
    """

    def __init__(self, url: str, public_key: RSAPublicKey, key_id: str) -> None:
        self.issuer = f"{url}/op"
        self.introspection_url = f"{url}{INTROSPECT}"
        self._public_key = public_key
        self._key_id = key_id
        self._tokens: dict[str, tuple[str, dict[str, Any]]] = {}
        self._proofs: set[str] = set()
        self._lock = threading.Lock()

    def give(self, ssin: str, *, audience: str = AUDIENCE, **claims: Any) -> str:
        """A token for what belongs to this citizen; good, but for these claims."""
        token, now = secrets.token_urlsafe(24), int(time.time())
        told = {
            "active": True,
            "iss": self.issuer,
            "aud": audience,
            "sub": secrets.token_hex(16),
            "scope": f"vo_info {SCOPE}",
            "iat": now,
            "exp": now + SECONDS,
            "client_id": "mijn-burgerprofiel",
            "token_type": "bearer",
        }
        with self._lock:
            for old in [one for one, (_, held) in self._tokens.items() if held["exp"] < now]:
                del self._tokens[old]
            self._tokens[token] = (ssin, {**told, **claims})
        return token

    def whose(self, token: str, audience: str) -> str | None:
        """The citizen of a good token for this audience."""
        with self._lock:
            ssin, told = self._tokens.get(token, ("", {"active": False}))
        good = told["active"] and told["aud"] == audience and told["exp"] > time.time()
        return ssin if good else None

    def introspect(self, request: Request) -> Reply:
        """What is known of a token, for the city only."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if not self._city(form):
            return Reply(status=401, body=b'{"error":"invalid_client"}', headers=_JSON)
        with self._lock:
            _, told = self._tokens.get(form.get("token", ""), ("", {"active": False}))
        over = told["active"] and told["exp"] <= time.time()
        return Reply(body=msgspec.json.encode({"active": False} if over else told), headers=_JSON)

    def _city(self, form: dict[str, str]) -> bool:
        try:
            proof = form["client_assertion"]
            if form["client_assertion_type"] != _ASSERTION or form.get("client_id", CITY) != CITY:
                return False
            if jwt.get_unverified_header(proof).get("kid") != self._key_id:
                return False
            claims = jwt.decode(
                proof,
                self._public_key,
                algorithms=["RS256"],
                audience=self.issuer,
                issuer=CITY,
                options={"require": ["iss", "sub", "aud", "jti", "iat", "exp"]},
            )
        except (KeyError, jwt.PyJWTError):
            return False
        with self._lock:
            fresh = claims["jti"] not in self._proofs
            self._proofs.add(claims["jti"])
        return bool(fresh and claims["sub"] == CITY and claims["exp"] - claims["iat"] <= LONGEST_PROOF)
