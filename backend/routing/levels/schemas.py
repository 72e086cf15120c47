"""JSON shapes of service levels."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.rules import Channel, Kind
from backend.kit.schema import Input, ShortText, View
from backend.routing.rules import Clock

Day = Annotated[list[tuple[Clock, Clock]], Meta(max_length=4, description="Opening hours of one day, in order.")]
Week = Annotated[list[Day], Meta(min_length=7, max_length=7, description="Seven days, Monday first.")]
Days = Annotated[int, Meta(ge=0, le=60)]


class TermChoice(Input):
    """A term for some questions: of this kind, channel, product; what is left out is any. The exactest wins."""

    kind: Kind | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    product_id: UUID | UnsetType = UNSET
    working_days: Days
    waiting_stops: bool | UnsetType = UNSET


class EscalationChoice(Input):
    """When colleagues are told: at `remindPercent` of the term, then so many working days after the deadline."""

    remind_percent: Annotated[int, Meta(ge=1, le=99)] = 75
    assignee_days: Annotated[int, Meta(ge=0, le=60)] = 0
    team_lead_days: Annotated[int, Meta(ge=0, le=60)] = 1
    head_days: Annotated[int, Meta(ge=0, le=60)] = 3
    again_days: Annotated[int, Meta(ge=1, le=60)] = 5


class ServiceLevelReplace(Input):
    """Hours and terms of a department, and who is told when an answer is due."""

    weekly: Week
    closed: Annotated[list[date], Meta(max_length=100)] = []
    country_holidays: bool = True
    working_days: Annotated[dict[Kind, Days], Meta(max_length=5)] = {}
    terms: Annotated[list[TermChoice], Meta(max_length=200)] = []
    waiting_stops: bool = True
    escalation: EscalationChoice = EscalationChoice()
    head_id: UUID | UnsetType = UNSET


class ServiceLevelView(View):
    """Hours and terms of a department; version 0 = it uses the usual ones."""

    department_id: UUID
    version: int
    weekly: Week
    closed: list[date] = []
    country_holidays: bool
    working_days: dict[Kind, Days]
    terms: list[TermChoice] = []
    waiting_stops: bool
    escalation: EscalationChoice
    head_id: UUID | None = None


class ServiceLevelList(View):
    """Departments that have their own hours or terms."""

    items: list[ServiceLevelView]


class ClosingDay(Input):
    """A day on which the whole city is closed."""

    day: date
    name: ShortText


class CityCalendarReplace(Input):
    """The closing days of the city, beside the public holidays."""

    closed: Annotated[list[ClosingDay], Meta(max_length=200)]


class CityCalendarView(View):
    """The closing days of the city, beside the public holidays; version 0 = none were ever given."""

    closed: list[ClosingDay]
    version: int
