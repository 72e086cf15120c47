"""The switchboard says that it rings at a colleague's."""

import hmac
from pathlib import Path
from typing import Any

from litestar import Controller, Request
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from backend.kit.configuration import SettingsInvalid
from backend.kit.operation import post
from backend.kit.problems import ProblemError
from backend.kit.schema import Input, given
from bff.agent.operations import RING_TELEPHONE, Ringing
from bff.core.client import Core
from bff.core.tokens import CHANNEL_ITSELF
from bff.session import caller_of
from bff.settings import Settings, variable

SHORTEST = 32


class RingingTelephone(Input):
    """It rings: at which telephone (`extension`) or at whose (`username`), and from which number unless withheld."""

    phone: str | UnsetType = UNSET
    extension: str | UnsetType = UNSET
    username: str | UnsetType = UNSET


def telephone_token(settings: Settings) -> bytes | None:
    """What the switchboard shows; None: the hook is closed.

    Raises:
        SettingsInvalid: the file cannot be read, or holds less than 32 characters.
    """
    if not settings.telephone_token_file:
        return None
    try:
        token = Path(settings.telephone_token_file).read_bytes().strip()
    except OSError as error:
        raise SettingsInvalid(f"{variable('telephone_token_file')}: {error}") from error
    if len(token) < SHORTEST:
        raise SettingsInvalid(f"{variable('telephone_token_file')}: at least {SHORTEST} characters")
    return token


class TelephoneController(Controller):
    """The hook of the switchboard: no session, a token of its own."""

    path = "/telephone"
    tags = ["telephone"]
    opt = {"open": True}

    @post("/ringing", problems=[401, 502], public=True, status_code=204)
    async def tell_ringing(self, request: Request[Any, Any, Any], data: JSONBody[RingingTelephone]) -> None:
        """It rings: the colleague sees who it may be. Header `Authorization: Bearer` with the token of the switchboard.

        The answer never says who the caller is, nor whether anybody sits there.
        """
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        token: bytes | None = request.app.state.telephone_token
        known = token is not None and hmac.compare_digest(shown.strip().encode(), token)
        if not known or scheme.lower() != "bearer":
            raise ProblemError(401, "Not the token of the switchboard.", headers={"WWW-Authenticate": "Bearer"})
        core: Core = request.app.state.core
        ringing = Ringing(phone=given(data.phone), extension=given(data.extension), username=given(data.username))
        await core.call(RING_TELEPHONE, caller_of(request, CHANNEL_ITSELF), body=ringing)
