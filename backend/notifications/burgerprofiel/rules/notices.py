"""The body of `POST notificaties`: what is certain from design 7 section 1.2, what is not from a template. Pure.

The inner fields of a recipient, a channel and a pair are not public. They are in one template, which the file of the
coupling can replace: every string in it may hold the placeholders of `placeholders`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from backend.kit.clock import BRUSSELS
from backend.notifications.burgerprofiel.rules.coupling import Coupling
from backend.notifications.burgerprofiel.rules.dossiers import Told, link

CATEGORY = "DossierGerelateerdBerichtWijzigingDossier"
LASTS = timedelta(days=30)
RECIPIENT = "recipient"
"""Key of the template: one of these for each recipient, with `{number}` and `{kind}` of it."""

TEMPLATE: Mapping[str, Any] = {
    RECIPIENT: {"Identificatie": "{identification}", "Type": "{kind}"},
    "channels": [{"Code": "PassieveNotificatie"}],
    "pair": {"Sleutel": "{key}", "Waarde": "{value}"},
}


class NoticeTemplate:
    """Makes the bodies of notices.

    Args:
        coupling: with another template than the usual one, or without.
    """

    def __init__(self, coupling: Coupling) -> None:
        self._coupling = coupling
        own = {name: msgspec.json.decode(raw) for name, raw in (coupling.notification or {}).items()}
        self._template = {**TEMPLATE, **own}

    def bundle(self, told: Told, now: datetime) -> dict[str, Any]:
        """A `NotificatieBundel`; the same content has the same `Id`, so that a second try is no second notice."""
        coupling = self._coupling
        until = (now.astimezone(BRUSSELS) + LASTS).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return {
            "Id": str(notice_id(told.upload_id)),
            "AanbiederUri": coupling.source,
            "Bestemmelingen": [
                self._filled(RECIPIENT, identification=number, kind=kind) for kind, number in _who(told)
            ],
            "Categorie": CATEGORY,
            "TransactieId": f"{coupling.source}+{told.number}",
            "Vervaldatum": until.isoformat(),
            "Kanalen": self._template["channels"],
            "ProductId": told.product or coupling.product,
            "MerkCode": coupling.brand,
            "SleutelWaardeParen": [self._filled("pair", key=key, value=value) for key, value in self._pairs(told)],
        }

    def _pairs(self, told: Told) -> list[tuple[str, str]]:
        contact = self._coupling.contact
        pairs = [
            ("DossierNummer", told.number),
            ("StatusVlaamseCode", told.status.code),
            ("StatusVlaamseFase", told.status.phase),
            ("DossierNaam", told.name or self._coupling.neutral_name),
            ("DocumentLinkUri", link(told.number, self._coupling)),
            ("DossierBeheerderNaam", contact.name),
            ("DossierBeheerderDienst", contact.department),
            ("DossierBeheerderTelefoon", contact.phone),
            ("DossierBeheerderEmail", contact.email),
            ("DossierBeheerderWebsite", contact.website),
        ]
        return [(key, value) for key, value in pairs if value]

    def _filled(self, part: str, **values: str) -> Any:
        return _fill(self._template[part], values)


def notice_id(upload_id: UUID) -> UUID:
    """Of the notice about what was uploaded."""
    return uuid5(NAMESPACE_URL, f"urn:onthaal:notice:{upload_id}")


def _who(told: Told) -> list[tuple[str, str]]:
    who = told.recipients
    kinds = (("INSZ", who.ssins), ("KBO", who.enterprise_numbers), ("VCODE", who.v_codes))
    return [(kind, number) for kind, numbers in kinds for number in numbers]


def _fill(part: Any, values: Mapping[str, str]) -> Any:
    """The part with its placeholders filled, at any depth."""
    if isinstance(part, str):
        for name, value in values.items():
            part = part.replace(f"{{{name}}}", value)
        return part
    if isinstance(part, dict):
        return {name: _fill(inner, values) for name, inner in part.items()}
    if isinstance(part, list):
        return [_fill(inner, values) for inner in part]
    return part
