"""JSON shapes of the screens; parts are as the core describes them."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Raw, UnsetType

from backend.kit.schema import Input, View
from bff.core.description import of_core

MeView = Annotated[Raw, of_core("MeView")]
Counts = Annotated[Raw, of_core("WorklistCounts")]
Questions = Annotated[Raw, of_core("QuestionPage")]
Notices = Annotated[Raw, of_core("NoticePage")]
Drafts = Annotated[Raw, of_core("ContactDraftPage")]
Contributions = Annotated[Raw, of_core("ContributionPage")]
Customer = Annotated[Raw, of_core("CustomerOverviewView")]
Product = Annotated[Raw, of_core("ProductView")]
ProductChanges = Annotated[Raw, of_core("ProductChangePage")]
Calls = Annotated[Raw, of_core("RingingCalls")]
Departments = Annotated[Raw, of_core("DepartmentPage")]
Contact = Annotated[Raw, of_core("ContactView")]
NewContact = Annotated[dict[str, Any], of_core("ContactCreate")]
Views = Annotated[Raw, of_core("SavedViewPage")]
Question = Annotated[Raw, of_core("QuestionOverviewView")]
Monitor = Annotated[Raw, of_core("MonitorView")]


class StartScreen(View):
    """The start of the day; parts that are not for the person are left out."""

    me: MeView
    counts: Counts | UnsetType = UNSET
    mine: Questions | UnsetType = UNSET
    due_soon: Questions | UnsetType = UNSET
    escalated: Questions | UnsetType = UNSET
    news: Notices | UnsetType = UNSET
    drafts: Drafts | UnsetType = UNSET
    contributions: Contributions | UnsetType = UNSET


class CustomerScreen(View):
    """A customer."""

    overview: Customer


class ProductScreen(View):
    """A product card; for editors with the last changes."""

    product: Product
    changes: ProductChanges | UnsetType = UNSET


class ContactScreen(View):
    """What a contact begins with: those in progress, what rings, the departments."""

    drafts: Drafts | UnsetType = UNSET
    ringing: Calls | UnsetType = UNSET
    departments: Departments


class WrapUp(Input):
    """A contact to register, and the one in progress that it was."""

    contact: NewContact
    draft_id: UUID | UnsetType = UNSET


class WrappedUp(View):
    """The contact as it is registered; `draftRemoved` is false when the one in progress could not be dropped yet."""

    contact: Contact
    draft_removed: bool | UnsetType = UNSET


class WorklistScreen(View):
    """A page of a worklist, how much is on each, and the person's views."""

    questions: Questions
    counts: Counts | UnsetType = UNSET
    views: Views | UnsetType = UNSET


class QuestionScreen(View):
    """A question with what helps to answer it; `customer` for who does not handle it, when that is theirs to see."""

    overview: Question
    customer: Customer | UnsetType = UNSET


class MonitorScreen(View):
    """The open questions of the city: the counts, and the first page of those past their deadline."""

    monitor: Monitor
    questions: Questions | UnsetType = UNSET
