"""The operations of the core that screens are put together from."""

from uuid import UUID

import msgspec

from bff.core.client import Operation


class Membership(msgspec.Struct, frozen=True, rename="camel"):
    """A department of the person."""

    department_id: UUID


class Me(msgspec.Struct, frozen=True, rename="camel"):
    """What the screens have to know of the person."""

    operations: frozenset[str]
    memberships: list[Membership]

    @property
    def departments(self) -> frozenset[UUID]:
        """Of which the person is a member."""
        return frozenset(one.department_id for one in self.memberships)


class Whose(msgspec.Struct, frozen=True, rename="camel"):
    """Who asked."""

    customer_id: UUID | None = None


class Known(msgspec.Struct, frozen=True):
    """That something is there; not what."""


class Question(msgspec.Struct, frozen=True):
    """What decides whether the customer is shown beside a question: `known` tells of the customer too."""

    question: Whose
    known: Known | None = None


class Changes(msgspec.Struct, frozen=True, rename="camel"):
    """What changed on the screens of the person."""

    changed: list[str]
    cursor: str


class Ringing(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """It rings."""

    phone: str | None = None
    extension: str | None = None
    username: str | None = None


GET_ME = Operation("getMe", "GET", "/me", msgspec.Raw)
LIST_NOTICES = Operation("listNotices", "GET", "/me/notices", msgspec.Raw)
GET_CHANGES = Operation("getChanges", "GET", "/me/changes", Changes, waits=True)
GET_RINGING = Operation("getRinging", "GET", "/me/ringing", msgspec.Raw)
RING_TELEPHONE = Operation("ringTelephone", "POST", "/ringing", msgspec.Raw, Ringing)
LIST_DRAFTS = Operation("listContactDrafts", "GET", "/contactDrafts", msgspec.Raw)
GET_DRAFT = Operation("getContactDraft", "GET", "/contactDrafts/{draft_id}", msgspec.Raw)
REMOVE_DRAFT = Operation("removeContactDraft", "DELETE", "/contactDrafts/{draft_id}", msgspec.Raw)
REGISTER_CONTACT = Operation("registerContact", "POST", "/contacts", msgspec.Raw)
LIST_DEPARTMENTS = Operation("listDepartments", "GET", "/departments", msgspec.Raw)
GET_CUSTOMER = Operation("getCustomerOverview", "GET", "/customers/{customer_id}/overview", msgspec.Raw)
GET_PRODUCT = Operation("getProduct", "GET", "/products/{product_id}", msgspec.Raw)
LIST_PRODUCT_CHANGES = Operation("listProductChanges", "GET", "/products/{product_id}/changes", msgspec.Raw)
LIST_WORKLIST = Operation("listWorklist", "GET", "/worklists/{worklist}", msgspec.Raw)
COUNT_WORKLISTS = Operation("countWorklists", "GET", "/worklists/counts", msgspec.Raw)
LIST_VIEWS = Operation("listSavedViews", "GET", "/savedViews", msgspec.Raw)
LIST_CONTRIBUTIONS = Operation("listContributions", "GET", "/contributions", msgspec.Raw)
GET_QUESTION = Operation("getQuestionOverview", "GET", "/questions/{question_id}/overview", msgspec.Raw)
GET_MONITOR = Operation("getMonitor", "GET", "/monitor", msgspec.Raw)
LIST_MONITOR = Operation("listMonitorQuestions", "GET", "/monitor/questions", msgspec.Raw)
