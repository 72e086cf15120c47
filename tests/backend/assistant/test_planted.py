"""Every mistake of design 10, planted on purpose: each is caught, under its own name, and said for people."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from backend.assistant.proof.rules import FlowFinding, Surroundings, check
from tests.backend.assistant.flows import GIVEN, Json, ask, block, ends, large, read, rich, rule

TODAY = date(2026, 9, 1)
Spoil = Callable[[Json], object]


def question(flow: Json, name: str) -> Json:
    found: Json = next(one for one in flow["questions"] if one["id"] == name)
    return found


def outcome(flow: Json, name: str) -> Json:
    found: Json = next(one for one in flow["outcomes"] if one["id"] == name)
    return found


def blocks(flow: Json) -> Any:
    return outcome(flow, "u_klaar")["blocks"]


def rules(flow: Json) -> Any:
    return question(flow, "plaats")["next"]


def swap(flow: Json, name: str, **values: object) -> None:
    question(flow, name).update(values)


PLANTED: list[tuple[str, str, str, Spoil]] = [
    # code, what the message names, what is wrong, the mistake
    ("schema", "soort", "a question without title", lambda f: question(f, "soort").pop("title")),
    ("schema", "Wat is begin?", "a type that is none", lambda f: swap(f, "begin", type="dag")),
    (
        "schema",
        "Wat is land?",
        "options of a country",
        lambda f: swap(f, "land", options=question(f, "soort")["options"]),
    ),
    ("schema", "Wat kiest u voor plaats?", "a choice without options", lambda f: question(f, "plaats").pop("options")),
    ("schema", "Wat is reden?", "an unknown part", lambda f: swap(f, "reden", verplicht=True)),
    ("schema", "Einde u_nee", "a link to nowhere", lambda f: outcome(f, "u_nee")["links"][0].pop("product")),
    (
        "schema",
        "Einde u_nee",
        "an address of a script",
        lambda f: outcome(f, "u_nee")["links"].append({"label": "x", "url": "javascript:alert(1)"}),
    ),
    ("schema", "review_by", "a day that is none", lambda f: f.update(review_by="2026-02-30")),
    ("schema", "80", "too many questions", lambda f: f["questions"].extend(ask(f"q{n}", "yesno") for n in range(80))),
    ("schema", "Wat is land?", "null", lambda f: swap(f, "land", hint=None)),
    ("duplicateId", "soort", "a question twice", lambda f: f["questions"].append(dict(question(f, "soort")))),
    ("duplicateId", "u_nee", "an outcome named as another", lambda f: f["outcomes"].append(ends("u_nee"))),
    ("duplicateId", "personen", "an outcome named as a question", lambda f: f["outcomes"].append(ends("personen"))),
    ("duplicateId", "land", "a fact named as a question", lambda f: f["facts"].append({"id": "land", "expr": "true"})),
    ("duplicateId", "today", "a list named as the day", lambda f: f["lists"].update(today=["9000"])),
    ("duplicateId", "in", "a list with a word of conditions", lambda f: f["lists"].update({"in": ["9000"]})),
    ("duplicateId", "tent", "a block twice", lambda f: blocks(f).append(block("tent"))),
    (
        "duplicateId",
        "feest",
        "an option twice",
        lambda f: question(f, "soort")["options"].append({"value": "feest", "label": "Weer"}),
    ),
    ("duplicateId", "half", "a test twice", lambda f: f["tests"].append(dict(f["tests"][1]))),
    ("unknownTarget", "Wat kiest u voor plaats?", "a rule to nowhere", lambda f: rules(f)[1].update(goto="u_weg")),
    (
        "unknownTarget",
        "Wat kiest u voor plaats?",
        "an option to nowhere",
        lambda f: question(f, "plaats")["options"][0].update(goto="u_weg"),
    ),
    ("unreachable", "Einde u_los", "an outcome that nothing leads to", lambda f: f["outcomes"].append(ends("u_los"))),
    (
        "unreachable",
        "Wat is los?",
        "a question that nothing leads to",
        lambda f: f["questions"].append(ask("los", "yesno", next=[rule("u_nee")])),
    ),
    (
        "deadEnd",
        "Wat kiest u voor plaats?",
        "the last question goes nowhere",
        lambda f: question(f, "plaats").pop("next"),
    ),
    ("deadEnd", "Wat kiest u voor plaats?", "no rule for the rest", lambda f: rules(f).pop()),
    (
        "ruleAfterDefault",
        "Wat kiest u voor plaats?",
        "a rule after the default",
        lambda f: rules(f).append(rule("u_druk", "personen > 400")),
    ),
    ("cycle", "Wat is land?", "back to an earlier question", lambda f: rules(f)[1].update(goto="land")),
    ("cycle", "Wat is akkoord?", "to itself", lambda f: question(f, "akkoord")["next"][1].update(goto="akkoord")),
    (
        "cycle",
        "veel_volk",
        "a fact that needs itself",
        lambda f: f["facts"][0].update(expr="veel_volk || personen > 3"),
    ),
    (
        "syntax",
        "(plaats), regel 1",
        "half a condition",
        lambda f: rules(f)[0].update({"if": "personen >"}),
    ),
    (
        "syntax",
        "u_klaar), deel “tent”",
        "a function that no flow may use",
        lambda f: blocks(f)[0].update({"if": 'extra.all(x, x == "tent")'}),
    ),
    (
        "type",
        "(plaats), regel 2",
        "a day and a number",
        lambda f: rules(f)[1].update({"if": "begin > 3"}),
    ),
    ("type", "deel “duur”", "a whole number for an amount", lambda f: blocks(f)[3].update({"if": "prijs > 12"})),
    ("type", "veel_volk", "a fact that is no yes or no", lambda f: f["facts"][0].update(expr="personen + 1")),
    ("unknownName", "Bedoelt u “personen”", "a name misspelt", lambda f: rules(f)[0].update({"if": "persoenen > 200"})),
    ("unknownValue", "“kot”", "a value that is no option", lambda f: rules(f)[0].update({"if": 'plaats == "kot"'})),
    (
        "unknownValue",
        "“kot”",
        "in a list of values",
        lambda f: rules(f)[0].update({"if": 'plaats in ["plein", "kot"]'}),
    ),
    (
        "unknownValue",
        "“tentt”",
        "in a question with several answers",
        lambda f: blocks(f)[0].update({"if": '"tentt" in extra'}),
    ),
    ("unknownValue", "“muzik”", "in exists", lambda f: blocks(f)[1].update({"if": 'extra.exists(x, x == "muzik")'})),
    (
        "unknownValue",
        "“maybe”",
        "no yes or no",
        lambda f: question(f, "akkoord")["next"][0].update({"if": 'akkoord == "maybe"'}),
    ),
    (
        "unknownValue",
        "“weet_niet”",
        "not knowing, where that is no answer",
        lambda f: rules(f)[0].update({"if": 'plaats == "weet_niet"'}),
    ),
    ("unknownValue", "“xx”", "no country", lambda f: blocks(f)[4].update({"if": 'land == "xx"'})),
    ("unknownValue", "“BE”", "a country in capitals", lambda f: blocks(f)[4].update({"if": 'land == "BE"'})),
    ("unknownValue", "“90”", "no postcode, in a list", lambda f: f["lists"]["stad"].append("90")),
    ("unknownValue", "“3d”", "no duration", lambda f: blocks(f)[5].update({"if": 'begin < today + duration("3d")'})),
    (
        "unknownValue",
        "“2027-01-01”",
        "no moment",
        lambda f: blocks(f)[5].update({"if": 'begin < timestamp("2027-01-01")'}),
    ),
    (
        "unknownValue",
        "“u_weg”",
        "a test for an outcome that is not there",
        lambda f: f["tests"][0].update(outcome="u_weg"),
    ),
    (
        "unknownValue",
        "“kleur”",
        "a test with a question that is not there",
        lambda f: f["tests"][0]["answers"].update(kleur="rood"),
    ),
    (
        "unknownValue",
        "soort",
        "a test with an answer that is none",
        lambda f: f["tests"][1].update(answers={"akkoord": "ja", "soort": "kot"}, outcome="begin"),
    ),
    (
        "usedTooEarly",
        "Wat is land?",
        "a rule about a later question",
        lambda f: question(f, "akkoord")["next"][0].update({"if": 'land == "be"'}),
    ),
    ("usedTooEarly", "Wat is begin?", "asked by its own answer", lambda f: swap(f, "begin", ask_if="begin > today")),
    (
        "usedTooEarly",
        "Wat is einde?",
        "a check of a later question",
        lambda f: swap(f, "begin", validate=[{"must": "begin <= einde", "message": "x"}]),
    ),
    (
        "usedTooEarly",
        "veel_volk",
        "a rule by a fact about later questions",
        lambda f: question(f, "akkoord")["next"][0].update({"if": "veel_volk"}),
    ),
    (
        "usedTooEarly",
        "“later”",
        "a fact that uses a later one",
        lambda f: (
            f["facts"].insert(0, {"id": "eerder", "expr": "later"})
            or f["facts"].append({"id": "later", "expr": "personen > 3"})
        ),
    ),
    (
        "usedTooEarly",
        "Wat is land?",
        "a block about a question of another branch",
        lambda f: outcome(f, "u_nee").update(blocks=[block("x", 'land == "be"')]),
    ),
    (
        "textInRule",
        "Wat is reden?",
        "a rule about an open text",
        lambda f: rules(f)[0].update({"if": "size(reden) > 20"}),
    ),
    ("limits", "Wat is personen?", "least above most", lambda f: swap(f, "personen", min=600)),
    ("limits", "Wat is land?", "limits of a country", lambda f: swap(f, "land", min=1)),
    ("limits", "Wat is personen?", "no whole number between", lambda f: swap(f, "personen", min=1.2, max=1.8)),
    ("period", "geldig", "valid until before from", lambda f: f.update(valid_until="2026-01-01")),
    ("noLink", "Einde u_nee", "an outcome without link", lambda f: outcome(f, "u_nee").pop("links")),
    (
        "ruleNeverUsed",
        "regel 1",
        "a rule that cannot hold",
        lambda f: rules(f)[0].update({"if": "personen > 10 && personen < 5"}),
    ),
    ("ruleNeverUsed", "regel 2", "a rule behind the same one", lambda f: rules(f).insert(0, dict(rules(f)[0]))),
    (
        "ruleNeverUsed",
        "regel 3",
        "a default behind rules that are complete",
        lambda f: rules(f).__setitem__(1, rule("u_lang", "personen >= 1")),
    ),
    (
        "ruleNeverUsed",
        "regel 2",
        "a rule beyond the limits of the question",
        lambda f: rules(f)[1].update({"if": "personen > 500"}),
    ),
    (
        "ruleNeverUsed",
        "regel 2",
        "a rule against an earlier way out",
        lambda f: rules(f)[1].update({"if": 'postcode == "1000"'}),
    ),
    (
        "optionNeverUsed",
        "Werk",
        "an option that the check refuses",
        lambda f: swap(f, "soort", validate=[{"must": 'soort != "werk"', "message": "Nee."}]),
    ),
    (
        "blockNeverUsed",
        "deel “gezin”",
        "a block that cannot be shown",
        lambda f: blocks(f)[2].update({"if": "kinderen > 2 && personen == 1"}),
    ),
    (
        "blockNeverUsed",
        "deel “duur”",
        "a block against when the question is asked",
        lambda f: blocks(f)[3].update({"if": 'prijs > 12.5 && soort == "werk"'}),
    ),
    (
        "questionNeverAsked",
        "Wat is kinderen?",
        "a question that is never asked",
        lambda f: swap(f, "kinderen", ask_if="personen > 900"),
    ),
    (
        "questionNeverAsked",
        "Wat is prijs?",
        "asked by two answers at once",
        lambda f: swap(f, "prijs", ask_if='soort == "feest" && soort == "werk"'),
    ),
    (
        "validationRefusesAll",
        "Wat is personen?",
        "a check that refuses all",
        lambda f: swap(f, "personen", validate=[{"must": "personen > 500", "message": "Nee."}]),
    ),
    (
        "validationRefusesAll",
        "Wat is einde?",
        "two checks against each other",
        lambda f: question(f, "einde")["validate"].append({"must": "einde < begin", "message": "Nee."}),
    ),
    ("testFails", "geen akkoord", "a test that leads elsewhere", lambda f: f["tests"][0].update(outcome="u_zaal")),
    ("testFails", "half", "a test with an answer too few", lambda f: f["tests"][1].update(outcome="begin")),
]


def found(flow: Json, surroundings: Surroundings | None = None) -> list[FlowFinding]:
    return check(json.dumps(flow), today=TODAY, surroundings=surroundings).findings


def test_the_flow_to_spoil_is_right() -> None:
    report = check(rich(), today=TODAY)
    assert report.proved, report.findings
    assert not report.remarks


@pytest.mark.parametrize(
    ("code", "named", "spoil"), [(c, n, s) for c, n, _, s in PLANTED], ids=[f"{c}: {w}" for c, _, w, _ in PLANTED]
)
def test_a_planted_mistake_is_caught(code: str, named: str, spoil: Spoil) -> None:
    flow = rich()
    spoil(flow)
    faults = found(flow)
    assert code in {one.code for one in faults}, faults
    assert any(named in one.message for one in faults if one.code == code), faults


def test_a_cause_is_told_once() -> None:
    """Few faults for one mistake: what follows from it is left out (a test that fails by it is told)."""
    for code, _, wrong, spoil in PLANTED:
        flow = rich()
        spoil(flow)
        told = [one for one in found(flow) if one.code not in {code, "testFails"}]
        assert len(told) <= 6, (code, wrong, told)


def test_faults_of_several_places_are_told_at_once() -> None:
    flow = rich()
    swap(flow, "land", kleur="rood")
    rules(flow)[0].update({"if": "persoenen > 3"})
    outcome(flow, "u_nee").pop("links")
    question(flow, "akkoord")["next"][0]["goto"] = "u_weg"
    assert {one.code for one in found(flow)} >= {"schema", "unknownName", "noLink", "unknownTarget"}


def around(**given: Any) -> Surroundings:
    products = {f"ipdc:{one['id']}": True for one in rich()["outcomes"]}
    return Surroundings(**{"products": products, "flows": {}, "departments": frozenset({"burgerzaken"}), **given})


def test_surroundings_in_which_all_is_there_are_no_fault() -> None:
    assert not found(rich(), around())


OUTSIDE: list[tuple[str, Spoil, dict[str, Any]]] = [
    ("unknownProduct", lambda f: outcome(f, "u_nee")["links"][0].update(product="ipdc:weg"), {}),
    ("unknownProduct", lambda f: f.update(products=["ipdc:weg"]), {}),
    (
        "productNotPublished",
        lambda _: None,
        {"products": {f"ipdc:{one['id']}": one["id"] != "u_nee" for one in rich()["outcomes"]}},
    ),
    ("unknownFlow", lambda f: outcome(f, "u_nee")["links"].append({"label": "x", "flow": "weg"}), {}),
    (
        "flowLoop",
        lambda f: outcome(f, "u_nee")["links"].append({"label": "x", "flow": "b"}),
        {"flows": {"b": frozenset({"c"}), "c": frozenset({"proef"})}},
    ),
    ("flowLoop", lambda f: outcome(f, "u_nee")["links"].append({"label": "x", "flow": "proef"}), {}),
    ("unknownTeam", lambda f: outcome(f, "u_nee").update(handover={"topic": "x", "team": "weg"}), {}),
]


@pytest.mark.parametrize(
    ("code", "spoil", "given"), OUTSIDE, ids=[f"{number}-{one[0]}" for number, one in enumerate(OUTSIDE)]
)
def test_a_mistake_against_the_surroundings_is_caught(code: str, spoil: Spoil, given: dict[str, Any]) -> None:
    flow = rich()
    spoil(flow)
    assert {one.code for one in found(flow, around(**given))} == {code}


def test_a_flow_that_links_on_is_no_loop() -> None:
    flow = rich()
    outcome(flow, "u_nee")["links"].append({"label": "x", "flow": "b"})
    assert not found(flow, around(flows={"b": frozenset({"c"}), "c": frozenset({"b"})}))


# In the given flows: the same mistake in every place where it can be made.

Case = tuple[str, Json, set[str]]


def _changed(flow: Json, change: Callable[[Json], object]) -> Json:
    copied = copy.deepcopy(flow)
    change(copied)
    return copied


def spoiled(flow: Json) -> Iterator[Case]:
    for place, one in enumerate(flow["questions"]):
        yield from _questions(flow, place, one)
        for number, each in enumerate(one.get("next", [])):
            yield from _rules(flow, place, number, each)
    for place, one in enumerate(flow["outcomes"]):
        yield from _outcomes(flow, place, one)
    for place, one in enumerate(flow["tests"]):
        other = next(each["id"] for each in flow["outcomes"] if each["id"] != one["outcome"] and not each.get("blocks"))
        change = {"outcome": other, "blocks": []}
        yield f"test {one['name']}", _changed(flow, lambda f, p=place, c=change: f["tests"][p].update(c)), {"testFails"}  # type: ignore[misc]


def _questions(flow: Json, place: int, one: Json) -> Iterator[Case]:
    def at(change: Callable[[Json], object]) -> Json:
        return _changed(flow, lambda f: change(f["questions"][place]))

    name = one["id"]
    yield (
        f"{name} refuses all",
        at(lambda q: q.update(validate=[{"must": "1 > 2", "message": "x"}])),
        {"validationRefusesAll"},
    )
    yield f"{name} never asked", at(lambda q: q.update(ask_if="1 > 2")), {"questionNeverAsked"}
    yield f"{name} asked by itself", at(lambda q: q.update(ask_if=f"size([{name}]) > 0")), {"usedTooEarly"}
    yield f"{name} without title", at(lambda q: q.pop("title")), {"schema"}
    yield (
        f"{name} twice",
        _changed(flow, lambda f: f["outcomes"].append({**f["outcomes"][0], "id": name})),
        {"duplicateId"},
    )
    for number, option in enumerate(one.get("options", [])):
        if "goto" in option:
            away = at(lambda q, n=number: q["options"][n].update(goto="weg"))  # type: ignore[misc]
            yield f"{name} option {number} to nowhere", away, {"unknownTarget"}


def _rules(flow: Json, place: int, number: int, each: Json) -> Iterator[Case]:
    def at(change: Callable[[Json], object]) -> Json:
        return _changed(flow, lambda f: change(f["questions"][place]["next"][number]))

    name = f"{flow['questions'][place]['id']} rule {number + 1}"
    yield f"{name} to nowhere", at(lambda r: r.update(goto="weg")), {"unknownTarget"}
    yield f"{name} in a circle", at(lambda r: r.update(goto=flow["questions"][place]["id"])), {"cycle"}
    if "if" not in each:
        if number:
            yield f"{name} gone", _changed(flow, lambda f: f["questions"][place]["next"].pop()), {"deadEnd"}
        return
    condition = each["if"]
    yield f"{name} half", at(lambda r: r.update({"if": f"{condition} &&"})), {"syntax"}
    yield f"{name} misspelt", at(lambda r: r.update({"if": f"{condition} && xyz == 1"})), {"unknownName"}
    yield f"{name} of another type", at(lambda r: r.update({"if": f"({condition}) == 1"})), {"type"}
    yield f"{name} never", at(lambda r: r.update({"if": f"({condition}) && !({condition})"})), {"ruleNeverUsed"}
    yield f"{name} always", at(lambda r: r.pop("if")), {"ruleAfterDefault"}
    if '== "' in condition:
        value = re.sub(r'== "\w+"', '== "onzin"', condition)
        yield f"{name} with a value that is none", at(lambda r: r.update({"if": value})), {"unknownValue"}


def _outcomes(flow: Json, place: int, one: Json) -> Iterator[Case]:
    def at(change: Callable[[Json], object]) -> Json:
        return _changed(flow, lambda f: change(f["outcomes"][place]))

    name = one["id"]
    yield f"{name} without link", at(lambda o: (o.pop("links", None), o.pop("handover", None))), {"noLink"}
    yield (
        f"{name} and another that is lost",
        _changed(flow, lambda f: f["outcomes"].append({**one, "id": "u_los"})),
        {"unreachable"},
    )
    yield f"{name} gone", _changed(flow, lambda f: f["outcomes"].pop(place)), {"unknownTarget"}
    for number, each in enumerate(one.get("blocks", [])):
        condition = each["if"]

        def block_of(value: str, n: int = number) -> Json:
            return at(lambda o: o["blocks"][n].update({"if": value}))

        yield f"{name} block {number} never", block_of(f"({condition}) && !({condition})"), {"blockNeverUsed"}
        if re.search(r'"[a-z]+"', condition):
            yield (
                f"{name} block {number} with a value that is none",
                block_of(re.sub(r'"[a-z]+"', '"onzin"', condition)),
                {"unknownValue"},
            )


EACH = 4
"""One in so many: of all mistakes at all places (about 1 000) each is caught, and takes a minute."""


@pytest.mark.skipif(not GIVEN, reason="the flows given with the project are not beside this checkout (../shared)")
@pytest.mark.parametrize("path", GIVEN, ids=[path.stem for path in GIVEN])
def test_mistakes_everywhere_in_a_given_flow_are_caught(path: Path) -> None:
    planted = islice(spoiled(read(path)), 0, None, EACH)
    told = ((name, codes, {one.code for one in found(flow)}) for name, flow, codes in planted)
    missed = [(name, codes, caught) for name, codes, caught in told if not codes & caught]
    assert not missed


LARGE: list[tuple[str, Spoil]] = [
    (
        "ruleNeverUsed",
        lambda f: f["questions"][-1]["next"][7].update({"if": f"({f['questions'][-1]['next'][7]['if']}) && v0 != v0"}),
    ),
    ("ruleNeverUsed", lambda f: f["questions"][-1]["next"].insert(0, dict(f["questions"][-1]["next"][20]))),
    ("deadEnd", lambda f: f["questions"][-1]["next"].pop()),
    ("validationRefusesAll", lambda f: f["questions"][40].update(validate=[{"must": "1 > 2", "message": "x"}])),
]


@pytest.mark.parametrize(("code", "spoil"), LARGE, ids=[f"{number}-{one[0]}" for number, one in enumerate(LARGE)])
def test_mistakes_in_a_flow_of_the_largest_size_are_caught(code: str, spoil: Spoil) -> None:
    flow = large(3)
    spoil(flow)
    assert code in {one.code for one in found(flow)}


def test_a_block_of_the_largest_flow_that_cannot_be_shown_is_caught() -> None:
    flow = large(3)
    shown = next(one for end in flow["outcomes"] for one in end.get("blocks", []))
    shown["if"] = f"({shown['if']}) && !({shown['if']})"
    assert [one.code for one in found(flow)] == ["blockNeverUsed"]
