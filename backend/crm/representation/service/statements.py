"""The SQL of representations; `$n` called members = every customer of a file."""

ADD = """
INSERT INTO representation (id, representative_id, represented_id, role, note, valid_from, valid_to, source,
       recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
EXISTS = """
SELECT true FROM representation
 WHERE representative_id = ANY($1::uuid[]) AND represented_id = ANY($2::uuid[]) AND role = $3 AND ended_at IS NULL
 LIMIT 1
"""
END = "UPDATE representation SET ended_at = $2, ended_by = $3, end_reason = $4 WHERE id = $1"

_SHOWN = (
    "id, representative_id, represented_id, role, note, valid_from, valid_to, source, recorded_at, ended_at, end_reason"
)
# Whoever was merged with whom they act for does not represent oneself; it is there again once the merge is undone.
_OF = """((representative_id = ANY({members}::uuid[])) <> (represented_id = ANY({members}::uuid[])))
   AND (representative_id = ANY({members}::uuid[]) OR represented_id = ANY({members}::uuid[]))"""

ONE = f"SELECT {_SHOWN} FROM representation WHERE id = $1 AND {_OF.format(members='$2')}"

LIST = f"""
SELECT {_SHOWN} FROM representation
 WHERE {_OF.format(members="$1")} AND ($3 OR ended_at IS NULL) AND ($4::uuid IS NULL OR id < $4)
   AND CASE $2 WHEN 'represents' THEN representative_id = ANY($1::uuid[])
               WHEN 'representedBy' THEN represented_id = ANY($1::uuid[]) ELSE true END
 ORDER BY id DESC LIMIT $5
"""
