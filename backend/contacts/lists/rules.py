"""Which open questions are on which list, in which order. Pure.

A condition is SQL about a question `q` with names of moments in braces (see `moments`).
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from backend.contacts.rules import ASSIGNEE, HEAD, OPEN, REMINDER, TEAM_LEAD
from backend.kit.calendar import OpeningHours, is_business_day
from backend.kit.clock import BRUSSELS

Worklist = Literal["mine", "department", "unassigned", "dueSoon", "overdue", "waiting", "escalated", "callBacks"]
Sort = Literal["priority", "deadline", "created", "moved", "planned"]
OpenState = Literal["new", "inProgress", "waitingForCustomer"]
Bucket = Literal[
    "open",
    "ageToday",
    "age1To2",
    "age3To5",
    "age6To10",
    "ageOver10",
    "overdue",
    "overdueOver5",
    "dueToday",
    "dueThisWeek",
    "dueLater",
    "unassigned",
    "waiting",
    "unmovedOver3",
    "unmovedOver7",
    "pingPong",
    "reminded",
    "escalatedToAssignee",
    "escalatedToTeamLead",
    "escalatedToHead",
]

_WEEKDAYS = OpeningHours(weekly=((("09:00", "17:00"),),) * 5 + ((), ()))
_DAY = timedelta(days=1)

IS_OPEN = "q.state IN (" + ", ".join(f"'{state}'" for state in sorted(OPEN)) + ")"
PLANNED = "q.next_action IN ('callBack', 'appointment')"

WORKLISTS: dict[Worklist, str] = {
    "mine": IS_OPEN,
    "department": IS_OPEN,
    "unassigned": f"{IS_OPEN} AND q.assignee_id IS NULL",
    "dueSoon": f"{IS_OPEN} AND q.deadline >= {{now}} AND q.deadline < {{soon}}",
    "overdue": f"{IS_OPEN} AND q.deadline < {{now}}",
    "waiting": "q.state = 'waitingForCustomer'",
    "escalated": f"{IS_OPEN} AND q.escalation > {ASSIGNEE}",
    "callBacks": f"{PLANNED} AND q.next_action_at < {{tomorrow}}",
}
"""What is on a worklist of the person (`mine`) or of a department; `escalated`: past its deadline, and said so.

A condition that implies that the question is open does not say so once more: PostgreSQL would count that twice.
"""

BUCKETS: dict[Bucket, str] = {
    "open": IS_OPEN,
    "ageToday": f"{IS_OPEN} AND q.created_at >= {{today}}",
    "age1To2": f"{IS_OPEN} AND q.created_at >= {{back2}} AND q.created_at < {{today}}",
    "age3To5": f"{IS_OPEN} AND q.created_at >= {{back5}} AND q.created_at < {{back2}}",
    "age6To10": f"{IS_OPEN} AND q.created_at >= {{back10}} AND q.created_at < {{back5}}",
    "ageOver10": f"{IS_OPEN} AND q.created_at < {{back10}}",
    "overdue": f"{IS_OPEN} AND q.deadline < {{now}}",
    "overdueOver5": f"{IS_OPEN} AND q.deadline < {{late5}}",
    "dueToday": f"{IS_OPEN} AND q.deadline >= {{now}} AND q.deadline < {{tomorrow}}",
    "dueThisWeek": f"{IS_OPEN} AND q.deadline >= {{tomorrow}} AND q.deadline < {{monday}}",
    "dueLater": f"{IS_OPEN} AND q.deadline >= {{monday}}",
    "unassigned": f"{IS_OPEN} AND q.assignee_id IS NULL",
    "waiting": "q.state = 'waitingForCustomer'",
    "unmovedOver3": f"{IS_OPEN} AND q.moved_at < {{still3}}",
    "unmovedOver7": f"{IS_OPEN} AND q.moved_at < {{still7}}",
    "pingPong": f"{IS_OPEN} AND q.bounces > 0",
    "reminded": f"{IS_OPEN} AND q.escalation = {REMINDER + 1}",
    "escalatedToAssignee": f"{IS_OPEN} AND q.escalation = {ASSIGNEE + 1}",
    "escalatedToTeamLead": f"{IS_OPEN} AND q.escalation = {TEAM_LEAD + 1}",
    "escalatedToHead": f"{IS_OPEN} AND q.escalation > {HEAD}",
}
"""What the monitor counts. The ages make up all that is open; so do overdue, today, this week and later."""

ORDERS: dict[Sort, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "priority": (("priority", "deadline", "id"), (int, datetime, UUID)),
    "deadline": (("deadline", "id"), (datetime, UUID)),
    "created": (("created_at", "id"), (datetime, UUID)),
    "moved": (("moved_at", "id"), (datetime, UUID)),
    "planned": (("next_action_at", "id"), (datetime, UUID)),
}
"""Columns of an order, and their types; each has an index of a department's open questions in exactly that order."""

USUAL: dict[Worklist, Sort] = {"callBacks": "planned"}
"""Order of a worklist when none is asked for; of the others it is `priority`."""


def sorts(worklist: Worklist) -> frozenset[Sort]:
    """The orders in which a worklist can be read; what is planned orders only what has a plan, or what is few."""
    every: frozenset[Sort] = frozenset(ORDERS)
    return every if worklist in {"mine", "callBacks"} else every - {"planned"}


def in_order(worklist: Worklist, sort: Sort) -> bool:
    """Whether an index has the list in this order; what is a person's, or planned, is few and is sorted."""
    few: dict[Worklist, Sort] = {"mine": "priority", "callBacks": "planned"}
    return few.get(worklist, sort) == sort


def bucket_sort(bucket: Bucket) -> Sort:
    """The order in which the questions behind a number are read: the worst ones first."""
    if bucket.startswith("age"):
        return "created"
    return "moved" if bucket.startswith("unmoved") else "deadline"


def moments(now: datetime) -> dict[str, datetime]:
    """The moments that conditions name, in UTC.

    `today`, `tomorrow`, `monday` (the next one) and `back…` (so many days before today) are midnights in Brussels;
    `soon` is the end of the next working day after today; `late5`, `still3`, `still7` are exactly so many days ago.
    """
    return {
        "now": now,
        "late5": now - timedelta(days=5),
        **{f"still{days}": now - timedelta(days=days) for days in (3, 7)},
        **_midnights(now.astimezone(BRUSSELS).date()),
    }


@lru_cache(maxsize=4)
def _midnights(day: date) -> dict[str, datetime]:
    working = day + _DAY
    while not is_business_day(working, _WEEKDAYS):
        working += _DAY
    return {
        "today": _midnight(day),
        "tomorrow": _midnight(day + _DAY),
        "monday": _midnight(day + timedelta(days=7 - day.weekday())),
        "soon": _midnight(working + _DAY),
        **{f"back{days}": _midnight(day - timedelta(days=days)) for days in (2, 5, 10)},
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BRUSSELS).astimezone(UTC)
