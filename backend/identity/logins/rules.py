"""Roles out of the claims of ACM/IDM (design 7, section 2): `"<Recht>-<context>:<OrgCode>[, OrgCode]"`. Pure."""

import re
from collections.abc import Iterable

import msgspec

from backend.identity.rules import GlobalRole, Role

IN_DEPARTMENT: dict[str, Role] = {
    "OnthaalAgent": "agent",
    "OnthaalExpert": "expert",
    "OnthaalTeamLead": "teamLead",
    "OnthaalProductEditor": "productEditor",
}
"""Rights that need a department: the context is its code."""

EVERYWHERE: dict[str, GlobalRole] = {"OnthaalAdministrator": "administrator", "OnthaalAuditor": "auditor"}
"""Rights for the whole city, whatever the context."""

_CLAIM = re.compile(r"\s*(?P<right>[A-Za-z][A-Za-z0-9]*)(?:-(?P<context>[^:]*))?:(?P<organisations>.*)", re.DOTALL)


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What claims say.

    Attributes:
        roles: for the whole city.
        departments: code of a department -> roles in it.
        unknown: claims for this organisation that say nothing we know.
    """

    roles: frozenset[GlobalRole] = frozenset()
    departments: dict[str, frozenset[Role]] = {}
    unknown: int = 0


def granted(claims: Iterable[str], organisation: str) -> Granted:
    """Roles in these claims; those for other organisations are not ours and count for nothing."""
    roles: set[GlobalRole] = set()
    departments: dict[str, set[Role]] = {}
    unknown = 0
    for claim in claims:
        found = _CLAIM.fullmatch(claim)
        codes = {one.strip().casefold() for one in found["organisations"].split(",")} if found else set()
        if not found or organisation.casefold() not in codes:
            unknown += found is None
            continue
        right, context = found["right"], (found["context"] or "").strip().lower()
        if right in EVERYWHERE:
            roles.add(EVERYWHERE[right])
        elif right in IN_DEPARTMENT and context:
            departments.setdefault(context, set()).add(IN_DEPARTMENT[right])
        else:
            unknown += 1
    return Granted(
        roles=frozenset(roles),
        departments={code: frozenset(held) for code, held in departments.items()},
        unknown=unknown,
    )
