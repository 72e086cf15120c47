"""What DOSIS answers, read: codes only, because its descriptions may repeat what we sent. Pure."""

import re

import msgspec

MOST_CODES = 5
_CODE = re.compile(r"^[A-Za-z][A-Za-z0-9_.-]{0,59}$")


class _Fault(msgspec.Struct, frozen=True):
    code: str | int | None = None
    field: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    code: str | int | None = None
    errors: list[_Fault] = []


class _ResultFault(msgspec.Struct, frozen=True, rename="pascal"):
    lijn_nummer: int | None = None


class Result(msgspec.Struct, frozen=True, rename="pascal"):
    """What became of an upload."""

    succes: bool | None = None
    fout: str | None = None
    fouten: list[_ResultFault] | None = None
    tijdstip_verwerking: str | None = None

    @property
    def settled(self) -> bool:
        """Whether it was processed."""
        return self.succes is not None and bool(self.tijdstip_verwerking)

    @property
    def fault(self) -> str:
        """Why it was refused: its code, or how many faults there are; never their words."""
        if self.fout and _CODE.match(self.fout):
            return self.fout
        return f"{len(self.fouten or [])} faults"


class Acceptance(msgspec.Struct, frozen=True, rename="pascal"):
    """That an upload will be processed."""

    status: str
    upload_id: str


def refusal(status: int, body: bytes) -> str:
    """The codes of a refusal, `http400 E12 (E12 Agenten)`; of a body that cannot be read the status only."""
    try:
        told = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"http{status}"
    each = [f"{_safe(one.code)} {_safe(one.field)}".strip() for one in told.errors[:MOST_CODES]]
    listed = ", ".join(one for one in each if one)
    return f"http{status} {_safe(told.code)}{f' ({listed})' if listed else ''}".strip()


def _safe(word: str | int | None) -> str:
    """A code or the name of a field; anything else could be data."""
    text = re.sub(r"\[\d+\]", "", str(word)) if word is not None else ""
    return text if (text.isdigit() and len(text) <= MOST_CODES) or _CODE.match(text) else ""
