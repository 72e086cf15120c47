import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from backend.kit.keys import DevelopmentIssuer
from backend.kit.tokens import Issuer, KeysUnavailable, TokenExpired, TokenRefused, TokenVerifier

pytestmark = pytest.mark.anyio

ISSUER, AUDIENCE = "urn:test", "core"


@pytest.fixture
def issuer(tmp_path: Path) -> DevelopmentIssuer:
    made = DevelopmentIssuer(tmp_path, ISSUER, AUDIENCE)
    made.prepare()
    return made


@pytest.fixture
def verifier(issuer: DevelopmentIssuer, tmp_path: Path) -> TokenVerifier:
    assert issuer.token("an")  # its keys are there
    jwks = str(tmp_path / "development-jwks.json")
    return TokenVerifier([Issuer(issuer=ISSUER, audience=AUDIENCE, jwks_file=jwks)])


async def test_a_good_token_says_who(issuer: DevelopmentIssuer, verifier: TokenVerifier) -> None:
    found = await verifier.verify(issuer.token("an"))
    assert (found.subject, found.client, found.issuer) == ("an", "development", ISSUER)


def forge(claims: dict[str, Any], headers: dict[str, Any] | None = None, algorithm: str = "ES256") -> str:
    now = int(time.time())
    payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": "an", "iat": now, "exp": now + 60, **claims}
    key: Any = None if algorithm == "none" else {"HS256": "x" * 32}.get(algorithm) or generate_private_key(SECP256R1())
    merged = {"typ": "at+jwt", "kid": "development", **(headers or {})}
    return jwt.encode(payload, key, algorithm=algorithm, headers=merged)


@pytest.mark.parametrize(
    "token",
    [
        forge({}),  # signed with another key
        forge({}, algorithm="none"),
        forge({}, algorithm="HS256"),
        forge({}, {"kid": "other"}),
        forge({}, {"typ": "JWT"}),  # an ID token
        forge({"iss": "urn:other"}),
        "rubbish",
        "a.b.c",
        "",
    ],
)
async def test_a_forged_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(TokenRefused):
        await verifier.verify(token)


@pytest.mark.parametrize(
    "claims", [{"aud": "other"}, {"aud": [AUDIENCE, "other"]}, {"sub": ""}, {"sub": None}, {"iat": "never"}]
)
async def test_wrong_claims_are_refused(
    issuer: DevelopmentIssuer, verifier: TokenVerifier, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        await verifier.verify(issuer.token("an", **claims))


async def test_an_old_token_is_expired_and_clocks_may_differ(
    issuer: DevelopmentIssuer, verifier: TokenVerifier
) -> None:
    with pytest.raises(TokenExpired):
        await verifier.verify(issuer.token("an", seconds=-60))
    assert (await verifier.verify(issuer.token("an", iat=int(time.time()) + 5))).subject == "an"


async def test_a_key_set_that_is_away_is_not_a_bad_token(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    verifier = TokenVerifier([Issuer(issuer=ISSUER, audience=AUDIENCE, jwks_file=str(tmp_path / "none.json"))])
    with pytest.raises(KeysUnavailable):
        await verifier.verify(issuer.token("an"))


async def test_a_new_key_is_found_without_a_restart(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    jwks = tmp_path / "development-jwks.json"
    document = json.loads(jwks.read_text())
    jwks.write_text(json.dumps({"keys": []}))
    verifier = TokenVerifier([Issuer(issuer=ISSUER, audience=AUDIENCE, jwks_file=str(jwks))])
    with pytest.raises((TokenRefused, KeysUnavailable)):
        await verifier.verify(issuer.token("an"))
    jwks.write_text(json.dumps(document))
    verifier._keys[ISSUER]._read_at -= 60  # a minute later
    assert (await verifier.verify(issuer.token("an"))).subject == "an"
