"""Finding customers by one key: which statement, which parameters, how a page continues.

A cursor holds ids only, never what was searched: it travels in a URL. The keys of a name are looked up again from the
row at which the page before ended.
"""

from typing import Literal
from uuid import UUID

import msgspec

from backend.crm import rules
from backend.crm.customers.schemas import CustomerQuery
from backend.crm.customers.service.statements import PROFILE
from backend.crm.rules import ContactPointType, IdentifierType
from backend.kit.crypto import KeyRing
from backend.kit.db import Row
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import ProblemError, invalid_input
from backend.kit.schema import changes

START = UUID(int=0)
"""Before every id."""

_SHOW = f"""
SELECT {PROFILE} AS profile, f.customer_id, f.fact_id, f.branch
  FROM found f JOIN customer c ON c.id = f.customer_id
"""
_BY_ID = " ORDER BY f.customer_id"

_IDENTIFIER = f"""
WITH found AS (
 SELECT customer_id, id AS fact_id, 1 AS branch FROM customer_identifier
  WHERE type = $3 AND lookup = $4 AND ended_at IS NULL AND customer_id > $1
  ORDER BY customer_id LIMIT $2)
{_SHOW}{_BY_ID}"""
_OLDER_KEYS = _IDENTIFIER.replace("lookup = $4", "lookup = ANY($4::bytea[])")
"""While keys are being replaced; an array is planned anew at each call, which takes three times as long."""

_CONTACT_POINT = f"""
WITH found AS (
 SELECT DISTINCT customer_id, customer_id AS fact_id, 1 AS branch FROM customer_contact_point
  WHERE value = $3 AND ended_at IS NULL AND customer_id > $1
  ORDER BY customer_id LIMIT $2)
{_SHOW}{_BY_ID}"""

_PLACE = f"""
WITH found AS (
 SELECT DISTINCT customer_id, customer_id AS fact_id, 1 AS branch FROM customer_address
  WHERE postcode = $3 AND folded_number = $4 AND ended_at IS NULL AND NOT undisclosed AND customer_id > $1
  ORDER BY customer_id LIMIT $2)
{_SHOW}{_BY_ID}"""

_ENDED = "ended_at IS NULL"
# A page starts at one row comparison: given a second lower bound PostgreSQL begins to read at the wrong one.
_NAME = f"""
WITH before AS (SELECT folded, folded_given FROM customer_name WHERE customer_id = $1 AND id = $3),
 family_first AS (
  SELECT customer_id, id AS fact_id, 1 AS branch, folded AS key FROM customer_name n
   WHERE {_ENDED} AND $4 = 1 AND folded < $6
     AND (folded, id) > (greatest((SELECT folded FROM before), $5), $3)
     AND NOT EXISTS (SELECT FROM customer_name o WHERE o.customer_id = n.customer_id AND o.{_ENDED}
         AND o.folded >= $5 AND o.folded < $6 AND (o.folded, o.id) < (n.folded, n.id))
   ORDER BY folded, id LIMIT $2),
 given_first AS (
  SELECT customer_id, id AS fact_id, 2 AS branch, folded_given AS key FROM customer_name n
   WHERE $7 AND {_ENDED} AND folded_given < $6
     AND (folded_given, id) > (greatest((SELECT folded_given FROM before WHERE $4 = 2), $5),
                               CASE WHEN $4 = 2 THEN $3 ELSE '{START}' END)
     AND NOT EXISTS (SELECT FROM customer_name o WHERE o.customer_id = n.customer_id AND o.{_ENDED}
         AND (o.folded >= $5 AND o.folded < $6
              OR o.folded_given >= $5 AND o.folded_given < $6 AND (o.folded_given, o.id) < (n.folded_given, n.id)))
   ORDER BY folded_given, id LIMIT $2),
 found AS (
  SELECT * FROM family_first UNION ALL SELECT * FROM given_first ORDER BY branch, key, fact_id LIMIT $2)
{_SHOW} ORDER BY f.branch, f.key, f.fact_id"""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One statement that finds customers; its rows are (profile, customer_id, fact_id, branch).

    Attributes:
        scope: what a cursor of it is valid for.
        sql: the statement; `$1` = customer after which the page starts, `$2` = rows at most.
        args: the parameters.
    """

    scope: str
    sql: str
    args: tuple[object, ...]

    def next(self, last: Row) -> str:
        """The cursor of the page after this row."""
        if self.scope == "name":
            return encode_cursor((last["branch"], last["customer_id"], last["fact_id"]), scope="customers.name")
        return encode_cursor((last["customer_id"],), scope=f"customers.{self.scope}")


def search(query: CustomerQuery, page: PageRequest, keys: KeyRing) -> Search:
    """The statement of a query.

    Raises:
        ProblemError: 400: not exactly one key, or a key that is not well formed.
        CursorInvalid: of another kind of query.
    """
    given = {name: str(value) for name, value in changes(query).items()}
    if given.keys() == {"postcode", "house_number"}:
        return _by_place(given["postcode"], given["house_number"], page)
    if len(given) != 1 or given.keys() & {"postcode", "house_number"}:
        raise _not_one_key()
    name, text = next(iter(given.items()))
    if name == "name":
        return _by_name(text, page)
    if name in _CONTACT_POINTS:
        value = rules.contact_value(_CONTACT_POINTS[name], text, name=name)
        return _exact("contactPoint", _CONTACT_POINT, page, value)
    kind = _IDENTIFIERS[name]
    number = rules.identifier(kind, text, name=kind)
    lookups = keys.lookups(number, purpose="ssin") if kind == "ssin" else [number.encode()]
    if len(lookups) > 1:
        return _exact("identifier", _OLDER_KEYS, page, kind, lookups)
    return _exact("identifier", _IDENTIFIER, page, kind, lookups[0])


_CONTACT_POINTS: dict[str, ContactPointType] = {"phone": "phone", "email": "email"}
_IDENTIFIERS: dict[str, IdentifierType] = {
    "ssin": "ssin",
    "enterprise_number": "enterpriseNumber",
    "establishment_unit_number": "establishmentUnitNumber",
    "v_code": "vCode",
}


def _not_one_key() -> ProblemError:
    return invalid_input("Give exactly one key; postcode and houseNumber together are one.")


def _exact(scope: str, sql: str, page: PageRequest, *args: object) -> Search:
    after = decode_cursor(page.cursor, (UUID,), scope=f"customers.{scope}")[0] if page.cursor else START
    return Search(scope=scope, sql=sql, args=(after, page.limit + 1, *args))


def _by_place(postcode: str, number: str, page: PageRequest) -> Search:
    code = rules.postcode(postcode, None, name="postcode")
    return _exact("place", _PLACE, page, code, rules.house_number_key(number))


def _by_name(text: str, page: PageRequest) -> Search:
    key = rules.name_key(text)
    if len(key) < rules.SHORTEST_NAME:
        raise invalid_input(f"At least {rules.SHORTEST_NAME} letters.", name="name")
    branch, customer, fact = 1, START, START
    if page.cursor:
        types = (Literal[1, 2], UUID, UUID)
        branch, customer, fact = decode_cursor(page.cursor, types, scope="customers.name")
    several = len(text.split()) > 1
    return Search(
        scope="name",
        sql=_NAME,
        args=(customer, page.limit + 1, fact, branch, *rules.prefix_range(key), several),
    )
