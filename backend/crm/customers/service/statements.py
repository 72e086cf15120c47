"""The SQL of profiles: each verb is one statement (design 4, note 22c)."""

_ADD_FACTS = """
 identifiers AS (
  INSERT INTO customer_identifier (customer_id, id, type, lookup, value, number, source, recorded_at)
  SELECT $1, id, type, decode(lookup, 'base64'), decode(value, 'base64'), number, source, recorded_at
    FROM json_to_recordset($2::json) AS fact(id uuid, type text, lookup text, value text, number text, source text,
         recorded_at timestamptz)),
 names AS (
  INSERT INTO customer_name (customer_id, id, type, given, family, label, folded, folded_given, source, recorded_at)
  SELECT $1, id, type, given, family, label, folded, folded_given, source, recorded_at
    FROM json_to_recordset($3::json) AS fact(id uuid, type text, given text, family text, label text, folded text,
         folded_given text, source text, recorded_at timestamptz)),
 name_parts AS (
  INSERT INTO customer_name_part (part, customer_id, name_id)
  SELECT part, $1, id FROM json_to_recordset($3::json) AS fact(id uuid, parts json),
         json_array_elements_text(fact.parts) AS part),
 addresses AS (
  INSERT INTO customer_address (customer_id, id, street, number, box, postcode, municipality, country, register_id,
         folded_number, valid_from, valid_to, undisclosed, source, recorded_at)
  SELECT $1, id, street, number, box, postcode, municipality, country, register_id, folded_number, valid_from,
         valid_to, undisclosed, source, recorded_at
    FROM json_to_recordset($4::json) AS fact(id uuid, street text, number text, box text, postcode text,
         municipality text, country text, register_id text, folded_number text, valid_from date, valid_to date,
         undisclosed boolean, source text, recorded_at timestamptz)),
 contact_points AS (
  INSERT INTO customer_contact_point (customer_id, id, type, value, typed, preferred, verified_at, verified_how,
         source, recorded_at)
  SELECT $1, id, type, value, typed, preferred, verified_at, verified_how, source, recorded_at
    FROM json_to_recordset($5::json) AS fact(id uuid, type text, value text, typed text, preferred boolean,
         verified_at timestamptz, verified_how text, source text, recorded_at timestamptz))
"""

REGISTER = f"""
WITH {_ADD_FACTS}
INSERT INTO customer (id, kind, display_name, language, preferred_channel, birth_date, birth_lookup, source, created_at,
       updated_at)
VALUES ($1, $6, $7, $8, $9, $10, $11, $12, $13, $13)
"""

CHANGE = f"""
WITH {_ADD_FACTS},
 ended_names AS (UPDATE customer_name SET ended_at = $13 WHERE customer_id = $1 AND id = ANY($12::uuid[])),
 ended_addresses AS (UPDATE customer_address SET ended_at = $13 WHERE customer_id = $1 AND id = ANY($12::uuid[])),
 ended_points AS (UPDATE customer_contact_point SET ended_at = $13 WHERE customer_id = $1 AND id = ANY($12::uuid[])),
 set_aside AS (
  INSERT INTO customer_superseded (customer_id, fact_id, field, at)
  SELECT $1, fact_id, field, $13 FROM json_to_recordset($14::json) AS aside(fact_id uuid, field text)
  ON CONFLICT DO NOTHING)
UPDATE customer SET status = $6, display_name = $7, language = $8, preferred_channel = $9,
       birth_date = CASE WHEN $15 THEN $10 ELSE birth_date END,
       birth_lookup = CASE WHEN $15 THEN $11 ELSE birth_lookup END, updated_at = $13, version = version + 1
 WHERE id = $1
"""
"""What another member of the file said is set aside, not ended: it holds again when that member leaves the file."""

MEMBERS = """
CROSS JOIN LATERAL (SELECT ARRAY[c.id] || ARRAY(SELECT o.id FROM customer o WHERE o.survivor_id = c.id) AS ids) AS g
"""
"""The members of the file of live customer `c`, as `g.ids`."""

_HOLDS = """f.customer_id = ANY(g.ids) AND f.ended_at IS NULL AND NOT EXISTS (
    SELECT FROM customer_superseded s WHERE s.fact_id = f.id AND s.field = 'fact' AND s.customer_id = ANY(g.ids))"""
_FACT = "'id', f.id, 'customer_id', f.customer_id, 'source', f.source, 'recorded_at', f.recorded_at"

