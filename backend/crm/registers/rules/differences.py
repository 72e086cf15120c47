"""What a register says beside what we hold, thing by thing: the same, new, different, or ended. Pure."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from backend.crm.rules import Source

Field = Literal["name", "birthDate", "deceased", "address", "contactPoint", "identifier", "stopped", "legalForm"]
Verdict = Literal["same", "new", "different", "ended"]
Decision = Literal["open", "accepted", "rejected", "superseded", "expired", "none"]
"""To be decided; taken over; not; a later look-up came; nobody decided in time; there is nothing to decide."""

KEEP_DAYS = 30
"""What a register said and nobody decided about is forgotten after so many days."""

_TOLD_ONLY = frozenset({"stopped", "legalForm"})
"""Told, but we keep no such fact."""
_LASTING = frozenset({"identifier", "birthDate", "deceased", *_TOLD_ONLY})
"""Never ended because a register no longer says it."""
_MANY = frozenset({("name", "alias"), ("contactPoint", "email"), ("contactPoint", "phone")})
"""Of these somebody has several, so another one is new, not different."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a register says, or that we hold.

    Attributes:
        kind: within the field: `person`, `email`, `enterpriseNumber` …
        key: two with the same key say the same.
        shown: as one line.
        hidden: nobody may see it without revealing.
        id: of the fact that we hold.
        source: who told us.
    """

    field: Field
    kind: str = ""
    key: str
    shown: str
    hidden: bool = False
    id: UUID | None = None
    source: Source | None = None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be accepted or not.

    Attributes:
        theirs: what the register says; None when it no longer says it.
        shown: the same as one line; None when that is hidden.
        ours: what we hold of it, as lines; hidden ones are left out.
        hidden: there is more than may be shown.
        ends: facts of this register that no longer hold once this is accepted.
        acceptable: whether there is anything to accept.
    """

    field: Field
    kind: str
    verdict: Verdict
    theirs: Said | None = None
    shown: str | None = None
    ours: tuple[str, ...] = ()
    hidden: bool = False
    ends: tuple[UUID, ...] = ()
    acceptable: bool = True


def compare(theirs: Sequence[Said], ours: Sequence[Said], source: Source) -> list[Difference]:
    """Every difference, and every agreement.

    Whether an address that may not be told is one we hold in the open is never told either: it is compared with
    undisclosed ones only.

    Args:
        theirs: what the register says.
        ours: what we hold.
        source: the register.
    """
    groups = list(dict.fromkeys((one.field, one.kind) for one in [*theirs, *ours]))
    single_address = sum(one.field == "address" for one in theirs) <= 1
    found: list[Difference] = []
    for group in groups:
        said = [one for one in theirs if (one.field, one.kind) == group]
        held = [one for one in ours if (one.field, one.kind) == group]
        many = group in _MANY or (group[0] == "address" and not single_address)
        found += _group(said, held, source, many=many)
    return found


def _group(said: list[Said], held: list[Said], source: Source, *, many: bool) -> list[Difference]:
    """The differences of one kind of thing."""
    gone = [] if _stays(said, held) else [one for one in held if one.source == source and not _among(one, said)]
    replaced = () if many else tuple(one.id for one in gone if one.id is not None)
    found = [_difference(one, held, source, many=many, ends=replaced) for one in said]
    if any(one.ends for one in found):
        return found
    return found + [
        Difference(
            field=one.field,
            kind=one.kind,
            verdict="ended",
            ours=() if one.hidden else (one.shown,),
            hidden=one.hidden,
            ends=(one.id,),
        )
        for one in gone
        if one.id is not None
    ]


def _difference(one: Said, held: list[Said], source: Source, *, many: bool, ends: tuple[UUID, ...]) -> Difference:
    hidden = one.hidden or any(other.hidden and other.key == one.key for other in held)
    comparable = [other for other in held if other.hidden == one.hidden]
    same = [other for other in comparable if other.key == one.key]
    shown = [other for other in (same if many else comparable) if not other.hidden]
    if same:
        verdict: Verdict = "same"
    else:
        verdict = "different" if comparable and not many else "new"
    return Difference(
        field=one.field,
        kind=one.kind,
        verdict=verdict,
        theirs=one,
        shown=None if hidden else one.shown,
        ours=tuple(dict.fromkeys(other.shown for other in shown)),
        hidden=hidden,
        ends=() if same and any(other.source == source for other in same) else ends,
        acceptable=_acceptable(one, same, verdict, source),
    )


def _acceptable(one: Said, same: list[Said], verdict: Verdict, source: Source) -> bool:
    """Whether accepting changes anything, and can be done."""
    if one.field in _TOLD_ONLY or (one.field == "identifier" and verdict == "different"):
        return False
    if one.field in {"birthDate", "deceased"}:
        return not same
    return not any(other.source == source for other in same)


def _among(one: Said, said: list[Said]) -> bool:
    return any(other.key == one.key and other.hidden == one.hidden for other in said)


def _stays(said: list[Said], held: list[Said]) -> bool:
    """Whether what we hold is never ended here: a lasting thing, or the only name of somebody."""
    field, kind = (said or held)[0].field, (said or held)[0].kind
    return field in _LASTING or (field == "name" and kind != "alias" and not said)
