"""The SQL of matching: each verb is one statement."""

FIND = """
WITH asked AS MATERIALIZED (
 SELECT a.key, a.factor, ARRAY(SELECT m.customer_id FROM match_key m WHERE m.key = a.key LIMIT $4) AS held
   FROM unnest($1::bigint[], $2::float8[]) AS a(key, factor)),
ranked AS (
 SELECT f.customer_id, sum(a.factor * ln($3::float8 / cardinality(a.held))) AS rank
   FROM asked a CROSS JOIN LATERAL unnest(a.held) AS f(customer_id)
  WHERE cardinality(a.held) BETWEEN 1 AND $7::int AND f.customer_id <> ALL($6::uuid[])
  GROUP BY f.customer_id ORDER BY rank DESC, f.customer_id LIMIT $5)
SELECT r.customer_id, p.profile, NULL::bigint AS key, 0 AS held
  FROM ranked r JOIN match_profile p ON p.customer_id = r.customer_id
UNION ALL
SELECT NULL, NULL, key, cardinality(held) FROM asked WHERE key >= 0
"""
"""The best candidates for keys, and how many customers have each name that was asked for.

$1 keys, $2 their factors, $3 twice the number of customers, $4 rows read per key at most, $5 candidates,
$6 left out, $7 rows of a key that still counts.
"""

WRITE = """
WITH before AS (SELECT keys FROM match_profile WHERE customer_id = $1),
 gone AS (
  DELETE FROM match_key m USING (SELECT unnest(keys) AS key FROM before) AS b
   WHERE m.key = b.key AND m.customer_id = $1 AND b.key <> ALL($3::bigint[])),
 added AS (
  INSERT INTO match_key (key, customer_id) SELECT key, $1 FROM unnest($3::bigint[]) AS k(key)
  ON CONFLICT DO NOTHING)
INSERT INTO match_profile (customer_id, profile, keys, key_version, rules_version) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (customer_id) DO UPDATE SET profile = $2, keys = $3, key_version = $4, rules_version = $5
"""

ADD_KEYS = """
INSERT INTO match_key (key, customer_id) SELECT k.key, k.owner FROM unnest($1::bigint[], $2::uuid[]) AS k(key, owner)
"""
ADD_PROFILES = """
INSERT INTO match_profile (customer_id, profile, keys, key_version, rules_version)
SELECT p.id, p.profile, ARRAY(SELECT k.key FROM unnest($3::bigint[], $4::uuid[]) AS k(key, owner) WHERE k.owner = p.id),
       $5, $6
  FROM unnest($1::uuid[], $2::bytea[]) AS p(id, profile)
"""
"""Of new customers: two statements, so that they can travel with others as parts of one."""

REMOVE = """
WITH before AS (DELETE FROM match_profile WHERE customer_id = $1 RETURNING keys)
DELETE FROM match_key m USING (SELECT unnest(keys) AS key FROM before) AS b
 WHERE m.key = b.key AND m.customer_id = $1
"""

READ = "SELECT profile FROM match_profile WHERE customer_id = $1"

OLD = """
SELECT customer_id FROM match_profile
 WHERE (key_version, rules_version) < ($1::smallint, $2::smallint)
    OR (key_version, rules_version) > ($1::smallint, $2::smallint)
 LIMIT $3
"""
ABSENT = """
SELECT c.id FROM customer c
 WHERE c.survivor_id IS NULL AND NOT EXISTS (SELECT FROM match_profile p WHERE p.customer_id = c.id)
 ORDER BY c.id LIMIT $1
"""

COUNT = """
WITH counted AS MATERIALIZED (
 SELECT key, count(*)::int AS customers FROM match_key WHERE key >= $1 AND key < $2
  GROUP BY key HAVING count(*) >= $3),
 gone AS (
  DELETE FROM match_frequency f WHERE f.key >= $1 AND f.key < $2
     AND NOT EXISTS (SELECT FROM counted c WHERE c.key = f.key))
INSERT INTO match_frequency (key, customers) SELECT key, customers FROM counted
ON CONFLICT (key) DO UPDATE SET customers = excluded.customers
 WHERE match_frequency.customers <> excluded.customers
"""

FREQUENCIES = "SELECT key, customers FROM match_frequency"
SIZE = """
SELECT CASE WHEN c.reltuples > 20000 THEN c.reltuples::bigint
            ELSE (SELECT count(*) FROM (SELECT FROM match_profile LIMIT 50000) AS seen) END
  FROM pg_class c WHERE c.oid = 'match_profile'::regclass
"""
"""How many customers can be found: as the statistics say for a big base, counted for a small one."""
