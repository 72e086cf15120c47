"""JSON shapes of versions of flows."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.assistant.rules import Slug, Status
from backend.assistant.versions.rules import EventKind, FlowCondition
from backend.kit.schema import Input, Page, Reason, ShortText, View

_DOCUMENT = (
    "A flow as `getFlowSchema` describes it; `version` and `status` are the server's own. In place of the CEL text of "
    'a condition `{"match": "all", "rows": [...]}` may stand: the server writes the CEL.'
)
Document = Annotated[dict[str, Any], Meta(description=_DOCUMENT)]


class FlowVersionCreate(Input):
    """A new draft: a `document` that is imported, a copy (`copyOf`), or a new `flow` with a `title`.

    `departmentId`: who owns a new flow; else the department that `owner` of the document names, else your own.
    """

    document: Document | UnsetType = UNSET
    copy_of: UUID | UnsetType = UNSET
    flow: Slug | UnsetType = UNSET
    title: ShortText | UnsetType = UNSET
    department_id: UUID | UnsetType = UNSET


class FlowVersionReplace(Input):
    """All of a draft."""

    document: Document


class FlowWhy(Input):
    """Why this is done; kept in the history."""

    reason: Reason


class FlowPerson(View):
    """A colleague."""

    id: UUID
    name: str


class FlowVersionSummary(View):
    """A version of a flow.

    Attributes:
        current: it is what citizens get today.
        author: who made the draft.
        reviewer: who published it.
        version: for `If-Match`; it has nothing to do with `number`.
    """

    id: UUID
    flow: str
    number: int
    status: Status
    current: bool
    title: str
    owner: str
    department_id: UUID | None = None
    questions: int
    outcomes: int
    valid_from: date | None = None
    valid_until: date | None = None
    review_by: date | None = None
    author: FlowPerson | None = None
    created_at: datetime
    changed_at: datetime
    submitter: FlowPerson | None = None
    submitted_at: datetime | None = None
    reviewer: FlowPerson | None = None
    published_at: datetime | None = None
    retired_at: datetime | None = None
    version: int


class FlowVersionPage(Page):
    """Versions, the newest first."""

    items: list[FlowVersionSummary]


class FlowVersionView(FlowVersionSummary):
    """A version with its document, and what its conditions mean.

    Attributes:
        document: as `getFlowSchema` describes it; its conditions are CEL text.
        languages: in which the title and every question can be read, Dutch first.
        conditions: every condition of the document, as rows too where it can be said in rows.
    """

    document: dict[str, Any]
    languages: list[str]
    conditions: list[FlowCondition]


class FlowEventView(View):
    """What happened to a version of a flow.

    Attributes:
        actor: absent for what the platform itself did.
        parts: what changed, such as `title` or `questions.wie`.
    """

    version_id: UUID
    number: int
    kind: EventKind
    at: datetime
    actor: FlowPerson | None = None
    reason: str | None = None
    parts: list[str] = []


class FlowEventPage(Page):
    """Events of a flow, the newest first."""

    items: list[FlowEventView]
