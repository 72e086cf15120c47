"""Sets of routing rules: read, draft, change, activate; what the active one says."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.products.service import RoutedProduct, routed
from backend.contacts.facts.rules import first_postcode
from backend.contacts.facts.service import PastQuestion
from backend.contacts.rules import QuestionFacts
from backend.crm.customers.service import Residence
from backend.kit.db import Row, UnitOfWork, encode_json
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import BELGIF, Issue, ProblemError, invalid_input, not_found, unknown_reference
from backend.kit.schema import given
from backend.kit.work import Work
from backend.routing.levels.service import TOPIC
from backend.routing.rulesets.errors import not_a_draft, overtaken
from backend.routing.rulesets.rules import NO_RULES, Book, Facts, Outcome, Rule, book, idle
from backend.routing.rulesets.schemas import (
    RoutingRule,
    RuleSetCreate,
    RuleSetPage,
    RuleSetReplace,
    RuleSetSummary,
    RuleSetView,
    RuleWarning,
)

_SCOPE = "ruleSets"
_FIELDS = (
    "id, number, state, copied_from_id, follows_id, created_at, created_by, changed_at, changed_by, activated_at, "
    "activated_by, reason, retired_at, successor_id, version"
)
_SET = f"SELECT {_FIELDS}, rules FROM rule_set"
_PAGE = f"{_SET} WHERE $1::integer IS NULL OR number < $1 ORDER BY number DESC LIMIT $2"
_ONE = f"{_SET} WHERE id = $1"
_ACTIVE = f"{_SET} WHERE state = 'active'"
_WITH_ACTIVE = f"{_SET} WHERE id = $1 OR state = 'active'"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('rule_set', 1900))"
"""Numbers without gaps, and one activation after the other."""
_CREATE = f"""
INSERT INTO rule_set (id, number, state, rules, copied_from_id, follows_id, created_at, created_by, changed_at,
       changed_by)
SELECT $1, coalesce(max(number), 0) + 1, 'draft', $2::jsonb, $3, $4, $5, $6, $5, $6 FROM rule_set
RETURNING {_FIELDS}, rules
"""
_CHANGE = f"""
UPDATE rule_set SET rules = $2::jsonb, changed_at = $3, changed_by = $4, version = version + 1
 WHERE id = $1 RETURNING {_FIELDS}, rules
"""
_RETIRE = """
UPDATE rule_set SET state = 'retired', retired_at = $2, successor_id = $1, version = version + 1 WHERE state = 'active'
"""
_ACTIVATE = f"""
UPDATE rule_set SET state = 'active', activated_at = $2, activated_by = $3, reason = $4, version = version + 1
 WHERE id = $1 RETURNING {_FIELDS}, rules
