"""JSON shapes of an export: nothing says which employee did something; departments have their names."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from backend.cases.applications.schemas import CaseView
from backend.cases.dossiers.schemas import DossierView
from backend.cases.export.rules import Purpose
from backend.cases.history.schemas import HistoryEntryView
from backend.contacts.appointments.rules import State as AppointmentState
from backend.contacts.calls.rules import Outcome
from backend.contacts.contributions.rules import ContributionState
from backend.contacts.rules import Assistance, Channel, Direction, Kind, State
from backend.crm.customers.schemas import CustomerView, RevealedView
from backend.crm.sharing.schemas import StatusSharingView
from backend.kit.schema import Input, View


class ExportRequest(Input):
    """Why; with `reveal` also national number, birth date and undisclosed address in clear, which is logged apart."""

    purpose: Purpose
    format: Literal["json"] = "json"
    reveal: bool = False


class ExportContact(View):
    """A contact; what the caller told about themselves is there when the caller was the customer."""

    id: UUID
    channel: Channel
    direction: Direction
    started_at: datetime
    ended_at: datetime | None = None
    department: str | None = None
    on_behalf: bool = False
    caller: dict[str, Any] | None = None
    notes: str | None = None
    references: list[str] = []


class ExportMessage(View):
    """Something said about a question."""

    at: datetime
    direction: Literal["inbound", "outbound", "note"]
    purpose: str
    channel: str
    text: str | None = None
    sent_at: datetime | None = None


class ExportEvent(View):
    """Something done about a question; `opinion` is what the customer said of an answer."""

    at: datetime
    type: str
    state: State
    department: str | None = None
    reason: str | None = None
    opinion: dict[str, Any] | None = None


class ExportFile(View):
    """A file of a question; the content is asked for apart."""

    at: datetime
    name: str
    media_type: str
    size: int


class ExportCall(View):
    """A call to the customer and what came of it."""

    at: datetime
    outcome: Outcome
    note: str | None = None


class ExportAppointment(View):
    """An appointment about a question."""

    start: datetime
    end: datetime
    state: AppointmentState
    place: str | None = None
    link: str | None = None
    note: str | None = None


class ExportContribution(View):
    """What another department was asked for the answer, and what it said."""

    department: str | None = None
    asked: str
    asked_at: datetime
    state: ContributionState
    text: str | None = None
    ended_at: datetime | None = None
    reason: str | None = None


class ExportQuestion(View):
    """A question with everything that was asked, said and done."""

    id: UUID
    reference: str
    kind: Kind
    subject: str
    text: str | None = None
    state: State
    channel: Channel
    language: str
    answer_channel: str
    department: str | None = None
    product_id: UUID | None = None
    call_back_windows: list[dict[str, Any]] | None = None
    structured_answers: list[dict[str, Any]] | None = None
    assistance: Assistance | None = None
    location: dict[str, Any] | None = None
    created_at: datetime
    deadline: datetime
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    messages: list[ExportMessage]
    files: list[ExportFile] = []
    calls: list[ExportCall] = []
    appointments: list[ExportAppointment] = []
    contributions: list[ExportContribution] = []
    events: list[ExportEvent]


class ExportConsultation(View):
    """That the data were used: when, how (operation), why, and by which department; never by whom."""

    at: datetime
    action: str
    purpose: str
    department: str | None = None


class ExportView(View):
    """Everything about a customer that the person who makes it may see; `complete` = nothing was cut off.

    `statusSharing`: what was said of sharing statuses with Mijn Burgerprofiel, the newest holds; `dossiers`: what was
    told there.
    """

    made_at: datetime
    purpose: Purpose
    notice: str
    complete: bool
    customer: CustomerView
    revealed: RevealedView | None = None
    contacts: list[ExportContact]
    questions: list[ExportQuestion]
    cases: list[CaseView]
    status_sharing: list[StatusSharingView]
    dossiers: list[DossierView]
    changes: list[HistoryEntryView]
    consultations: list[ExportConsultation] | None = None
