"""Who cannot be the same, whatever else agrees."""

from collections.abc import Sequence

from backend.crm.matching.rules.compare import Level
from backend.crm.matching.rules.prepared import Prepared

GENERATION = 14
"""Years between two people with one name at one address from which they are parent and child."""
_HOME = frozenset({"place.full", "place.box", "place.noBox", "place.streetNear"})
_GIVEN = frozenset({"given.exact", "given.class", "given.part", "given.oneLetter"})
_FAMILY = frozenset({"family.exact", "family.spelling", "family.oneLetter"})
_PERSONAL = frozenset({"email.exact", "phone.mobile", "ssin.exact"})
_ONCE = {"vCode": "andere V-code", "enterpriseNumber": "ander ondernemingsnummer"}
"""Numbers of which an organisation has one."""


def ruled_out(one: Prepared, other: Prepared, levels: Sequence[Level]) -> str | None:
    """Why these two are not the same, in Dutch; None when they may be."""
    if one.group and other.group and one.group != other.group:
        return "een persoon is geen organisatie"
    if one.ssins and other.ssins and other_ssin(one.ssins, other.ssins):
        return "ander rijksregisternummer"
    if other.group == "o":
        return _other_number(one.numbers, other.numbers)
    found = {name for name, _ in levels} if one.born and other.born else set()
    if (
        "born.different" in found
        and found & _HOME
        and found & _GIVEN
        and found & _FAMILY
        and not found & _PERSONAL
        and abs(int(one.born[:4]) - int(other.born[:4])) >= GENERATION
    ):
        return "zelfde naam en adres, maar een generatie verschil: ouder en kind"
    return None


def other_ssin(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both have a national number and not the same.

    A BIS number and a national number may be of one person: who is registered later gets another number. Hashes under
    different keys cannot be compared and say nothing.
    """
    differ = False
    for version, bis, hashed in (one.split(":") for one in ours):
        for version2, bis2, hashed2 in (one.split(":") for one in theirs):
            if version == version2 and hashed == hashed2:
                return False
            differ |= version == version2 and bis == bis2
    return differ


def _other_number(ours: Sequence[str], theirs: Sequence[str]) -> str | None:
    shared = set(ours) & set(theirs)
    for kind, reason in _ONCE.items():
        mine = {number for number in ours if number.startswith(kind)}
        their = {number for number in theirs if number.startswith(kind)}
        if mine and their and not mine & their and not shared:
            return reason
    return None
