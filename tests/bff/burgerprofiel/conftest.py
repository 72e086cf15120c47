"""The source API with a real introspection endpoint beside it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bff.settings import Settings
from tests.simulators.introspection import AUDIENCE, CLIENT, ISSUER, SCOPE, IntrospectionEndpoint

TOKEN = "goed"


@pytest.fixture(scope="session")
def key() -> ec.EllipticCurvePrivateKey:
    """Our key at the identity provider."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def acm(key: ec.EllipticCurvePrivateKey) -> Iterator[IntrospectionEndpoint]:
    """The endpoint, running."""
    endpoint = IntrospectionEndpoint(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    endpoint.give(TOKEN)
    with endpoint.server:
        yield endpoint


@pytest.fixture
def source(acm: IntrospectionEndpoint, key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> dict[str, str]:
    """The file of the source, as it stands there."""
    pem = tmp_path / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {
        "introspectionUrl": f"{acm.server.url}/op/v1/introspect",
        "issuer": ISSUER,
        "clientId": CLIENT,
        "clientKeyFile": str(pem),
        "clientKeyId": "onthaal-1",
        "audience": AUDIENCE,
        "scope": SCOPE,
    }


@pytest.fixture
def channel_settings(channel_settings: Settings, source: dict[str, str], tmp_path: Path) -> Settings:
    """With the source set up."""
    file = tmp_path / "source.json"
    file.write_text(json.dumps(source))
    return msgspec.structs.replace(channel_settings, source_file=str(file))


@pytest.fixture
def burgerprofiel(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Mijn Burgerprofiel, with a good token."""
    http.headers["Authorization"] = f"Bearer {TOKEN}"
    return http
