"""How Mijn Burgerprofiel is coupled: the shape of the file that `ONTHAAL_BURGERPROFIEL_FILE` names."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backend.notifications.burgerprofiel.rules.statuses import CASES, QUESTIONS, StatusCode

Url = Annotated[str, Meta(pattern=r"^https?://[^\s?#]+$", max_length=500)]
Path = Annotated[str, Meta(pattern=r"^/[^\s?#]*$", max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Coupled(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of the parts of the file."""


class Address(Coupled, frozen=True, kw_only=True):
    """Where the contact centre is."""

    street: Text
    number: Text
    postcode: Text
    municipality: Text


class ContactCentre(Coupled, frozen=True, kw_only=True):
    """Whom a citizen asks about a dossier, whichever department handles it."""

    name: Text
    department: Text
    phone: Text | None = None
    email: Text | None = None
    website: Text | None = None
    address: Address | None = None


class Paths(Coupled, frozen=True, kw_only=True):
    """Where in the services things are; they differ between versions of DOSIS."""

    dossiers: Path = "/api/v2/dosis/dossiers"
    results: Path = "/api/v1/dosis/resultaten/perUploadId"
    deletions: Path = "/api/v1/dosis/dossiers"
    notifications: Path = "/api/v2/notificaties"


class Rights(Coupled, frozen=True, kw_only=True):
    """The right with which each kind of recipient sees a dossier; of organisations `<right> - <context>`."""

    citizen: Text = "Raadpleger"
    enterprise: Text
    association: Text


class Coupling(Coupled, frozen=True, kw_only=True):
    """How Mijn Burgerprofiel is reached, and what we are called there.

    Attributes:
        dosis_url: address of DOSIS.
        notifications_url: address of the notification component; left out: no notices.
        token_url: where tokens are given; also the audience of our proof.
        client_id: who we are there.
        key_file: our private RSA key, PEM without a password.
        key_id: its `kid`.
        dosis_scope: of the token for DOSIS.
        notifications_scope: of the token for notices.
        source: our `Bron`, `urn://city/application`.
        product: number of the general product, for what has no product of its own or may not tell it.
        brand: `MerkCode` of notices.
        link: where a citizen sees the dossier; `{number}` becomes its number.
        neutral_name: what a dossier is called that may not say what it is about.
        contact: whom to ask.
        rights: of the recipients.
        questions: state of a question -> status there.
        cases: phase of a case of an application -> status there, when its own is not one they know.
        notification: another body for notices, see `notices`.
        ca_file: authorities of the servers, PEM; the usual ones when left out.
        seconds: a call takes at most this long; with its token and once more it stays within a minute.
    """

    dosis_url: Url
    notifications_url: Url | None = None
    token_url: Url
    client_id: Text
    key_file: str
    key_id: Text
    dosis_scope: str = "DosisImport"
    notifications_scope: str = "NotificatieImport"
    source: Annotated[str, Meta(pattern=r"^urn://[^\s+]+$", max_length=200)]
    product: Annotated[str, Meta(pattern=r"^\d{1,12}$")]
    brand: Text
    link: Annotated[str, Meta(pattern=r"^https://\S*\{number\}\S*$", max_length=500)]
    neutral_name: Text
    contact: ContactCentre
    rights: Rights
    paths: Paths = Paths()
    questions: dict[str, StatusCode] = msgspec.field(default_factory=lambda: dict(QUESTIONS))
    cases: dict[str, StatusCode] = msgspec.field(default_factory=lambda: dict(CASES))
    notification: dict[str, msgspec.Raw] | None = None
    ca_file: str = ""
    seconds: Annotated[float, Meta(gt=0, le=14)] = 10.0
