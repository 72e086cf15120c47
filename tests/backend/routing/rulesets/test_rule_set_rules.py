from typing import Any, get_args
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backend.contacts.rules import PRIORITIES, Channel, Kind
from backend.crm.rules import Kind as CustomerKind
from backend.routing.rulesets.rules import (
    NO_RULES,
    Conditions,
    Facts,
    Fallback,
    Outcome,
    Rule,
    book,
    decide,
    first,
    fitting,
    idle,
    reason,
    shadows,
)

IDS = [UUID(int=number) for number in range(1, 7)]
CENTRE, CIVIL, MOBILITY, CLOSED = IDS[:4]
PRODUCTS = IDS[4:]
ACTIVE = frozenset({CENTRE, CIVIL, MOBILITY})
THEMES, POSTCODES = ["mobiliteit", "wonen", "natuur"], ["9000", "9031", "9040"]
TOPICS = ["verhuis", "parkeren"]
KINDS, CHANNELS, CUSTOMERS = get_args(Kind), get_args(Channel), get_args(CustomerKind)


def some(values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


conditions = st.builds(
    Conditions,
    product_ids=some(PRODUCTS),
    themes=some(THEMES),
    kinds=some(KINDS),
    channels=some(CHANNELS),
    postcodes=some(POSTCODES),
    customer_kinds=some(CUSTOMERS),
    topics=some(TOPICS),
)
outcomes = st.builds(
    Outcome,
    department_id=st.none() | st.sampled_from([CENTRE, CIVIL, MOBILITY, CLOSED]),
    priority=st.none() | st.sampled_from(PRIORITIES),
    working_days=st.none() | st.integers(0, 60),
)
rules = st.lists(st.builds(Rule, name=st.sampled_from(["a", "b"]), conditions=conditions, outcome=outcomes), max_size=6)
questions = st.builds(
    Facts,
    kind=st.sampled_from(KINDS),
    channel=st.sampled_from(CHANNELS),
    product_id=st.none() | st.sampled_from(PRODUCTS),
    themes=st.frozensets(st.sampled_from(THEMES)),
    postcode=st.none() | st.sampled_from(POSTCODES),
    customer_kind=st.none() | st.sampled_from(CUSTOMERS),
    topic=st.none() | st.sampled_from(TOPICS),
)
fallbacks = st.builds(
    Fallback,
    active=st.just(ACTIVE),
    centre=st.just(CENTRE),
    chosen=st.none() | st.sampled_from([CIVIL, MOBILITY]),
    team=st.none() | st.sampled_from([CIVIL, MOBILITY, CLOSED]),
    responsible=st.none() | st.sampled_from([CIVIL, MOBILITY, CLOSED]),
)
USUAL = Fallback(active=ACTIVE, centre=CENTRE)
PHONE = Facts(kind="question", channel="phone")


def rule(name: str = "regel", department: UUID | None = CIVIL, **wanted: Any) -> Rule:
    return Rule(name=name, conditions=Conditions(**wanted), outcome=Outcome(department_id=department))


@given(rules, questions, fallbacks)
def test_the_same_question_goes_the_same_way(held: list[Rule], facts: Facts, fallback: Fallback) -> None:
    again = msgspec.json.decode(msgspec.json.encode(held), type=list[Rule])
    assert decide(book(1, held), facts, fallback) == decide(book(1, again), facts, fallback)


@given(rules, questions)
def test_the_rules_that_fit_are_those_that_say_so(held: list[Rule], facts: Facts) -> None:
    def fits(one: Rule) -> bool:
        asked, known = one.conditions, facts
        return (
            (not asked.product_ids or known.product_id in asked.product_ids)
            and (not asked.themes or any(theme in asked.themes for theme in known.themes))
            and (not asked.kinds or known.kind in asked.kinds)
            and (not asked.channels or known.channel in asked.channels)
            and (not asked.postcodes or known.postcode in asked.postcodes)
            and (not asked.customer_kinds or known.customer_kind in asked.customer_kinds)
            and (not asked.topics or known.topic in asked.topics)
        )

    wanted = [number for number, one in enumerate(held, start=1) if fits(one)]
    assert fitting(book(1, held), facts) == wanted
    assert first(book(1, held), facts) == (wanted[0] if wanted else 0)


@given(rules, questions, fallbacks)
def test_only_the_first_rule_that_fits_counts(held: list[Rule], facts: Facts, fallback: Fallback) -> None:
    fits = fitting(book(1, held), facts)
    found = decide(book(1, held), facts, fallback)
    assert found.rule == (fits[0] if fits else 0)
    alone = decide(book(1, [held[fits[0] - 1]] if fits else []), facts, fallback)
    assert msgspec.structs.replace(found, rule=0) == msgspec.structs.replace(alone, rule=0)


@given(rules, st.integers(0, 6), questions, fallbacks)
def test_a_rule_that_fits_nothing_changes_nothing(
    held: list[Rule], place: int, facts: Facts, fallback: Fallback
) -> None:
    never = rule(product_ids=(UUID(int=99),))
    more = [*held[:place], never, *held[place:]]
    before, after = decide(book(1, held), facts, fallback), decide(book(1, more), facts, fallback)
    assert msgspec.structs.replace(before, rule=0) == msgspec.structs.replace(after, rule=0)


@given(rules, questions, fallbacks)
def test_a_question_always_has_an_owner_that_is_active(held: list[Rule], facts: Facts, fallback: Fallback) -> None:
    found = decide(book(1, held), facts, fallback)
    assert found.department_id in ACTIVE
    assert fallback.chosen is None or (found.department_id, found.why) == (fallback.chosen, "chosen")
    assert (found.why == "contactCentre") <= (found.department_id == CENTRE)


@given(rules, questions)
def test_a_shadowed_rule_never_decides(held: list[Rule], facts: Facts) -> None:
    ready = book(1, held)
    shadowed = shadows(ready)
    assert decide(ready, facts, USUAL).rule not in shadowed
    fits = fitting(ready, facts)
    assert all(earlier in fits and earlier < number for number, earlier in shadowed.items() if number in fits)


def test_order_matters() -> None:
    wide, narrow = rule("breed", CIVIL), rule("smal", MOBILITY, channels=("phone",))
    assert decide(book(1, [wide, narrow]), PHONE, USUAL).department_id == CIVIL
    assert decide(book(1, [narrow, wide]), PHONE, USUAL).department_id == MOBILITY
    assert shadows(book(1, [wide, narrow])) == {2: 1}
    assert shadows(book(1, [narrow, wide])) == {}


def test_all_conditions_hold_each_for_any_value() -> None:
    held = book(1, [rule(kinds=("report", "complaint"), postcodes=("B-9031", "9040"))])
    report = Facts(kind="report", channel="webForm", postcode="9031")
    assert fitting(held, report) == [1]
    assert fitting(held, msgspec.structs.replace(report, kind="complaint")) == [1]
    assert fitting(held, msgspec.structs.replace(report, postcode="9000")) == []
    assert fitting(held, msgspec.structs.replace(report, postcode=None)) == [], "what is not known holds for nothing"
    assert fitting(held, msgspec.structs.replace(report, kind="question")) == []


def test_what_a_rule_leaves_out_goes_as_usual() -> None:
    says = Rule(name="snel", outcome=Outcome(priority="high", working_days=1))
    found = decide(book(4, [says]), PHONE, Fallback(active=ACTIVE, centre=CENTRE, responsible=MOBILITY))
    assert (found.department_id, found.why) == (MOBILITY, "product")
    assert (found.priority, found.working_days) == ("high", 1)
    assert reason(book(4, [says]), found, PHONE) == "Regel 1 van regelset 4: snel"


def test_a_department_that_is_not_active_is_passed_over() -> None:
    held = book(1, [rule(department=CLOSED), rule(department=CIVIL)])
    found = decide(held, PHONE, USUAL)
    assert (found.department_id, found.why, found.by_rule) == (CENTRE, "contactCentre", False)
    assert reason(held, found, PHONE) is None
    assert idle(held.rules, ACTIVE, ()) == [(1, "departmentInactive", CLOSED)]
    assert idle([rule(product_ids=(PRODUCTS[0],))], ACTIVE, PRODUCTS[1:]) == [(1, "productWithdrawn", PRODUCTS[0])]


def test_topics_are_those_of_the_outcome_whatever_the_capitals() -> None:
    held = book(1, [rule(topics=("Verhuis ", "parkeren"), department=CIVIL), rule(topics=("verhuis",))])
    asked = msgspec.structs.replace(PHONE, topic="verhuis")
    assert fitting(held, asked) == [1, 2]
    assert fitting(held, msgspec.structs.replace(PHONE, topic="vertrek")) == []
    assert fitting(held, PHONE) == [], "what is not known holds for nothing"
    assert held.asks("topics")
    assert shadows(held) == {2: 1}


def test_a_flow_goes_between_the_rules_and_the_product() -> None:
    asked = msgspec.structs.replace(PHONE, topic="verhuis")
    by_team = Fallback(active=ACTIVE, centre=CENTRE, team=MOBILITY, responsible=CIVIL)
    found = decide(NO_RULES, asked, by_team)
    assert (found.department_id, found.why, found.by_rule) == (MOBILITY, "flow", False)
    assert reason(NO_RULES, found, asked) == "Wegwijzer: onderwerp verhuis"
    assert reason(NO_RULES, found, PHONE) == "Wegwijzer: dienst bij deze uitkomst"
    ruled = decide(book(1, [rule(department=CIVIL)]), asked, by_team)
    assert (ruled.department_id, ruled.why) == (CIVIL, "rule")
    closed = decide(NO_RULES, asked, msgspec.structs.replace(by_team, team=CLOSED))
    assert (closed.department_id, closed.why) == (CIVIL, "product")
    chosen = decide(NO_RULES, asked, msgspec.structs.replace(by_team, chosen=CENTRE))
    assert (chosen.department_id, chosen.why) == (CENTRE, "chosen")


def test_without_rules_everything_goes_as_usual() -> None:
    found = decide(NO_RULES, PHONE, Fallback(active=ACTIVE, centre=CENTRE, responsible=CIVIL))
    assert (found.department_id, found.why, found.rule) == (CIVIL, "product", 0)
    assert reason(NO_RULES, found, PHONE) is None


def test_a_set_knows_what_it_looks_at() -> None:
    held = book(1, [rule(kinds=("report",)), rule(postcodes=("9000",))])
    assert held.asks("customer_kinds", "postcodes")
    assert not held.asks("customer_kinds", "themes")
