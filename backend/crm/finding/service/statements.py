"""The SQL of finding: by an exact key, by the beginning of a name, by a later word of it, by a birth date.

Rows lead to the live customer of a file (`live`). A page starts at one row comparison: given a second lower bound
PostgreSQL begins to read at the wrong one. A cursor holds ids only, never what was searched: the key of a name is
looked up again from the row at which the page before ended.
"""

from uuid import UUID

from backend.crm.customers.service import MEMBERS, PROFILE

START = UUID(int=0)
"""Before every id."""

_LIVE = "coalesce(w.survivor_id, w.id)"
_KEPT = """f.ended_at IS NULL AND NOT EXISTS (
   SELECT FROM customer_superseded s JOIN customer m ON m.id = s.customer_id
    WHERE s.fact_id = f.id AND s.field = 'fact' AND coalesce(m.survivor_id, m.id) = coalesce(w.survivor_id, w.id))"""
"""The fact holds, and its file has not set it aside."""


def _shown(found: str, order: str) -> str:
    """What was found together with its profile, so that a page costs one statement."""
    return f"""
WITH found AS ({found})
SELECT found.*, {PROFILE} AS profile FROM found JOIN customer c ON c.id = found.live {MEMBERS} ORDER BY {order}"""


def _exact(table: str, where: str) -> str:
    found = f"""
SELECT DISTINCT {_LIVE} AS live FROM {table} f JOIN customer w ON w.id = f.customer_id
 WHERE {where} AND {_LIVE} > $1 AND {_KEPT} ORDER BY live LIMIT $2"""
    return _shown(found, "found.live")


IDENTIFIER = _exact("customer_identifier", "f.type = $3 AND f.lookup = $4")
IDENTIFIER_OLDER = _exact("customer_identifier", "f.type = $3 AND f.lookup = ANY($4::bytea[])")
"""While keys are being replaced; an array is planned anew at each call, which takes three times as long."""

CONTACT_POINT = _exact("customer_contact_point", "f.value = $3")

_ALONE = "(w.survivor_id IS NULL AND NOT EXISTS (SELECT FROM customer m WHERE m.survivor_id = w.id))"
_FILE = f"(SELECT m.id FROM customer m WHERE m.id = {_LIVE} OR m.survivor_id = {_LIVE})"


_DOOR = "h.ended_at IS NULL AND h.undisclosed AND h.postcode = $1 AND h.folded_number = $2"
PLACE = f"""
SELECT {_LIVE} AS live, f.customer_id, f.street, f.municipality, w.display_name AS name
  FROM customer_address f JOIN customer w ON w.id = f.customer_id
 WHERE f.postcode = $1 AND f.folded_number = $2 AND f.customer_id > $3 AND NOT f.undisclosed AND {_KEPT}
   AND CASE WHEN {_ALONE}
       THEN NOT EXISTS (SELECT FROM customer_address h WHERE h.customer_id = f.customer_id AND {_DOOR})
       ELSE NOT EXISTS (SELECT FROM customer_address h WHERE h.customer_id IN {_FILE} AND {_DOOR}) END
 ORDER BY f.customer_id LIMIT $4"""
"""Who lives there, in the order of the index; whose address one source does not disclose is not found by another's."""


def _first_of_file(earlier: str) -> str:
    """A file with several names that begin so is shown once, under the first."""
    names = "SELECT FROM customer_name o WHERE o.ended_at IS NULL AND"
    return f"""CASE WHEN {_ALONE} THEN NOT EXISTS ({names} o.customer_id = f.customer_id AND {earlier})
       ELSE NOT EXISTS ({names} o.customer_id IN {_FILE} AND {earlier}) END"""


_AT = f"""($8::text IS NULL OR EXISTS (
   SELECT FROM customer_address a WHERE a.customer_id IN {_FILE} AND a.postcode = $8 AND a.ended_at IS NULL
      AND NOT a.undisclosed))"""

