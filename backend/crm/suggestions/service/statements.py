"""The SQL of suggestions."""

COLUMNS = (
    "id, first_id, second_id, state, score, probability, parts, engine, first_print, second_print, key_version, until, "
    "root_id, created_at, changed_at, version"
)

OF_CUSTOMERS = f"""
SELECT {COLUMNS} FROM match_suggestion WHERE first_id = ANY($1::uuid[])
UNION
SELECT {COLUMNS} FROM match_suggestion WHERE second_id = ANY($1::uuid[])
"""
ONE = f"SELECT {COLUMNS} FROM match_suggestion WHERE id = $1"
ONE_LOCKED = f"{ONE} FOR UPDATE"
OF_PAIR = f"SELECT {COLUMNS} FROM match_suggestion WHERE first_id = $1 AND second_id = $2"

LIVE = "SELECT id FROM customer WHERE id = ANY($1::uuid[]) AND survivor_id IS NULL ORDER BY id FOR SHARE"
"""Which of these are live, and stay so until the end of the transaction: a merge waits, or was there first.

Whoever writes a suggestion holds its two customers first, then the suggestion: always in this order.
"""

LIVE_ALONE = LIVE.replace("FOR SHARE", "FOR UPDATE")
"""The same for who is going to merge them."""

_ROW = (
    "id uuid, first_id uuid, second_id uuid, state text, score float8, probability float8, parts jsonb, engine text, "
    "first_print text, second_print text, key_version smallint, root_id uuid, version integer"
)
INSERT = f"""
INSERT INTO match_suggestion ({COLUMNS})
SELECT id, first_id, second_id, state, score, probability, parts, engine, decode(first_print, 'base64'),
       decode(second_print, 'base64'), key_version, NULL, root_id, $2, $2, 1
  FROM json_to_recordset($1::json) AS new({_ROW})
 ORDER BY first_id, second_id
ON CONFLICT (first_id, second_id) DO NOTHING RETURNING id
"""
UPDATE = f"""
WITH new AS (SELECT * FROM json_to_recordset($1::json) AS row({_ROW})),
 held AS (SELECT id FROM match_suggestion WHERE id IN (SELECT id FROM new) ORDER BY id FOR UPDATE)
UPDATE match_suggestion s
   SET state = new.state, score = new.score, probability = new.probability, parts = new.parts, engine = new.engine,
       first_print = decode(new.first_print, 'base64'), second_print = decode(new.second_print, 'base64'),
       key_version = new.key_version, until = NULL, root_id = new.root_id, changed_at = $2, version = s.version + 1
  FROM new JOIN held USING (id)
 WHERE s.id = new.id AND s.version = new.version
RETURNING s.id
"""
"""Only rows that nobody changed since they were read."""
DECIDE = """
UPDATE match_suggestion
   SET state = $2, until = $3, first_print = $4, second_print = $5, key_version = $6, root_id = NULL, changed_at = $7,
       version = version + 1
 WHERE id = $1
"""
TAKE_BACK = """
UPDATE match_suggestion s SET state = 'obsolete', root_id = NULL, changed_at = $3, version = s.version + 1
 WHERE s.state = 'different' AND s.id <> $4
   AND (s.first_id = ANY($1::uuid[]) AND s.second_id = ANY($2::uuid[])
        OR s.first_id = ANY($2::uuid[]) AND s.second_id = ANY($1::uuid[]))
RETURNING s.id
"""
"""What was decided about members of two files ($1, $2), but for suggestion $4."""
DECIDED = """
INSERT INTO match_decision (id, suggestion_id, decision, cause, at, actor_id, reason, until)
SELECT id, suggestion_id, decision, cause, $2, actor_id, reason, until
  FROM json_to_recordset($1::json) AS new(id uuid, suggestion_id uuid, decision text, cause text, actor_id uuid,
       reason text, until timestamptz)
"""
SHOWN = f"""{COLUMNS},
  (SELECT coalesce(json_agg(json_build_object('decision', d.decision, 'cause', d.cause, 'at', d.at, 'actorId',
          d.actor_id, 'reason', d.reason, 'until', d.until) ORDER BY d.id DESC), '[]')
     FROM match_decision d WHERE d.suggestion_id = s.id) AS decisions"""
"""Of suggestion `s`, with what was decided about it, the latest first."""
ONE_SHOWN = f"SELECT {SHOWN} FROM match_suggestion s WHERE id = $1"

_IN_ORDER = "ORDER BY s.probability DESC, s.score DESC, s.id DESC LIMIT $6"
# One upper bound only: that of the page, or of the strength on the first page. With two, or with a condition that
# may be switched off, PostgreSQL reads everything above.
_WANTED = """s.state = $1 AND s.probability >= $2
   AND (s.probability, s.score, s.id) < ($3::float8, $4::float8, $5::uuid)
   AND ($1 = 'same' OR NOT EXISTS (
     SELECT FROM customer c WHERE c.id IN (s.first_id, s.second_id) AND c.survivor_id IS NOT NULL))"""
