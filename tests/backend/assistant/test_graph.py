"""A flow as a picture and as a list.

What a line of Mermaid may look like (`LINE`) was checked by hand with Mermaid 11.17 in Chromium: it parsed and drew the
given flows, a flow of the largest size and every text of `ODD`, and showed each text as it was written.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.assistant.graph.rules import (
    BLOCK_KINDS,
    OUTCOME_KINDS,
    QUESTION_TYPES,
    Outline,
    OutlineTarget,
    mermaid,
    outline,
)
from backend.assistant.rules import DUTCH, Block, Flow, Outcome, Question, decode
from tests.backend.assistant.flows import DEMO, GIVEN

ENTITY = r"[#]\d+;"
TEXT = rf"(?:[^\"<>&#`*_~|\\%$@{{}}\[\]\n]|{ENTITY}|<br/>)+"
NAME = r"[a-z]\d*_[a-z0-9_]+"
LINE = re.compile(
    rf"""flowchart\ TD
    |\ \ accTitle:\ [^#;%{{}}<>"\n]*
    |\ \ start\(\("Start"\)\)\ -->\ {NAME}
    |\ \ {NAME}\["{TEXT}"\]:::(?:question|fault)
    |\ \ {NAME}\(\["{TEXT}"\]\):::[a-z_]+
    |\ \ {NAME}\ (?:-->|-\.->)(?:\|"{TEXT}"\|)?\ {NAME}
    |\ \ classDef\ [a-z_]+\ fill:[^;\n]+""",
    re.VERBOSE,
)
EATEN = re.compile(r"(?:style|classDef).*:\S*#.*;")
"""Where Mermaid takes the last semicolon away, wherever it is (`encodeEntities` in its utils.ts)."""

ODD = [
    "zeg \"ja\" of 'nee'",
    "[a] {b} (c) <d> |e| \\f/",
    "end",
    "1. eerst",
    "- streep",
    "+ plus",
    "# kop",
    "**vet** _schuin_ __x__ ~~weg~~",
    '`code` "`md`"',
    "<script>alert(1)</script> <br> a<b>c",
    "Jan & Piet &amp; &lt;",
    "#quot; #35; #9829;",
    '%%{init: {"theme":"dark"}}%%',
    "$$x^2$$ en $5",
    "fa:fa-car",
    'style x:#abc; en lifestyle:"x";',
    'classDef y:#abc; "z"',
    "a\nb\r\nc",
    "-->|x| B",
    "q_a:::forbidden",
    "@{ shape: cloud }",
    "A --- B; C",
    "é😀 עברית",
    "x\\ny",
    'click q_a "javascript:alert(1)"',
    "https://stad.be/x?y=1&z=2",
    "> citaat",
    "linkStyle 0 stroke:#ff3;",
]


def flow(questions: list[dict[str, Any]], outcomes: list[dict[str, Any]] | None = None, **rest: Any) -> Flow:
    ends = outcomes or [{"id": "u", "kind": "free", "title": "Klaar", "text": "Klaar."}]
    document = {"format": 1, "flow": "proef", "version": 1, "status": "draft", "title": "Proef", "owner": "Test"}
    return decode(msgspec.json.encode(document | {"questions": questions, "outcomes": ends} | rest))


def choice(name: str, *options: dict[str, Any], **rest: Any) -> dict[str, Any]:
    named = [{"value": f"o{place}", "label": f"Antwoord {place}"} | option for place, option in enumerate(options, 1)]
    return {"id": name, "type": "choice", "title": f"Vraag {name}?", "options": named} | rest


def yesno(name: str, **rest: Any) -> dict[str, Any]:
    return {"id": name, "type": "yesno", "title": f"Klopt {name}?"} | rest


def lines(text: str) -> list[str]:
    found = text.removesuffix("\n").split("\n")
    strange = [line for line in found if not LINE.fullmatch(line)]
    assert not strange
    assert not [line for line in found if EATEN.search(line)]
    return found


def shown(text: str) -> str:
    """What Mermaid makes of a label."""
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text.replace("<br/>", "\n"))
    return decoded.replace("\N{WORD JOINER}", "")


WEDDING = flow(
    [
        choice("vorm", {"value": "trouwen", "label": "Trouwen"}, {"value": "reis", "label": "Reis", "goto": "u_reis"}),
        yesno("volwassen", next=[{"if": 'volwassen == "nee"', "goto": "u_kind"}, {"goto": "datum"}]),
        {
            "id": "datum",
            "type": "date",
            "title": {"nl": "Wanneer?", "en": "When?"},
            "ask_if": 'vorm == "trouwen"',
            "next": [{"if": 'datum < today + duration("360h")', "goto": "u_te_vroeg"}, {"goto": "extra"}],
        },
        {
            "id": "extra",
            "type": "multi",
            "title": "Wat nog?",
            "options": [{"value": "tolk", "label": "Een tolk"}, {"value": "zaal", "label": "Een zaal"}],
            "next": [{"goto": "u_ja"}],
        },
    ],
    [
        {"id": "u_reis", "kind": "referral", "title": "Ga naar het reisbureau", "text": "x"},
        {"id": "u_kind", "kind": "forbidden", "title": "Nog te jong", "text": "x"},
        {"id": "u_te_vroeg", "kind": "not_entitled", "title": "Te vroeg", "text": "x"},
        {
            "id": "u_ja",
            "kind": "entitled",
            "title": "Het kan",
            "text": "x",
            "links": [{"label": "Lees meer", "product": "ipdc:huwelijk"}],
            "handover": {"topic": "huwelijk", "team": "burgerzaken"},
            "blocks": [
                {"id": "b_altijd", "text": "Breng uw kaart mee."},
                {
                    "id": "b_tolk",
                    "text": "Zoek een tolk.",
                    "kind": "advice",
                    "if": '"tolk" in extra && meerderjarig',
                    "links": [{"label": "Lijst", "url": "https://stad.be/tolken"}],
                },
            ],
        },
    ],
    facts=[{"id": "meerderjarig", "expr": 'volwassen == "ja"', "why": "Jullie zijn allebei 18."}],
)


# --- the picture ---------------------------------------------------------------------------------------------------


def test_a_flow_as_a_picture() -> None:
    assert mermaid(WEDDING).splitlines()[:15] == [
        "flowchart TD",
        "  accTitle: Proef",
        '  start(("Start")) --> q_vorm',
        '  q_vorm["Vraag 1: Vraag vorm?"]:::question',
        '  q_volwassen["Vraag 2: Klopt volwassen?"]:::question',
        '  q_datum["Vraag 3: Wanneer?<br/>Alleen als: Vorm is “Trouwen”"]:::question',
        '  q_extra["Vraag 4: Wat nog?"]:::question',
        '  u_u_reis(["Uitkomst 1: Ga naar het reisbureau<br/>doorverwijzing"]):::referral',
        '  u_u_kind(["Uitkomst 2: Nog te jong<br/>niet toegelaten"]):::forbidden',
        '  u_u_te_vroeg(["Uitkomst 3: Te vroeg<br/>geen recht op"]):::not_entitled',
        '  u_u_ja(["Uitkomst 4: Het kan<br/>recht op"]):::entitled',
        '  q_vorm -->|"Reis"| u_u_reis',
        '  q_vorm -->|"anders"| q_volwassen',
        '  q_volwassen -->|"Nee"| u_u_kind',
        '  q_volwassen -->|"anders"| q_datum',
    ]
    assert mermaid(WEDDING).splitlines()[15:18] == [
        '  q_datum -->|"Datum is vroeger dan 15 dagen na vandaag"| u_u_te_vroeg',
        '  q_datum -->|"anders"| q_extra',
        "  q_extra --> u_u_ja",
    ]


def test_every_kind_has_its_colour() -> None:
    outcomes = [
        {"id": f"u{place}", "kind": kind, "title": kind, "text": "x"} for place, kind in enumerate(OUTCOME_KINDS)
    ]
    found = lines(mermaid(flow([yesno("a", next=[{"goto": "u0"}])], outcomes)))
    for kind in OUTCOME_KINDS:
        assert sum(line.startswith(f"  classDef {kind} ") for line in found) == 1


def test_titles_in_the_language_asked_for() -> None:
    assert "Vraag 3: When?" in mermaid(WEDDING, "en")
    assert "Vraag 1: Vraag vorm?" in mermaid(WEDDING, "en")


@pytest.mark.parametrize("text", ODD)
def test_a_text_is_shown_as_it_is_written(text: str) -> None:
    drawn = flow(
        [choice("a", {"label": text, "goto": "u"}, {"goto": "u2"}, title=text)],
        [{"id": name, "kind": "free", "title": text, "text": text} for name in ("u", "u2")],
        title=text,
    )
    found = lines(mermaid(drawn))
    labels = [shown(label) for line in found for label in re.findall(r'"([^"]*)"', line)]
    plain = "\n".join(part.strip() for part in text.splitlines())
    assert f"Vraag 1: {plain}" in labels
    assert f"Uitkomst 1: {plain}\nmag zonder meer" in labels
    assert plain in labels


@pytest.mark.parametrize("name", ["end", "default", "graph", "subgraph", "style", "class", "click", "o", "x", "if"])
def test_a_name_that_mermaid_keeps_to_itself_does_no_harm(name: str) -> None:
    drawn = flow(
        [choice(name, {"goto": "u"}, {"goto": f"{name}_"})], [{"id": "u", "kind": "free", "title": "U", "text": "x"}]
    )
    assert f"q_{name} -->" in mermaid(drawn)
    lines(mermaid(drawn))


def test_arrows_to_the_same_place_are_one() -> None:
    drawn = flow([choice("a", {"goto": "u"}, {"goto": "u"})])
    assert [line for line in lines(mermaid(drawn)) if "q_a --" in line] == [
        '  q_a -->|"Antwoord 1<br/>of Antwoord 2"| u_u',
    ]


def test_the_largest_flow_is_short_enough_to_be_drawn() -> None:
    """80 questions, 120 outcomes, long texts: Mermaid refuses more than 50 000 characters and 500 arrows."""
    questions = [
        choice(f"q{place}", *({"label": "antwoord " * 12, "goto": f"u{(place + way) % 120}"} for way in range(5)), {})
        | {"title": "lange vraag " * 25}
        for place in range(80)
    ]
    outcomes = [{"id": f"u{place}", "kind": "free", "title": "einde " * 30, "text": "x"} for place in range(120)]
    found = mermaid(flow(questions, outcomes))
    assert len(found) <= 50_000
    assert sum("-->" in line for line in lines(found)) <= 500


# --- the list ------------------------------------------------------------------------------------------------------


def test_a_flow_as_a_list() -> None:
    found = outline(WEDDING)
    assert [(one.number, one.id, one.kind, one.asked_when) for one in found.questions] == [
        (1, "vorm", "één antwoord kiezen", None),
        (2, "volwassen", "ja of nee", None),
        (3, "datum", "datum", "Vorm is “Trouwen”"),
        (4, "extra", "antwoorden aankruisen", None),
    ]
    form, grown, day, extra = found.questions
    assert [(one.label, one.leads and one.leads.id) for one in form.answers] == [
        ("Trouwen", "volwassen"),
        ("Reis", "u_reis"),
    ]
    assert [(one.label, one.leads and one.leads.id) for one in grown.answers] == [("Ja", "datum"), ("Nee", "u_kind")]
    assert [(rule.words, rule.leads) for rule in day.rules] == [
        (
            "Datum is vroeger dan 15 dagen na vandaag",
            OutlineTarget(id="u_te_vroeg", kind="outcome", number=3, title="Te vroeg"),
        )
    ]
    assert day.otherwise == OutlineTarget(id="extra", kind="question", number=4, title="Wat nog?")
    assert [one.leads and one.leads.id for one in extra.answers] == ["u_ja", "u_ja"]
    assert not any(one.faults for one in found.questions)
    assert not any(one.faults for one in found.outcomes)
    assert [one.reached_from[0].number for one in found.outcomes] == [1, 2, 3, 4]
    end = found.outcomes[3]
    assert (end.kind, end.handover) == ("recht op", "huwelijk (burgerzaken)")
    assert [(one.label, one.to) for one in end.links] == [("Lees meer", "product ipdc:huwelijk")]
    assert [(one.shown_when, one.kind) for one in end.blocks] == [
        (None, None),
        ("Extra bevat “Een tolk” en meerderjarig geldt", "advies"),
    ]
    assert [(one.id, one.words, one.why) for one in found.facts] == [
        ("meerderjarig", "Volwassen is ja", "Jullie zijn allebei 18.")
    ]


def test_the_list_as_plain_text() -> None:
    assert outline(WEDDING).text == (
        """Proef

Vragen

Vraag 1. Vraag vorm? (één antwoord kiezen)
  Antwoord: Trouwen → vraag 2: Klopt volwassen?
  Antwoord: Reis → uitkomst 1: Ga naar het reisbureau
  Anders → vraag 2: Klopt volwassen?

Vraag 2. Klopt volwassen? (ja of nee)
  Antwoord: Ja → vraag 3: Wanneer?
  Antwoord: Nee → uitkomst 2: Nog te jong
  Als Volwassen is nee → uitkomst 2: Nog te jong
  Anders → vraag 3: Wanneer?

Vraag 3. Wanneer? (datum)
  Alleen gevraagd als: Vorm is “Trouwen”
  Als Datum is vroeger dan 15 dagen na vandaag → uitkomst 3: Te vroeg
  Anders → vraag 4: Wat nog?

Vraag 4. Wat nog? (antwoorden aankruisen)
  Antwoord: Een tolk → uitkomst 4: Het kan
  Antwoord: Een zaal → uitkomst 4: Het kan
  Anders → uitkomst 4: Het kan

Feiten

- meerderjarig (Jullie zijn allebei 18.): Volwassen is ja

Uitkomsten

Uitkomst 1. Ga naar het reisbureau (doorverwijzing)
  Na vraag 1

Uitkomst 2. Nog te jong (niet toegelaten)
  Na vraag 2

Uitkomst 3. Te vroeg (geen recht op)
  Na vraag 3

Uitkomst 4. Het kan (recht op)
  Na vraag 4
  Deel: Breng uw kaart mee.
  Deel (advies): Zoek een tolk.
    Alleen als: Extra bevat “Een tolk” en meerderjarig geldt
    Link: Lijst (adres https://stad.be/tolken)
  Link: Lees meer (product ipdc:huwelijk)
  Vraag stellen aan de stad: huwelijk (burgerzaken)
"""
    )


def test_an_answer_that_does_not_decide_alone_leads_nowhere_yet() -> None:
    found = outline(
        flow(
            [
                yesno("a"),
                yesno("b", next=[{"if": 'a == "ja" && b == "ja"', "goto": "u"}, {"goto": "u2"}]),
            ],
            [{"id": name, "kind": "free", "title": name, "text": "x"} for name in ("u", "u2")],
        )
    )
    assert [(one.label, one.leads and one.leads.id) for one in found.questions[1].answers] == [
        ("Ja", None),
        ("Nee", "u2"),
    ]


def test_not_knowing_is_an_answer_too() -> None:
    found = outline(flow([yesno("a", dont_know=True, next=[{"if": 'a == "weet_niet"', "goto": "u"}, {"goto": "weg"}])]))
    assert [(one.label, one.leads and one.leads.id) for one in found.questions[0].answers] == [
        ("Ja", "weg"),
        ("Nee", "weg"),
        ("Ik weet het niet", "u"),
    ]


def test_causes_come_first_whatever_the_order_of_the_list() -> None:
    found = outline(
        flow(
            [
                yesno("a", next=[{"goto": "d"}]),
                yesno("b", next=[{"goto": "u"}]),
                yesno("c", next=[{"goto": "b"}]),
                yesno("d", next=[{"goto": "c"}]),
            ]
        )
    )
    assert [one.id for one in found.questions] == ["a", "d", "c", "b"]


# --- faults --------------------------------------------------------------------------------------------------------

BROKEN = flow(
    [
        choice(
            "a",
            {"goto": "nergens"},
            {},
            ask_if="zzz ==",
            next=[
                {"if": 'a == "tent"', "goto": "u"},
                {"if": "weg > 1", "goto": "u"},
                {"goto": "b"},
                {"if": 'a == "o1"', "goto": "u"},
            ],
        ),
        {"id": "b", "type": "text", "title": "Eerste b"},
        yesno("b", next=[{"goto": "a"}]),
        {"id": "c", "type": "date", "title": {"en": "Only English"}, "ask_if": "c.getFullYear() == 2026"},
    ],
    [
        {
            "id": "u",
            "kind": "free",
            "title": "Klaar",
            "text": "x",
            "blocks": [{"id": "k", "if": "nope > 1", "text": "Blok"}],
        },
        {"id": "los", "kind": "free", "title": "Los", "text": "x"},
    ],
    facts=[{"id": "f", "expr": "weg"}, {"id": "g", "expr": '"x"', "type": "integer"}],
)


def test_faults_are_marked_where_they_are() -> None:
    found = outline(BROKEN)
    by_title = {one.title: one for one in found.questions}
    assert by_title["Vraag a?"].faults == [
        "Deze vraag leidt naar zichzelf terug.",
        "Deze voorwaarde is niet te lezen.",
        "Antwoord 1: Er is geen vraag en geen uitkomst met de naam “nergens”.",
    ]
    assert by_title["Vraag a?"].asked_when == "zzz =="
    assert by_title["Vraag a?"].answers[0].leads == OutlineTarget(id="nergens", kind="unknown")
    assert [(rule.words, rule.fault) for rule in by_title["Vraag a?"].rules] == [
        ("A is tent", "“tent” is geen antwoord op “Vraag a?”."),
        ("weg > 1", "Deze voorwaarde noemt iets dat niet bestaat: “weg”."),
        ("A is “Antwoord 1”", "Deze regel komt na de regel die altijd geldt."),
    ]
    assert "Er zijn 2 vragen met de naam “b”." in by_title["Eerste b"].faults
    assert "Geen enkele weg leidt naar deze vraag." in by_title["Eerste b"].faults
    assert "Na deze vraag gaat het niet verder." in by_title["Only English"].faults
    assert [one.faults for one in found.outcomes] == [[], ["Geen enkele weg leidt naar deze uitkomst."]]
    assert found.outcomes[0].blocks[0].fault == "Deze voorwaarde noemt iets dat niet bestaat: “nope”."
    assert [one.fault for one in found.facts] == [
        "Deze voorwaarde noemt iets dat niet bestaat: “weg”.",
        "Deze voorwaarde vergelijkt dingen die niet bij elkaar passen.",
    ]
    assert "bestaat niet: nergens" in found.text


def test_faults_are_drawn_in_red() -> None:
    found = lines(mermaid(BROKEN))
    assert '  x_nergens["Bestaat niet: nergens"]:::fault' in found
    assert '  q_a -.->|"Antwoord 1 (fout)"| x_nergens' in found
    assert any(line.startswith("  q1_b[") and line.endswith(":::fault") for line in found)
    assert any(line.startswith("  classDef fault ") for line in found)


IDS = st.sampled_from(["a", "b", "c", "d", "u", "v"])
CONDITIONS = st.sampled_from(
    [
        'a == "ja"',
        'a in ["ja"] || b > 1',
        "b > today",
        "(((",
        "f && !f",
        "c.map(x, x)",
        'u == "\\""',
        "size(l) > 1",
        "x.y",
    ]
)
TEXTS = st.text(min_size=1, max_size=30) | st.dictionaries(
    st.sampled_from(["nl", "en"]), st.text(min_size=1), min_size=1
)


@st.composite
def drafts(draw: st.DrawFn) -> Flow:
    """Anything that can be kept as a draft, with every fault there is."""

    def question() -> dict[str, Any]:
        kind = draw(st.sampled_from(sorted(QUESTION_TYPES)))
        found: dict[str, Any] = {"id": draw(IDS), "type": kind, "title": draw(TEXTS)}
        if draw(st.booleans()):
            found["ask_if"] = draw(CONDITIONS)
        if kind in {"choice", "multi"}:
            options = [{"value": value, "label": draw(TEXTS)} for value in ("ja", "nee")]
            found["options"] = [one | ({"goto": draw(IDS)} if draw(st.booleans()) else {}) for one in options]
        if draw(st.booleans()):
            whens = draw(st.lists(st.none() | CONDITIONS, min_size=1, max_size=3))
            found["next"] = [{"goto": draw(IDS)} | ({"if": when} if when else {}) for when in whens]
        return found

    outcomes = [
        {
            "id": draw(IDS),
            "kind": draw(st.sampled_from(sorted(OUTCOME_KINDS))),
            "title": draw(TEXTS),
            "text": draw(TEXTS),
            "links": [{"label": draw(TEXTS)}],
            "blocks": [
                {
                    "id": "k",
                    "text": draw(TEXTS),
                    "if": draw(CONDITIONS),
                    "kind": draw(st.sampled_from(sorted(BLOCK_KINDS))),
                }
            ],
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    questions = [question() for _ in range(draw(st.integers(1, 6)))]
    return flow(questions, outcomes, facts=[{"id": "f", "expr": draw(CONDITIONS)}], lists={"l": ["x"]})


@given(drafts())
def test_any_draft_can_be_drawn_and_listed(draft: Flow) -> None:
    drawn = lines(mermaid(draft))
    known = {re.split(r"[\[(]", line.strip())[0] for line in drawn if ":::" in line}
    for line in drawn:
        if arrow := re.fullmatch(rf"  ({NAME}) -\S*>(?:\|.*\|)? ({NAME})", line):
            assert {arrow[1], arrow[2]} <= known
    _is_whole(draft, outline(draft))


def _is_whole(draft: Flow, found: Outline) -> None:
    assert [one.number for one in found.questions] == list(range(1, len(draft.questions) + 1))
    assert sorted(one.id for one in found.questions) == sorted(one.id for one in draft.questions)
    assert [one.id for one in found.outcomes] == [one.id for one in draft.outcomes]
    assert msgspec.json.decode(msgspec.json.encode(found), type=Outline) == found


# --- the flows that there are --------------------------------------------------------------------------------------


@pytest.mark.skipif(not GIVEN, reason="the flows given with the project are not beside this checkout (../shared)")
def test_the_given_flows_are_drawn_and_listed() -> None:
    assert len(GIVEN) == 3
    for path in GIVEN:
        _is_drawn_and_listed(decode(path.read_bytes()))


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_the_demo_flows_are_drawn_and_listed(path: Path) -> None:
    _is_drawn_and_listed(decode(path.read_bytes()))


def _is_drawn_and_listed(found: Flow) -> None:
    listed = outline(found)
    _is_whole(found, listed)
    assert not [fault for one in listed.questions for fault in one.faults]
    assert not [fault for one in listed.outcomes for fault in one.faults]
    assert not [rule.fault for one in listed.questions for rule in one.rules if rule.fault]
    numbers = {one.id: one.number for one in listed.questions}
    for one in listed.questions:
        targets = [answer.leads for answer in one.answers] + [rule.leads for rule in one.rules] + [one.otherwise]
        assert all(numbers[to.id] > one.number for to in targets if to and to.kind == "question")
    assert all(one.reached_from for one in listed.outcomes)
    drawn = mermaid(found)
    lines(drawn)
    for name in [*(one.id for one in found.questions), *(one.id for one in found.outcomes)]:
        assert re.search(rf"^  [qu]_{name}[\[(]", drawn, re.MULTILINE)
    assert all(before.number + 1 == after.number for before, after in pairwise(listed.questions))


def test_kinds_and_types_all_have_dutch_words() -> None:
    def words_of(struct: type[msgspec.Struct], field: str) -> set[str]:
        found = next(one.type for one in msgspec.inspect.type_info(struct).fields if one.name == field)  # type: ignore[attr-defined]
        literal: Any = found.types[0] if isinstance(found, msgspec.inspect.UnionType) else found
        return set(literal.values)

    assert words_of(Question, "type") == set(QUESTION_TYPES)
    assert words_of(Outcome, "kind") == set(OUTCOME_KINDS)
    assert words_of(Block, "kind") == set(BLOCK_KINDS)
    assert DUTCH == "nl"
