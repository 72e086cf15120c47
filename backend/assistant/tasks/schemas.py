"""JSON shapes of what has to be done about flows."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.assistant.tasks.rules import TaskKind
from backend.assistant.versions.schemas import FlowPerson
from backend.kit.schema import Input, Page, Reason, View


class FlowTaskFinish(Input):
    """What was done, or why nothing has to be."""

    note: Reason | UnsetType = UNSET


class FlowTaskView(View):
    """What somebody has to do about a flow.

    Attributes:
        version_id: the version about which it was raised.
        about: the product or the other flow, as the document names it; absent for a review.
        done_at: since when it is done; also when its cause went away by itself (then nobody is `doneBy`).
        gone_at: when its cause went away; a task that was finished before that stays finished.
    """

    id: UUID
    flow: str
    version_id: UUID
    number: int
    kind: TaskKind
    about: str | None = None
    department_id: UUID | None = None
    raised_at: datetime
    done_at: datetime | None = None
    done_by: FlowPerson | None = None
    note: str | None = None
    gone_at: datetime | None = None
    version: int


class FlowTaskPage(Page):
    """Tasks: what is open first, the newest first."""

    items: list[FlowTaskView]