QUEUE = f"SELECT {SHOWN} FROM match_suggestion s WHERE {_WANTED} {_IN_ORDER}"
QUEUE_OF_CUSTOMER = f"""
SELECT {SHOWN} FROM (
 SELECT {COLUMNS} FROM match_suggestion s WHERE s.first_id = $7 AND {_WANTED}
 UNION ALL
 SELECT {COLUMNS} FROM match_suggestion s WHERE s.second_id = $7 AND {_WANTED}) AS s {_IN_ORDER}
"""
RESTED = "SELECT first_id FROM match_suggestion WHERE state = 'later' AND until <= $1 ORDER BY until LIMIT $2"

TO_CARRY = f"""
SELECT {", ".join(f"s.{column}" for column in COLUMNS.split(", "))},
       coalesce(a.survivor_id, a.id) AS first_live, coalesce(b.survivor_id, b.id) AS second_live
  FROM match_suggestion s JOIN customer a ON a.id = s.first_id JOIN customer b ON b.id = s.second_id
 WHERE s.state = 'different' AND s.root_id IS NULL AND (a.survivor_id IS NOT NULL OR b.survivor_id IS NOT NULL)
   AND $1 IN (coalesce(a.survivor_id, a.id), coalesce(b.survivor_id, b.id))
   AND (s.first_id = ANY($2::uuid[]) OR s.second_id = ANY($2::uuid[]))
"""
"""Decisions about members of the file $1 = $2 that hold for the file as a whole."""
UNROOTED = """
SELECT s.id FROM match_suggestion s JOIN match_suggestion r ON r.id = s.root_id
  JOIN customer a ON a.id = r.first_id JOIN customer b ON b.id = r.second_id
 WHERE s.state = 'different' AND (s.first_id = $1 OR s.second_id = $1)
   AND NOT (s.first_id IN (coalesce(a.survivor_id, a.id), coalesce(b.survivor_id, b.id))
        AND s.second_id IN (coalesce(a.survivor_id, a.id), coalesce(b.survivor_id, b.id)))
"""
"""Carried decisions whose origin is no longer about this pair of files."""
OBSOLETE = """
UPDATE match_suggestion SET state = 'obsolete', until = NULL, root_id = NULL, changed_at = $2, version = version + 1
 WHERE id = ANY($1::uuid[]) RETURNING id
"""
SAME = """
UPDATE match_suggestion SET state = 'same', until = NULL, root_id = NULL, changed_at = $3, version = version + 1
 WHERE first_id = $1 AND second_id = $2 AND state <> 'same' RETURNING id
"""
UNDONE_FROM = """
SELECT survivor_id FROM customer_merge WHERE merged_id = $1 AND undone_at IS NOT NULL
 ORDER BY undone_at DESC, id DESC LIMIT 1
"""
"""Into whom a customer had been merged, of the merge that was undone last; that one may itself be part of another."""
OPEN_OF = """
SELECT id FROM match_suggestion
 WHERE (first_id = $1 OR second_id = $1) AND (state IN ('open', 'later') OR state = 'different' AND root_id IS NOT NULL)
 ORDER BY id
"""
REPRINT = """
UPDATE match_suggestion SET first_print = CASE WHEN first_id = $1 THEN $2 ELSE first_print END,
       second_print = CASE WHEN second_id = $1 THEN $2 ELSE second_print END, key_version = $3
 WHERE state = 'different' AND (first_id = $1 OR second_id = $1)
"""

OLD_PRINTS = f"SELECT {COLUMNS} FROM match_suggestion WHERE key_version <> $1 ORDER BY id LIMIT $2 FOR UPDATE"
PRINT_VERSIONS = "SELECT key_version, count(*) AS rows FROM match_suggestion GROUP BY key_version"
STAMP = """
UPDATE match_suggestion s SET first_print = decode(new.first_print, 'base64'),
       second_print = decode(new.second_print, 'base64'), key_version = $2
  FROM json_to_recordset($1::json) AS new(id uuid, first_print text, second_print text) WHERE s.id = new.id
"""

RUN_COLUMNS = (
    "id, scope, state, engine, looked_at, rewritten, created, reopened, closed, seconds, started_at, changed_at, "
    "finished_at"
)
RUN_START = """
INSERT INTO match_run (id, scope, state, actor_id, engine, started_at, changed_at)
VALUES ($1, $2, 'running', $3, $4, $5, $5)
"""
RUN = f"SELECT {RUN_COLUMNS} FROM match_run WHERE id = $1"
RUNNING = f"SELECT {RUN_COLUMNS} FROM match_run WHERE state = 'running'"
RUN_LOCKED = f"SELECT {RUN_COLUMNS}, cursor FROM match_run WHERE id = $1 FOR UPDATE"
RUNS = f"""
SELECT {RUN_COLUMNS} FROM match_run WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2
"""
RUN_WALKED = """
UPDATE match_run SET cursor = coalesce($2, cursor), looked_at = looked_at + $3, rewritten = rewritten + $4,
       created = created + $5, reopened = reopened + $6, closed = closed + $7, seconds = seconds + $8,
       changed_at = $9::timestamptz, state = CASE WHEN $10 THEN 'done' ELSE state END,
       finished_at = CASE WHEN $10 THEN $9::timestamptz END
 WHERE id = $1
"""
LAST_RUN = "SELECT max(started_at) FROM match_run WHERE scope = $1 AND engine = $2"
NEXT_LIVE = """
SELECT id FROM customer WHERE id > $1 AND survivor_id IS NULL ORDER BY id LIMIT $2
"""
