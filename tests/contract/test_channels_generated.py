"""Requests that schemathesis makes from the documents of the channels, against a served core with its channels.

What a channel passes on is tried in full in the core's own run (test_generated.py); here it is the channel's turn: its
own screens, forms and pages, and that nothing passed on comes back as it may not.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.settings import Settings
from bff.session.sessions import Sessions
from bff.session.store import store_of
from tests.contract.city import City
from tests.contract.served import Served, serving
from tests.contract.test_generated import DESCRIPTION, HERE, SECONDS, environment
from tests.simulators.introspection import AUDIENCE, CLIENT, ISSUER, SCOPE, SECRET, IntrospectionEndpoint

EXAMPLES = os.environ.get("ONTHAAL_CONTRACT_EXAMPLES", "3")
NOT_TRIED = {"agent": ("followEvents", "endSession", "logout"), "widget": (), "burgerprofiel": ()}
"""An answer that never ends; what ends the session that the run is made with."""


@pytest.fixture(scope="module")
def acm() -> Iterator[IntrospectionEndpoint]:
    """Knows the token of Mijn Burgerprofiel."""
    endpoint = IntrospectionEndpoint(b"")
    endpoint.give("goed")
    with endpoint.server:
        yield endpoint


@pytest.fixture(scope="module")
def channels(
    served_settings: Settings, people_of: City, acm: IntrospectionEndpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The core with its channels."""
    assert people_of.token
    folder = tmp_path_factory.mktemp("channels")
    secret, source = folder / "secret", folder / "source.json"
    secret.write_text(SECRET)
    told = {
        "introspectionUrl": f"{acm.server.url}/op/v1/introspect",
        "issuer": ISSUER,
        "clientId": CLIENT,
        "clientSecretFile": str(secret),
        "audience": AUDIENCE,
        "scope": SCOPE,
    }
    source.write_text(json.dumps(told))
    with serving(
        served_settings,
        "--channels",
        ONTHAAL_BFF_KEYS=f"{served_settings.data}/keys",
        ONTHAAL_BFF_SESSIONS_URL=served_settings.redis_url,
        ONTHAAL_BFF_SOURCE_FILE=str(source),
        ONTHAAL_BFF_FORM_URL="https://www.stad.example/contact/{productNumber}",
        ONTHAAL_BFF_FORM_SSO_AUDIENCE="formulier",
        ONTHAAL_BFF_FORM_SSO_URL="https://www.stad.example/api/v1/temp-sso-token",
    ) as running:
        yield running


async def _cookie(settings: Settings, channel: str, subject: str) -> str:
    """A session as a login would have made it."""
    sessions = Sessions(channel, store_of(settings.redis_url, channel))  # type: ignore[arg-type] # one of the three
    try:
        token, _ = await sessions.start(subject, "Iedereen")
    finally:
        await sessions.close()
    return f"{sessions.cookie}={token}"


def _headers(settings: Settings, city: City, channel: str) -> dict[str, str]:
    if channel == "burgerprofiel":
        return {"Authorization": "Bearer goed"}
    if channel == "widget":
        return {"X-CSRF": "1"}
    return {"X-CSRF": "1", "Cookie": asyncio.run(_cookie(settings, channel, str(city.user)))}


def _config(folder: Path, headers: dict[str, str], left_out: tuple[str, ...]) -> Path:
    """The configuration of the core's run, with what this channel needs instead of a token."""
    usual = (HERE / "schemathesis.toml").read_text()
    start, end = usual.index("[auth.openapi.bearer]"), usual.index("[generation]")
    sent = "headers = { " + ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items())
    text = usual[:start] + usual[end : usual.index("[[operations]]")]
    text = text.replace("color = false\n", f"color = false\n{sent} }}\n", 1)
    names = ", ".join(json.dumps(name) for name in left_out)
    text += f"\n[[operations]]\ninclude-operation-id = [{names}]\nenabled = false\n" if left_out else ""
    text += "\n[checks.ignored_auth]\nenabled = false\n"
    file = folder / "schemathesis.toml"
    file.write_text(text)
    return file


def _document(folder: Path, channel: str) -> Path:
    """The description without who may ask: every request of the run is the session's."""
    read = json.loads(DESCRIPTION.with_name(f"{channel}.json").read_text())
    read.pop("security", None)
    for item in read["paths"].values():
        for one in item.values():
            one.pop("security", None)
    file = folder / f"{channel}.json"
    file.write_text(json.dumps(read))
    return file


@pytest.mark.parametrize("channel", ["agent", "widget", "burgerprofiel"])
def test_no_generated_request_breaks_the_contract(
    channels: Served, served_settings: Settings, city: City, channel: str, tmp_path: Path
) -> None:
    for kind, ids in city.ids.items():
        (tmp_path / f"{kind}.txt").write_text("".join(f'"{one}"\n' for one in ids))
    config = _config(tmp_path, _headers(served_settings, city, channel), NOT_TRIED[channel])
    document = _document(tmp_path, channel)
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", str(config), "run", str(document), "-n", EXAMPLES),
        ],
        cwd=tmp_path,
        env=environment(channels.url, city.token),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout[-20000:]}\n{done.stderr[-2000:]}\n{channels.failures()}"
