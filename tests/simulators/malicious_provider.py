"""An identity provider that lies: each lie is one thing that a client must notice (design 5)."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from tests.simulators.server import Reply, Request, Simulator

CLIENT = "onthaal-agent"
Json = dict[str, Any]
Change = Callable[[Json], Json]


def _same(value: Json) -> Json:
    return value


class Lie(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as it should be.

    Attributes:
        claims: of the id token.
        header: of the id token.
        metadata: discovery document.
        key: what it is signed with: `own`, `strange` (same kid), `public` (as a secret) or `none`.
        keys: the key set, with the honest one.
        replies: path -> answer in place of the honest one.
        callback: parameters of the callback.
    """

    claims: Change = _same
    header: Change = _same
    metadata: Change = _same
    key: str = "own"
    keys: Callable[[list[Json]], list[Json]] = list
    replies: dict[str, Reply] = {}
    callback: Change = _same


class MaliciousProvider:
    """Serves discovery, keys and tokens with one lie at a time."""

    def __init__(self) -> None:
        self._own = rsa.generate_private_key(65537, 2048)
        self._strange = rsa.generate_private_key(65537, 2048)
        self.lie = Lie()
        self.nonce = ""
        self.simulator = Simulator(self._answer, None)

    @property
    def issuer(self) -> str:
        return self.simulator.url

    @property
    def asked(self) -> list[str]:
        """Paths, in order."""
        return [one.path for one in self.simulator.requests]

    def tell(self, lie: Lie) -> None:
        self.lie = lie
        self.simulator.requests.clear()

    def claims(self) -> Json:
        """Honest claims of an id token."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "s-1",
            "nonce": self.nonce,
            "iat": now,
            "exp": now + 300,
            "given_name": "An",
            "family_name": "Echt",
            "vo_id": "an.echt",
            "sid": "sid-1",
            "onthaal_rol_3d": ["OnthaalAgent-onthaal:OVO000000"],
        }

    def logout_claims(self) -> Json:
        """Honest claims of a logout token."""
        return {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            "jti": f"jti-{time.time_ns()}",
            "sid": "sid-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }

    def signed(self, claims: Json, header: Json, key: str = "own") -> str:
        """A token, as honest as it is asked to be."""
        if key == "none":
            return jwt.encode(claims, "", algorithm="none", headers=header)
        if key == "public":  # the famous one: the public key as the secret of an HMAC
            pem = self._own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            return _hmac(claims, {**header, "alg": "HS256"}, pem)
        private = self._strange if key == "strange" else self._own
        algorithm = header.get("alg", "RS256")
        return jwt.encode(claims, private, algorithm=algorithm, headers=header)

    def _answer(self, request: Request) -> Reply:
        path = request.path.split("?")[0]
        if path in self.lie.replies:
            return self.lie.replies[path]
        told: Any
        if path == "/.well-known/openid-configuration":
            told = self.lie.metadata(self._metadata())
        elif path == "/keys":
            public = RSAAlgorithm.to_jwk(self._own.public_key(), as_dict=True)
            told = {"keys": self.lie.keys([{**public, "kid": "k1", "use": "sig", "alg": "RS256"}])}
        elif path == "/token" and "code_verifier" in parse_qs(request.body.decode()):
            header = self.lie.header({"kid": "k1", "typ": "JWT"})
            token = self.signed(self.lie.claims(self.claims()), header, self.lie.key)
            told = {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token}
        else:
            return Reply(status=404, body=b"{}")
        return Reply(body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})

    def _metadata(self) -> Json:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout",
            "authorization_response_iss_parameter_supported": True,
        }


def _hmac(claims: Json, header: Json, secret: bytes) -> str:
    """By hand: PyJWT refuses to do this."""

    parts = [urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims)]
    signature = urlsafe_b64encode(hmac.digest(secret, b".".join(parts), hashlib.sha256)).rstrip(b"=")
    return b".".join([*parts, signature]).decode()
