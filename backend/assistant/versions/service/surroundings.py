"""What is around a flow: published flows and where they lead, products, departments."""

from datetime import date

from backend.assistant.versions.service import statements as sql
from backend.kit.db import Row, UnitOfWork

LINKS = """
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
  FROM flow_version v JOIN flow f ON f.id = v.flow_id
 WHERE v.status = 'published' ORDER BY f.slug, v.number DESC
"""
"""Published versions and everything that they lead to, without reading their documents here."""


async def counting(uow: UnitOfWork, day: date) -> list[Row]:
    """The published versions that count on this day or on a later one; of one flow the highest number first."""
    found: list[Row] = []
    covered: set[str] = set()
    for row in await uow.fetch(LINKS):
        if row["slug"] in covered or (row["valid_until"] and row["valid_until"] < day):
            continue
        found.append(row)
        if row["valid_until"] is None and (row["valid_from"] is None or row["valid_from"] <= day):
            covered.add(row["slug"])
    return found


async def led_to(uow: UnitOfWork, day: date) -> dict[str, frozenset[str]]:
    """Slug of every published flow -> the flows that it leads to, now or once a version counts."""
    found: dict[str, frozenset[str]] = {}
    for row in await counting(uow, day):
        found[row["slug"]] = found.get(row["slug"], frozenset()) | frozenset(row["flows"])
    return found


async def department_codes(uow: UnitOfWork) -> frozenset[str]:
    """Codes of the departments that work."""
    return frozenset(row["code"] for row in await uow.fetch(sql.CODES))
