"""Taking a flow, step by step. Nothing of a visitor is kept: every step begins with the answers that are sent."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.assistant.rules import Position, Program, flow_languages, replay, say
from backend.assistant.steps.rules import Surroundings, answers_in, language_of, step_view
from backend.assistant.steps.rules.views import StepView
from backend.assistant.steps.schemas import FlowPage, FlowProduct, FlowSummary, FlowView
from backend.assistant.steps.service.products import FlowProducts, Products
from backend.assistant.versions.service import FlowStore, Served
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import conflict, not_found

_LIST = "flows"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Answers, replayed.

    Attributes:
        program: the version that was used.
        position: where they lead.
        language: of texts.
        changed: another version was asked for, which does not count any more.
    """

    program: Program
    position: Position
    language: str
    changed: bool = False


class StepService:
    """Flows for who takes them.

    Args:
        flows: published versions.
        products: what they refer to.
        form_url: address of forms, with `{form}`; None: links to forms are not shown.
        today: in Brussels.
    """

    def __init__(self, flows: FlowStore, products: FlowProducts, form_url: str | None, today: date) -> None:
        self._flows = flows
        self._products = products
        self._form_url = form_url or None
        self.today = today

    async def page(self, page: PageRequest, language: str | None, product_id: UUID | None) -> FlowPage:
        """Flows that can be taken today."""
        after = decode_cursor(page.cursor, (str,), scope=_LIST)[0] if page.cursor else ""
        items: list[FlowSummary] = []
        for one in await self._flows.published(self.today):
            if one.program.flow.flow <= after:
                continue
            products = await self._products.of(one.program)
            if product_id and product_id not in {each.id for each in _about(one.program, products)}:
                continue
            items.append(_summary(one.program, products, language_of(one.program.flow, language)))
            if len(items) > page.limit:
                cursor = encode_cursor((items[page.limit - 1].slug,), scope=_LIST)
                return FlowPage(items=items[: page.limit], next=cursor)
        return FlowPage(items=items)

    async def get(self, slug: str, language: str | None) -> FlowView:
        """A flow and its first step; 404."""
        taken = await self.take(slug, {}, language)
        flow = taken.program.flow
        summary = _summary(taken.program, await self._products.of(taken.program), taken.language)
        return FlowView(
            **msgspec.structs.asdict(summary),
            language=taken.language,
            questions=len(flow.questions),
            review_by=flow.review_by,
            step=await self.view(taken, {}),
        )

    async def take(
        self, slug: str, answers: Mapping[str, Any], language: str | None = None, version: int | None = None
    ) -> Taken:
        """Replay answers; by the current version when the one that was asked for does not count today; 404."""
        served, changed = await self._version(slug, version)
        return self._taken(served, answers, language, changed=changed)

    async def told(
        self, slug: str, answers: Mapping[str, Any], language: str | None = None, version: int | None = None
    ) -> Taken:
        """Replay answers by the very version that was answered, also when it counts no more: nothing is lost; 404.

        Of a version that is still to come, which nobody can have answered, nothing is told.
        """
        served = await (self._flows.version(slug, version) if version else self._flows.current(slug, self.today))
        if served is None or not _begun(served, self.today):
            raise not_found("flow or version of it")
        return self._taken(served, answers, language)

    async def view(self, taken: Taken, answers: Mapping[str, Any]) -> StepView:
        """What is shown of it."""
        around = await self.around(taken.program)
        view = step_view(taken.program, taken.position, answers, taken.language, around)
        return msgspec.structs.replace(view, version_changed=True) if taken.changed else view

    async def around(self, program: Program) -> Surroundings:
        """Where the links of a flow can lead to today."""
        flows: frozenset[str] | None = None
        if any(link.flow for _, link in program.flow.links()):
            flows = frozenset(one.program.flow.flow for one in await self._flows.published(self.today))
        return Surroundings(products=await self._products.of(program), flows=flows, form_url=self._form_url)

    async def in_address(self, slug: str, version: int | None) -> None:
        """409 `answersNotInAddress` for a flow whose answers may stand in no address; 404."""
        served, _ = await self._version(slug, version)
        if served.program.flow.private:
            raise conflict("answersNotInAddress", "The answers to this flow are private: send them in a body (POST).")

    async def _version(self, slug: str, number: int | None) -> tuple[Served, bool]:
        current = await self._flows.current(slug, self.today)
        if number is None or (current and current.number == number):
            if current is None:
                raise not_found("flow")
            return current, False
        asked = await self._flows.version(slug, number)
        if asked is None:
            raise not_found("flow or version of it")
        if _counts(asked, self.today):
            return asked, False
        if current is None:
            raise not_found("flow")
        return current, True

    def _taken(
        self, served: Served, answers: Mapping[str, Any], language: str | None, *, changed: bool = False
    ) -> Taken:
        program, spoken = served.program, language_of(served.program.flow, language)
        position = replay(program, answers, self.today, spoken)
        return Taken(program=program, position=position, language=spoken, changed=changed)


def _counts(served: Served, today: date) -> bool:
    """Whether somebody who began with a version can go on with it: it is not retired, and its days have not passed."""
    until = served.program.flow.valid_until
    return served.status == "published" and _begun(served, today) and (until is None or until >= today)


def _begun(served: Served, today: date) -> bool:
    begins = served.program.flow.valid_from
    return begins is None or begins <= today


def _about(program: Program, products: Products) -> list[Any]:
    """The products that a flow is about: those it names itself, else all that its outcomes lead to."""
    named = [products[one] for one in program.flow.products if one in products]
    return named or list({one.id: one for one in products.values()}.values())


def _summary(program: Program, products: Products, language: str) -> FlowSummary:
    flow = program.flow
    return FlowSummary(
        slug=flow.flow,
        title=say(flow.title, language),
        intro=say(flow.intro, language) if flow.intro else None,
        version=flow.version,
        languages=flow_languages(flow),
        answers_in=answers_in(flow),
        products=[FlowProduct(id=one.id, name=one.name(language)) for one in _about(program, products)],
    )
