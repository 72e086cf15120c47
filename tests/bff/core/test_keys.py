"""The key of a channel has one name, in development and in production; one with the name of before goes on working."""

from pathlib import Path

import jwt
import msgspec
import pytest

from backend.kit.keys import DevelopmentIssuer
from backend.kit.signing import DEVELOPMENT, SIGNING, names_in
from backend.kit.tokens import TokenVerifier
from backend.platform import channel_issuer
from backend.settings import AUDIENCE, CHANNEL_ISSUER, Settings, issuers
from bff.core.application import parts
from bff.core.client import Caller
from bff.core.tokens import CHANNEL_ITSELF
from bff.core.transport import Received, Sent
from bff.settings import Settings as ChannelSettings
from tests.bff.core.test_core import GET_ME

pytestmark = pytest.mark.anyio


class Listening:
    """A core that keeps the token it was shown."""

    def __init__(self) -> None:
        self.token = ""

    async def send(self, request: Sent) -> Received:
        self.token = dict(request.headers)["authorization"].removeprefix("Bearer ")
        return Received(status=200, headers={}, body=b"{}")

    async def close(self) -> None:
        """Nothing to let go of."""


async def signed(folder: Path) -> str:
    """The token that the channel shows to the core."""
    core = Listening()
    made = parts("widget", ChannelSettings(keys=str(folder / "keys")), core)
    await made.core.call(GET_ME, Caller(subject=CHANNEL_ITSELF, trace="x"))
    return core.token


async def test_a_new_key_is_called_what_it_is(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    channel_issuer(settings, "widget").prepare()
    assert {one.name for one in (tmp_path / "keys" / "channel-widget").iterdir()} == {"key.pem", "jwks.json"}
    token = await signed(tmp_path)
    assert jwt.get_unverified_header(token)["kid"] == "channel"
    assert (await TokenVerifier(issuers(settings)).verify(token)).subject == CHANNEL_ITSELF


async def test_a_key_from_before_goes_on_working(tmp_path: Path) -> None:
    settings, folder = Settings(data=str(tmp_path)), tmp_path / "keys" / "channel-widget"
    DevelopmentIssuer(folder, f"{CHANNEL_ISSUER}widget", AUDIENCE).prepare()
    channel_issuer(settings, "widget").prepare()
    assert {one.name for one in folder.iterdir()} == {"development-key.pem", "development-jwks.json"}
    token = await signed(tmp_path)
    assert jwt.get_unverified_header(token)["kid"] == "development"
    assert (await TokenVerifier(issuers(settings)).verify(token)).subject == CHANNEL_ITSELF


def test_a_new_key_comes_before_one_from_before(tmp_path: Path) -> None:
    (tmp_path / DEVELOPMENT.private).touch()
    assert names_in(tmp_path) == DEVELOPMENT
    (tmp_path / SIGNING.private).touch()
    assert names_in(tmp_path) == SIGNING


def test_what_is_written_down_is_what_signs(tmp_path: Path) -> None:
    channel_issuer(Settings(data=str(tmp_path)), "agent").prepare()
    written = msgspec.json.decode((tmp_path / "keys" / "channel-agent" / "jwks.json").read_bytes())
    assert [(one["kid"], one["alg"], "d" in one) for one in written["keys"]] == [("channel", "ES256", False)]
