"""The SQL of contributions."""

from backend.contacts.rules import Verb

ADD = """
INSERT INTO contribution (id, question_id, reference, department_id, asked, asked_by, asked_at, deadline, term_id,
       escalate_at)
SELECT id, $2, $3, department_id, asked, $4, $5, deadline, term_id, escalate_at
  FROM json_to_recordset($1::json) AS c(id uuid, department_id uuid, asked text, deadline timestamptz, term_id uuid,
       escalate_at timestamptz)
"""
_PART = """
c.id, c.department_id, c.asked, c.asked_by, c.asked_at, c.deadline, c.assignee_id, c.state, c.given AS text, c.given_by,
c.ended_at, c.reason, c.version
"""
OF_QUESTION = f"SELECT {_PART} FROM contribution c WHERE c.question_id = $1 ORDER BY c.id"
_TASK = f"""
SELECT {_PART}, c.reference, c.question_id, q.id AS seen_id, q.subject, q.customer_id,
       q.department_id AS owner_department_id, q.assignee_id AS handler_id, q.confidentiality
  FROM contribution c LEFT JOIN question q ON q.id = c.question_id
"""
ONE = f"{_TASK} WHERE c.id = $1"
LIST = f"""
{_TASK} WHERE {{where}} AND c.state = $2 AND c.deadline < coalesce($3::timestamptz, 'infinity')
   AND ($4::timestamptz IS NULL OR (c.deadline, c.id) > ($4, $5::uuid))
 ORDER BY c.deadline, c.id LIMIT $6
"""
WHERE = {
    None: "c.department_id = $1",
    "mine": "c.assignee_id = $1",
    "unassigned": "c.department_id = $1 AND c.assignee_id IS NULL",
    "overdue": "c.department_id = $1",
}
ABOUT = "SELECT question_id FROM contribution WHERE id = $1"
NOW = """
SELECT id, question_id, department_id, assignee_id, asked_at, deadline, term_id, state, escalation, escalate_at, version
  FROM contribution WHERE id = $1
"""

_CHANGED = "version = version + 1 WHERE id = $1"
_ENDED = f"assignee_id = NULL, escalate_at = NULL, ended_at = $2, {_CHANGED}"
TAKE = f"UPDATE contribution SET assignee_id = $2, {_CHANGED}"
MOVE = f"UPDATE contribution SET deadline = $2, escalation = 0, escalate_at = $3, {_CHANGED}"
GIVE = f"UPDATE contribution SET state = 'given', given = $3, given_by = $4, {_ENDED}"
DROP = f"UPDATE contribution SET state = 'dropped', reason = $3, {_ENDED}"
STEP = "UPDATE contribution SET escalation = $2, escalate_at = $3 WHERE id = $1"

GIVEN = f"""
SELECT d.name, c.given FROM contribution c JOIN department d ON d.id = c.department_id
 WHERE c.question_id = $1 AND c.state = 'given' AND c.ended_at > coalesce(
       (SELECT max(e.at) FROM question_event e WHERE e.question_id = $1 AND e.type = '{Verb.ANSWER}'), '-infinity')
 ORDER BY c.id
"""
HELD_BY = """
SELECT id FROM contribution WHERE assignee_id = $1 AND department_id = $2 AND state = 'open' ORDER BY question_id
"""
DUE = """
SELECT id, question_id FROM (
  SELECT id, question_id FROM contribution WHERE state = 'open' AND escalate_at <= $1 ORDER BY escalate_at LIMIT 100
  ) AS due ORDER BY question_id, id
"""
