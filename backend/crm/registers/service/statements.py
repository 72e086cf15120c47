"""The SQL of look-ups."""

ASK = """
INSERT INTO register_lookup (id, customer_id, register, reference, capacity, purpose, asked_at, asked_by, outcome)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'asked')
"""

ANSWER = "UPDATE register_lookup SET outcome = $2, code = $3, answered_at = $4 WHERE id = $1"

SUPERSEDE = """
UPDATE register_difference d SET decision = CASE WHEN d.decision = 'open' THEN 'superseded' ELSE d.decision END,
       content = NULL
  FROM register_lookup l
 WHERE l.id = d.lookup_id AND l.customer_id = ANY($1::uuid[]) AND l.register = $2 AND d.content IS NOT NULL
"""
"""What earlier look-ups in the same register proposed: the latest one counts."""

PROPOSE = """
INSERT INTO register_difference (id, lookup_id, field, kind, verdict, decision, content)
SELECT id, $1, field, kind, verdict, decision, decode(content, 'base64')
  FROM json_to_recordset($2::json) AS d(id uuid, field text, kind text, verdict text, decision text, content text)
"""

_COLUMNS = """l.id, l.customer_id, l.register, l.outcome, l.reference, l.capacity, l.code, l.purpose, l.asked_at,
       l.asked_by, l.answered_at, l.decided_at, l.decided_by"""

LIST = f"""
SELECT {_COLUMNS} FROM register_lookup l
 WHERE l.customer_id = ANY($1::uuid[]) AND ($2::uuid IS NULL OR l.id < $2) ORDER BY l.id DESC LIMIT $3
"""
ONE = f"SELECT {_COLUMNS} FROM register_lookup l WHERE l.id = $1"
LOCKED = f"SELECT {_COLUMNS} FROM register_lookup l WHERE l.id = $1 AND l.customer_id = ANY($2::uuid[]) FOR UPDATE"

DIFFERENCES = """
SELECT id, lookup_id, field, kind, verdict, decision, content FROM register_difference
 WHERE lookup_id = ANY($1::uuid[]) ORDER BY id
"""

DECIDE = """
UPDATE register_difference
   SET content = NULL, decision = CASE WHEN id = ANY($2::uuid[]) THEN 'accepted' WHEN decision = 'open' THEN 'rejected'
                                       ELSE decision END
 WHERE lookup_id = $1
"""
DECIDED = "UPDATE register_lookup SET decided_at = $2, decided_by = $3 WHERE id = $1"

FORGET = """
UPDATE register_difference SET decision = CASE WHEN decision = 'open' THEN 'expired' ELSE decision END, content = NULL
 WHERE content IS NOT NULL AND id < $1
"""

WAITING = """
SELECT c.id FROM customer c
 WHERE c.id > $1 AND c.survivor_id IS NULL AND c.status <> 'deceased' AND c.source IN ('agent', 'selfDeclared')
   AND EXISTS (SELECT FROM customer_identifier i JOIN unnest($2::text[], $3::text[]) AS way(kind, type)
                        ON way.kind = c.kind AND way.type = i.type
                WHERE i.customer_id = c.id AND i.ended_at IS NULL)
   AND NOT EXISTS (SELECT FROM register_lookup l WHERE l.customer_id = c.id)
   AND NOT EXISTS (SELECT FROM outbox o
                    WHERE o.topic = $4 AND o.ids ->> 'customer' = c.id::text AND o.done_at IS NULL
                      AND o.dead_at IS NULL)
 ORDER BY c.id LIMIT $5
"""
"""Customers who came lately, have such a number and were never looked up."""
