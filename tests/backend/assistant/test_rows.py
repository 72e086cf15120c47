"""Rows to conditions and back: over every kind of question, and over every condition of the flows that there are."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from operator import eq, ge, gt, le, lt, ne
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.assistant.rows.rules import (
    MOST_CHARACTERS,
    OPERATORS,
    WORDS,
    Cluster,
    Group,
    Row,
    RowsRefused,
    compose,
    faults,
    in_words,
    rows_of,
    subjects,
)
from backend.assistant.rules import AND, OR, Call, Flow, Language, Node, decode, evaluate, source
from tests.backend.assistant.flows import DEMO, GIVEN

FLOW = decode(
    msgspec.json.encode(
        {
            "format": 1,
            "flow": "alles",
            "version": 1,
            "status": "draft",
            "title": "Alles",
            "owner": "Test",
            "lists": {"eu": ["be", "fr"], "stad": ["9000", "9030"], "soorten": ["huur", "koop"]},
            "facts": [
                {"id": "zeker", "expr": 'ja_nee == "ja"'},
                {"id": "dubbel", "expr": "aantal * 2", "type": "integer"},
                {"id": "naam", "expr": "woning", "type": "string"},
            ],
            "questions": [
                {
                    "id": "woning",
                    "type": "choice",
                    "title": "Hoe woont u?",
                    "dont_know": True,
                    "options": [
                        {"value": "huur", "label": {"nl": "Ik huur", "en": "I rent"}},
                        {"value": "koop", "label": "Ik koop"},
                        {"value": "gratis", "label": 'Ik woon "gratis"'},
                    ],
                },
                {"id": "ja_nee", "type": "yesno", "title": "Klopt het?"},
                {
                    "id": "extra",
                    "type": "multi",
                    "title": "Wat nog?",
                    "options": [{"value": one, "label": one.upper()} for one in ("a", "b", "c")],
                },
                {"id": "land", "type": "country", "title": "Welk land?"},
                {"id": "geboorteland", "type": "country", "title": "Waar geboren?"},
                {"id": "gemeente", "type": "postcode", "title": "Welke postcode?"},
                {"id": "aantal", "type": "integer", "title": "Hoeveel?"},
                {"id": "aantal_kinderen", "type": "integer", "title": "Hoeveel kinderen?"},
                {"id": "oppervlakte", "type": "number", "title": "Hoe groot?", "unit": "m²"},
                {"id": "inkomen", "type": "money", "title": "Hoeveel verdient u?"},
                {"id": "begin", "type": "date", "title": "Wanneer begint het?"},
                {"id": "einde", "type": "date", "title": "Wanneer eindigt het?"},
                {"id": "uitleg", "type": "text", "title": "Vertel het ons"},
                {"id": "while", "type": "yesno", "title": "Een naam die CEL zelf gebruikt"},
            ],
            "outcomes": [{"id": "u", "kind": "free", "title": "Klaar", "text": "Klaar."}],
        }
    )
)
LANGUAGE = Language(FLOW)
SUBJECTS = {name: one for name, one in subjects(FLOW).items() if one.kind != "free" and name != "while"}


def conditions(flow: Flow) -> Iterator[str]:
    yield from (fact.expr for fact in flow.facts if fact.type == "bool")
    for question in flow.questions:
        yield from (must.must for must in question.validate)
        yield from (rule.when for rule in question.next or () if rule.when)
        if question.ask_if:
            yield question.ask_if
    yield from (block.when for outcome in flow.outcomes for block in outcome.blocks if block.when)


def flat(node: Node) -> object:
    """A tree in which it does not matter how and, and or, were bracketed among themselves."""
    if isinstance(node, Call) and node.function in {AND, OR}:
        parts = list[object]()
        for arg in node.args:
            below = flat(arg)
            parts += below[1:] if isinstance(below, tuple) and below[0] == node.function else [below]
        return (node.function, *parts)
    return source(node)


def same_tree(one: str, other: str, language: Language) -> bool:
    return flat(language.condition(one).node) == flat(language.condition(other).node)


# --- the flows that there are --------------------------------------------------------------------------------------


@pytest.mark.skipif(not GIVEN, reason="the flows given with the project are not beside this checkout (../shared)")
@pytest.mark.parametrize("path", GIVEN, ids=lambda path: path.stem)
def test_every_condition_of_the_given_flows_is_rows(path: Path) -> None:
    _every_condition_is_rows(decode(path.read_bytes()))


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_every_condition_of_the_demo_flows_is_rows(path: Path) -> None:
    _every_condition_is_rows(decode(path.read_bytes()))


def _every_condition_is_rows(flow: Flow) -> None:
    language, found = Language(flow), list(conditions(flow))
    assert found
    for condition in found:
        rows = rows_of(flow, language.condition(condition))
        assert rows is not None, condition
        assert not faults(flow, rows), condition
        written = compose(flow, rows)
        assert same_tree(written, condition, language), (condition, written)
        assert len(written) <= len(condition)
        assert in_words(flow, rows)


# --- any rows ------------------------------------------------------------------------------------------------------

DAYS = st.dates(min_value=datetime(1900, 1, 1).date(), max_value=datetime(2200, 1, 1).date())  # noqa: DTZ001 a day
LARGE = 10**12
WHOLE = st.integers(-LARGE, LARGE)
NUMBERS = st.floats(min_value=-LARGE, max_value=LARGE)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "woning": st.sampled_from(["huur", "koop", "gratis", "weet_niet"]),
    "ja_nee": st.sampled_from(["ja", "nee"]),
    "extra": st.sampled_from(["a", "b", "c"]),
    "land": st.sampled_from(["be", "fr", "ma"]),
    "geboorteland": st.sampled_from(["be", "fr", "ma"]),
    "gemeente": st.integers(1000, 9999).map(str),
    "naam": st.text(min_size=1, max_size=12),
}
OTHERS = {
    "land": ["geboorteland"],
    "aantal": ["aantal_kinderen", "dubbel"],
    "aantal_kinderen": ["aantal"],
    "dubbel": ["aantal"],
    "oppervlakte": ["inkomen"],
    "inkomen": ["oppervlakte"],
    "begin": ["today", "einde"],
    "einde": ["today", "begin"],
    "today": ["begin"],
    "naam": ["woning"],
}


@st.composite
def rows(draw: st.DrawFn) -> Row:
    name = draw(st.sampled_from(sorted(SUBJECTS)))
    kind = SUBJECTS[name].kind
    operator = draw(st.sampled_from(OPERATORS[kind]))
    if operator in {"holds", "holdsNot"}:
        return Row(question=name, operator=operator)
    if operator in {"inList", "notInList"}:
        return Row(question=name, operator=operator, value=draw(st.sampled_from(sorted(FLOW.lists))))
    if operator in {"oneOf", "noneOf", "includesOneOf"}:
        several = tuple(draw(st.lists(VALUES[name], min_size=1, max_size=4)))
        return Row(question=name, operator=operator, values=several)
    if operator in {"countAtLeast", "countAtMost"}:
        return Row(question=name, operator=operator, value=draw(st.integers(0, 9)))
    if name in OTHERS and kind != "multi" and draw(st.booleans()):
        offset = draw(st.integers(-400, 400)) if kind == "date" else 0
        return Row(question=name, operator=operator, other=draw(st.sampled_from(OTHERS[name])), offset_days=offset)
    values: dict[str, st.SearchStrategy[Any]] = {"date": DAYS.map(str), "integer": WHOLE, "number": NUMBERS}
    return Row(question=name, operator=operator, value=draw(values[kind] if kind in values else VALUES[name]))


@st.composite
def groups(draw: st.DrawFn) -> Group:
    """Groups as reading gives them: one row is `all`, a group in a group has the other joint and rows enough."""
    found = draw(st.lists(st.lists(rows(), min_size=1, max_size=3), min_size=1, max_size=4))
    joints: tuple[Literal["all", "any"], ...] = ("all", "any")
    if len(found) == 1 and len(found[0]) == 1:
        return Group(match="all", rows=tuple(found[0]))
    if len(found) == 1:
        return Group(match=draw(st.sampled_from(joints)), rows=tuple(found[0]))
    match, other = draw(st.permutations(joints))
    parts = (one[0] if len(one) == 1 else Cluster(match=other, rows=tuple(one)) for one in found)
    return Group(match=match, rows=tuple(parts))


@given(groups())
def test_rows_come_back_as_they_were(group: Group) -> None:
    try:
        condition = compose(FLOW, group)
    except RowsRefused as refused:
        assume([fault.code for fault in refused.faults] != ["tooLong"])
        raise
    assert len(condition) <= MOST_CHARACTERS
    assert rows_of(FLOW, condition, LANGUAGE) == group
    assert msgspec.json.decode(msgspec.json.encode(group), type=Group) == group
    assert in_words(FLOW, group)


def test_every_operator_can_be_composed() -> None:
    """What the property above draws from: each kind has its operators, each operator its word."""
    assert {operator for found in OPERATORS.values() for operator in found} == set(WORDS)
    assert {one.kind for one in SUBJECTS.values()} == {kind for kind, found in OPERATORS.items() if found}


# --- what they mean ------------------------------------------------------------------------------------------------

COMPARING: dict[str, Callable[[Any, Any], bool]] = {
    "is": eq,
    "isNot": ne,
    "equals": eq,
    "notEquals": ne,
    "atLeast": ge,
    "atMost": le,
    "moreThan": gt,
    "lessThan": lt,
    "before": lt,
    "after": gt,
    "onOrBefore": le,
    "onOrAfter": ge,
}
TESTING: dict[str, Callable[[Any, Row], bool]] = {
    "oneOf": lambda found, row: found in row.values,
    "noneOf": lambda found, row: found not in row.values,
    "inList": lambda found, row: found in FLOW.lists[str(row.value)],
    "notInList": lambda found, row: found not in FLOW.lists[str(row.value)],
    "includes": lambda found, row: row.value in found,
    "includesNot": lambda found, row: row.value not in found,
    "includesOneOf": lambda found, row: bool(set(found) & set(row.values)),
    "countAtLeast": lambda found, row: len(found) >= int(row.value or 0),
    "countAtMost": lambda found, row: len(found) <= int(row.value or 0),
    "holds": lambda found, _: found,
    "holdsNot": lambda found, _: not found,
}
NEAR = datetime(2026, 12, 1, tzinfo=UTC)
ANSWERS = st.fixed_dictionaries(
    {
        "woning": VALUES["woning"],
        "ja_nee": VALUES["ja_nee"],
        "naam": st.sampled_from(["huur", "x"]),
        "extra": st.lists(VALUES["extra"], unique=True),
        "land": VALUES["land"],
        "geboorteland": VALUES["geboorteland"],
        "gemeente": st.sampled_from(["9000", "9030", "1000"]),
        "zeker": st.booleans(),
        **dict.fromkeys(["aantal", "aantal_kinderen", "dubbel"], st.integers(-3, 3)),
        **dict.fromkeys(["oppervlakte", "inkomen"], st.integers(-6, 6).map(lambda half: half / 2)),
        **dict.fromkeys(["begin", "einde", "today"], st.integers(-3, 3).map(lambda day: NEAR + timedelta(days=day))),
    }
)


def near(row: Row) -> Row:
    """The row with a value close to the answers, so that both outcomes are met."""
    if row.other is not None:
        return msgspec.structs.replace(row, offset_days=row.offset_days % 5 - 2 if row.offset_days else 0)
    match SUBJECTS[row.question].kind:
        case "integer":
            return msgspec.structs.replace(row, value=int(row.value or 0) % 7 - 3)
        case "number":
            return msgspec.structs.replace(row, value=(int(row.value or 0) % 13 - 6) / 2)
        case "date":
            return msgspec.structs.replace(row, value=f"2026-12-0{int(str(row.value)[-2:]) % 4 + 1}")
    return row


def means(row: Row, answers: dict[str, Any]) -> bool:
    """What a row says, in Python."""
    found = answers[row.question]
    if row.operator in TESTING:
        return TESTING[row.operator](found, row)
    right: Any = row.value
    if row.other:
        right = answers[row.other]
        right = right + timedelta(days=row.offset_days) if isinstance(right, datetime) else right
    elif isinstance(found, datetime):
        right = datetime.fromisoformat(f"{row.value}T00:00:00+00:00")
    return COMPARING[row.operator](found, right)


def all_mean(group: Group | Cluster, answers: dict[str, Any]) -> bool:
    parts = [means(one, answers) if isinstance(one, Row) else all_mean(one, answers) for one in group.rows]
    return all(parts) if group.match == "all" else any(parts)


@given(rows(), ANSWERS)
def test_a_row_means_what_it_says(row: Row, answers: dict[str, Any]) -> None:
    group = Group(match="all", rows=(near(row),))
    condition = LANGUAGE.condition(compose(FLOW, group))
    assert evaluate(condition, {**{name: list(one) for name, one in FLOW.lists.items()}, **answers}) is means(
        near(row), answers
    )


SHORT = st.builds(
    lambda question, operator, value: Row(question=question, operator=operator, value=value),
    st.sampled_from(["aantal", "aantal_kinderen"]),
    st.sampled_from(OPERATORS["integer"]),
    st.integers(-2, 2),
)


@given(
    st.sampled_from(["all", "any"]),
    st.lists(
        SHORT
        | st.builds(
            lambda match, found: Cluster(match=match, rows=tuple(found)),
            st.sampled_from(["all", "any"]),
            st.lists(SHORT, min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=4,
    ),
    ANSWERS,
)
def test_groups_mean_what_they_say(match: Any, found: list[Row | Cluster], answers: dict[str, Any]) -> None:
    group = Group(match=match, rows=tuple(found))
    condition = compose(FLOW, group)
    assert evaluate(LANGUAGE.condition(condition), answers) is all_mean(group, answers)
    back = rows_of(FLOW, condition, LANGUAGE)
    assert back is not None
    assert all_mean(back, answers) is all_mean(group, answers)


# --- how it is written ---------------------------------------------------------------------------------------------


def one(question: str, operator: Any, **rest: Any) -> Row:
    return Row(question=question, operator=operator, **rest)


WRITTEN = [
    (one("woning", "is", value="huur"), 'woning == "huur"'),
    (one("naam", "is", value='a"b\\c\n'), 'naam == "a\\"b\\\\c\\n"'),
    (one("woning", "oneOf", values=("huur", "weet_niet")), 'woning in ["huur", "weet_niet"]'),
    (one("gemeente", "notInList", value="stad"), "!(gemeente in stad)"),
    (one("extra", "includes", value="a"), '"a" in extra'),
    (one("extra", "includesOneOf", values=("a", "b")), 'extra.exists(x, x in ["a", "b"])'),
    (one("extra", "countAtLeast", value=2), "size(extra) >= 2"),
    (one("aantal", "moreThan", value=2), "aantal > 2"),
    (one("oppervlakte", "lessThan", value=12), "oppervlakte < 12.0"),
    (one("inkomen", "atLeast", value=-1250.5), "inkomen >= -1250.5"),
    (one("aantal_kinderen", "lessThan", other="aantal"), "aantal_kinderen < aantal"),
    (one("land", "isNot", other="geboorteland"), "land != geboorteland"),
    (one("begin", "before", other="today", offset_days=15), 'begin < today + duration("360h")'),
    (one("begin", "onOrAfter", other="einde", offset_days=-1), 'begin >= einde - duration("24h")'),
    (one("begin", "after", value="2026-12-31"), 'begin > timestamp("2026-12-31T00:00:00Z")'),
    (one("today", "onOrAfter", value="2027-01-01"), 'today >= timestamp("2027-01-01T00:00:00Z")'),
    (one("zeker", "holds"), "zeker"),
    (one("zeker", "holdsNot"), "!zeker"),
]


@pytest.mark.parametrize(("row", "condition"), WRITTEN, ids=[condition for _, condition in WRITTEN])
def test_a_row_is_written_as_people_would(row: Row, condition: str) -> None:
    assert compose(FLOW, Group(match="all", rows=(row,))) == condition


A, B, C, D = (one("aantal", "equals", value=value) for value in range(4))


@pytest.mark.parametrize(
    ("group", "condition"),
    [
        (Group(match="all", rows=(A, B, C)), "aantal == 0 && aantal == 1 && aantal == 2"),
        (
            Group(match="any", rows=(Cluster(match="all", rows=(A, B)), Cluster(match="all", rows=(C, D)))),
            "aantal == 0 && aantal == 1 || aantal == 2 && aantal == 3",
        ),
        (
            Group(match="all", rows=(A, Cluster(match="any", rows=(B, C)))),
            "aantal == 0 && (aantal == 1 || aantal == 2)",
        ),
        (Group(match="all", rows=(Cluster(match="any", rows=(A, B)),)), "aantal == 0 || aantal == 1"),
        (Group(match="all", rows=(A, Cluster(match="any", rows=(B,)))), "aantal == 0 && aantal == 1"),
    ],
)
def test_there_is_no_bracket_too_many(group: Group, condition: str) -> None:
    assert compose(FLOW, group) == condition


# --- what people wrote otherwise -----------------------------------------------------------------------------------

EQUIVALENT = [
    ('"huur" == woning', 'woning == "huur"'),
    ('!(woning == "huur")', 'woning != "huur"'),
    ('!!(woning == "huur")', 'woning == "huur"'),
    ("3 > aantal", "aantal < 3"),
    ("!(aantal < 3)", "aantal >= 3"),
    ("!(aantal >= 3 && zeker)", "aantal < 3 || !zeker"),
    ("!(aantal >= 3 || zeker)", "aantal < 3 && !zeker"),
    ("extra.size() > 1", "size(extra) >= 2"),
    ("size(extra) < 2", "size(extra) <= 1"),
    ("!(size(extra) >= 2)", "size(extra) <= 1"),
    ("2 <= size(extra)", "size(extra) >= 2"),
    ('extra.exists(e, e == "a" || e == "b")', 'extra.exists(x, x in ["a", "b"])'),
    ('!extra.exists(e, e == "a" || e == "b")', '!("a" in extra) && !("b" in extra)'),
    ('today + duration("360h") > begin', 'begin < today + duration("360h")'),
    ('begin < today + duration("1440m")', 'begin < today + duration("24h")'),
    ('begin < today + duration("-24h")', 'begin < today - duration("24h")'),
    ('begin < today + duration("0h")', "begin < today"),
    ('begin < timestamp("2026-12-31T00:00:00+00:00")', 'begin < timestamp("2026-12-31T00:00:00Z")'),
    ("zeker && (aantal > 1 && aantal < 3)", "zeker && aantal > 1 && aantal < 3"),
]


@pytest.mark.parametrize(("written", "canonical"), EQUIVALENT, ids=[written for written, _ in EQUIVALENT])
@given(answers=ANSWERS, hidden=st.sets(st.sampled_from(["woning", "aantal", "zeker", "extra", "begin", "today"])))
def test_what_means_the_same_is_read_as_rows(written: str, canonical: str, answers: Any, hidden: set[str]) -> None:
    """Also with answers missing: undecided stays undecided."""
    found = rows_of(FLOW, written, LANGUAGE)
    assert found is not None
    assert compose(FLOW, found) == canonical
    known = {name: value for name, value in answers.items() if name not in hidden}
    both = [evaluate(LANGUAGE.condition(text), known) for text in (written, canonical)]
    assert both[0] is both[1]


@pytest.mark.parametrize(
    "condition",
    [
        "aantal + 1 > 2",
        "aantal > 1 ? zeker : !zeker",
        "zeker || (aantal > 1 && (aantal < 3 || aantal > 5))",
        "size(extra) == 2",
        "size(extra) < 0",
        "size(eu) > 1",
        "extra.exists(e, e != woning)",
        'extra.exists(e, "a" in extra)',
        "woning in extra",
        "woning in [naam]",
        "woning in []",
        "aantal in [1, 2]",
        'begin < today + duration("36h")',
        'begin < today + duration("1h30m")',
        'begin < timestamp("2026-12-31T10:00:00Z")',
        'begin < timestamp("2026-12-31T00:00:00+01:00")',
        'begin < timestamp("onzin")',
        'begin - today < duration("24h")',
        'woning < "huur"',
        "woning == land",
        'uitleg == "x"',
        "true",
        "zeker == true",
        '"huur" == "koop"',
        '"be" in eu',
        # no conditions at all
        "aantal >",
        "niets > 1",
        'aantal > "x"',
        "aantal",
        "",
    ],
)
def test_what_is_more_than_rows_is_none(condition: str) -> None:
    assert rows_of(FLOW, condition) is None


# --- faults --------------------------------------------------------------------------------------------------------

FAULTS = [
    (one("weg", "is", value="x"), "name", "question", "Er is geen vraag en geen feit met de naam “weg”."),
    (one("eu", "is", value="x"), "name", "question", "Er is geen vraag en geen feit met de naam “eu”."),
    (
        one("while", "is", value="ja"),
        "name",
        "question",
        "De naam “while” kan niet in een voorwaarde. Geef de vraag een andere naam.",
    ),
    (
        one("begin", "oneOf", values=("x",)),
        "operator",
        "operator",
        "Bij “Wanneer begint het?” past “is een van” niet. Kies een andere vergelijking.",
    ),
    (
        one("uitleg", "is", value="x"),
        "operator",
        "operator",
        "“Vertel het ons” is een antwoord in eigen woorden. Dat kan niet in een voorwaarde.",
    ),
    (one("woning", "is", value="tent"), "value", "value", "“tent” is geen antwoord op “Hoe woont u?”."),
    (one("ja_nee", "is", value="weet_niet"), "value", "value", "“weet_niet” is geen antwoord op “Klopt het?”."),
    (one("woning", "oneOf", values=("huur", "tent")), "value", "values", "“tent” is geen antwoord op “Hoe woont u?”."),
    (one("land", "is", value="zz"), "value", "value", "“zz” is geen antwoord op “Welk land?”."),
    (one("gemeente", "is", value="90000"), "value", "value", "“90000” is geen Belgische postcode van vier cijfers."),
    (one("woning", "is", value=3), "value", "value", "Kies een waarde."),
    (one("woning", "is"), "value", "value", "Kies een waarde."),
    (one("woning", "oneOf"), "value", "values", "Kies een waarde."),
    (one("woning", "inList", value="weg"), "list", "value", "Er is geen lijst met de naam “weg”."),
    (one("woning", "inList", value=3), "list", "value", "Er is geen lijst met de naam “3”."),
    (one("aantal", "equals", value=1.5), "value", "value", "Geef een geheel getal."),
    (one("aantal", "equals", value=10**30), "value", "value", "Geef een geheel getal."),
    (one("oppervlakte", "equals", value="12"), "value", "value", "Geef een getal."),
    (one("oppervlakte", "equals", value=10**400), "value", "value", "Geef een getal."),
    (one("extra", "countAtLeast", value=-1), "value", "value", "Geef een aantal antwoorden: 0 of meer."),
    (one("begin", "before", value="31/12/2026"), "value", "value", "Geef een datum, bijvoorbeeld 2026-12-01."),
    (one("begin", "before", value="20261231"), "value", "value", "Geef een datum, bijvoorbeeld 2026-12-01."),
    (one("begin", "before", other="weg"), "name", "other", "Er is geen vraag en geen feit met de naam “weg”."),
    (
        one("begin", "before", other="aantal"),
        "other",
        "other",
        "“Wanneer begint het?” en “Hoeveel?” zijn niet van dezelfde soort.",
    ),
    (
        one("land", "is", other="woning"),
        "other",
        "other",
        "“Welk land?” en “Hoe woont u?” zijn niet van dezelfde soort.",
    ),
    (one("begin", "before", other="today", offset_days=99_999), "value", "offsetDays", "Geef hoogstens 36500 dagen."),
    (
        one("begin", "before", value="2026-12-31", offset_days=1),
        "value",
        "offsetDays",
        "Een aantal dagen hoort bij “vandaag” of een andere datum.",
    ),
    (
        one("begin", "before", value="2026-12-31", other="today"),
        "value",
        "value",
        "Kies een waarde of een andere vraag, niet allebei.",
    ),
    (one("zeker", "holds", value="ja"), "value", "value", "Bij “geldt” hoort dit niet."),
    (one("aantal", "equals", value=1, values=("x",)), "value", "values", "Bij “is gelijk aan” hoort dit niet."),
]


@pytest.mark.parametrize(("row", "code", "field", "message"), FAULTS, ids=[message for *_, message in FAULTS])
def test_a_fault_says_which_row_and_why(row: Row, code: str, field: str, message: str) -> None:
    group = Group(match="all", rows=(A, Cluster(match="any", rows=(B, row))))
    with pytest.raises(RowsRefused) as refused:
        compose(FLOW, group)
    assert [(fault.path, fault.code, fault.field, fault.message) for fault in refused.value.faults] == [
        ((1, 1), code, field, message)
    ]
    assert in_words(FLOW, group)


def test_every_fault_is_told_at_once() -> None:
    group = Group(
        match="all", rows=(one("weg", "holds"), Cluster(match="any", rows=()), one("woning", "is", value="x"))
    )
    assert [(fault.path, fault.code) for fault in faults(FLOW, group)] == [
        ((0,), "name"),
        ((1,), "empty"),
        ((2,), "value"),
    ]
    assert [(fault.path, fault.code) for fault in faults(FLOW, Group(match="all", rows=()))] == [((), "empty")]


def test_what_is_too_long_is_refused() -> None:
    group = Group(match="any", rows=(one("aantal_kinderen", "equals", value=123_456),) * 30)
    with pytest.raises(RowsRefused) as refused:
        compose(FLOW, group)
    assert refused.value.faults[0].code == "tooLong"
    assert "hoogstens 600" in refused.value.faults[0].message


def test_a_fault_in_a_condition_is_shown_as_a_row() -> None:
    """What an editor needs: the row is there, and says what is wrong with it."""
    found = rows_of(FLOW, 'woning == "tent"', LANGUAGE)
    assert found == Group(match="all", rows=(one("woning", "is", value="tent"),))
    assert faults(FLOW, found)[0].message == "“tent” is geen antwoord op “Hoe woont u?”."


@pytest.mark.parametrize(
    "content",
    [
        '{"match":"all","rows":[{"kind":"group","match":"any","rows":[{"kind":"group","match":"all","rows":[]}]}]}',
        '{"match":"some","rows":[]}',
        '{"match":"all","rows":[{"kind":"row","question":"aantal","operator":"like","value":1}]}',
        '{"match":"all","rows":[{"kind":"row","question":"aantal","operator":"equals","value":1,"cel":"true"}]}',
        '{"match":"all","rows":[{"question":"aantal","operator":"equals","value":1}]}',
    ],
)
def test_what_is_no_group_of_rows_is_not_read(content: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(content, type=Group)


def test_rows_as_json() -> None:
    group = Group(
        match="all", rows=(one("begin", "before", other="today", offset_days=15), Cluster(match="any", rows=(A,)))
    )
    assert msgspec.json.decode(msgspec.json.encode(group)) == {
        "match": "all",
        "rows": [
            {"kind": "row", "question": "begin", "operator": "before", "other": "today", "offsetDays": 15},
            {
                "kind": "group",
                "match": "any",
                "rows": [{"kind": "row", "question": "aantal", "operator": "equals", "value": 0}],
            },
        ],
    }


# --- in words ------------------------------------------------------------------------------------------------------

IN_WORDS = [
    ('woning == "huur" && !zeker', "Woning is “Ik huur” en zeker geldt niet"),
    ('woning in ["huur", "koop", "weet_niet"]', "Woning is “Ik huur”, “Ik koop” of “Ik weet het niet”"),
    ('!(woning in ["huur", "koop"])', "Woning is niet “Ik huur” of “Ik koop”"),
    ('ja_nee == "ja" || ja_nee != "nee"', "Ja nee is ja of ja nee is niet nee"),
    ('land == "be" || land in eu', "Land is België of land staat in de lijst “eu”"),
    ("!(gemeente in stad)", "Gemeente staat niet in de lijst “stad”"),
    ('"a" in extra && !("b" in extra)', "Extra bevat “A” en extra bevat niet “B”"),
    ('extra.exists(x, x in ["a", "b"])', "Extra bevat “A” of “B”"),
    ("size(extra) >= 1 && size(extra) <= 2", "Extra heeft minstens 1 antwoord en extra heeft hoogstens 2 antwoorden"),
    ("aantal == 3 && aantal != 4", "Aantal is 3 en aantal is niet 4"),
    ("oppervlakte < 12.5", "Oppervlakte is minder dan 12,5 m²"),
    ("inkomen >= 1250.5 || inkomen == 0.0", "Inkomen is minstens € 1250,50 of inkomen is € 0"),
    ("aantal_kinderen < aantal", "Aantal kinderen is minder dan aantal"),
    ('begin < today + duration("360h")', "Begin is vroeger dan 15 dagen na vandaag"),
    ('begin >= einde - duration("24h")', "Begin is ten vroegste 1 dag voor einde"),
    ('begin > timestamp("2026-12-01T00:00:00Z")', "Begin is later dan 1/12/2026"),
    ("today <= begin", "Vandaag is ten laatste begin"),
    ("zeker && (aantal > 1 || aantal < 0)", "Zeker geldt en (aantal is meer dan 1 of aantal is minder dan 0)"),
    ("zeker || aantal > 1 && aantal < 3", "Zeker geldt of (aantal is meer dan 1 en aantal is minder dan 3)"),
]


@pytest.mark.parametrize(("condition", "words"), IN_WORDS, ids=[condition for condition, _ in IN_WORDS])
def test_a_condition_in_words(condition: str, words: str) -> None:
    found = rows_of(FLOW, condition, LANGUAGE)
    assert found is not None
    assert in_words(FLOW, found) == words


def test_labels_in_the_language_asked_for() -> None:
    found = rows_of(FLOW, 'woning == "huur"', LANGUAGE)
    assert found is not None
    assert in_words(FLOW, found, "en") == "Woning is “I rent”"
