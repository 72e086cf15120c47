"""From a position in a flow to what is shown; nothing of it is for colleagues only."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from backend.assistant.rules import (
    DONT_KNOW,
    DUTCH,
    LANGUAGES,
    NO,
    YES,
    Block,
    Flow,
    Link,
    Outcome,
    Passed,
    Position,
    Program,
    Question,
    countries,
    flow_languages,
    label,
    say,
    word,
)
from backend.assistant.steps.rules.graph import longest
from backend.assistant.steps.rules.views import (
    AnswerOption,
    AnswersIn,
    AskedQuestion,
    CountryOption,
    FlowProgress,
    HelpSheet,
    OpenQuestion,
    OutcomeBlock,
    OutcomeLink,
    PassedQuestion,
    ReachedOutcome,
    StepView,
)
from backend.assistant.steps.rules.words import KINDS


class ShownProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A published product that a flow refers to; `names` by language, Dutch among them."""

    id: UUID
    names: Mapping[str, str]
    help_sheets: tuple[HelpSheet, ...] = ()
    has_transaction: bool = False
    department_id: UUID | None = None

    def name(self, language: str) -> str:
        """In this language, else in Dutch."""
        return self.names.get(language) or self.names[DUTCH]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where links can lead to today.

    Attributes:
        products: by how a flow refers to them; one that is not among them is withdrawn, hidden or unknown.
        flows: slugs of those that can be taken; None: all.
        form_url: address of a form, with `{form}` for its name; links to forms are left out without it.
    """

    products: Mapping[str, ShownProduct] = {}
    flows: Collection[str] | None = None
    form_url: str | None = None


def language_of(flow: Flow, asked: str | None) -> str:
    """The language in which a flow is shown to who asks for this one: Dutch when it is not in it.

    Args:
        flow: the flow.
        asked: a language tag, such as `fr` or `fr-BE`.
    """
    tag = (asked or DUTCH).replace("_", "-").split("-")[0].strip().lower()
    return tag if tag in flow_languages(flow) else DUTCH


def answers_in(flow: Flow) -> AnswersIn:
    """Whether answers may stand in an address."""
    return "session" if flow.private else "url"


def step_view(
    program: Program,
    position: Position,
    answers: Mapping[str, Any],
    language: str,
    around: Surroundings,
) -> StepView:
    """What is shown of a position.

    Args:
        program: the flow.
        position: as `replay` found it with these answers.
        answers: as they were given.
        language: of the texts, see `language_of`.
        around: where links can lead to.
    """
    question, outcome = position.question, position.outcome
    used = {one.question.id for one in position.passed} | ({question.id} if question else set())
    return StepView(
        flow=program.flow.flow,
        version=program.flow.version,
        title=say(program.flow.title, language),
        language=language,
        passed=[passed_view(one, language) for one in position.passed],
        question=question_view(question, language) if question else None,
        refused=position.refused,
        outcome=outcome_view(outcome, position.blocks, language, around) if outcome else None,
        unused=[one for one in answers if one not in used],
        progress=FlowProgress(answered=len(position.passed), at_most=longest(program)[question.id] if question else 0),
        stuck=question is None and outcome is None,
    )


def passed_view(one: Passed, language: str) -> PassedQuestion:
    """An answered question."""
    question = one.question
    return PassedQuestion(
        id=question.id,
        title=say(question.title, language),
        answer=label(question, one.raw, language),
        value=one.raw,
        sensitive=question.sensitive,
    )


def question_view(question: Question, language: str) -> OpenQuestion:
    """The open question, with the countries that it is about."""
    asked = asked_of(question, language)
    return OpenQuestion(**asked, countries=country_views(language) if question.type == "country" else ())


def asked_of(question: Question, language: str) -> dict[str, Any]:
    """The fields of `AskedQuestion`."""
    view = AskedQuestion(
        id=question.id,
        type=question.type,
        title=say(question.title, language),
        explain=say(question.explain, language) if question.explain else None,
        hint=say(question.hint, language) if question.hint else None,
        unit=question.unit,
        min=question.min,
        max=question.max,
        options=_options(question, language),
        dont_know=AnswerOption(value=DONT_KNOW, label=word(DONT_KNOW, language)) if question.dont_know else None,
        sensitive=question.sensitive,
    )
    return {name: getattr(view, name) for name in AskedQuestion.__struct_fields__}


@cache
def country_views(language: str) -> tuple[CountryOption, ...]:
    """Every country, made once."""
    return tuple(CountryOption(code=code, name=name) for code, name in countries(language).items())


def _options(question: Question, language: str) -> list[AnswerOption]:
    if question.type == "yesno" and not question.options:
        return [AnswerOption(value=one, label=word(one, language)) for one in (YES, NO)]
    return [
        AnswerOption(
            value=one.value,
            label=say(one.label, language),
            explain=say(one.explain, language) if one.explain else None,
            exclusive=one.exclusive,
        )
        for one in question.options or ()
    ]


def outcome_view(outcome: Outcome, blocks: Iterable[Block], language: str, around: Surroundings) -> ReachedOutcome:
    """An outcome with the blocks that go for these answers; what cannot be followed today is left out."""
    links = link_views(outcome.links, language, around)
    shown = [
        OutcomeBlock(
            id=one.id, kind=one.kind, text=say(one.text, language), links=link_views(one.links, language, around)
        )
        for one in blocks
    ]
    leads_on = bool(links) or any(one.links for one in shown)
    return ReachedOutcome(
        id=outcome.id,
        kind=outcome.kind,
        kind_label=say(KINDS[outcome.kind], language),
        title=say(outcome.title, language),
        text=say(outcome.text, language),
        legal_basis=outcome.legal_basis,
        blocks=shown,
        links=links,
        handover=outcome.handover is not None or outcome.kind == "contact" or not leads_on,
    )


def link_views(links: Iterable[Link], language: str, around: Surroundings) -> list[OutcomeLink]:
    """The links that can be followed today."""
    return [view for link in links if (view := _link(link, language, around))]


def _link(link: Link, language: str, around: Surroundings) -> OutcomeLink | None:
    text = say(link.label, language)
    if link.product:
        product = around.products.get(link.product)
        return _to_product(text, product, language) if product else None
    if link.form:
        address = around.form_url and around.form_url.replace("{form}", quote(link.form, safe=""))
        return OutcomeLink(label=text, kind="form", url=address) if address else None
    if link.flow:
        there = around.flows is None or link.flow in around.flows
        return OutcomeLink(label=text, kind="flow", flow=link.flow) if there else None
    return OutcomeLink(label=text, kind="url", url=link.url) if link.url else None


def _to_product(text: str, product: ShownProduct, language: str) -> OutcomeLink:
    return OutcomeLink(
        label=text,
        kind="product",
        product_id=product.id,
        product_name=product.name(language) or None,
        help_sheets=product.help_sheets,
        has_transaction=product.has_transaction,
    )


@lru_cache(maxsize=256)
def references(program: Program) -> frozenset[str]:
    """How a flow refers to products."""
    return frozenset(program.flow.products) | {link.product for _, link in program.flow.links() if link.product}


def warmed() -> None:
    """Read the names of countries once: Babel needs a tenth of a second for each language."""
    for language in LANGUAGES:
        country_views(language)


def form_fault(template: str) -> str | None:
    """What is wrong with the address of forms; None when nothing is, or there is none."""
    good = template.startswith(("https://", "http://")) and "{form}" in template
    return None if good or not template else "an address (https://) with {form} in it"
