"""What a new version changes for people."""

from datetime import date

import msgspec

from backend.assistant.proof.rules import OutcomeDiff, differences
from backend.assistant.rules import Flow, Program, compiled, replay
from tests.backend.assistant.flows import Json, ask, rich, rule

TODAY = date(2026, 9, 1)


def program(document: Json) -> Program:
    return compiled(msgspec.convert(document, Flow))


def between(old: Json, new: Json) -> OutcomeDiff:
    return differences(program(old), program(new), TODAY)


def test_the_same_version_changes_nothing() -> None:
    found = between(rich(), rich())
    assert found.compared > 100
    assert found.same == found.compared
    assert not found.moved
    assert not found.blocks
    assert not found.refused


def test_texts_change_nothing() -> None:
    new = rich()
    new["questions"][0]["title"] = "Gaat u akkoord?"
    assert between(rich(), new).same == between(rich(), new).compared


def test_answers_that_lead_elsewhere_are_grouped_with_an_example() -> None:
    new = rich()
    new["questions"][12]["next"][0]["if"] = 'veel_volk && plaats == "park"'
    found = between(rich(), new)
    moved = {(one.before.id, one.after.id) for one in found.moved}
    assert moved <= {("u_druk", "u_lang"), ("u_druk", "u_klaar"), ("u_lang", "u_druk"), ("u_klaar", "u_druk")}
    assert {before for before, _ in moved} >= {"u_druk"}
    first = found.moved[0]
    said = {one.question: one.answer for one in first.example}
    assert said["plaats"] in {"Plein", "Park"}
    assert sum(one.count for one in found.moved) == found.compared - found.same


def test_a_limit_that_moves_by_one_is_seen() -> None:
    new = rich()
    new["facts"][0]["expr"] = "personen > 201 || kinderen > 100"
    assert {(one.before.id, one.after.id) for one in between(rich(), new).moved} <= {
        ("u_druk", "u_lang"),
        ("u_druk", "u_klaar"),
    }
    assert between(rich(), new).moved


def test_blocks_that_are_shown_otherwise_are_told() -> None:
    new = rich()
    new["outcomes"][5]["blocks"][1]["if"] = '"tent" in extra'
    found = between(rich(), new)
    assert not found.moved
    assert {(tuple(one.added), tuple(one.removed)) for one in found.blocks} == {(("muziek",), ()), ((), ("muziek",))}


def test_an_answer_that_is_refused_now_is_told_with_the_reason() -> None:
    new = rich()
    new["questions"][4]["max"] = 100
    found = between(rich(), new)
    assert not found.moved
    assert {one.reason for one in found.refused} == {"Geef 100 of minder."}
    assert found.refused[0].title == "Wat is personen?"


def test_a_question_more_or_less_is_told_and_answered_in_the_comparison() -> None:
    new = rich()
    new["questions"].insert(12, ask("parkeren", "yesno"))
    more, less = between(rich(), new), between(new, rich())
    assert more.added_questions == less.removed_questions == {"parkeren": "Wat is parkeren?"}
    assert not more.moved
    assert not less.moved


def test_outcomes_that_come_and_go_are_told() -> None:
    new = rich()
    new["questions"][12]["options"][2].pop("goto")
    new["outcomes"].pop(2)
    found = between(rich(), new)
    assert found.removed_outcomes == {"u_zaal": "Einde u_zaal"}
    assert {one.before.id for one in found.moved} == {"u_zaal"}


def test_an_example_really_leads_there() -> None:
    new = rich()
    new["questions"][0]["next"].insert(0, rule("u_zaal", 'akkoord == "nee"'))
    new["questions"][0]["next"].pop(1)
    [moved] = between(rich(), new).moved
    assert (moved.before.id, moved.after.id) == ("u_nee", "u_zaal")
    assert [one.answer for one in moved.example] == ["Nee"]
    assert replay(program(new), {"akkoord": "nee"}, moved.day).at == "u_zaal"
