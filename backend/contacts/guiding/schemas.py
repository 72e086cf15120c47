"""JSON shapes of guided questions at a question that exists."""

from msgspec import UNSET, UnsetType

from backend.contacts.rules import FlowAnswers
from backend.kit.schema import Reason


class FlowAttach(FlowAnswers):
    """What the customer answered, and why it was asked when that needs saying."""

    reason: Reason | UnsetType = UNSET
