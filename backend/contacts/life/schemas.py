"""JSON shapes of the verbs."""

from typing import Literal

from msgspec import UNSET, UnsetType

from backend.contacts.messages.schemas import Email
from backend.kit.schema import Input, LongText, Reason


class Clarify(Input):
    """What the customer is asked."""

    text: LongText
    email: Email | UnsetType = UNSET


class Answer(Input):
    """The answer to the customer; by e-mail it is sent, otherwise it was given and is kept."""

    text: LongText
    channel: Literal["email", "phone", "letter", "counter"] = "email"
    email: Email | UnsetType = UNSET


class Note(Input):
    """Something for colleagues only."""

    text: LongText


class Why(Input):
    """Why this is done; kept in the timeline."""

    reason: Reason


class Withdraw(Input):
    """Why the question ends without an answer."""

    reason: Reason
    cause: Literal["byCustomer", "duplicate", "spam"]
