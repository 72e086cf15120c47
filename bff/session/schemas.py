"""JSON shapes of sessions."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from backend.kit.schema import Moment, View
from bff.session.model import Capacity


class SessionView(View):
    """Who is logged in here.

    `user_id` is there for colleagues, `customer_id` for citizens who are known; `known` is what a form may be filled in
    with beforehand (`givenName`, `familyName`, `ssin`, `enterpriseNumber`, `vCode`, `organisation`).
    """

    name: str
    seconds_left: Annotated[int, Meta(description="Until the session ends by itself when nothing happens.", ge=0)]
    user_id: str | UnsetType = UNSET
    customer_id: str | UnsetType = UNSET
    roles: list[str] = []
    capacity: Capacity | UnsetType = UNSET
    means: Annotated[str, Meta(description="How the person logged in, as the provider calls it.")] | UnsetType = UNSET
    known: dict[str, str] = {}


class LogoutView(View):
    """The session here is over; `address` is where to send the browser to log out at the provider too."""

    address: str | UnsetType = UNSET


class ListedSession(View):
    """A session of a colleague, for administrators."""

    id: str
    user_id: str
    started_at: Moment
    seen_at: Moment
    own: Annotated[bool, Meta(description="Whether it is the one of this request.")] = False


class ListedSessions(View):
    """Every session, the one used last first."""

    items: list[ListedSession]
