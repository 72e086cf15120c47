"""The associations register, over its public REST interface."""

from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from backend.crm.registers.rules import Register, RegisterRecord, RegisterRefused, RegisterUnknown
from backend.crm.registers.rules.associations import association
from backend.crm.registers.service.magda import failed_call
from backend.kit.outgoing import Answer, Caller, CallFailed, tls_context
from backend.settings import AssociationsRegister as Coupling

VERSION = "v2"
OK, NOT_FOUND, FAULT = 200, 404, 500


class AssociationsRegister:
    """Associations: `GET /v1/verenigingen/{vCode}`; it shows active ones that are in its public stream only.

    Args:
        settings: how it is reached.

    Raises:
        OSError: the key or a certificate cannot be read.
    """

    register: Register = "associationsRegister"
    capacity: str | None = None

    def __init__(self, settings: Coupling) -> None:
        self._url = settings.url.rstrip("/")
        self._key = Path(settings.api_key_file).read_text().strip()
        tls = tls_context(ca_file=settings.ca_file) if settings.url.startswith("https") else None
        self._caller = Caller(tls=tls, seconds=settings.seconds)

    async def association(self, v_code: str, *, reference: UUID) -> RegisterRecord:
        """See `AssociationSource`."""
        headers = {
            "vr-api-key": self._key,
            "vr-api-version": VERSION,
            "Accept": "application/ld+json",
            "x-correlation-id": str(reference),
        }
        try:
            return await self._caller.ask(
                "GET",
                f"{self._url}/v1/verenigingen/{quote(v_code, safe='')}",
                lambda answer: _record(answer, v_code),
                headers=headers,
            )
        except CallFailed as failure:
            raise failed_call(failure) from None

    async def close(self) -> None:
        """Give the connections back."""
        await self._caller.close()


def _record(answer: Answer, v_code: str) -> RegisterRecord:
    if answer.status == NOT_FOUND:
        raise RegisterUnknown("http404")
    if answer.status >= FAULT:
        raise CallFailed("status")
    if answer.status != OK:
        raise RegisterRefused(f"http{answer.status}")
    return association(answer.body, v_code)
