"""JSON shapes of a flow that an agent takes with a customer."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.assistant.steps.schemas import Answers, Language, Node, Version
from backend.kit.schema import Input


class GuidedAsk(Input):
    """What is answered so far, in any order.

    Attributes:
        not_known: ids of questions that the customer cannot answer.
        customer_id: answers that we know of this customer are filled in; an answer of the agent goes before.
    """

    answers: Answers = {}
    not_known: Annotated[list[Node], Meta(max_length=100)] = []
    customer_id: UUID | UnsetType = UNSET
    version: Version | UnsetType = UNSET
    language: Language | UnsetType = UNSET
