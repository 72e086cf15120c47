"""JSON shapes of the widget: what the contact form asks, the link of a product."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Raw, UnsetType

from backend.kit.schema import Input, Moment, ShortText, View
from bff.core.description import of_core

Requester = Literal["person", "association", "enterprise"]
Identifiers = Annotated[Raw, of_core("HitIdentifier", many=True)]
Addresses = Annotated[Raw, of_core("AddressView", many=True)]
ContactPoints = Annotated[Raw, of_core("ContactPointView", many=True)]
Text40 = Annotated[str, Meta(min_length=1, max_length=40)]
Text20 = Annotated[str, Meta(min_length=1, max_length=20)]


class Choice(View):
    """One of the answers that can be chosen: `code` is sent, `label` and `help` are read."""

    code: str
    label: str
    help: str | None = None


class FormQuestion(View):
    """A question about this product; an answer goes into `structuredAnswers`, `question` being the `label`.

    Attributes:
        kind: `choice` is answered with one of `options`, `date` with an ISO date, `number` with a decimal number.
    """

    key: str
    label: str
    kind: Literal["text", "choice", "date", "number"]
    options: list[str] = []
    required: bool = False
    help: str | None = None


class FormProduct(View):
    """The product that the question is about, and what the city says first about it."""

    id: UUID
    name: str
    first_line_information: str | None = None
    has_transaction: bool = False


class FormLimits(View):
    """What the form may hold; bytes and characters."""

    form_bytes: int
    subject_length: int
    text_length: int
    answer_length: int
    files: int
    file_bytes: int


class FormAddress(View):
    """An address to fill in."""

    street: str | None = None
    number: str | None = None
    box: str | None = None
    postcode: str | None = None
    municipality: str | None = None


class Prefill(View):
    """What is known of who is logged in, to fill in beforehand; the national number only shows its last two digits."""

    requester: Requester
    given_name: str | None = None
    family_name: str | None = None
    organisation_name: str | None = None
    masked_ssin: str | None = None
    enterprise_number: str | None = None
    association_number: str | None = None
    email: str | None = None
    phone: str | None = None
    address: FormAddress | None = None


class OwnName(View):
    """A name, whole in `text`; without `source` and `recordedAt` it is what the login says."""

    type: Literal["person", "organisation", "alias"]
    text: str
    given: str | None = None
    family: str | None = None
    source: str | UnsetType = UNSET
    recorded_at: Moment | UnsetType = UNSET


class OwnProfile(View):
    """The profile of who is logged in; a national number is masked.

    Attributes:
        id: of the customer; absent for who is no customer yet, whose profile is what the login says.
        display_name: how to call the person or organisation.
        language: what is read best.
        preferred_channel: how the customer likes to be answered.
    """

    id: UUID | UnsetType = UNSET
    kind: Requester
    display_name: str
    language: Literal["nl", "fr", "de", "en"]
    preferred_channel: Literal["phone", "email", "letter", "none"] | UnsetType = UNSET
    names: list[OwnName]
    identifiers: Identifiers
    addresses: Addresses
    contact_points: ContactPoints


class FormView(View):
    """What the contact form asks.

    Attributes:
        proof_needed: whether a proof of `POST /challenges` has to be sent with it.
        product: absent when the question is about none.
        questions: about that product.
        prefill: only for who is logged in.
    """

    requesters: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    answer_channels: tuple[Choice, ...]
    proofs: tuple[Choice, ...] = ()
    proof_needed: bool
    limits: FormLimits
    product: FormProduct | UnsetType = UNSET
    questions: list[FormQuestion] = []
    prefill: Prefill | UnsetType = UNSET


class LinkAsk(Input):
    """What the person has typed already; it goes before what is known of who is logged in. Nothing is kept."""

    name: ShortText | UnsetType = UNSET
    given_name: ShortText | UnsetType = UNSET
    family_name: ShortText | UnsetType = UNSET
    email: Annotated[str, Meta(min_length=1, max_length=254)] | UnsetType = UNSET
    phone: Text40 | UnsetType = UNSET
    street: ShortText | UnsetType = UNSET
    house_number: Text20 | UnsetType = UNSET
    box: Text20 | UnsetType = UNSET
    postcode: Text20 | UnsetType = UNSET
    municipality: ShortText | UnsetType = UNSET
    reference: Text40 | UnsetType = UNSET


class LinkView(View):
    """Where the transaction is done, with what is known filled in."""

    url: str
