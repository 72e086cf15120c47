"""The proof of whole flows: what is right has no fault, the schema is that of the format, tests are run."""

import copy
import json
import re
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from backend.assistant.proof.rules import Report, check, faults_of_form, flow_schema
from backend.assistant.rules import Flow
from tests.backend.assistant.flows import DEMO, FOLDER, GIVEN, Json, ask, choice, ends, flow, read, rich, rule

TODAY = date(2026, 9, 1)
GIVEN_SCHEMA = FOLDER / "flow.schema.json"
needs_given = pytest.mark.skipif(
    not GIVEN, reason="the flows given with the project are not beside this checkout (../shared)"
)


def proof(document: object) -> Report:
    return check(json.dumps(document), today=TODAY)


def assert_proved(report: Report) -> None:
    assert not report.findings
    assert all(test.passed for test in report.tests)
    assert report.coverage is not None
    assert not report.coverage.missed
    assert report.coverage.complete
    assert report.proved


@needs_given
@pytest.mark.parametrize("path", GIVEN, ids=[path.stem for path in GIVEN])
def test_a_given_flow_is_proved(path: Path) -> None:
    report = check(path.read_bytes(), today=TODAY)
    assert_proved(report)
    assert len(report.tests) == len(read(path)["tests"])


def test_the_demo_flows_are_there() -> None:
    assert len(DEMO) >= 5


@pytest.mark.parametrize("path", DEMO, ids=[path.stem for path in DEMO])
def test_a_demo_flow_is_proved(path: Path) -> None:
    assert_proved(check(path.read_bytes(), today=TODAY))


def test_the_day_of_the_proof_changes_nothing_for_a_flow_with_a_day_of_its_own() -> None:
    assert check(rich(), today=date(2020, 2, 29)) == check(rich(), today=TODAY)


def test_json_structs_and_bytes_are_proved_alike() -> None:
    document = rich()
    whole = msgspec.convert(document, Flow)
    assert check(document, today=TODAY) == check(whole, today=TODAY) == proof(document)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "geen JSON"),
        (b'{"format": 1,', "regel 1"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"format": 1, "format": 1}', "twee keer"),
        (b'{"questions": [{"id": "wie", "id": "wat"}]}', "(wat)"),
        (b'{"version": NaN}', "NaN"),
        (b'{"version": ' + b"9" * 5000 + b"}", "te lang"),
        (b"[" * 100_000, "niveaus"),
        (b"[]", "een deel met namen"),
        (b'"flow"', "een deel met namen"),
        (b"{}", "mist"),
    ],
)
def test_what_is_no_flow_is_a_fault_of_form(content: bytes, said: str) -> None:
    report = check(content, today=TODAY)
    assert {one.code for one in report.findings} == {"schema"}
    assert any(said in one.message for one in report.findings), report.findings
    assert report.coverage is None
    assert not report.proved


def test_a_byte_order_mark_is_no_fault() -> None:
    assert_proved(check(b"\xef\xbb\xbf" + json.dumps(rich()).encode(), today=TODAY))


def test_every_fault_of_form_is_told() -> None:
    document = rich()
    document["questions"][0].pop("title")
    document["questions"][1]["type"] = "keuze"
    document["outcomes"][0]["kind"] = "iets"
    document["extra"] = 1
    assert len(proof(document).findings) == 4


def test_the_schema_is_json_schema_2020_12() -> None:
    Draft202012Validator.check_schema(flow_schema())
    assert "null" not in json.dumps(flow_schema())


def mutated(document: Json, random: Random) -> Json:
    """The document with one place changed: gone, of another type, another value, or with something new beside it."""
    copied = copy.deepcopy(document)
    places = list(_places(copied))
    holder, key = random.choice(places)
    value: Any = random.choice(
        [None, 1, -1, 1.5, True, "", "x", "Hoofd letter", [], {}, {"nl": "Ja"}, {"en": "Yes"}, ["a"], "2026-02-30"]
    )
    match random.choice(["gone", "new", "value", "value"]):
        case "gone":
            del holder[key]
        case "new" if isinstance(holder, dict):
            holder[random.choice(["options", "unit", "min", "links", "goto", "onzin", "handover"])] = value
        case _:
            holder[key] = value
    return copied


def _places(part: Any) -> Any:
    keys = part.keys() if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    for key in keys:
        yield part, key
        yield from _places(part[key])


STRICTER = re.compile(r"geen datum|geen adres")
"""What the given schema only names as a format, and a validator need not check."""


@needs_given
@pytest.mark.parametrize("seed", range(4))
def test_the_schema_refuses_what_the_given_schema_refuses(seed: int) -> None:
    random, given = Random(seed), Draft202012Validator(read(GIVEN_SCHEMA))
    documents = [read(path) for path in GIVEN] + [rich()]
    refused = 0
    for _ in range(150):
        document = mutated(random.choice(documents), random)
        faults = [one for one in faults_of_form(document) if not STRICTER.search(one.message)]
        assert bool(faults) == (not given.is_valid(document)), (faults, next(given.iter_errors(document), None))
        refused += bool(faults)
    assert 20 < refused < 145


