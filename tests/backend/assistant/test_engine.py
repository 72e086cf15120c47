"""The engine: answers lead to a question or an outcome, whatever is known and in whatever order it came."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.assistant import rules
from backend.assistant.rules import UNKNOWN, Condition, ConditionFault, Language, Refused, compiled, decode, replay
from tests.backend.assistant.flows import GIVEN

DAY = date(2026, 9, 1)
CHOICE: dict[str, Any] = {"type": "choice", "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]}


def flow(*questions: dict[str, Any], **more: Any) -> rules.Flow:
    """A small flow; its outcomes are `klaar` and `anders`."""
    whole = {
        "format": 1,
        "flow": "proef",
        "version": 1,
        "status": "draft",
        "title": "Proef",
        "owner": "Burgerzaken",
        "questions": [{"title": f"Vraag {one['id']}", **one} for one in questions],
        "outcomes": [
            {"id": name, "kind": "service", "title": name, "text": "Tekst", **more.pop(name, {})}
            for name in ("klaar", "anders")
        ],
        **more,
    }
    return decode(json.dumps(whole))


def at(of: rules.Flow, **answers: Any) -> str | None:
    return replay(compiled(of), answers, DAY).at


@pytest.mark.skipif(not GIVEN, reason="the flows given with the project are not beside this checkout (../shared)")
def test_the_given_flows_pass_their_named_tests() -> None:
    done = 0
    for path in GIVEN:
        given_flow = decode(path.read_bytes())
        program = compiled(given_flow)
        for test in given_flow.tests:
            found = replay(program, test.answers, rules.day_of_test(given_flow, test, DAY))
            assert found.at == test.outcome, f"{path.name}: {test.name}"
            assert test.blocks is None or [block.id for block in found.blocks] == list(test.blocks), test.name
            done += 1
    assert done == 9


def test_an_option_goes_before_the_rules_and_they_before_the_list() -> None:
    options = [{"value": "a", "label": "A", "goto": "anders"}, {"value": "b", "label": "B"}]
    by_option = flow({"id": "v", "type": "choice", "options": options, "next": [{"goto": "klaar"}]})
    assert (at(by_option, v="a"), at(by_option, v="b")) == ("anders", "klaar")
    by_list = flow({"id": "v", **CHOICE}, {"id": "w", "type": "yesno", "next": [{"goto": "klaar"}]})
    assert (at(by_list, v="a"), at(by_list, v="a", w="ja")) == ("w", "klaar")


def test_the_only_one_chosen_goes_its_own_way_however_often_it_is_sent() -> None:
    options = [
        {"value": "niets", "label": "Niets", "exclusive": True, "goto": "anders"},
        {"value": "a", "label": "A"},
        {"value": "b", "label": "B"},
    ]
    several = flow({"id": "v", "type": "multi", "options": options, "next": [{"goto": "klaar"}]})
    assert [at(several, v=raw) for raw in ("niets", ["niets"], ["niets", "niets"], ["a", "b"])] == [
        "anders",
        "anders",
        "anders",
        "klaar",
    ]


def test_where_no_rule_holds_it_is_stuck_and_says_where() -> None:
    stuck = flow({"id": "v", "type": "yesno", "next": [{"if": 'v == "ja"', "goto": "klaar"}]})
    found = replay(compiled(stuck), {"v": "nee"}, DAY)
    assert (found.at, found.stuck) == (None, "v")
    circle = flow({"id": "v", "type": "yesno", "ask_if": 'v == "ja"', "next": [{"goto": "v"}]})
    assert replay(compiled(circle), {"v": "ja"}, DAY).stuck == "v"


def test_what_cannot_be_decided_does_not_hold() -> None:
    rule = [{"if": 'w == "ja" || v == "a"', "goto": "klaar"}, {"goto": "anders"}]
    half = flow({"id": "v", **CHOICE, "next": rule}, {"id": "w", "type": "yesno", "next": [{"goto": "klaar"}]})
    assert at(half, v="a") == "klaar"  # whatever w is
    assert at(half, v="b") == "anders"  # w decides, and is not known
    denied = [{"if": '!(w == "ja")', "goto": "klaar"}, {"goto": "anders"}]
    assert at(flow({"id": "v", **CHOICE, "next": denied}, {"id": "w", "type": "yesno"}), v="b") == "anders"


def test_a_question_that_is_not_asked_is_passed_over_and_its_answer_kept_out() -> None:
    skipping = flow(
        {"id": "v", **CHOICE},
        {
            "id": "w",
            "type": "yesno",
            "ask_if": 'v == "a"',
            "next": [{"if": 'w == "ja"', "goto": "anders"}, {"goto": "klaar"}],
        },
    )
    assert at(skipping, v="a") == "w"
    assert at(skipping, v="a", w="ja") == "anders"
    assert at(skipping, v="b", w="ja") == "klaar"
    passed = replay(compiled(skipping), {"v": "b", "w": "ja"}, DAY).passed
    assert [one.question.id for one in passed] == ["v"]


def test_a_control_refuses_in_the_language_of_who_answers() -> None:
    message = {"nl": "Kies een dag na vandaag.", "en": "Choose a later day."}
    dated = flow(
        {
            "id": "v",
            "type": "date",
            "validate": [{"must": "v > today", "message": message}],
            "next": [{"goto": "klaar"}],
        }
    )
    program = compiled(dated)
    refused = replay(program, {"v": "2026-09-01"}, DAY, "en")
    assert (refused.at, refused.refused, refused.passed) == ("v", "Choose a later day.", [])
    assert replay(program, {"v": "2026-09-01"}, DAY, "fr").refused == "Kies een dag na vandaag."
    assert replay(program, {"v": "2026-09-01"}, date(2026, 8, 31)).at == "klaar"


def test_facts_may_use_earlier_facts_and_are_undecided_until_they_can_be() -> None:
    facts = [{"id": "groot", "expr": "v > 10"}, {"id": "heel_groot", "expr": 'groot && w == "ja"'}]
    rule = [{"if": "heel_groot", "goto": "klaar"}, {"goto": "anders"}]
    of = flow({"id": "v", "type": "integer"}, {"id": "w", "type": "yesno", "next": rule}, facts=facts)
    assert (at(of, v=11, w="ja"), at(of, v=11, w="nee"), at(of, v=10, w="ja")) == ("klaar", "anders", "anders")


def test_who_does_not_know_gives_an_answer_of_a_choice_and_none_of_a_number() -> None:
    choosing = flow(
        {
            "id": "v",
            "type": "yesno",
            "dont_know": True,
            "next": [{"if": 'v == "weet_niet"', "goto": "klaar"}, {"goto": "anders"}],
        }
    )
    assert at(choosing, v="weet_niet") == "klaar"
    rule = [{"if": "v > 3", "goto": "anders"}, {"goto": "klaar"}]
    counting = flow({"id": "v", "type": "integer", "dont_know": True, "next": rule})
    assert (at(counting, v="weet_niet"), at(counting, v=4)) == ("klaar", "anders")


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("integer", " 12 ", 12),
        ("integer", 3.0, 3),
        ("number", "12,5", 12.5),
        ("integer", "1.500", 1500),
        ("integer", "-12.000.000", -12_000_000),
        ("number", "0.125", 0.125),
        ("number", "1.500", 1.5),
        ("number", "1.500,5", 1500.5),
        ("money", "99.95", 99.95),
        ("money", "1.500", 1500.0),
        ("money", "1.500,50", 1500.5),
        ("postcode", 9000, "9000"),
        ("country", " BE ", "be"),
        ("date", "2028-02-29", datetime(2028, 2, 29, tzinfo=UTC)),
        ("text", " ja ", "ja"),
    ],
)
def test_answers_are_read(kind: str, raw: Any, value: Any) -> None:
    question = flow({"id": "v", "type": kind}).questions[0]
    assert rules.read(question, raw) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("integer", raw) for raw in (1.5, True, None, "", "x", "NaN", "Infinity", 1e300, [1], {"a": 1}, "9" * 400)]
    + [("integer", raw) for raw in ("1e1000000", "1e3", "1_000", "１２", "1.50.000", "0x10", "9" * 5_000)]
    + [("money", "1,234"), ("money", 1.234), ("money", "1e1000000"), ("money", "-Infinity"), ("number", "1e-1000000")]
    + [
        ("postcode", "0999"),
        ("postcode", "٩٠٠٠"),
        ("postcode", True),
        ("postcode", "00009000"),
        ("postcode", "9" * 5_000),
    ]
    + [("date", "20261201"), ("date", "2026-W01-1"), ("date", "２０２６-12-01")]
    + [("country", "xx"), ("country", "eu"), ("country", 3), ("date", "2026-02-30"), ("date", 20260101)]
    + [("date", "2026-13-01T00:00:00"), ("text", " "), ("text", "x" * 2_001), ("text", 1), ("yesno", "yes")]
    + [("yesno", "weet_niet"), ("yesno", ["ja"]), ("yesno", True)],
)
def test_what_is_no_answer_is_refused_with_a_reason(kind: str, raw: Any) -> None:
    question = flow({"id": "v", "type": kind}).questions[0]
    reasons = set()
    for language in ("nl", "en", "fr", "de"):
        with pytest.raises(Refused) as refused:
            rules.read(question, raw, language)
        reasons.add(str(refused.value))
    assert len(reasons) == 4


def test_of_several_answers_one_can_go_alone_only() -> None:
    options = [
        {"value": "niets", "label": "Niets", "exclusive": True},
        {"value": "a", "label": "A"},
        {"value": "b", "label": "B"},
    ]
    question = flow({"id": "v", "type": "multi", "options": options}).questions[0]
    assert rules.read(question, ["b", "a", "b"]) == ["a", "b"]
    assert rules.read(question, "a") == ["a"]
    assert rules.read(question, ["niets"]) == ["niets"]
    for wrong in (["niets", "a"], [], ["c"], [1], {"a": 1}, None):
        with pytest.raises(Refused):
            rules.read(question, wrong)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.lists(st.text() | st.integers()),
        st.dictionaries(st.text(), st.text()),
    )
)
@settings(max_examples=200)
def test_nothing_that_json_can_hold_breaks_the_reading(raw: Any) -> None:
    for kind in ("integer", "number", "money", "date", "postcode", "country", "text", "yesno"):
        question = flow({"id": "v", "type": kind, "dont_know": True}).questions[0]
        try:
            found = rules.read(question, raw)
        except Refused:
            continue
        assert found is UNKNOWN or found is not None
        assert rules.label(question, raw)


def test_answers_in_words() -> None:
    shown = flow(
        {"id": "d", "type": "date"},
        {"id": "m", "type": "money"},
        {"id": "n", "type": "number", "unit": "m²"},
        {"id": "c", "type": "country"},
        {"id": "s", "type": "multi", "options": CHOICE["options"]},
    ).questions
    answers = {"d": "2026-12-01", "m": 12.5, "n": 10.0, "c": "ma", "s": ["a", "b"]}
    assert [rules.label(one, answers[one.id]) for one in shown] == ["01/12/2026", "€ 12,5", "10 m²", "Marokko", "A, B"]
    assert [rules.label(shown[1], raw) for raw in ("1.500", "1.500,50", 1e-7, "veel")] == [
        "€ 1500",
        "€ 1500,50",
        "€ 0,0000001",
        "€ veel",
    ]
    assert rules.label(shown[4], ["a", "a"]) == "A"
    assert rules.label(shown[0], "weet_niet", "fr") == "Je ne sais pas"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("v ==", "syntax"),
        ("wv > 2", "name"),
        ('v > "2"', "type"),
        ("v", "type"),
        ("n > 2", "type"),
        ("d.getFullYear() > 2000", "notAllowed"),
        ("extra.all(x, x == 'a')", "notAllowed"),
    ],
)
def test_a_condition_that_cannot_be_says_why(source: str, kind: str) -> None:
    of = flow(
        {"id": "v", "type": "integer"},
        {"id": "n", "type": "number"},
        {"id": "d", "type": "date"},
        {"id": "extra", **CHOICE, "type": "multi"},
    )
    with pytest.raises(ConditionFault) as fault:
        Language(of).condition(source)
    assert fault.value.kind == kind


@pytest.mark.parametrize(
    "source",
    [
        'v > 0 && !(d < today - duration("288h")) || extra.exists(x, x == "a")',
        "-3 < v ? true : size(extra) > 2",
        'v in [1, 2] || "a" in extra || n < 12.0',
        'd == timestamp("2026-01-01T00:00:00Z") || d - today > duration("24h")',
        'v + 2 * v - 1 != v % 3 || "\\"\\n€" in extra',
    ],
)
def test_the_tree_is_what_was_written(source: str) -> None:
    of = flow(
        {"id": "v", "type": "integer"},
        {"id": "n", "type": "number"},
        {"id": "d", "type": "date"},
        {"id": "extra", **CHOICE, "type": "multi"},
    )
    language = Language(of)
    first = language.condition(source)
    again: Condition = language.condition(rules.source(first.node))
    assert (again.node, again.names) == (first.node, first.names)
    assert first.names <= {"v", "n", "d", "extra", "today"}


def test_countries_have_names_in_every_language_of_the_assistant() -> None:
    for language in rules.LANGUAGES:
        names = rules.countries(language)
        assert {"be", "ma", "nl", "cd"} < names.keys()
        assert not {"eu", "zz", "un"} & names.keys()
        assert 240 < len(names) < 260
    assert rules.countries("fr")["de"] == "Allemagne"
    assert rules.countries("xx") == rules.countries("nl")
    french, german = list(rules.countries("fr").values()), list(rules.countries("de").values())
    assert french.index("Égypte") < french.index("Espagne"), "an accent does not put a country at the end"
    assert german.index("Österreich") < german.index("Pakistan")
