"""Answer templates: kept by team leads and product editors, offered and filled in for a question."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.products.service import ProductService, routed
from backend.contacts.answer_templates import rules
from backend.contacts.answer_templates.errors import name_in_use
from backend.contacts.answer_templates.schemas import (
    AnswerTemplateCreate,
    AnswerTemplatePage,
    AnswerTemplatePatch,
    AnswerTemplateView,
    FilledTemplate,
    SuitableTemplate,
    SuitableTemplatePage,
)
from backend.contacts.messages.service import told_by_caller
from backend.contacts.shielding.service import handled, looked
from backend.crm.customers.service import CustomerService
from backend.identity.rules import EDIT
from backend.kit.db import Row, UniqueViolation
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import forbidden, invalid_input, not_found
from backend.kit.schema import changes, given
from backend.kit.work import Work
from backend.notifications.rules import Letterhead, day_in_words, deadline_in_words

MOST_OFFERED = 50
"""Templates offered for one question."""
_SCOPE = "answerTemplates"
_SHOWN = "id, department_id, name, body AS text, language, kind, product_id, theme, changed_by, changed_at, version"
_MINE = "($1 OR department_id IS NULL OR department_id = ANY($2::uuid[]))"
_PAGE = f"""
SELECT {_SHOWN} FROM answer_template
 WHERE {_MINE} AND ($3::uuid IS NULL OR department_id = $3) AND ($4::text IS NULL OR (name, id) > ($4, $5::uuid))
 ORDER BY name, id LIMIT $6
