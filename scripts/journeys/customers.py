"""New customers, different at every run; numbers that pass their check but were never given to anybody."""

import secrets
from typing import Any

import msgspec

SEQUENCE = 999
"""Sequence numbers of national numbers end at 998."""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who contacts the city.

    Attributes:
        name: as the platform shows it.
        number: national number (11 digits), enterprise number or V-code.
        phone: as a Belgian types it.
    """

    kind: str
    name: str
    given: str = ""
    family: str = ""
    number: str
    email: str
    phone: str

    def form(self) -> dict[str, Any]:
        """The body that registers this customer."""
        types = {"person": "ssin", "enterprise": "enterpriseNumber", "association": "vCode"}
        named: dict[str, Any] = {"organisationName": self.name}
        if self.kind == "person":
            named = {"names": {"given": self.given, "family": self.family}}
        return {
            "kind": self.kind,
            **named,
            "preferredChannel": "email",
            "identifiers": [{"type": types[self.kind], "value": self.number}],
            "addresses": [{"street": "Kerkstraat", "number": "12", "postcode": "9999", "municipality": "Zonderwater"}],
            "contactPoints": [
                {"type": "email", "value": self.email, "preferred": True},
                {"type": "phone", "value": self.phone},
            ],
        }


def new_person(run: str) -> Customer:
    """A citizen.

    Args:
        run: what makes this run unique.
    """
    given, family = "Mieke", f"Traject {run}"
    return Customer(
        kind="person",
        name=f"{given} {family}",
        given=given,
        family=family,
        number=_national_number(),
        email=f"mieke.{run}@burger.example".lower(),
        phone=_phone(),
    )


def new_association(run: str) -> Customer:
    """An association."""
    return Customer(
        kind="association",
        name=f"Feestcomité Traject {run}",
        number=f"V9{secrets.randbelow(10**6):06}",
        email=f"feest.{run}@vereniging.example".lower(),
        phone=_phone(),
    )


def new_enterprise(run: str) -> Customer:
    """An enterprise."""
    first = 19_000_000 + secrets.randbelow(10**6)  # far from the numbers given so far
    return Customer(
        kind="enterprise",
        name=f"Bakkerij Traject {run}",
        number=f"{first}{97 - first % 97:02}",
        email=f"bakkerij.{run}@zaak.example".lower(),
        phone=_phone(),
    )


def typed_ssin(number: str) -> str:
    """A national number as people write it: `85.07.30-033.28`."""
    return f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"


def _national_number() -> str:
    born = f"{20 + secrets.randbelow(80)}{1 + secrets.randbelow(12):02}{1 + secrets.randbelow(28):02}"
    first = int(f"{born}{SEQUENCE}")
    return f"{first}{97 - first % 97:02}"


def _phone() -> str:
    digits = f"{secrets.randbelow(10**6):06}"
    return f"0499 {digits[:2]} {digits[2:4]} {digits[4:]}"
