"""The SQL of merging: pointers and the record of who decided it; no fact is moved."""

COLUMNS = "id, survivor_id, merged_id, merged_at, merged_by, reason, undone_at, undone_by, undo_reason"

LOCK = """
SELECT id, survivor_id, version FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
"""Changes of these customers wait; contacts that are registered for them do not."""

MERGE = """
WITH record AS (
 INSERT INTO customer_merge (id, survivor_id, merged_id, merged_at, merged_by, reason) VALUES ($3, $1, $2, $4, $5, $6))
UPDATE customer SET survivor_id = $1 WHERE id = $2 OR survivor_id = $2
"""

UNDO = """
WITH RECURSIVE record AS (
 UPDATE customer_merge SET undone_at = $3, undone_by = $4, undo_reason = $5 WHERE id = $2),
part AS (
 SELECT $1::uuid AS id
 UNION SELECT m.merged_id FROM customer_merge m JOIN part p ON m.survivor_id = p.id
  WHERE m.undone_at IS NULL AND m.id <> $2)
UPDATE customer SET survivor_id = CASE WHEN id = $1 THEN NULL ELSE $1::uuid END
 WHERE id IN (SELECT id FROM part)
"""
"""Whoever went into the file of the one that is restored, goes with it."""

RENAME = """
UPDATE customer SET display_name = $2, updated_at = $3, version = version + 1 WHERE id = $1
"""

ONE = f"SELECT {COLUMNS} FROM customer_merge WHERE id = $1"
ONE_LOCKED = f"{ONE} FOR UPDATE"
LIVE = "SELECT coalesce(survivor_id, id) FROM customer WHERE id = $1"

OF_FILE = f"""
SELECT {COLUMNS} FROM customer_merge
 WHERE (survivor_id = ANY($1::uuid[]) OR merged_id = ANY($1::uuid[])) AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC LIMIT $3
"""

REPRESENTS = """
SELECT true FROM representation
 WHERE ended_at IS NULL AND (representative_id = ANY($1::uuid[]) AND represented_id = ANY($2::uuid[])
                             OR representative_id = ANY($2::uuid[]) AND represented_id = ANY($1::uuid[]))
 LIMIT 1
"""
