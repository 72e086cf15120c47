"""The least a registration can cost: a bare Litestar handler and one asyncpg statement that writes the same rows."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from litestar import Litestar, Request, get, post
from uuid_utils.compat import uuid7

from backend.kit.reference import new_reference

_WRITE = """
WITH c AS (INSERT INTO contact (id, channel, direction, started_at, agent_id, department_id, customer_id,
                                consulted_product_ids, question_count)
           VALUES ($1, 'phone', 'inbound', now(), $2, $3, $4, '{}', 1)),
 q AS (INSERT INTO question (id, reference, customer_id, kind, subject, body, channel, department_id, state, priority,
                             deadline, next_action, next_action_at, confidentiality, language, answer_channel,
                             identity, created_at, escalate_at, version)
       VALUES ($5, $6, $4, 'question', $7, $8, 'phone', $3, 'new', 2, now(), 'assign', now(), 'normal', 'nl', 'email',
               'confirmed', now(), now(), 1)),
 e AS (INSERT INTO question_event (id, question_id, version, type, at, actor_id, state, department_id)
       VALUES ($9, $5, 1, 'registered', now(), $2, 'new', $3)),
 l AS (INSERT INTO contact_question (contact_id, question_id) VALUES ($1, $5)),
 m AS (INSERT INTO message (id, question_id, contact_id, direction, purpose, channel, author_id, delivery, created_at)
       VALUES ($10, $5, $1, 'outbound', 'acknowledgement', 'email', $2, 'pending', now())),
 a AS (INSERT INTO audit_entry (id, at, actor, roles, department, action, purpose, subject_kind, subject, fields,
                                outcome, trace)
       SELECT i, now(), $2, '{agent}', $3, 'registerContact', 'questionHandling', k, s, '{}', 'done', 'trace'
         FROM unnest($11::uuid[], ARRAY['contact', 'question'], ARRAY[$1, $5]::uuid[]) AS x(i, k, s)),
 o AS (INSERT INTO outbox (id, topic, ids, available_at)
       VALUES ($12, 'contacts.none', '{}', now() + interval '1 day'))
INSERT INTO idempotency_record (id, fingerprint, status, answer) VALUES ($13, $13, 201, $13)
"""


@post("/contacts")
async def register(request: Request[Any, Any, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Write the rows of one registration."""
    pool: asyncpg.Pool[asyncpg.Record] = request.app.state.pool
    fixed = request.app.state.fixed
    contact, question = uuid7(), uuid7()
    asked = data["questions"][0]
    await pool.execute(
        _WRITE,
        contact,
        fixed["agent"],
        fixed["department"],
        UUID(data["customerId"]),
        question,
        new_reference(),
        asked["subject"],
        asked["text"],
        uuid7(),
        uuid7(),
        [uuid7(), uuid7()],
        uuid7(),
        uuid7().bytes,
    )
    return {"id": contact, "questions": [{"id": question}]}


@get("/health/ready")
async def ready() -> dict[str, str]:
    """The process answers."""
    return {"status": "UP"}


async def _reach(connection: Any) -> None:
    """Row-level security lets this connection write, for good."""
    await connection.execute("SELECT set_config('app.reach', 'everything', false)")


async def _stay(_connection: Any) -> None:
    """Nothing to reset: every call is the same."""


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    url = os.environ["DATABASE_URL"].replace("+asyncpg", "")
    async with asyncpg.create_pool(url, min_size=4, max_size=10, init=_reach, reset=_stay) as pool:
        app.state.pool = pool
        app.state.fixed = await pool.fetchrow(
            "SELECT u.id AS agent, m.department_id AS department FROM app_user u JOIN membership m ON m.user_id = u.id "
            "WHERE u.username = 'agent'"
        )
        yield


def create_app() -> Litestar:
    """ASGI factory."""
    return Litestar([register, ready], lifespan=[_pool], openapi_config=None, logging_config=None)
