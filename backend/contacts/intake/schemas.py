"""JSON shapes of the public form."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.facts.rules import Postcode
from backend.contacts.intake.rules import CitizenState
from backend.contacts.messages.schemas import Email
from backend.contacts.registration.schemas import CallBackWindow, Location, StructuredAnswer
from backend.contacts.rules import AnswerChannel, Kind
from backend.kit.schema import Input, Moment, ShortText, View

FormText = Annotated[str, Meta(min_length=1, max_length=10_000)]
Reference = Annotated[str, Meta(min_length=9, max_length=20, examples=["4F7-K2M-9XF"])]
Secret = Annotated[str, Meta(min_length=20, max_length=100, description="`statusSecret` as the form was answered.")]
ProofKind = Literal["proofOfWork", "wait"]


class ChallengeAsk(Input):
    """How somebody wants to show to be no machine: a calculation, or waiting for those whose device cannot do it."""

    kind: ProofKind = "proofOfWork"


class ChallengeView(View):
    """What to do before sending a form; good for one form.

    Attributes:
        challenge: of `proofOfWork`: for the ALTCHA widget or library (PoW v2); its payload is the proof.
        ticket: of `wait`: is itself the proof, from `validFrom` on.
    """

    kind: ProofKind
    valid_from: datetime
    expires_at: datetime
    challenge: dict[str, Any] | UnsetType = UNSET
    ticket: str | UnsetType = UNSET


class Proof(Input):
    """That the sender is no machine: the payload of ALTCHA in base64, or the ticket that was waited for."""

    kind: ProofKind
    value: Annotated[str, Meta(min_length=20, max_length=4_096)]


class FormAddress(Input):
    """Where the sender lives or is established, as typed."""

    street: ShortText
    number: Annotated[str, Meta(min_length=1, max_length=20)]
    box: Annotated[str, Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    postcode: Postcode
    municipality: ShortText


class FormSubmit(Input):
    """A question as somebody on the website sends it; who says it, is not checked.

    `proof` is needed from who is not logged in.
    """

    proof: Proof | UnsetType = UNSET
    requester: Literal["person", "association", "enterprise"] = "person"
    given_name: ShortText | UnsetType = UNSET
    family_name: ShortText | UnsetType = UNSET
    organisation_name: ShortText | UnsetType = UNSET
    address: FormAddress | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    phone: Annotated[str, Meta(min_length=3, max_length=40)] | UnsetType = UNSET
    answer_channel: AnswerChannel = "email"
    call_back_windows: Annotated[list[CallBackWindow], Meta(max_length=5)] | UnsetType = UNSET
    kind: Kind = "question"
    subject: ShortText
    text: FormText
    product_id: UUID | UnsetType = UNSET
    structured_answers: Annotated[list[StructuredAnswer], Meta(max_length=50)] | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    language: Literal["nl", "fr", "de", "en"] = "nl"


class Typed(View):
    """Who somebody said to be, as it is kept until it was matched."""

    requester: str
    given_name: str = ""
    family_name: str = ""
    organisation_name: str = ""
    email: str = ""
    phone: str = ""
    address: FormAddress | None = None


class FormReceived(View):
    """It arrived. The same whoever sent it: nothing here tells who is known."""

    reference: str
    status_secret: str


class FormAttachment(View):
    """A file that arrived; it is scanned before anybody gets it."""

    name: str
    size: int


class StatusAsk(Input):
    """Of which form, and the secret that its sender got."""

    reference: Reference
    status_secret: Secret


class CitizenMessage(View):
    """What the city wrote about the question."""

    at: datetime
    text: str


class FormStatus(View):
    """How far a question is, in words for the citizen.

    Attributes:
        state: for a program.
        label: the same in Dutch, as people read it.
        messages: what the city wrote, the oldest first.
    """

    reference: str
    state: CitizenState
    label: str
    subject: str | UnsetType = UNSET
    asked_at: Moment
    answer_before: Moment | UnsetType = UNSET
    messages: list[CitizenMessage] = []
