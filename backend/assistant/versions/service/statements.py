"""Statements about versions of flows."""

_FIELDS = """
SELECT v.id, v.flow_id, f.slug, f.owner_department_id, v.number, v.status, v.valid_from, v.valid_until, v.review_by,
       v.document ->> 'owner' AS owner, v.document -> 'title' AS title,
       jsonb_array_length(v.document -> 'questions') AS questions,
       jsonb_array_length(v.document -> 'outcomes') AS outcomes,
       v.author_id, a.name AS author, v.submitted_by, s.name AS submitter, v.reviewer_id, r.name AS reviewer,
       v.created_at, v.changed_at, v.submitted_at, v.published_at, v.retired_at, v.version,
       v.status = 'published' AND v.number = (
           SELECT max(c.number) FROM flow_version c WHERE c.flow_id = v.flow_id AND c.status = 'published'
              AND coalesce(c.valid_from <= $1, true) AND coalesce(c.valid_until >= $1, true)) AS current
"""
_FROM = """
  FROM flow_version v JOIN flow f ON f.id = v.flow_id
  LEFT JOIN app_user a ON a.id = v.author_id LEFT JOIN app_user s ON s.id = v.submitted_by
  LEFT JOIN app_user r ON r.id = v.reviewer_id
"""
PAGE = f"""
{_FIELDS} {_FROM}
 WHERE ($2::text IS NULL OR f.slug = $2) AND ($3::text IS NULL OR v.status = $3) AND ($4::uuid IS NULL OR v.id < $4)
 ORDER BY v.id DESC LIMIT $5
"""
ONE = f"{_FIELDS}, v.document {_FROM} WHERE v.id = $2"
# The statement that locks sees what it waited for; the fields around it are read after that.
LOCK = "SELECT true FROM flow_version WHERE id = $1 FOR UPDATE"
CURRENT = """
SELECT v.id FROM flow_version v WHERE v.flow_id = $1 AND v.status = 'published' AND v.id <> $3
   AND coalesce(v.valid_from <= $2, true) AND coalesce(v.valid_until >= $2, true) ORDER BY v.number DESC LIMIT 1
"""

ADD_FLOW = """
INSERT INTO flow (id, slug, owner_department_id, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (slug) DO UPDATE SET owner_department_id = excluded.owner_department_id
 WHERE NOT EXISTS (SELECT FROM flow_version v WHERE v.flow_id = flow.id)
"""
"""A flow of which every draft was thrown away begins anew."""
NEXT_NUMBER = "UPDATE flow SET last_number = last_number + 1 WHERE slug = $1 RETURNING id, last_number"
"""Also lets one draft of a flow be made after the other."""
KNOWN = "SELECT EXISTS (SELECT FROM flow_version v JOIN flow f ON f.id = v.flow_id WHERE f.slug = $1)"
OPEN_ONE = "SELECT id FROM flow_version WHERE flow_id = $1 AND status IN ('draft', 'review')"
ADD = """
INSERT INTO flow_version (id, flow_id, number, status, document, valid_from, valid_until, review_by, author_id,
       created_at, changed_at)
VALUES ($1, $2, $3, 'draft', $4::jsonb, $5, $6, $7, $8, $9, $9)
"""
CHANGE = """
UPDATE flow_version SET document = $2::jsonb, valid_from = $3, valid_until = $4, review_by = $5, changed_at = $6,
       version = version + 1
 WHERE id = $1
"""
REMOVE = "DELETE FROM flow_version WHERE id = $1"
SUBMIT = """
UPDATE flow_version SET status = 'review', submitted_by = $2, submitted_at = $3, changed_at = $3, version = version + 1
 WHERE id = $1
"""
RETURN = """
UPDATE flow_version SET status = 'draft', submitted_by = NULL, submitted_at = NULL, changed_at = $2,
       version = version + 1
 WHERE id = $1
"""
PUBLISH = """
UPDATE flow_version SET status = 'published', reviewer_id = $2, published_at = $3, changed_at = $3,
       document = $4::jsonb, valid_from = $5, version = version + 1
 WHERE id = $1
"""
RETIRE = """
UPDATE flow_version SET status = 'retired', retired_at = $2, changed_at = $2, version = version + 1 WHERE id = $1
"""
OWN = "UPDATE flow SET owner_department_id = $2 WHERE id = $1"
WROTE = """
SELECT EXISTS (SELECT FROM flow_event WHERE version_id = $1 AND actor_id = $2
                  AND kind IN ('created', 'changed', 'submitted'))
"""
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('flow_publication', 3500))"
"""Two flows that are published at once could lead to each other, and neither would know."""

ADD_EVENT = """
INSERT INTO flow_event (id, flow_id, version_id, number, kind, at, actor_id, reason, parts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
EVENTS = """
SELECT e.id, e.version_id, e.number, e.kind, e.at, e.actor_id, u.name AS actor, e.reason, e.parts
  FROM flow_event e LEFT JOIN app_user u ON u.id = e.actor_id
 WHERE e.flow_id = (SELECT flow_id FROM flow_version WHERE id = $1
                     UNION SELECT flow_id FROM flow_event WHERE version_id = $1) AND ($2::uuid IS NULL OR e.id < $2)
 ORDER BY e.id DESC LIMIT $3
"""

DEPARTMENT = "SELECT id, name FROM department WHERE active AND id = $1"
DEPARTMENT_CALLED = """
SELECT id FROM department WHERE active AND (lower(name) = lower($1) OR code = $2) ORDER BY code = $2 DESC LIMIT 1
"""
CENTRE = "SELECT id, name FROM department WHERE kind = 'frontOffice' AND active LIMIT 1"
CODES = "SELECT code FROM department WHERE active"
