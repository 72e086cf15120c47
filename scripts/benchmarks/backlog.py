"""A city with many questions, one in ten of them open, written by SQL in the shape that the services write.

Twenty departments of unequal size (the n-th has 1/n of the first), ten experts each; deadlines at closing time, some
long past; events, acknowledgements, call-backs, questions that came back. Triggers are off meanwhile: a million takes
minutes instead of an hour, and what is written keeps to the constraints all the same.
"""

from uuid import UUID

import asyncpg
import msgspec

from scripts.benchmarks.stack import Stack

DEPARTMENTS, MEMBERS = 20, 10
OPEN_SHARE = 0.1
_SECONDS = 3600.0


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: the departments from the busiest on, and how many open questions that one has."""

    departments: list[UUID]
    open: int
    busiest: int


_CITY = (
    """INSERT INTO department (id, code, name, kind)
       SELECT gen_random_uuid(), 'dienst-' || n, 'Dienst ' || n, 'secondLine'
         FROM generate_series(5, {departments}) n""",
    """CREATE TEMP TABLE staff AS
       SELECT d.id AS department, gen_random_uuid() AS id, d.code || '-' || n AS name
         FROM department d, generate_series(1, {members}) n""",
    "INSERT INTO app_user (id, username, name) SELECT id, name, name FROM staff",
    """INSERT INTO membership (department_id, user_id, roles) SELECT department, id, '{{expert}}' FROM staff""",
    """CREATE TEMP TABLE sizes AS
       SELECT id, n, sum(1.0 / n) OVER (ORDER BY n) / sum(1.0 / n) OVER () AS upto,
              array(SELECT s.id FROM staff s WHERE s.department = d.id) AS members, sensitive
         FROM (SELECT id, sensitive, row_number() OVER (ORDER BY code <> 'burgerzaken', sensitive, code) AS n
                 FROM department) d""",
    "CREATE TEMP TABLE city AS SELECT array_agg(upto ORDER BY n)::float8[] AS upto FROM sizes",
)
_DRAWN = """
CREATE TEMP TABLE made AS
WITH drawn AS (
    SELECT n, n <= {number} * {share} AS open, random() AS lot, power(random(), 3) AS age, random() AS holder,
           random() AS state, random() AS urgency, random() AS plan, random() AS back
      FROM generate_series(1, {number}) n),
dated AS (
    SELECT *, CASE WHEN open THEN now() - age * interval '40 days'
                   ELSE now() - interval '10 days' - lot * interval '3 years' END AS at FROM drawn)
SELECT gen_random_uuid() AS id, gen_random_uuid() AS event, d.n, open, at, s.id AS department, s.sensitive,
       CASE WHEN holder < 0.6 THEN s.members[1 + floor(state * {members})] END AS assignee,
       CASE WHEN NOT open THEN 'closed' WHEN holder >= 0.6 THEN 'new' WHEN holder < 0.09 THEN 'waitingForCustomer'
            ELSE 'inProgress' END AS state,
       CASE WHEN urgency < 0.02 THEN 0 WHEN urgency < 0.1 THEN 1 ELSE 2 END AS priority,
       date_trunc('day', at) + interval '15 hours' + (1 + floor(state * 9)) * interval '1 day' AS deadline,
       holder BETWEEN 0.2 AND 0.26 AS planned, now() + (plan - 0.5) * interval '6 days' AS planned_at,
       (back < 0.03)::int AS bounces,
       (ARRAY['question', 'question', 'report', 'request', 'complaint'])[1 + floor(plan * 5)] AS kind,
       (ARRAY['phone', 'phone', 'webForm', 'email', 'counter'])[1 + floor(back * 5)] AS channel,
       at + (now() - at) * plan * 0.7 AS moved
  FROM dated d, city c, LATERAL (SELECT * FROM sizes WHERE n = 1 + width_bucket(d.lot, c.upto)) s
"""
_ROWS = (
    """INSERT INTO question (id, reference, kind, subject, body, channel, department_id, assignee_id, state, priority,
              deadline, next_action, next_action_at, confidentiality, language, answer_channel, identity, created_at,
              answered_at, closed_at, escalation, escalate_at, bounces, moved_at, version)
       SELECT id, 'W' || n, kind, 'Vraag over afval en grofvuil', repeat('Wanneer komt de wagen langs? ', 8), channel,
              department, assignee, state, priority, deadline,
              CASE WHEN open THEN CASE WHEN planned THEN 'callBack' WHEN state = 'new' THEN 'assign'
                   WHEN state = 'waitingForCustomer' THEN 'awaitReply' ELSE 'answer' END END,
              CASE WHEN open THEN CASE WHEN planned THEN planned_at ELSE deadline END END,
              CASE WHEN sensitive THEN 'sensitive' ELSE 'normal' END, 'nl', 'email', 'anonymous', at,
              CASE WHEN NOT open THEN deadline END, CASE WHEN NOT open THEN deadline + interval '14 days' END,
              CASE WHEN NOT open OR deadline > now() + interval '1 day' THEN 0 WHEN deadline > now() THEN 1
                   WHEN deadline > now() - interval '1 day' THEN 2 WHEN deadline > now() - interval '3 days' THEN 3
                   ELSE 4 END,
              CASE WHEN open THEN greatest(deadline, now() + interval '1 day') END, bounces,
              CASE WHEN open THEN moved ELSE deadline END, CASE WHEN state = 'new' THEN 1 ELSE 2 END FROM made""",
    """INSERT INTO question_event (id, question_id, version, type, at, actor_id, state, department_id)
       SELECT event, id, 1, 'registered', at, '{agent}'::uuid, 'new', department FROM made UNION ALL
       SELECT gen_random_uuid(), id, 2, CASE WHEN open THEN 'claimed' ELSE 'answered' END, moved, assignee, state,
              department FROM made WHERE state <> 'new'""",
    """INSERT INTO message (id, question_id, direction, purpose, channel, author_id, delivery, created_at, sent_at)
       SELECT gen_random_uuid(), id, 'outbound', 'acknowledgement', 'email', '{agent}'::uuid, 'sent', at, at
         FROM made""",
)
_BUSIEST = "SELECT count(*) FROM made WHERE open AND department = $1"


async def fill(running: Stack, number: int) -> Backlog:
    """Write `number` questions, one in ten of them open."""
    connection = await asyncpg.connect(running.administrator(), timeout=5)
    values = {
        "number": number,
        "share": OPEN_SHARE,
        "departments": DEPARTMENTS,
        "members": MEMBERS,
        "agent": running.people.users["agent"],
    }
    try:
        async with connection.transaction():
            for statement in ("SET LOCAL session_replication_role = replica", *_CITY, _DRAWN, *_ROWS):
                await connection.execute(statement.format(**values), timeout=_SECONDS)
        departments = [row["id"] for row in await connection.fetch("SELECT id FROM sizes ORDER BY n")]
        busiest = await connection.fetchval(_BUSIEST, departments[0], timeout=60)
        await connection.execute("VACUUM (ANALYZE)", timeout=_SECONDS)
        await connection.execute("CHECKPOINT", timeout=_SECONDS)
    finally:
        await connection.close()
    return Backlog(departments=departments, open=int(number * OPEN_SHARE), busiest=busiest)