PROFILE = f"""json_build_object(
 'id', c.id, 'kind', c.kind, 'display_name', c.display_name, 'language', c.language, 'status', c.status,
 'preferred_channel', c.preferred_channel, 'source', c.source, 'birth_date', encode(c.birth_date, 'base64'),
 'created_at', c.created_at, 'updated_at', c.updated_at, 'version', c.version, 'survivor_id', c.survivor_id,
 'others', CASE WHEN cardinality(g.ids) = 1 THEN '[]' ELSE (SELECT json_agg(json_build_object(
    'id', o.id, 'status', o.status, 'birth_date', encode(o.birth_date, 'base64'), 'source', o.source,
    'language', o.language, 'preferred_channel', o.preferred_channel, 'set_aside', ARRAY(
      SELECT s.field FROM customer_superseded s WHERE s.fact_id = o.id AND s.customer_id = ANY(g.ids))) ORDER BY o.id)
    FROM customer o WHERE o.survivor_id = c.id) END,
 'identifiers', (SELECT coalesce(json_agg(json_build_object({_FACT},
    'type', f.type, 'value', encode(f.value, 'base64'), 'number', f.number) ORDER BY f.id), '[]')
    FROM customer_identifier f WHERE {_HOLDS}),
 'names', (SELECT coalesce(json_agg(json_build_object({_FACT},
    'type', f.type, 'given', f.given, 'family', f.family, 'label', f.label) ORDER BY f.id), '[]')
    FROM customer_name f WHERE {_HOLDS}),
 'addresses', (SELECT coalesce(json_agg(json_build_object({_FACT},
    'street', f.street, 'number', f.number, 'box', f.box, 'postcode', f.postcode, 'municipality', f.municipality,
    'country', f.country, 'register_id', f.register_id, 'valid_from', f.valid_from, 'valid_to', f.valid_to,
    'undisclosed', f.undisclosed) ORDER BY f.id), '[]')
    FROM customer_address f WHERE {_HOLDS}),
 'contact_points', (SELECT coalesce(json_agg(json_build_object({_FACT},
    'type', f.type, 'value', f.value, 'typed', f.typed, 'preferred', f.preferred, 'verified_at', f.verified_at,
    'verified_how', f.verified_how) ORDER BY f.id), '[]')
    FROM customer_contact_point f WHERE {_HOLDS})
)::text"""
"""The file of customer `c` (with `MEMBERS`) as the JSON of `Profile`; as text, decoded once, into structs."""

LIVE = "(SELECT coalesce(survivor_id, id) FROM customer WHERE id = $1)"
"""The live customer of any customer `$1`."""

READ = f"SELECT {PROFILE} FROM customer c {MEMBERS} WHERE c.id = {LIVE}"
READ_ITSELF = f"SELECT {PROFILE} FROM customer c {MEMBERS} WHERE c.id = $1"
READ_MANY = f"SELECT c.id, {PROFILE} AS profile FROM customer c {MEMBERS} WHERE c.id = ANY($1::uuid[])"
ALONE = "SELECT FROM customer WHERE id = $1 FOR NO KEY UPDATE"
"""Before reading what will be changed. On its own: a statement that waits for a lock reads all other tables as they
were before it waited."""

FILE = f"""
SELECT c.id, ARRAY[c.id] || ARRAY(SELECT o.id FROM customer o WHERE o.survivor_id = c.id ORDER BY o.id) AS members
  FROM customer c WHERE c.id = {LIVE}
"""

RECIPIENT = f"""
WITH best AS (
 SELECT c.id, p.type, p.value,
        row_number() OVER (PARTITION BY p.type ORDER BY p.preferred AND p.customer_id = c.id DESC, p.preferred DESC,
          p.verified_at IS NULL, p.id DESC) AS place
   FROM customer c {MEMBERS} JOIN customer_contact_point p ON p.customer_id = ANY(g.ids)
  WHERE c.id = {LIVE} AND p.ended_at IS NULL AND NOT EXISTS (
    SELECT FROM customer_superseded s WHERE s.fact_id = p.id AND s.field = 'fact' AND s.customer_id = ANY(g.ids)))
SELECT c.id, c.display_name AS name, c.kind, c.language, c.preferred_channel,
       CASE WHEN NOT EXISTS (
         SELECT FROM customer o WHERE (o.id = c.id OR o.survivor_id = c.id) AND o.status = 'deceased' AND NOT EXISTS (
           SELECT FROM customer_superseded s JOIN customer m ON m.id = s.customer_id
            WHERE s.fact_id = o.id AND s.field = 'status' AND (m.id = c.id OR m.survivor_id = c.id)))
       THEN (SELECT value FROM best WHERE type = 'email' AND place = 1) END AS email,
       (SELECT value FROM best WHERE type = 'phone' AND place = 1) AS phone
  FROM customer c WHERE c.id = {LIVE}
"""
