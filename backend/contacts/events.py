"""News of this module; ids only."""

from uuid import UUID

from backend.kit.events import Event


class QuestionRegistered(Event):
    """A question was accepted."""

    question_id: UUID
    department_id: UUID


class QuestionForwarded(Event):
    """A question went to another department."""

    question_id: UUID
    from_department_id: UUID
    to_department_id: UUID


class QuestionAnswered(Event):
    """The customer got an answer."""

    question_id: UUID
    department_id: UUID


class QuestionReopened(Event):
    """An answered question is open again."""

    question_id: UUID
    department_id: UUID


class ContributionAsked(Event):
    """Another department was asked for its part of an answer."""

    contribution_id: UUID
    question_id: UUID
    department_id: UUID


class ContributionGiven(Event):
    """A department gave its part."""

    contribution_id: UUID
    question_id: UUID
    department_id: UUID


class ContributionDropped(Event):
    """A part is not needed any more, or will not be given."""

    contribution_id: UUID
    question_id: UUID
    department_id: UUID


class QuestionMoved(Event):
    """A question is in another state, or another customer's."""

    question_id: UUID
