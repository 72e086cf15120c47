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
INSERT INTO customer (id, kind, display_name, language, preferred_channel, birth_date, source, created_at, updated_at)
VALUES ($1, $6, $7, $8, $9, $10, $11, $12, $12)
"""

CHANGE = f"""
WITH {_ADD_FACTS},
 ended_names AS (UPDATE customer_name SET ended_at = $12 WHERE customer_id = $1 AND id = ANY($11::uuid[])),
 ended_addresses AS (UPDATE customer_address SET ended_at = $12 WHERE customer_id = $1 AND id = ANY($11::uuid[])),
 ended_points AS (UPDATE customer_contact_point SET ended_at = $12 WHERE customer_id = $1 AND id = ANY($11::uuid[]))
UPDATE customer SET status = $6, display_name = $7, language = $8, preferred_channel = $9, birth_date = $10,
       updated_at = $12, version = version + 1
 WHERE id = $1
"""

PROFILE = """json_build_object(
 'id', c.id, 'kind', c.kind, 'display_name', c.display_name, 'language', c.language, 'status', c.status,
 'preferred_channel', c.preferred_channel, 'source', c.source, 'birth_date', encode(c.birth_date, 'base64'),
 'created_at', c.created_at, 'updated_at', c.updated_at, 'version', c.version,
 'identifiers', (SELECT coalesce(json_agg(json_build_object(
    'id', f.id, 'type', f.type, 'value', encode(f.value, 'base64'), 'number', f.number, 'source', f.source,
    'recorded_at', f.recorded_at) ORDER BY f.id), '[]')
    FROM customer_identifier f WHERE f.customer_id = c.id AND f.ended_at IS NULL),
 'names', (SELECT coalesce(json_agg(json_build_object(
    'id', f.id, 'type', f.type, 'given', f.given, 'family', f.family, 'label', f.label, 'source', f.source,
    'recorded_at', f.recorded_at) ORDER BY f.id), '[]')
    FROM customer_name f WHERE f.customer_id = c.id AND f.ended_at IS NULL),
 'addresses', (SELECT coalesce(json_agg(json_build_object(
    'id', f.id, 'street', f.street, 'number', f.number, 'box', f.box, 'postcode', f.postcode,
    'municipality', f.municipality, 'country', f.country, 'register_id', f.register_id, 'valid_from', f.valid_from,
    'valid_to', f.valid_to, 'undisclosed', f.undisclosed, 'source', f.source, 'recorded_at', f.recorded_at)
    ORDER BY f.id), '[]')
    FROM customer_address f WHERE f.customer_id = c.id AND f.ended_at IS NULL),
 'contact_points', (SELECT coalesce(json_agg(json_build_object(
    'id', f.id, 'type', f.type, 'value', f.value, 'typed', f.typed, 'preferred', f.preferred,
    'verified_at', f.verified_at, 'verified_how', f.verified_how, 'source', f.source, 'recorded_at', f.recorded_at)
    ORDER BY f.id), '[]')
    FROM customer_contact_point f WHERE f.customer_id = c.id AND f.ended_at IS NULL)
)::text"""
"""A customer with its current facts as the JSON of `Profile`; as text, so that it is decoded once, into structs."""

READ = f"SELECT {PROFILE} FROM customer c WHERE c.id = $1"
READ_LOCKED = f"{READ} FOR UPDATE OF c"

RECIPIENT = """
SELECT c.id, c.display_name AS name, c.kind, c.language, c.preferred_channel,
       CASE WHEN c.status <> 'deceased' THEN (
         SELECT p.value FROM customer_contact_point p
          WHERE p.customer_id = c.id AND p.ended_at IS NULL AND p.type = 'email'
          ORDER BY p.preferred DESC, p.verified_at IS NULL, p.id DESC LIMIT 1) END AS email,
       (SELECT p.value FROM customer_contact_point p
         WHERE p.customer_id = c.id AND p.ended_at IS NULL AND p.type = 'phone'
         ORDER BY p.preferred DESC, p.verified_at IS NULL, p.id DESC LIMIT 1) AS phone
  FROM customer c WHERE c.id = $1
"""

HELD = "SELECT true FROM customer_identifier WHERE type = $1 AND lookup = ANY($2::bytea[]) AND ended_at IS NULL"