"""
_ONE = f"SELECT {_SHOWN} FROM answer_template WHERE id = $3 AND {_MINE}"
_ADD = """
INSERT INTO answer_template (id, department_id, name, body, language, kind, product_id, theme, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_CHANGE = """
UPDATE answer_template SET name = $2, body = $3, language = $4, kind = $5, product_id = $6, theme = $7, changed_by = $8,
       changed_at = $9, version = version + 1
 WHERE id = $1
"""
_REMOVE = "DELETE FROM answer_template WHERE id = $1"
_QUESTION = """
SELECT q.id, q.customer_id, q.department_id, q.assignee_id, q.confidentiality, q.kind, q.product_id, q.language,
       q.reference, q.subject, q.deadline, q.created_at, d.name AS department
  FROM question q JOIN department d ON d.id = q.department_id WHERE q.id = $1
"""
_FOR_QUESTION = f"""
SELECT {_SHOWN} FROM answer_template
 WHERE (department_id IS NULL OR department_id = $1) AND (kind IS NULL OR kind = $2)
   AND (product_id IS NULL OR product_id = $3)
"""


class TemplateService:
    """Answer templates.

    Args:
        work: the unit of work.
        products: the catalogue.
        letterhead: the city.
    """

    def __init__(self, work: Work, products: ProductService, letterhead: Letterhead) -> None:
        self._work = work
        self._products = products
        self._letterhead = letterhead

    async def page(self, department_id: UUID | None, page: PageRequest) -> AnswerTemplatePage:
        """Templates of the person's departments and of all, by name; for product editors every one."""
        after = decode_cursor(page.cursor, (str, UUID), scope=_SCOPE) if page.cursor else (None, None)
        rows = await self._work.uow.fetch(_PAGE, *self._mine, department_id, *after, page.limit + 1)
        items = [AnswerTemplateView(**row) for row in rows[: page.limit]]
        if len(rows) > page.limit:
            return AnswerTemplatePage(items=items, next=encode_cursor((items[-1].name, items[-1].id), scope=_SCOPE))
        return AnswerTemplatePage(items=items)

    async def get(self, template_id: UUID) -> AnswerTemplateView:
        """One template; 404 also for one of another department."""
        row = await self._work.uow.fetchrow(_ONE, *self._mine, template_id)
        if row is None:
            raise not_found("answer template")
        return AnswerTemplateView(**row)

    async def create(self, data: AnswerTemplateCreate) -> AnswerTemplateView:
        """A new template; 400 for what it cannot hold, 403 for another department, 409 `templateExists`."""
        department_id, template_id = given(data.department_id), uuid7()
        self._check_owner(department_id)
        _check(data.text)
        fits = (given(data.kind), given(data.product_id), given(data.theme))
        values = (template_id, department_id, data.name, data.text, data.language, *fits)
        await self._write(_ADD, *values, self._work.who.id, self._work.now)
        self._work.trail.record("answerTemplate", [template_id])
        return await self.get(template_id)

    async def change(self, template_id: UUID, data: AnswerTemplatePatch, expected: int) -> AnswerTemplateView:
        """Another text or name, or for other questions; 400, 403, 404, 409, 412."""
        before = await self._locked(template_id, expected)
        after = msgspec.structs.replace(before, **changes(data))
        if after == before:
            return before
        _check(after.text)
        values = (after.name, after.text, after.language, after.kind, after.product_id, after.theme)
        await self._write(_CHANGE, template_id, *values, self._work.who.id, self._work.now)
        self._work.trail.record("answerTemplate", [template_id], fields=list(changes(data)))
        return await self.get(template_id)

    async def remove(self, template_id: UUID, expected: int) -> None:
        """It is not offered any more; answers written with it stay as they are. 403, 404, 412."""
        await self._locked(template_id, expected)
        await self._work.uow.execute(_REMOVE, template_id)
        self._work.trail.record("answerTemplate", [template_id])

    async def suitable(self, question_id: UUID) -> SuitableTemplatePage:
        """Templates that suit a question, the best first; 403, 404."""
        return await self.fitting(await self._question(question_id))

    async def fitting(self, question: Mapping[str, Any]) -> SuitableTemplatePage:
        """Templates that suit a question that the person handles, the best first.

        Args:
            question: its id, customer_id, department_id, assignee_id, confidentiality, kind, product_id and language.
        """
        product_id, kind = question["product_id"], question["kind"]
        rows = await self._work.uow.fetch(_FOR_QUESTION, question["department_id"], kind, product_id)
        known = await routed(self._work.uow, [product_id], themes=True) if product_id else {}
        themes = known[product_id].themes if product_id in known else frozenset[str]()
        found = [(self._score(row, question, themes), row) for row in rows]
        fitting = [(score, row) for score, row in found if score is not None]
        # in the language of the customer first, then what says most about the question
        fitting.sort(key=lambda one: (one[1]["language"] != question["language"], -one[0], one[1]["name"]))
        looked(self._work, [question], fields=["kind"])
        names = [name for name in SuitableTemplate.__struct_fields__ if name != "score"]
        return SuitableTemplatePage(
            items=[
                SuitableTemplate(score=score, **{name: row[name] for name in names})
                for score, row in fitting[:MOST_OFFERED]
            ]
        )

    async def fill(self, question_id: UUID, template_id: UUID) -> FilledTemplate:
        """The text of a template for one question; 403, 404."""
        question = await self._question(question_id)
        template = await self.get(template_id)
        used = rules.used(template.text)
        filled = rules.fill(template.text, await self._known(question, used))
        looked(self._work, [question], fields=sorted(used))
        return FilledTemplate(text=filled.text, missing=list(filled.missing))

    @property
    def _mine(self) -> tuple[bool, list[UUID]]:
        """Whether the person edits for the whole city, and else for which departments the templates are."""
        return not EDIT.keys().isdisjoint(self._work.who.roles), list(self._work.who.departments)

    def _check_owner(self, department_id: UUID | None) -> None:
        """403 unless the person edits for the whole city or leads this department."""
        who = self._work.who
        leads = department_id is not None and "teamLead" in who.departments.get(department_id, ())
        if not (self._mine[0] or leads):
            raise forbidden("Team leads keep the templates of their own department.")

    async def _locked(self, template_id: UUID, expected: int) -> AnswerTemplateView:
        row = await self._work.uow.fetchrow(f"{_ONE} FOR UPDATE", *self._mine, template_id)
        if row is None:
            raise not_found("answer template")
        self._check_owner(row["department_id"])
        check_version(expected, row["version"])
        return AnswerTemplateView(**row)

    async def _write(self, statement: str, *values: Any) -> None:
        try:
            await self._work.uow.execute(statement, *values)
        except UniqueViolation:
            raise name_in_use() from None

    async def _question(self, question_id: UUID) -> Row:
        row = await self._work.uow.fetchrow(_QUESTION, question_id)
        return await handled(self._work, row, question_id)

    def _score(self, row: Row, question: Mapping[str, Any], themes: frozenset[str]) -> int | None:
        fit = rules.Fit(**{name: row[name] for name in rules.Fit.__struct_fields__})
        return rules.score(fit, kind=question["kind"], product_id=question["product_id"], themes=themes)

    async def _known(self, question: Row, used: frozenset[str]) -> dict[str, str | None]:
        """What is known of the question, by placeholder; products are read only when the template wants them."""
        customer_id, uow = question["customer_id"], self._work.uow
        told = await told_by_caller(uow, question["id"])
        on_file = await CustomerService(self._work).recipient(customer_id) if customer_id else None
        name = on_file.name if on_file else told.get("name")
        known: dict[str, str | None] = {
            "customerName": name,
            "reference": question["reference"],
            "subject": question["subject"],
            "department": question["department"],
            "deadline": deadline_in_words(question["deadline"]),
            "askedOn": day_in_words(question["created_at"]),
            "agentName": self._work.who.name,
            "city": self._letterhead.city,
            "cityPhone": self._letterhead.city_phone,
        }
        if question["product_id"] and any(one.startswith("product.") for one in used):
            data = {"name": name or "", "reference": question["reference"]}
            text = await self._products.mail_text(question["product_id"], question["language"], data)
            known |= {
                "product.name": text.name,
                "product.description": text.description_text,
                "product.firstLine": text.first_line_information,
                "product.transactionUrl": text.transaction_url,
            }
        return known


def _check(text: str) -> None:
    if wrong := rules.fault(text):
        raise invalid_input(wrong, name="text")
