"""Status there for a state here: a table, because the official code list is theirs and changes (design 7, 1.1)."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

Code = Annotated[str, Meta(pattern=r"^[A-Z][A-Za-z]{1,59}$")]


class StatusCode(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A status as DOSIS knows it.

    Attributes:
        phase: `VlaamsFase`.
        code: `VlaamsCode`.
        action: what the citizen has to do, in one line; None when nothing.
        notify: whether the citizen gets a notice of it.
    """

    phase: Code
    code: Code
    action: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    notify: bool = False


QUESTIONS = {
    "new": StatusCode(phase="Samenstelling", code="Ingediend"),
    "inProgress": StatusCode(phase="Behandeling", code="InBehandeling"),
    "waitingForCustomer": StatusCode(
        phase="Behandeling", code="DossierOnvolledig", action="Geef ons meer informatie", notify=True
    ),
    "answered": StatusCode(phase="Uitvoering", code="Uitgevoerd", notify=True),
    "closed": StatusCode(phase="Uitvoering", code="Uitgevoerd"),
    "withdrawn": StatusCode(phase="Beslissing", code="Stopgezet"),
}
"""State of a question -> status there; the default, an installation can choose another in its file.

An answer approves nothing: `Uitgevoerd`, not `Goedgekeurd`.
"""

CASES = {
    "samenstelling": StatusCode(phase="Samenstelling", code="Ingediend"),
    "behandeling": StatusCode(phase="Behandeling", code="InBehandeling"),
    "beslissing": StatusCode(phase="Beslissing", code="InWacht"),
    "beroep": StatusCode(phase="Beroep", code="InWacht"),
    "uitvoering": StatusCode(phase="Uitvoering", code="Uitgevoerd"),
    "afgerond": StatusCode(phase="Uitvoering", code="Uitgevoerd", notify=True),
}
"""Phase of a case -> status there, when its application says it in words of its own: those are not passed on."""

KNOWN = frozenset(
    {"Geinitieerd", "Aangevraagd", "Ingediend"}
    | {"DossierOnvolledig", "DossierVolledig", "Ontvankelijk", "OnOntvankelijk", "InBehandeling"}
    | {"KlaarVoorBeslissing", "InWacht", "Beslist", "Goedgekeurd", "Stopgezet", "Stopzetting", "Geweigerd"}
    | {"KlaarVoorBetaling", "Betaald", "DeelsUitbetaald", "Uitgevoerd", "ErkendVergund", "DeelsGoedgekeurd"}
)
"""Codes that are known to be theirs."""

CASE_ACTION = "Open uw dossier"
"""What a citizen has to do when an application only says that there is something to do."""


def of_case(table: Mapping[str, StatusCode], phase: str, status: str, *, action_needed: bool) -> StatusCode:
    """The status of a case: what its application says where that is a code of theirs, else by its phase."""
    found = table[phase]
    if status in KNOWN:
        found = StatusCode(phase=phase.capitalize(), code=status, notify=found.notify)
    if action_needed:
        return msgspec.structs.replace(found, action=found.action or CASE_ACTION, notify=True)
    return found
