"""Which term a question gets: a pure function of what is asked and of what its department agreed to."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from backend.contacts.rules import Channel, Kind, Term
from backend.kit.calendar import OpeningHours

Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", examples=["09:00"])]

OFFICE: tuple[tuple[tuple[str, str], ...], ...] = ((("09:00", "12:00"), ("13:00", "17:00")),) * 5 + ((), ())
"""Usual hours: Monday to Friday, 9-12 and 13-17."""

WORKING_DAYS: dict[Kind, int] = {"question": 3, "report": 5, "request": 5, "complaint": 10, "suggestion": 10}
"""Usual terms; the answer is due at closing time of that working day after the day of the question."""

SAME_DAY: frozenset[Channel] = frozenset({"webForm", "chat", "assistant"})
"""Who writes on the website hears from us the same working day."""


class TermRule(msgspec.Struct, frozen=True, kw_only=True):
    """A term for some of a department's questions; what is None is any."""

    kind: Kind | None = None
    channel: Channel | None = None
    product_id: UUID | None = None
    working_days: int
    waiting_stops: bool | None = None

    def fits(self, kind: Kind, channel: Channel, product_id: UUID | None) -> bool:
        """Whether it is about such a question."""
        wanted = (self.kind, self.channel, self.product_id)
        return all(want in {None, has} for want, has in zip(wanted, (kind, channel, product_id), strict=True))

    @property
    def exactness(self) -> tuple[bool, bool, bool]:
        """What says most wins: the product, then the channel, then the kind."""
        return self.product_id is not None, self.channel is not None, self.kind is not None


class Chain(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When colleagues are told that an answer is due; see `Term`."""

    remind_percent: int = 75
    assignee_days: int = 0
    team_lead_days: int = 1
    head_days: int = 3
    again_days: int = 5


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """When a department works, within how many working days it answers, and who is told when it does not."""

    hours: OpeningHours
    working_days: dict[Kind, int]
    terms: tuple[TermRule, ...] = ()
    waiting_stops: bool = True
    chain: Chain = Chain()


USUAL = Level(hours=OpeningHours(weekly=OFFICE), working_days=WORKING_DAYS)

_NAMESPACE = UUID("5e6a0d52-27f8-5f5e-9c5b-6a1f6e1f3c11")


def level(
    weekly: list[list[tuple[str, str]]],
    closed: list[date],
    *,
    country_holidays: bool,
    working_days: dict[Kind, int],
    terms: Iterable[TermRule] = (),
    waiting_stops: bool = True,
    chain: Chain = USUAL.chain,
) -> Level:
    """A level from its stored parts; terms that are left out are the usual ones.

    Raises:
        ValueError: the hours are not in order, or the chain is not.
    """
    hours = OpeningHours(
        weekly=tuple(tuple((start, end) for start, end in day) for day in weekly),
        closed=frozenset(closed),
        country_holidays=country_holidays,
    )
    if not chain.assignee_days <= chain.team_lead_days <= chain.head_days:
        raise ValueError("the chain goes from the assignee to the team lead to the head")
    return Level(
        hours=hours,
        working_days={**WORKING_DAYS, **working_days},
        terms=tuple(terms),
        waiting_stops=waiting_stops,
        chain=chain,
    )


def agreed(
    level: Level,
    city_closed: frozenset[date],
    kind: Kind,
    channel: Channel,
    product_id: UUID | None,
    *,
    first: bool,
    working_days: int | None = None,
) -> Term:
    """The term for a question that comes to a department now.

    Args:
        level: of the department.
        city_closed: closing days of the whole city.
        kind: of the question.
        channel: over which it came.
        product_id: what it is about.
        first: nobody has heard from us yet: who writes on the website hears from us the same day.
        working_days: what a routing rule decides, instead of the department's own terms.
    """
    fitting = [rule for rule in level.terms if rule.fits(kind, channel, product_id)]
    rule = max(fitting, key=lambda one: one.exactness, default=None)  # of equals the first
    days = 0 if first and channel in SAME_DAY else level.working_days[kind]
    stops = level.waiting_stops
    if rule is not None:
        days = rule.working_days
        stops = level.waiting_stops if rule.waiting_stops is None else rule.waiting_stops
    hours = msgspec.structs.replace(level.hours, closed=level.hours.closed | city_closed)
    chain = level.chain
    return Term(
        hours=hours,
        days=days if working_days is None else working_days,
        waiting_stops=stops,
        remind=chain.remind_percent,
        chain=(chain.assignee_days, chain.team_lead_days, chain.head_days),
        again=chain.again_days,
    )


def term_id(term: Term) -> UUID:
    """The id of a term: the same for the same content, in whatever process."""
    return uuid5(_NAMESPACE, msgspec.json.encode(term, order="sorted").decode())
