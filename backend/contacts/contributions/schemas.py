"""JSON shapes of contributions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.contributions.rules import MOST_ASKED, ContributionState
from backend.kit.schema import Input, LongText, Moment, Page, Reason, View


class ContributionAsk(Input):
    """Which department, and what exactly is wanted of it; without a deadline its own term counts.

    The department reads `asked` also when the question itself is shielded from it: write down no more than it needs.
    """

    department_id: UUID
    asked: LongText
    deadline: Moment | UnsetType = UNSET


class ContributionsAsk(Input):
    """One or more departments, each once."""

    items: Annotated[list[ContributionAsk], Meta(min_length=1, max_length=MOST_ASKED)]


class ContributionPatch(Input):
    """A new deadline."""

    deadline: Moment


class ContributionDrop(Input):
    """Why the part is not needed any more."""

    reason: Reason


class ContributionAssign(Input):
    """Who gets it; a member of the department that was asked."""

    user_id: UUID


class ContributionGive(Input):
    """The part of the answer."""

    text: LongText


class ContributionDecline(Input):
    """Why the department does not give its part; the owner reads it."""

    reason: Reason


class ContributionView(View):
    """A part of the answer: what was asked of which department, until when, and what came of it.

    `text` when it was given, `reason` when it was dropped; `assigneeId` as long as it is open.
    """

    id: UUID
    department_id: UUID
    asked: str
    asked_by: UUID | None = None
    asked_at: datetime
    deadline: datetime
    assignee_id: UUID | None = None
    state: ContributionState
    text: str | None = None
    given_by: UUID | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    version: int


class ContributionTask(ContributionView):
    """A contribution as work for the department that was asked.

    Who asked, the question and its owner are absent when the question is shielded from this person; the reference is
    there, to talk about it.
    """

    reference: str
    question_id: UUID | None = None
    subject: str | None = None
    owner_department_id: UUID | None = None


class ContributionPage(Page):
    """Contributions by deadline."""

    items: list[ContributionTask]


class ContributionList(View):
    """The contributions of a question in the order in which they were asked, and its `version` with them."""

    items: list[ContributionView]
    version: int


class ComposedAnswer(View):
    """A draft of the answer from the parts given since the last one; `open` = how many are still owed."""

    text: str
    open: int
