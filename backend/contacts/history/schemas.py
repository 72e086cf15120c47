"""JSON shapes of the entries of a history that this module owns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.contacts.contributions.schemas import ContributionView
from backend.contacts.messages.schemas import MessageView
from backend.contacts.questions.schemas import QuestionSummary
from backend.contacts.rules import Channel, Direction
from backend.crm.representation.schemas import PartyName
from backend.kit.schema import View


class AboutQuestion(View):
    """A question that a contact was about."""

    id: UUID
    reference: str
    subject: str


class HistoryContact(View):
    """A contact. `by` is who called or came, `onBehalfOf` for whom; absent when that is the customer, or nobody known.

    `caller` and `notes` are absent when the contact was also about a question that is not this person's to see.
    """

    id: UUID
    channel: Channel
    direction: Direction
    ended_at: datetime | None = None
    agent_id: UUID | None = None
    department_id: UUID | None = None
    by: PartyName | None = None
    on_behalf_of: PartyName | None = None
    caller: dict[str, Any] | None = None
    notes: str | None = None
    questions: list[AboutQuestion]


class HistoryQuestion(QuestionSummary):
    """A question as it stands now, with the beginning of its text."""

    text: str | None = None


class HistoryMessage(MessageView):
    """A message with the beginning of its text."""

    question_id: UUID
    reference: str


class HistoryContribution(ContributionView):
    """What another department was asked, and what came of it, with the beginning of its texts."""

    question_id: UUID
    reference: str


class Told(View):
    """Where an entry stands in the history; not part of the API. The ids are those of `by` and `onBehalfOf`."""

    at: datetime
    id: UUID
    contact: HistoryContact | None = None
    question: HistoryQuestion | None = None
    message: HistoryMessage | None = None
    contribution: HistoryContribution | None = None
    by_id: UUID | None = None
    on_behalf_of_id: UUID | None = None
