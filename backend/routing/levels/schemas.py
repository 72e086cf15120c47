"""JSON shapes of service levels."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from backend.contacts.rules import Kind
from backend.kit.schema import Input, View
from backend.routing.rules import Clock

Day = Annotated[list[tuple[Clock, Clock]], Meta(max_length=4, description="Opening hours of one day, in order.")]
Week = Annotated[list[Day], Meta(min_length=7, max_length=7, description="Seven days, Monday first.")]
Days = Annotated[int, Meta(ge=0, le=60)]


class ServiceLevelReplace(Input):
    """Hours and terms of a department."""

    weekly: Week
    closed: Annotated[list[date], Meta(max_length=100)] = []
    country_holidays: bool = True
    working_days: Annotated[dict[Kind, Days], Meta(max_length=5)] = {}


class ServiceLevelView(View):
    """Hours and terms of a department; version 0 = it uses the usual ones."""

    department_id: UUID
    version: int
    weekly: Week
    closed: list[date] = []
    country_holidays: bool
    working_days: dict[Kind, Days]


class ServiceLevelList(View):
    """Departments that have their own hours or terms."""

    items: list[ServiceLevelView]
