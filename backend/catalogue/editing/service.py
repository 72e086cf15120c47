"""Changes the city's own fields of a product: looks first, saves, brings back, and says what is hidden."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from backend.catalogue.editing.schemas import (
    HiddenProduct,
    HiddenProductPage,
    HiddenReason,
    ProductPatch,
    ProductPreview,
    ProductRevert,
)
from backend.catalogue.history.schemas import ChangeKind
from backend.catalogue.history.service import HistoryService
from backend.catalogue.index.service import ProductIndex, changed
from backend.catalogue.products.schemas import ProductView
from backend.catalogue.products.service import API_NAMES, CITY, ProductService
from backend.catalogue.rules import Finding, differing, findings, pick, tidy
from backend.identity.service import DepartmentService
from backend.kit.access import Principal
from backend.kit.db import Row, encode_json
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import BELGIF, Issue, ProblemError, conflict, invalid_input, not_found, unknown_reference
from backend.kit.schema import changes, given
from backend.kit.work import Work

_JSON = frozenset({"faq", "help_sheets", "guiding_questions", "contact_form_questions"})
_COLUMNS = {name: column for column, name in API_NAMES.items()}
_CITIZEN = Principal(id=UUID(int=0), name="", roles=frozenset({"customer"}), departments={})

# By itself, before the product is read: a statement that waits for a lock goes on with what it saw before it waited,
# and would not see the fields that the other editor has just saved. Questions may go on naming the product meanwhile.
_LOCK = "SELECT true FROM product WHERE id = $1 FOR NO KEY UPDATE"
_SAVE = f"""
INSERT INTO product_city (product_id, {", ".join(CITY)})
VALUES ($1, {", ".join(f"${place}" for place in range(2, len(CITY) + 2))})
    ON CONFLICT (product_id) DO UPDATE
   SET {", ".join(f"{name} = excluded.{name}" for name in CITY)}, version = product_city.version + 1
"""
_HIDDEN = """
WITH shown AS (
    SELECT p.id, p.product_number, p.status, p.facts->'name' AS name, c.published IS NOT FALSE AS published,
           (p.facts->>'validFrom')::timestamptz AS valid_from, (p.facts->>'validTo')::timestamptz AS valid_to,
           p.version + coalesce(c.version, 0) AS version
      FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE $1::uuid IS NULL OR p.id < $1)
SELECT * FROM shown
 WHERE status = 'withdrawn' OR NOT published OR valid_from > $2 OR valid_to <= $2 ORDER BY id DESC LIMIT $3
