"""The history of one customer with many entries, over HTTP: the first page, and a walk through all of it.

The customer has contacts, questions, messages, cases and changes in the shares of a busy file; one question in twenty
belongs to a shielded department, so what is hidden costs what it costs. Around it the base is as full as asked.
"""

import http.client
import time
from typing import Any

import asyncpg
import msgspec

from scripts.benchmarks.machine import percentile
from scripts.benchmarks.stack import Stack

# Of a thousand entries: 250 contacts, 250 questions, 300 messages, 100 cases, 100 changes.
_STATEMENTS = (
    """CREATE TEMP TABLE asked AS
       SELECT n, gen_random_uuid() AS contact, gen_random_uuid() AS question, now() - n * interval '1 hour' AS at,
              n % 20 = 0 AS hidden FROM generate_series(1, {number} / 4) AS n""",
    """INSERT INTO customer (id, kind, display_name, language, preferred_channel, source, created_at)
       VALUES ('{customer}', 'person', 'Veel Klant', 'nl', 'email', 'import', now() - interval '2 years')""",
    """INSERT INTO customer_contact_point (customer_id, id, type, value, typed, preferred, source,
                                           recorded_at, ended_at)
       SELECT '{customer}', gen_random_uuid(), 'phone', '+3247' || n, '047 ' || n, false, 'agent',
              now() - n * interval '3 hours', now() - (n - 1) * interval '3 hours' - interval '1 second'
         FROM generate_series(1, {number} / 20) AS n""",
    """INSERT INTO contact (id, channel, direction, started_at, agent_id, department_id, customer_id, notes,
                            consulted_product_ids, question_count)
       SELECT contact, 'phone', 'inbound', at, '{agent}', '{department}', '{customer}', 'Belde over afval.', '{{}}', 1
         FROM asked""",
    """INSERT INTO question (id, reference, customer_id, kind, subject, body, channel, department_id, state, priority,
                             deadline, next_action, next_action_at, confidentiality, language, answer_channel,
                             identity, created_at, escalate_at, version)
       SELECT question, 'H' || n, '{customer}', 'question', 'Vraag over afval', repeat('Wanneer komt de wagen? ', 20),
              'phone', CASE WHEN hidden THEN '{shielded}' ELSE '{department}' END::uuid, 'new', 2,
              at + interval '40 days', 'assign', at + interval '40 days',
              CASE WHEN hidden THEN 'sensitive' ELSE 'normal' END, 'nl', 'email', 'confirmed', at,
              at + interval '40 days', 1 FROM asked""",
    """INSERT INTO question_event (id, question_id, version, type, at, actor_id, state, department_id)
       SELECT gen_random_uuid(), question, 1, 'registered', at, '{agent}', 'new', '{department}' FROM asked""",
    "INSERT INTO contact_question (contact_id, question_id) SELECT contact, question FROM asked",
    """INSERT INTO message (id, question_id, contact_id, direction, purpose, channel, body, author_id, delivery,
                            created_at, sent_at)
       SELECT gen_random_uuid(), question, contact, 'outbound', 'answer', 'email', repeat('Morgen om zeven uur. ', 20),
              '{agent}'::uuid, 'sent', at + interval '1 minute', at + interval '1 minute'
         FROM asked UNION ALL
       SELECT gen_random_uuid(), question, contact, 'note', 'note', 'internal', 'Nagevraagd.', '{agent}'::uuid, 'none',
              at + interval '2 minutes', NULL::timestamptz FROM asked WHERE n % 5 = 0""",
    """INSERT INTO application_case (id, client_id, external_id, title, customer_id, phase, status, changed_at)
       SELECT gen_random_uuid(), '{client}', 'H' || n, 'Aanvraag', '{customer}', 'behandeling', 'InBehandeling',
              now() - n * interval '5 hours' FROM generate_series(1, {number} / 10) AS n""",
    "ANALYZE",
)
_CUSTOMER = "01990000-0000-7000-8000-000000000001"


async def fill_one(running: Stack, number: int) -> str:
    """Give one customer about this many entries; gives its id."""
    people = running.people
    connection = await asyncpg.connect(running.administrator(), timeout=5)
    try:
        async with connection.transaction():
            for statement in _STATEMENTS:
                sql = statement.format(
                    number=number,
                    customer=_CUSTOMER,
                    agent=people.users["agent"],
                    client=people.users["integrator"],
                    department=people.departments["onthaal"],
                    shielded=people.departments["sociaal-huis"],
                )
                await connection.execute(sql, timeout=300)
    finally:
        await connection.close()
    return _CUSTOMER


class Reader:
    """Reads the history of a customer as the agent, on one connection.

    Args:
        port: of the platform on this machine.
        token: of who reads.
        customer: whose history.
    """

    def __init__(self, port: int, token: str, customer: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._path = f"/customers/{customer}/history"

    def page(self, limit: int, cursor: str = "") -> tuple[float, dict[str, Any]]:
        """Milliseconds, and the page.

        Raises:
            RuntimeError: the answer is no 200.
        """
        began = time.perf_counter()
        self._connection.request(
            "GET", f"{self._path}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""), headers=self._headers
        )
        answer = self._connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - began) * 1000
        if answer.status != http.client.OK:
            raise RuntimeError(f"{self._path}: {answer.status} {body[:500]!r}")
        return taken, msgspec.json.decode(body)

    def walk(self, limit: int) -> tuple[float, int]:
        """Milliseconds for all pages one after the other, and how many entries they held."""
        total, entries, cursor = 0.0, 0, ""
        while True:
            taken, page = self.page(limit, cursor)
            total, entries = total + taken, entries + len(page["items"])
            if "next" not in page:
                return total, entries
            cursor = page["next"]


def figures(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    return {"p50Ms": round(percentile(values, 0.5), 2), "p95Ms": round(percentile(values, 0.95), 2)}
