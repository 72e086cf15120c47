"""JSON shapes of the verbs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.messages.schemas import Email
from backend.kit.schema import Input, LongText, Reason

AttachmentIds = Annotated[list[UUID], Meta(max_length=5, description="Clean files of the question that go along.")]


class Clarify(Input):
    """What the customer is asked, by mail."""

    text: LongText
    email: Email | UnsetType = UNSET
    attachment_ids: AttachmentIds = []


class Answer(Input):
    """The answer to the customer; by e-mail it is sent, otherwise it was given and is kept.

    `overrideReason` = answer though contributions of other departments are open: they are dropped with this reason.
    """

    text: LongText
    channel: Literal["email", "phone", "letter", "counter"] = "email"
    email: Email | UnsetType = UNSET
    override_reason: Reason | UnsetType = UNSET
    attachment_ids: AttachmentIds = []


class Note(Input):
    """Something for colleagues only. Those who are mentioned are told; they must be able to see the question."""

    text: LongText
    mentions: Annotated[list[UUID], Meta(max_length=20)] = []


class Why(Input):
    """Why this is done; kept in the timeline."""

    reason: Reason


class Withdraw(Input):
    """Why the question ends without an answer."""

    reason: Reason
    cause: Literal["byCustomer", "duplicate", "spam"]