"""
_DEPARTMENTS = "SELECT id FROM department WHERE active"


async def active_rules(uow: UnitOfWork) -> Book:
    """The rules that count now."""
    row = await uow.fetchrow(_ACTIVE)
    return _book(row) if row else NO_RULES


async def with_active(uow: UnitOfWork, rule_set_id: UUID) -> tuple[Book, Book]:
    """The rules that count now and those of this set; 404."""
    rows = await uow.fetch(_WITH_ACTIVE, rule_set_id)
    asked = next((row for row in rows if row["id"] == rule_set_id), None)
    if asked is None:
        raise not_found("rule set")
    active = next((_book(row) for row in rows if row["state"] == "active"), NO_RULES)
    return active, _book(asked)


def facts_of(question: QuestionFacts | PastQuestion, product: RoutedProduct | None, asker: Residence | None) -> Facts:
    """What rules look at of a question: where it is about, if it says so, else where its customer lives."""
    return Facts(
        kind=question.kind,
        channel=question.channel,
        product_id=question.product_id,
        themes=product.themes if product else frozenset(),
        postcode=first_postcode(question.postcode, asker.postcode if asker else None),
        customer_kind=asker.kind if asker else None,
        topic=question.topic,
    )


class RuleSetService:
    """Sets of rules, each a version of all the rules.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest) -> RuleSetPage:
        """Sets without their rules, the newest number first."""
        after = decode_cursor(page.cursor, (int,), scope=_SCOPE)[0] if page.cursor else None
        rows = await self._work.uow.fetch(_PAGE, after, page.limit + 1)
        shown = rows[: page.limit]
        items = [RuleSetSummary(**fields) for fields in await self._summaries(shown)]
        if len(rows) > page.limit:
            return RuleSetPage(items=items, next=encode_cursor((shown[-1]["number"],), scope=_SCOPE))
        return RuleSetPage(items=items)

    async def get(self, rule_set_id: UUID) -> RuleSetView:
        """One set with its rules; 404."""
        row = await self._work.uow.fetchrow(_ONE, rule_set_id)
        if row is None:
            raise not_found("rule set")
        return await self._view(row)

    async def create(self, data: RuleSetCreate) -> RuleSetView:
        """A draft with the rules of another set, of the active one or none; 400 for an unknown one."""
        copy_of = given(data.copy_of)
        if copy_of and data.empty:
            raise invalid_input("A draft is a copy or empty, not both.", name="empty")
        work = self._work
        await work.uow.execute(_ONE_AT_A_TIME)
        active = await work.uow.fetchrow(_ACTIVE)
        source = await work.uow.fetchrow(_ONE, copy_of) if copy_of else None if data.empty else active
        if copy_of and source is None:
            raise unknown_reference("copyOf", "No such rule set.")
        rules, origin = (source["rules"], source["id"]) if source else ([], None)
        follows = active["id"] if active else None
        made = await work.uow.fetchrow(_CREATE, uuid7(), encode_json(rules), origin, follows, work.now, work.actor)
        return await self._done(made)

    async def change(self, rule_set_id: UUID, data: RuleSetReplace, expected: int) -> RuleSetView:
        """Other rules for a draft; 400 with everything that is wrong, 404, 409 when it is no draft, 412."""
        await self._draft(rule_set_id, expected)
        await self._check(data.rules)
        work = self._work
        return await self._done(
            await work.uow.fetchrow(_CHANGE, rule_set_id, encode_json(data.rules), work.now, work.actor), "rules"
        )

    async def activate(self, rule_set_id: UUID, reason: str, expected: int) -> RuleSetView:
        """From the commit on these rules count; 404, 409 when it is no draft or overtaken, 412."""
        work = self._work
        await work.uow.execute(_ONE_AT_A_TIME)
        draft = await self._draft(rule_set_id, expected)
        active = await work.uow.fetchrow(_ACTIVE)
        if draft["follows_id"] != (active["id"] if active else None):
            raise overtaken()
        await work.uow.execute(_RETIRE, rule_set_id, work.now)
        row = await work.uow.fetchrow(_ACTIVATE, rule_set_id, work.now, work.actor, reason)
        await work.feed.announce(work.uow, TOPIC)
        return await self._done(row, "state")

    async def _draft(self, rule_set_id: UUID, expected: int) -> Row:
        row = await self._work.uow.fetchrow(f"{_ONE} FOR UPDATE", rule_set_id)
        if row is None:
            raise not_found("rule set")
        check_version(expected, row["version"])
        if row["state"] != "draft":
            raise not_a_draft(row["state"])
        return row

    async def _done(self, row: Row | None, *fields: str) -> RuleSetView:
        if row is None:
            raise not_found("rule set")
        self._work.trail.record("ruleSet", [row["id"]], fields=fields)
        return await self._view(row)

    async def _view(self, row: Row) -> RuleSetView:
        fields = (await self._summaries([row]))[0]
        return RuleSetView(rules=msgspec.convert(row["rules"], list[RoutingRule]), **fields)

    async def _summaries(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The fields of sets as they are shown, with what is wrong with them by now."""
        rules = [_rules(row) for row in rows]
        departments, products = await self._in_use([rule for some in rules for rule in some])
        found = []
        for row, some in zip(rows, rules, strict=True):
            fields = dict(row)
            del fields["rules"]
            wrong = idle(some, departments, products)
            warnings = [RuleWarning(rule=rule, kind=kind, id=thing) for rule, kind, thing in wrong]
            found.append({**fields, "rule_count": len(some), "warnings": warnings})
        return found

    async def _in_use(self, rules: Sequence[Rule]) -> tuple[frozenset[UUID], frozenset[UUID]]:
        """The departments that are active, and those products of the rules that are published."""
        uow = self._work.uow
        departments = frozenset(row["id"] for row in await uow.fetch(_DEPARTMENTS))
        named = {product for rule in rules for product in rule.conditions.product_ids}
        products = await routed(uow, named)
        return departments, frozenset(one for one, product in products.items() if product.published)

    async def _check(self, asked: Sequence[RoutingRule]) -> None:
        """400 with every fault and its place."""
        rules = msgspec.convert(msgspec.to_builtins(asked), list[Rule])
        times = Counter(rule.name for rule in rules)
        issues = []
        for place, rule in enumerate(rules):
            if times[rule.name] > 1:
                issues.append(_issue(place, "name", "Another rule has this name too."))
            if rule.outcome == Outcome():
                issues.append(_issue(place, "outcome", "Give a department, a priority or working days."))
        for number, kind, thing in idle(rules, *await self._in_use(rules)):
            part = "outcome.departmentId" if kind == "departmentInactive" else "conditions.productIds"
            detail = f"Unknown or not in use any more: {thing}."
            issues.append(_issue(number - 1, part, detail, kind="referencedResourceNotFound"))
        if issues:
            raise ProblemError(400, "The input is not valid.", issues=issues)


def _issue(place: int, part: str, detail: str, *, kind: str = "invalidInput") -> Issue:
    name = f"rules[{place}].{part}"
    return Issue(type=f"{BELGIF}input-validation:{kind}", where="body", name=name, detail=detail)


def _rules(row: Row) -> list[Rule]:
    return msgspec.convert(row["rules"], list[Rule])


def _book(row: Row) -> Book:
    return book(row["number"], _rules(row))
