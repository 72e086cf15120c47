"""Many customers, contacts and answered questions, written by SQL in the shape that the services write."""

import asyncpg

from scripts.benchmarks.stack import Stack

_STATEMENTS = (
    """CREATE TEMP TABLE made AS
       SELECT n, gen_random_uuid() AS customer, gen_random_uuid() AS contact, gen_random_uuid() AS question,
              now() - n * interval '1 minute' AS at
         FROM generate_series(1, {number}) AS n""",
    """INSERT INTO customer (id, kind, display_name, language, preferred_channel, source)
       SELECT customer, 'person', 'Voornaam' || n || ' Familienaam' || n % 9000, 'nl', 'email', 'import' FROM made""",
    """INSERT INTO customer_name (customer_id, id, type, given, family, folded, folded_given, source, recorded_at)
       SELECT customer, gen_random_uuid(), 'person', 'Voornaam' || n, 'Familienaam' || n % 9000,
              'familienaam' || n % 9000, 'voornaam' || n, 'import', at FROM made""",
    """INSERT INTO customer_contact_point (customer_id, id, type, value, typed, preferred, source, recorded_at)
       SELECT customer, gen_random_uuid(), 'email', 'klant' || n || '@voorbeeld.be', 'klant' || n || '@voorbeeld.be',
              true, 'import', at FROM made""",
    """INSERT INTO customer_address (customer_id, id, street, number, postcode, municipality, country, folded_number,
                                     undisclosed, source, recorded_at)
       SELECT customer, gen_random_uuid(), 'Kerkstraat', (n % 300)::text, (1000 + n % 9000)::text, 'Gemeente', 'BE',
              (n % 300)::text, false, 'import', at FROM made""",
    """INSERT INTO contact (id, channel, direction, started_at, agent_id, department_id, customer_id,
                            consulted_product_ids, question_count)
       SELECT contact, 'phone', 'inbound', at, '{agent}', '{department}', customer, '{{}}', 1 FROM made""",
    """INSERT INTO question (id, reference, customer_id, kind, subject, body, channel, department_id, state, priority,
                             deadline, next_action, next_action_at, confidentiality, language, answer_channel,
                             identity, created_at, escalate_at, version)
       SELECT question, 'B' || n, customer, 'question', 'Vraag over afval', 'Wanneer komt de wagen?', 'phone',
              '{department}', 'new', 2, at + interval '40 days', 'assign', at + interval '40 days', 'normal', 'nl',
              'email', 'confirmed', at, at + interval '40 days', 1 FROM made""",
    """INSERT INTO question_event (id, question_id, version, type, at, actor_id, state, department_id)
       SELECT gen_random_uuid(), question, 1, 'registered', at, '{agent}', 'new', '{department}' FROM made""",
    "INSERT INTO contact_question (contact_id, question_id) SELECT contact, question FROM made",
    """INSERT INTO message (id, question_id, contact_id, direction, purpose, channel, author_id, delivery, created_at,
                            sent_at)
       SELECT gen_random_uuid(), question, contact, 'outbound', 'acknowledgement', 'email', '{agent}', 'sent', at, at
         FROM made""",
    "ANALYZE",
)


async def fill(running: Stack, number: int) -> list[tuple[str, str, str]]:
    """Write `number` customers with one contact and one question each; gives some (customer, question, e-mail)."""
    people = running.people
    connection = await asyncpg.connect(running.administrator(), timeout=5)
    try:
        async with connection.transaction():
            for statement in _STATEMENTS:
                sql = statement.format(
                    number=number, agent=people.users["agent"], department=people.departments["onthaal"]
                )
                await connection.execute(sql, timeout=300)
            rows = await connection.fetch("SELECT customer, question, n FROM made ORDER BY random() LIMIT 5000")
        await connection.execute("CHECKPOINT", timeout=60)
    finally:
        await connection.close()
    return [(str(row["customer"]), str(row["question"]), f"klant{row['n']}@voorbeeld.be") for row in rows]