NAME = _shown(
    f"""
WITH before AS (SELECT folded, folded_given FROM customer_name WHERE customer_id = $1 AND id = $3),
 family_first AS (
  SELECT f.customer_id, f.id AS fact_id, 1 AS branch, f.folded AS key, {_LIVE} AS live
    FROM customer_name f JOIN customer w ON w.id = f.customer_id
   WHERE $4 = 1 AND f.folded < $6 AND (f.folded, f.id) > (greatest((SELECT folded FROM before), $5), $3)
     AND {_KEPT} AND {_AT}
     AND {_first_of_file("o.folded >= $5 AND o.folded < $6 AND (o.folded, o.id) < (f.folded, f.id)")}
   ORDER BY f.folded, f.id LIMIT $2),
 given_first AS (
  SELECT f.customer_id, f.id AS fact_id, 2 AS branch, f.folded_given AS key, {_LIVE} AS live
    FROM customer_name f JOIN customer w ON w.id = f.customer_id
   WHERE $7 AND f.folded_given < $6
     AND (f.folded_given, f.id) > (greatest((SELECT folded_given FROM before WHERE $4 = 2), $5),
                                   CASE WHEN $4 = 2 THEN $3 ELSE '{START}' END)
     AND {_KEPT} AND {_AT}
     AND {
        _first_of_file(
            "(o.folded >= $5 AND o.folded < $6 OR o.folded_given >= $5 AND o.folded_given < $6"
            " AND (o.folded_given, o.id) < (f.folded_given, f.id))"
        )
    }
   ORDER BY f.folded_given, f.id LIMIT $2)
SELECT * FROM family_first UNION ALL SELECT * FROM given_first ORDER BY branch, key, fact_id LIMIT $2""",
    "found.branch, found.key, found.fact_id",
)

_BEGINS = "f.folded >= $5 AND f.folded < $6 OR $10 AND f.folded_given >= $5 AND f.folded_given < $6"

PART = _shown(
    f"""
SELECT {_LIVE} AS live, f.customer_id, f.id AS fact_id, 3 AS branch, p.part
  FROM customer_name_part p JOIN customer_name f ON f.customer_id = p.customer_id AND f.id = p.name_id
  JOIN customer w ON w.id = f.customer_id
 WHERE p.part < $7 AND (p.part, p.customer_id, p.name_id) > (
   greatest((SELECT min(q.part) FROM customer_name_part q
              WHERE q.customer_id = $1 AND q.name_id = $3 AND q.part >= $4 AND q.part < $7), $4), $1, $3)
   AND {_KEPT} AND {_AT} AND ({_BEGINS}) IS NOT TRUE
   AND NOT EXISTS (
    SELECT FROM unnest($9::text[]) AS word
     WHERE NOT (starts_with(f.folded, word) OR coalesce(starts_with(f.folded_given, word), false) OR EXISTS (
       SELECT FROM customer_name_part q
        WHERE q.customer_id = f.customer_id AND q.name_id = f.id AND starts_with(q.part, word))))
   AND NOT EXISTS (
    SELECT FROM customer_name_part q JOIN customer_name o ON o.customer_id = q.customer_id AND o.id = q.name_id
     WHERE q.customer_id = p.customer_id AND q.part >= $4 AND q.part < $7 AND o.ended_at IS NULL
       AND (q.part, q.name_id) < (p.part, p.name_id))
 ORDER BY p.part, p.customer_id, p.name_id LIMIT $2""",
    "found.part, found.customer_id, found.fact_id",
)

BORN = f"""
SELECT {_LIVE} AS live, f.folded, f.folded_given, f.given, f.family, f.label
  FROM customer w JOIN customer_name f ON f.customer_id IN {_FILE}
 WHERE w.birth_lookup = ANY($1::bytea[]) AND {_KEPT} AND (
   w.survivor_id IS NULL OR NOT EXISTS (
    SELECT FROM customer_superseded s JOIN customer m ON m.id = s.customer_id
     WHERE s.fact_id = w.id AND s.field = 'birthDate' AND coalesce(m.survivor_id, m.id) = w.survivor_id))
 LIMIT $2"""

NAMES = """
SELECT f.customer_id, f.folded, f.folded_given, ARRAY(
    SELECT p.part FROM customer_name_part p WHERE p.customer_id = f.customer_id AND p.name_id = f.id) AS parts
  FROM customer_name f WHERE f.customer_id = ANY($1::uuid[]) AND f.ended_at IS NULL"""
