"""Who is let in, by what the identity provider really answers."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.kit.configuration import SettingsInvalid
from bff import settings as configuration
from bff.burgerprofiel.introspection import Introspection
from bff.settings import Settings, SourceApi
from tests.bff.burgerprofiel.conftest import TOKEN
from tests.simulators.introspection import AUDIENCE, CLIENT, ISSUER, SCOPE, SECRET, IntrospectionEndpoint
from tests.simulators.server import Reply

pytestmark = pytest.mark.anyio

PATH = "/burgerprofiel/v1/questions/90061638302"


async def ask(http: httpx.AsyncClient, token: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return await http.get(PATH, headers=headers)


async def test_a_good_token_is_asked_about_once_a_minute(http: httpx.AsyncClient, acm: IntrospectionEndpoint) -> None:
    for _ in range(3):
        assert (await ask(http, TOKEN)).status_code == 200
    assert len(acm.server.requests) == 1
    assert TOKEN not in acm.server.requests[0].path


@pytest.mark.parametrize(
    ("claims", "status", "kind"),
    [
        ({"active": False}, 401, "invalidAccessToken"),
        ({"aud": "https://een.ander"}, 401, "invalidAccessToken"),
        ({"aud": ["https://een.ander", AUDIENCE]}, 200, ""),
        ({"iss": "https://kwaad.example"}, 401, "invalidAccessToken"),
        ({"exp": int(time.time()) - 5}, 401, "invalidAccessToken"),
        ({"scope": "vo_info"}, 403, "missingScope"),
        ({"scope": f"{SCOPE}_niet"}, 403, "missingScope"),
    ],
)
async def test_what_a_token_must_be(
    http: httpx.AsyncClient, acm: IntrospectionEndpoint, claims: dict[str, Any], status: int, kind: str
) -> None:
    answer = await ask(http, acm.give("dit", **claims))
    assert answer.status_code == status, answer.text
    if kind:
        assert answer.json()["type"] == f"urn:problem-type:belgif:{kind}"
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_without_a_token_or_with_an_unknown_one_nothing_opens(
    http: httpx.AsyncClient, acm: IntrospectionEndpoint
) -> None:
    bare = await ask(http, None)
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")
    assert not acm.server.requests
    assert (await ask(http, "verzonnen")).status_code == 401
    assert (await ask(http, "x" * 9_000)).status_code == 401
    assert len(acm.server.requests) == 1


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(status=401), Reply(body=b"<html>"), Reply(cut=0, body=b"{}", status=200)]
)
async def test_an_endpoint_that_fails_closes_the_door(
    http: httpx.AsyncClient, acm: IntrospectionEndpoint, reply: Reply
) -> None:
    acm.reply = reply
    assert (await ask(http, TOKEN)).status_code == 503
    acm.reply = None
    assert (await ask(http, TOKEN)).status_code == 200, "a failure is not remembered"


async def test_a_secret_instead_of_a_key(acm: IntrospectionEndpoint, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    introspection = Introspection(
        SourceApi(
            introspection_url=f"{acm.server.url}/op/v1/introspect",
            issuer=ISSUER,
            client_id=CLIENT,
            client_secret_file=str(secret),
            audience=AUDIENCE,
            scope=SCOPE,
        )
    )
    await introspection.check(TOKEN)
    await introspection.close()


def test_the_file_is_refused_when_it_cannot_be_right(source: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "source.json"
    settings = Settings(source_file=str(file))
    file.write_text(json.dumps(source))
    assert configuration.source(settings)
    for wrong in ({**source, "clientSecretFile": "x"}, {**source, "clientKeyFile": ""}, {**source, "onbekend": 1}):
        file.write_text(json.dumps(wrong))
        with pytest.raises(SettingsInvalid):
            configuration.source(settings)
    file.write_text(json.dumps(source))
    with pytest.raises(SettingsInvalid, match="https"):
        configuration.check_production(Settings(mode="production", source_file=str(file)))
