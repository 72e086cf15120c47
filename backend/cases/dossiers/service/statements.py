"""SQL of dossiers."""

from backend.cases.dossiers.rules import PUSH, Row
from backend.cases.dossiers.schemas import DossierView
from backend.crm.sharing.service import shared_by

ROW = f"SELECT {', '.join(Row.__struct_fields__)} FROM dossier WHERE id = $1"
LOCKED = f"{ROW} FOR UPDATE"
ABOUT = f"""
SELECT {", ".join(DossierView.__struct_fields__)} FROM dossier
 WHERE question_id = ANY ($1::uuid[]) OR case_id = ANY ($2::uuid[]) ORDER BY id DESC LIMIT $3
"""

MICROSECONDS = "(extract(epoch FROM a.changed_at) * 1000000)::bigint"

_SENSITIVE_PRODUCT = """
EXISTS (SELECT FROM product_city pc JOIN department pd ON pd.id = pc.department_id
         WHERE pc.product_id = {product} AND pd.sensitive)
"""
_SENSITIVE_CASE = f"""
coalesce(q.confidentiality = 'sensitive' OR d.sensitive, false)
 OR {_SENSITIVE_PRODUCT.format(product="a.product_id")}
"""
_OF_CASE = "LEFT JOIN question q ON q.id = a.question_id LEFT JOIN department d ON d.id = q.department_id"
QUESTION = f"""
SELECT q.version, e.at, q.customer_id, q.product_id, q.state,
       q.confidentiality = 'sensitive' OR d.sensitive
         OR {_SENSITIVE_PRODUCT.format(product="q.product_id")} AS sensitive
  FROM question q JOIN department d ON d.id = q.department_id
  JOIN question_event e ON e.question_id = q.id AND e.version = q.version
 WHERE q.id = $1
"""
CASE = f"""
SELECT {MICROSECONDS} AS version, a.changed_at AS at, a.customer_id, a.product_id, a.phase, a.status, a.action_needed,
       {_SENSITIVE_CASE} AS sensitive
  FROM application_case a {_OF_CASE}
 WHERE a.id = $1
"""

_FROM_QUESTION = (
    "INSERT INTO dossier (id, question_id, number) SELECT gen_random_uuid(), q.id, q.reference FROM question q"
)
_FROM_CASE = f"""
INSERT INTO dossier (id, case_id, number)
SELECT gen_random_uuid(), a.id, CASE WHEN {_SENSITIVE_CASE} THEN 'Z-' || upper(left(md5(a.id::text), 16))
       ELSE u.username || '-' || a.external_id END
  FROM application_case a JOIN app_user u ON u.id = a.client_id {_OF_CASE}
"""
"""Of a shielded case neither the application nor its own number: both may say what it is about."""
ADD_QUESTION = f"{_FROM_QUESTION} WHERE q.id = $1 AND {shared_by('q.customer_id')} ON CONFLICT DO NOTHING"
ADD_CASE = f"{_FROM_CASE} WHERE a.id = $1 AND {shared_by('a.customer_id')} ON CONFLICT DO NOTHING"
ADD_QUESTIONS_OF = f"""
{_FROM_QUESTION} WHERE q.customer_id = ANY ($1::uuid[]) AND q.state IN ('new', 'inProgress', 'waitingForCustomer')
ON CONFLICT DO NOTHING
"""
ADD_CASES_OF = f"""
{_FROM_CASE} WHERE a.customer_id = ANY ($1::uuid[]) AND a.phase <> 'afgerond' ON CONFLICT DO NOTHING
"""
OF_QUESTION = "SELECT id FROM dossier WHERE question_id = $1"
OF_CASE = "SELECT id FROM dossier WHERE case_id = $1"
OF_FILE = """
SELECT d.id FROM dossier d LEFT JOIN question q ON q.id = d.question_id LEFT JOIN application_case a ON a.id = d.case_id
 WHERE coalesce(q.customer_id, a.customer_id) = ANY ($1::uuid[]) OR d.customer_id = ANY ($1::uuid[]) ORDER BY d.id
"""

MISSED_QUESTIONS = f"""
{_FROM_QUESTION} WHERE q.id >= $1 AND q.customer_id IS NOT NULL AND {shared_by("q.customer_id")}
   AND NOT EXISTS (SELECT FROM dossier d WHERE d.question_id = q.id) ORDER BY q.id LIMIT $2 ON CONFLICT DO NOTHING
"""
DUE = f"""
SELECT d.id FROM dossier d LEFT JOIN question q ON q.id = d.question_id
  LEFT JOIN application_case a ON a.id = d.case_id
  LEFT JOIN customer c ON c.id = coalesce(q.customer_id, a.customer_id)
 WHERE (d.checked_at IS NULL OR coalesce(q.version, {MICROSECONDS}) <> d.version
        OR coalesce(q.customer_id, a.customer_id) IS DISTINCT FROM d.customer_id OR c.updated_at > d.checked_at)
   AND NOT EXISTS (SELECT FROM outbox o WHERE o.topic = '{PUSH}' AND o.done_at IS NULL AND o.dead_at IS NULL
                      AND o.ids ->> 'dossier' = d.id::text)
 ORDER BY d.id LIMIT $1
"""

CHECKED = "UPDATE dossier SET version = $2, customer_id = $3, checked_at = $4 WHERE id = $1"
ANNOUNCED = "UPDATE dossier SET pushed_at = $2 WHERE id = $1"
PUSHED = """
UPDATE dossier SET state = 'pending', upload_id = $2, content = $3, phase = $4, code = $5, action_needed = $6,
       notify = $7, fault = NULL, pushed_at = $8, settled_at = NULL WHERE id = $1
"""
REFUSED = """
UPDATE dossier SET state = 'refused', fault = $2, settled_at = $3, rounds = rounds + 1 WHERE id = $1
"""
ACCEPTED = """
UPDATE dossier SET state = 'accepted', fault = NULL, settled_at = $3
 WHERE id = $1 AND upload_id = $2 AND state = 'pending' RETURNING notify
"""
DELETED = """
UPDATE dossier SET state = 'deleted', content = NULL, notify = false, fault = NULL, settled_at = $2,
       rounds = rounds + 1 WHERE id = $1
"""
NOTIFIED = "UPDATE dossier SET notify = false, notified_at = $3 WHERE id = $1 AND upload_id = $2"
NOT_NOTIFIED = "UPDATE dossier SET fault = $2 WHERE id = $1"
