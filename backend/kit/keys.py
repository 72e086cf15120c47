"""Keys on disk: the key ring of personal data and the development issuer's key; made once, readable by us only."""

import os
import time
from pathlib import Path
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from backend.kit.crypto import KeyRing
from backend.kit.keyfile import KeyFile
from backend.kit.signing import DEVELOPMENT, KeyNames

TOKEN_SECONDS = 10 * 3600


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only we can read; another process that was first wins, and nobody reads half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def key_file(path: Path, *, create: bool) -> KeyFile:
    """The file with the keys of personal data; made at first start when `create`."""
    if create and not path.exists():
        write_secret(path, KeyRing.generate().to_json())
    return KeyFile(path)


class DevelopmentIssuer:
    """Signs tokens for demo users on this machine; production mode does not trust it.

    Args:
        folder: where its keys are.
        issuer: value of `iss`.
        audience: value of `aud`.
        names: of its key and files.
    """

    def __init__(self, folder: Path, issuer: str, audience: str, names: KeyNames = DEVELOPMENT) -> None:
        self._pem = folder / names.private
        self._jwks = folder / names.public
        self._kid = names.kid
        self._issuer = issuer
        self._audience = audience

    def prepare(self) -> None:
        """Make the key pair at first start; the public half is (re)written from the private one."""
        if not self._pem.exists():
            key = generate_private_key(SECP256R1())
            write_secret(self._pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        if not self._jwks.exists():
            public = ECAlgorithm.to_jwk(self._key().public_key(), as_dict=True)
            document = {"keys": [{**public, "kid": self._kid, "use": "sig", "alg": "ES256"}]}
            write_secret(self._jwks, msgspec.json.encode(document))

    def token(self, subject: str, *, seconds: int = TOKEN_SECONDS, **claims: Any) -> str:
        """A signed access token for this subject."""
        now = int(time.time())
        payload = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "iat": now,
            "exp": now + seconds,
            "azp": "development",
            **claims,
        }
        return jwt.encode(payload, self._key(), algorithm="ES256", headers={"typ": "at+jwt", "kid": self._kid})

    def _key(self) -> EllipticCurvePrivateKey:
        key = load_pem_private_key(self._pem.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError(f"{self._pem} is not an elliptic curve key")
        return key