def test_a_message_names_the_question_by_its_title_and_says_what_to_do() -> None:
    document = rich()
    document["questions"][12]["next"][0]["if"] = 'plaats == "plain"'
    [fault] = [one for one in proof(document).findings if one.code == "unknownValue"]
    assert fault.message == (
        "Vraag “Wat kiest u voor plaats?” (plaats), regel 1: “plain” is geen mogelijk antwoord op vraag "
        "“Wat kiest u voor plaats?” (plaats). Kies uit: plein, park, zaal."
    )
    assert (fault.question, fault.rule, fault.path) == ("plaats", 1, "/questions/12/next/0/if")


def test_a_failing_test_says_what_it_led_to() -> None:
    document = rich()
    document["tests"] = [{"name": "fout", "answers": {"akkoord": "nee"}, "outcome": "u_zaal"}]
    report = proof(document)
    [fault] = report.findings
    assert "leidt naar uitkomst “Einde u_nee” (u_nee), niet naar uitkomst “Einde u_zaal” (u_zaal)" in fault.message
    assert not report.tests[0].passed
    assert report.tests[0].reached == "u_nee"


def test_a_test_of_blocks_says_which_differ() -> None:
    questions = [ask("a", "yesno"), ask("b", "yesno", next=[rule("u")])]
    made = [{"id": "een", "text": "x", "if": 'a == "ja"'}, {"id": "twee", "text": "x", "if": 'b == "ja"'}]
    tests = [{"name": "t", "answers": {"a": "ja", "b": "nee"}, "outcome": "u", "blocks": ["twee"]}]
    [fault] = proof(flow(questions, [ends("u", blocks=made)], tests=tests)).findings
    assert fault.code == "testFails"
    assert "toont ook een en toont twee niet" in fault.message


def test_a_refused_answer_in_a_test_leaves_it_at_the_question() -> None:
    document = rich()
    answers = {"akkoord": "ja", "soort": "feest", "begin": "2020-01-01"}
    document["tests"] = [{"name": "te vroeg", "answers": answers, "outcome": "begin"}]
    assert_proved(proof(document))


def test_what_is_no_fault_is_a_remark() -> None:
    document = rich()
    document["lists"]["los"] = ["x"]
    document["facts"].append({"id": "niets", "expr": "personen > 3"})
    document["title"] = {"nl": "Een proef", "en": "A trial"}
    report = proof(document)
    assert report.proved
    assert [word for word in ("los", "niets", "“en”") if any(word in one for one in report.remarks)] == [
        "los",
        "niets",
        "“en”",
    ]


def test_a_situation_in_which_no_answer_is_right_is_a_remark() -> None:
    check_of_b = [{"must": "b > a && b < 5", "message": "Nee."}]
    questions = [ask("a", "integer", min=0, max=9), ask("b", "integer", min=0, max=9, validate=check_of_b)]
    questions[1]["next"] = [rule("u")]
    report = proof(flow(questions, [ends("u")]))
    assert report.proved
    assert any("weigert de controle elk antwoord" in one for one in report.remarks)


def test_an_outcome_with_a_hand_over_needs_no_link() -> None:
    document = rich()
    document["outcomes"][0] = {**ends("u_nee", handover={"topic": "x"}), "links": []}
    assert_proved(proof(document))


def test_a_fact_may_look_at_questions_of_both_branches() -> None:
    questions = [
        choice("kant", "links", "rechts", next=[rule("l", 'kant == "links"'), rule("r")]),
        ask("l", "yesno", next=[rule("u", "ooit"), rule("v")]),
        ask("r", "yesno", next=[rule("u", "ooit"), rule("v")]),
    ]
    facts = [{"id": "ooit", "expr": 'l == "ja" || r == "ja"'}]
    assert_proved(proof(flow(questions, [ends("u"), ends("v")], facts=facts)))


def test_an_option_of_a_question_with_several_answers_can_go_its_own_way() -> None:
    several = {**choice("wat", "a", "b", "niets"), "type": "multi", "next": [rule("u")]}
    several["options"][2] |= {"exclusive": True, "goto": "v"}
    assert_proved(proof(flow([several], [ends("u"), ends("v")])))


def test_numbers_that_are_compared_with_each_other_are_solved() -> None:
    questions = [
        ask("a", "integer", min=0, max=10),
        ask("b", "integer", min=0, max=10),
        ask(
            "c",
            "integer",
            min=0,
            max=10,
            next=[
                rule("u", "a + b + c == 17"),
                rule("v", "a - b > 7 && c % 4 == 3"),
                rule("w", "2 * a == b + 1"),
                rule("x"),
            ],
        ),
    ]
    assert_proved(proof(flow(questions, [ends("u"), ends("v"), ends("w"), ends("x")])))


def test_conditions_of_the_day_are_reached_on_other_days() -> None:
    condition = 'today < timestamp("2027-01-01T00:00:00Z")'
    questions = [ask("a", "yesno", next=[rule("u", condition), rule("v")])]
    assert_proved(proof(flow(questions, [ends("u"), ends("v")])))
