"""What is around a flow: published flows and where they lead, products, departments."""

from datetime import date

from backend.assistant.versions.service import statements as sql
from backend.kit.db import Row, UnitOfWork

LINKS = """
WITH newest AS (
    SELECT flow_id, max(number) AS number FROM flow_version
     WHERE status = 'published' AND valid_until IS NULL AND coalesce(valid_from <= $1, true) GROUP BY flow_id)
SELECT v.id, v.flow_id, f.slug, v.number, v.valid_from, v.valid_until, v.review_by,
       ARRAY(SELECT DISTINCT link ->> 'flow' FROM jsonb_path_query(v.document, $$lax $.outcomes[*].links[*]$$) AS link
              WHERE link ? 'flow'
             UNION SELECT link ->> 'flow' FROM jsonb_path_query(v.document, $$lax $.outcomes[*].blocks[*].links[*]$$)
                AS link WHERE link ? 'flow') AS flows,
       ARRAY(SELECT DISTINCT link ->> 'product' FROM jsonb_path_query(v.document, $$lax $.outcomes[*].links[*]$$)
                AS link WHERE link ? 'product'
             UNION SELECT link ->> 'product' FROM jsonb_path_query(v.document, $$lax $.outcomes[*].blocks[*].links[*]$$)
                AS link WHERE link ? 'product'
             UNION SELECT jsonb_array_elements_text(v.document -> 'products')) AS products
  FROM flow_version v JOIN flow f ON f.id = v.flow_id LEFT JOIN newest n ON n.flow_id = v.flow_id
 WHERE v.status = 'published' AND coalesce(v.valid_until >= $1, true) AND v.number >= coalesce(n.number, 0)
 ORDER BY f.slug, v.number DESC
"""
"""Published versions that are not replaced or over, and all that they lead to, without reading their documents here."""


async def counting(uow: UnitOfWork, day: date) -> list[Row]:
    """The published versions that count on this day or on a later one; of one flow the highest number first."""
    return await uow.fetch(LINKS, day)


async def led_to(uow: UnitOfWork, day: date) -> dict[str, frozenset[str]]:
    """Slug of every published flow -> the flows that it leads to, now or once a version counts."""
    found: dict[str, frozenset[str]] = {}
    for row in await counting(uow, day):
        found[row["slug"]] = found.get(row["slug"], frozenset()) | frozenset(row["flows"])
    return found


async def department_codes(uow: UnitOfWork) -> frozenset[str]:
    """Codes of the departments that work."""
    return frozenset(row["code"] for row in await uow.fetch(sql.CODES))
