"""Open and finished questions at random, straight in the database, and what they look like from outside."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.kit.db import UnitOfWork
from backend.kit.reference import new_reference
from tests.people import People

OPEN = ("new", "inProgress", "waitingForCustomer")
MEMBERS = {
    "onthaal": ("agent", "agent2", "lead"),
    "burgerzaken": ("expert", "expert2"),
    "mobiliteit": ("mobility",),
    "sociaal-huis": ("social",),
}
CODES = tuple(MEMBERS)
_COLUMNS = (
    "id, reference, kind, subject, channel, department_id, assignee_id, state, priority, deadline, next_action, "
    "next_action_at, confidentiality, language, answer_channel, identity, created_at, answered_at, closed_at, "
    "escalation, escalate_at, bounces, moved_at, version"
)
_ADD = f"""
INSERT INTO question ({_COLUMNS})
VALUES ($1, $2, $3, 'Een vraag', $4, $5, $6, $7, $8, $9, $10, $11, $12, 'nl', 'email', 'anonymous', $13, $14, $15,
        $16, $17, $18, $19, 1)
"""
_EVENT = """
INSERT INTO question_event (id, question_id, version, type, at, state, department_id, assignee_id)
VALUES ($1, $2, 1, 'registered', $3, $4, $5, $6)
"""

Question = dict[str, Any]


def drawn(draw: random.Random, people: People, now: datetime, *, code: str | None = None) -> Question:
    """One question as a row; deadlines and moments are few, so that orders have ties."""
    code = code or draw.choice(CODES)
    state = draw.choice((*OPEN, *OPEN, "answered", "closed"))
    is_open = state in OPEN
    created = now - timedelta(hours=draw.randrange(0, 400, 7))
    deadline = now + timedelta(days=draw.randint(-9, 9), hours=draw.choice((-1, 1)))
    assignee = None if state == "new" else people.users[draw.choice(MEMBERS[code])]
    planned = is_open and draw.random() < 0.3
    action = draw.choice(("callBack", "appointment")) if planned else "assign"
    ended = now - timedelta(minutes=5)
    return {
        "id": UUID(bytes=draw.randbytes(16)),
        "code": code,
        "kind": draw.choice(("question", "report", "complaint")),
        "channel": draw.choice(("phone", "email", "webForm")),
        "department_id": people.departments[code],
        "assignee_id": assignee if state != "waitingForCustomer" or draw.random() < 0.8 else None,
        "state": state,
        "priority": draw.choice((0, 1, 2, 2)),
        "deadline": deadline,
        "next_action": action if is_open else None,
        "next_action_at": now + timedelta(hours=draw.randint(-30, 30)) if planned else deadline if is_open else None,
        "sensitive": code == "sociaal-huis" or draw.random() < 0.1,
        "created_at": created,
        "answered_at": None if is_open else ended,
        "closed_at": ended if state == "closed" else None,
        "escalation": draw.choice((0, 0, 1, 2, 3, 4, 6)) if is_open else 0,
        "escalate_at": deadline if is_open else None,
        "bounces": draw.choice((0, 0, 0, 2)),
        "moved_at": min(now, created + timedelta(hours=draw.randrange(0, 200, 5))),
    }


async def add(uow: UnitOfWork, question: Question) -> None:
    """Store it, with its one event."""
    confidentiality = "sensitive" if question["sensitive"] else "normal"
    await uow.execute(
        _ADD, question["id"], new_reference(),
        *(question[name] for name in ("kind", "channel", "department_id", "assignee_id", "state", "priority")),
        *(question[name] for name in ("deadline", "next_action", "next_action_at")), confidentiality,
        *(question[name] for name in ("created_at", "answered_at", "closed_at", "escalation", "escalate_at")),
        question["bounces"], question["moved_at"],
    )  # fmt: skip
    await uow.execute(
        _EVENT, uuid7(), question["id"], question["created_at"], question["state"], question["department_id"],
        question["assignee_id"],
    )  # fmt: skip


async def add_backlog(uow: UnitOfWork, people: People, number: int, *, seed: int = 5) -> list[Question]:
    """So many questions in every department, in every state."""
    draw = random.Random(seed)
    now = await uow.fetchval("SELECT now()")
    made = [drawn(draw, people, now) for _ in range(number)]
    for one in made:
        await add(uow, one)
    return made
