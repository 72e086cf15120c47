"""JSON shape of a preparation."""

from datetime import datetime
from uuid import UUID

from backend.cases.history.schemas import HistoryEntryView
from backend.catalogue.products.schemas import FaqView, HelpSheetView
from backend.catalogue.rules import DisplayItem
from backend.contacts.history.schemas import HistoryQuestion
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.registration.schemas import ContactView
from backend.crm.representation.schemas import RepresentationView
from backend.kit.schema import View


class PreparedProduct(View):
    """A product of the question, or one that a colleague looked at with the customer: what a talk needs of it."""

    id: UUID
    name: str
    status: str
    description_text: str = ""
    first_line_information: str | None = None
    internal_instructions: str | None = None
    conditions: tuple[DisplayItem, ...] = ()
    procedures: tuple[DisplayItem, ...] = ()
    costs: tuple[DisplayItem, ...] = ()
    faq: list[FaqView] = []
    help_sheets: list[HelpSheetView] = []


class CallBackView(View):
    """When the customer can be called; `next` is the first moment in a window, absent when every one is over."""

    windows: list["WindowView"]
    next: datetime | None = None


class WindowView(View):
    """A window of the customer."""

    start: datetime
    end: datetime


class KnownView(View):
    """What is known around one question.

    `history` holds the newest entries of the customer's file; `otherQuestions` those that are open besides this one;
    `appointmentLink` says where an appointment is made.
    """

    contacts: list[ContactView]
    products: list[PreparedProduct]
    call_back: CallBackView
    history: list[HistoryEntryView]
    other_questions: list[HistoryQuestion]
    representations: list[RepresentationView]
    appointment_link: str | None = None


class PreparationView(KnownView):
    """Everything about one question before the talk, with what is known around it.

    `question` holds the answers of the guided questions, attempts to call, appointments and files.
    """

    question: QuestionView
