"""Calls to DOSIS and to the notification component."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.kit.clock import SystemClock
from backend.kit.configuration import SettingsInvalid
from backend.kit.outbox import DeadLetter, TryAgain
from backend.kit.outgoing import Answer, Caller, CallFailed, tls_context
from backend.notifications.burgerprofiel.rules import (
    Acceptance,
    Coupling,
    NoticeTemplate,
    Result,
    Told,
    dossier,
    refusal,
)
from backend.notifications.burgerprofiel.service.tokens import TokenRefused, TokenSource
from backend.settings import Settings, variable

T = TypeVar("T")
_UNAUTHORISED, _NOT_FOUND, _CLIENT, _FAULT = 401, 404, 400, 500
_JSON = "application/json"


class DossierAway(TryAgain):
    """There is no answer that can be used now; the message is a code."""


class DossierRefused(DeadLetter):
    """They will never take this; the message is their codes, never their words."""


class _Unauthorised(Exception):
    """The token does not hold (any more)."""


class Burgerprofiel:
    """Mijn Burgerprofiel, as it is coupled; one for the whole process: its token and its breakers are shared.

    Args:
        coupling: how it is reached.

    Raises:
        OSError: a key or certificate cannot be read.
        ValueError, TypeError: the key is no private RSA key without a password.
    """

    def __init__(self, coupling: Coupling) -> None:
        self.coupling = coupling
        self._notices = NoticeTemplate(coupling)
        https = coupling.token_url.startswith("https")
        tls = tls_context(ca_file=coupling.ca_file) if https else None
        self._callers = [Caller(tls=tls, seconds=coupling.seconds) for _ in range(3)]
        self._dosis, self._notifications, tokens = self._callers
        key = load_pem_private_key(Path(coupling.key_file).read_bytes(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("keyFile holds no RSA key")
        self._tokens = TokenSource(coupling, key, tokens)

    @property
    def notifies(self) -> bool:
        """Whether notices can be sent."""
        return self.coupling.notifications_url is not None

    async def push(self, told: Told) -> None:
        """Hand a dossier in: it will be processed, see `result`. The same upload again changes nothing.

        Raises:
            DossierAway: not now.
            DossierRefused: never.
        """
        body = msgspec.json.encode(dossier(told, self.coupling))
        accepted = await self._call("POST", self.coupling.paths.dossiers, _accepted, content=body)
        if accepted.upload_id != str(told.upload_id):
            raise DossierAway("otherUpload")

    async def result(self, upload_id: UUID) -> Result | None:
        """What became of an upload; None while that is not known. Raises as `push`."""
        query = urlencode({"uploadId": str(upload_id)})
        return await self._call("GET", f"{self.coupling.paths.results}?{query}", _result)

    async def delete(self, number: str) -> None:
        """Nobody sees the dossier any more; neither is it a fault when nobody did. Raises as `push`."""
        query = urlencode({"bron": self.coupling.source, "dossierNummer": number})
        await self._call("DELETE", f"{self.coupling.paths.deletions}?{query}", _gone)

    async def notify(self, told: Told) -> None:
        """Tell the recipients; the same content again is the same notice. Raises as `push`."""
        coupling = self.coupling
        if coupling.notifications_url is None:
            raise DossierRefused("notConfigured")
        body = msgspec.json.encode(self._notices.bundle(told, SystemClock().now()))
        url = f"{coupling.notifications_url.rstrip('/')}{coupling.paths.notifications}"
        await self._authorised(self._notifications, coupling.notifications_scope, "POST", url, _taken, body)

    async def close(self) -> None:
        """Give the connections back."""
        for caller in self._callers:
            await caller.close()

    async def _call(self, method: str, path: str, read: Callable[[Answer], T], *, content: bytes | None = None) -> T:
        url = f"{self.coupling.dosis_url.rstrip('/')}{path}"
        return await self._authorised(self._dosis, self.coupling.dosis_scope, method, url, read, content)

    async def _authorised(
        self, caller: Caller, scope: str, method: str, url: str, read: Callable[[Answer], T], content: bytes | None
    ) -> T:
        """Call with a token; when it is refused once more with a new one."""
        try:
            for last in (False, True):
                headers = {"Authorization": f"Bearer {await self._tokens.token(scope)}", "Accept": _JSON}
                if content is not None:
                    headers["Content-Type"] = _JSON
                try:
                    return await caller.ask(method, url, read, content=content, headers=headers)
                except _Unauthorised:
                    self._tokens.drop(scope)
                    if last:
                        break
        except CallFailed as failure:
            raise DossierAway(failure.reason) from None
        except TokenRefused as refused:  # wrong for every dossier until somebody sets it right: none may die of it
            raise DossierAway(str(refused)) from None
        raise DossierAway("http401")


def _checked(answer: Answer) -> None:
    """Raise for anything but an answer to what was asked."""
    if answer.status == _UNAUTHORISED:
        raise _Unauthorised
    if answer.status >= _FAULT:
        raise CallFailed("status")
    if answer.status >= _CLIENT:
        raise DossierRefused(refusal(answer.status, answer.body))


def _accepted(answer: Answer) -> Acceptance:
    _checked(answer)
    return _decoded(answer, Acceptance)


def _result(answer: Answer) -> Result | None:
    if answer.status == _NOT_FOUND:
        return None
    _checked(answer)
    found = _decoded(answer, Result)
    return found if found.settled else None


def _gone(answer: Answer) -> None:
    if answer.status != _NOT_FOUND:
        _checked(answer)


def _taken(answer: Answer) -> None:
    _checked(answer)


def _decoded(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallFailed("unreadable") from None


def burgerprofiel(settings: Settings) -> Burgerprofiel | None:
    """Mijn Burgerprofiel as the file of the settings couples it; None without one.

    Raises:
        SettingsInvalid: the file, the key or a certificate cannot be used, or production mode would call without
            encryption.
    """
    if not settings.burgerprofiel_file:
        return None
    name = variable("burgerprofiel_file")
    try:
        coupling = msgspec.json.decode(Path(settings.burgerprofiel_file).read_bytes(), type=Coupling)
        addresses = [coupling.dosis_url, coupling.token_url, coupling.notifications_url or coupling.dosis_url]
        if settings.production and not all(one.startswith("https://") for one in addresses):
            raise SettingsInvalid(f"{name}: an address begins with https://")
        return Burgerprofiel(coupling)
    except (OSError, TypeError, ValueError, msgspec.DecodeError) as error:
        raise SettingsInvalid(f"{name}: {error}") from error