"""


class EditingService:
    """The city's own fields, for editors.

    Args:
        work: the unit of work.
        index: the search index of this process; also says how the city addresses people.
    """

    def __init__(self, work: Work, index: ProductIndex) -> None:
        self._work = work
        self._form = index.form
        self._products = ProductService(work, index)
        self._history = HistoryService(work)

    async def change(self, product_id: UUID, data: ProductPatch, expected: int) -> ProductView:
        """Change the city's own fields; what is already so is no change.

        Raises:
            ProblemError: 404, 412; 400 for an unknown or inactive department, a text with markup, a bad address.
        """
        row = await self._locked(product_id, expected)
        fresh = differing(row, _fields(data))
        wrong = [one for one in findings({**row, **fresh}) if one.blocking and _about(one, fresh)]
        if wrong:
            raise ProblemError(400, "The input is not valid.", issues=[_issue(one) for one in wrong])
        if not await self._is_active(fresh.get("department_id")):
            raise unknown_reference("departmentId", "No such active department.")
        await self._save(row, fresh, "city", given(data.reason))
        return await self._view(product_id)

    async def preview(self, product_id: UUID, data: ProductPatch) -> ProductPreview:
        """What staff and citizens would see after a change, and what is wrong with it; saves nothing; 404."""
        row = await self._products.row(product_id)
        fresh = differing(row, _fields(data))
        city = {**row, **fresh}
        warnings = [
            msgspec.structs.replace(one, blocking=one.blocking and _about(one, fresh)) for one in findings(city)
        ]
        if not await self._is_active(city["department_id"]):
            detail = "This department is not active: it does not handle questions any more."
            blocking = "department_id" in fresh
            warnings.append(Finding(code="departmentInactive", field="departmentId", detail=detail, blocking=blocking))
        if row["status"] == "withdrawn":
            warnings.append(Finding(code="withdrawn", field="", detail="Withdrawn at its source: not found any more."))
        view, access = self._products.view(city), self._work.access
        citizen = access.policy.project("product", view, _CITIZEN) if city["published"] else msgspec.UNSET
        staff = await self._products.with_department(access.project("product", view))
        return ProductPreview(staff=staff, citizen=citizen, warnings=sorted(warnings, key=lambda one: not one.blocking))

    async def revert(self, product_id: UUID, data: ProductRevert, expected: int) -> ProductView:
        """Bring the city's own fields back to how they were after a version, as a new change.

        What the catalogue itself says about the product stays as it is now.

        Raises:
            ProblemError: 404, 412; 400 for a version that is not known, 409 when the department of then is not active.
        """
        row = await self._locked(product_id, expected)
        if data.version > row["version"]:
            raise invalid_input("There is no such version yet.", name="version", kind="outOfRange")
        if data.version < row["version"]:
            then = await self._history.undoing(product_id, data.version)
            fresh = differing(row, {_COLUMNS[name]: value for name, value in then.items()})
            if department := fresh.get("department_id"):
                fresh["department_id"] = UUID(department)
                fresh = differing(row, fresh)
            if not await self._is_active(fresh.get("department_id")):
                raise conflict("departmentInactive", "The responsible department of then is not active any more.")
            await self._save(row, fresh, "revert", given(data.reason))
        return await self._view(product_id)

    async def hidden(self, page: PageRequest) -> HiddenProductPage:
        """Products that a search does not show, and why."""
        after = decode_cursor(page.cursor, (UUID,), scope="hidden")[0] if page.cursor else None
        rows = await self._work.uow.fetch(_HIDDEN, after, self._work.now, page.limit + 1)
        views = [self._hidden(row) for row in rows[: page.limit]]
        if len(rows) > page.limit:
            return HiddenProductPage(items=views, next=encode_cursor((views[-1].id,), scope="hidden"))
        return HiddenProductPage(items=views)

    async def _locked(self, product_id: UUID, expected: int) -> Mapping[str, Any]:
        if not await self._work.uow.fetchval(_LOCK, product_id):
            raise not_found("product")
        row = await self._products.row(product_id)
        check_version(expected, row["version"])
        return row

    async def _is_active(self, department_id: UUID | None) -> bool:
        """Whether questions can go there; 400 for a department that does not exist."""
        if department_id is None:
            return True
        try:
            return (await DepartmentService(self._work).get(department_id)).active
        except ProblemError as error:
            raise unknown_reference("departmentId", "No such active department.") from error

    async def _save(
        self, row: Mapping[str, Any], fresh: Mapping[str, Any], kind: ChangeKind, reason: str | None
    ) -> None:
        """Write the fields, their history and the audit entry, and tell the searches; nothing when nothing changed."""
        if not fresh:
            return
        city = {name: (row[name] if row[name] is not None or name not in _JSON else []) for name in CITY} | dict(fresh)
        values = [encode_json(value or []) if name in _JSON else value for name, value in city.items()]
        await self._work.uow.execute(_SAVE, row["id"], *values)
        before, after = ({API_NAMES[name]: _plain(held[name]) for name in fresh} for held in (row, city))
        await self._history.add(kind, [(row["id"], row["version"] + 1, before, after)], reason)
        self._work.trail.record("product", [row["id"]], fields=list(fresh))
        await changed(self._work)

    async def _view(self, product_id: UUID) -> ProductView:
        view = self._products.view(await self._products.row(product_id))
        return await self._products.with_department(self._work.access.project("product", view))

    def _hidden(self, row: Row) -> HiddenProduct:
        now = self._work.now
        reasons: dict[HiddenReason, bool] = {
            "unpublished": not row["published"],
            "withdrawn": row["status"] == "withdrawn",
            "notYetOffered": row["valid_from"] is not None and row["valid_from"] > now,
            "noLongerOffered": row["valid_to"] is not None and row["valid_to"] <= now,
        }
        return HiddenProduct(
            id=row["id"],
            product_number=row["product_number"],
            title=pick(row["name"], self._form) or "",
            reasons=[reason for reason, holds in reasons.items() if holds],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            version=row["version"],
        )


def _fields(data: ProductPatch) -> dict[str, Any]:
    return tidy({name: value for name, value in changes(data).items() if name != "reason"})


def _about(finding: Finding, fields: Mapping[str, Any]) -> bool:
    return finding.field.partition("[")[0] in {API_NAMES[name] for name in fields}


def _issue(finding: Finding) -> Issue:
    kind = f"{BELGIF}input-validation:invalidInput"
    return Issue(type=kind, where="body", name=finding.field, detail=finding.detail)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
