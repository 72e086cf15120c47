"""A flow as a Mermaid flowchart."""

import re

import msgspec

from backend.assistant.graph.rules.shape import OUTCOME_KINDS
from backend.assistant.graph.rules.ways import Chart, Way, chart
from backend.assistant.rules import DUTCH, Flow, say

MOST_CHARACTERS = 50_000
"""What Mermaid draws with its own settings (`maxTextSize`); `maxEdges` is 500."""
_WIDTHS = (140, 90, 60, 40, 25, 12)
_COLOURS = {
    "question": "fill:#ffffff,stroke:#33475b,color:#111111",
    "permit": "fill:#fde7c7,stroke:#8a4b00,color:#111111",
    "notification": "fill:#fff5c2,stroke:#7a6200,color:#111111",
    "information_duty": "fill:#fffbe5,stroke:#7a6200,color:#111111",
    "forbidden": "fill:#fbd9d9,stroke:#9b1c1c,color:#111111",
    "free": "fill:#dff5e1,stroke:#1d6b2a,color:#111111",
    "entitled": "fill:#cdeed3,stroke:#1d6b2a,color:#111111",
    "not_entitled": "fill:#f3dcdc,stroke:#9b1c1c,color:#111111",
    "service": "fill:#dbeafc,stroke:#1c4f8b,color:#111111",
    "referral": "fill:#e8e0f7,stroke:#53318f,color:#111111",
    "contact": "fill:#d9f1f3,stroke:#0b5f66,color:#111111",
    "fault": "fill:#ffffff,stroke:#c00000,color:#c00000,stroke-width:3px,stroke-dasharray:6 3",
}
_SPECIAL = re.compile(r"[\"<>&#`*_~|\\%$@{}\[\]]|(?<=st)yle|(?<=class)Def|\A[-+\d]")
"""What Mermaid would read as its own in a text: Markdown, HTML, entities, settings, styles."""
_PAIRS = re.compile(r"\$(?=\$)|\bfa[bklrs]?:(?=fa-)|\\(?=n)")
"""What it would read so even as entities: formulas, icons, line breaks."""
_JOINER = "\N{WORD JOINER}"
"""Keeps such a pair apart, and is not seen."""


class _Drawing(msgspec.Struct, frozen=True):
    """What stays the same whatever the width of the labels."""

    chart: Chart
    nodes: dict[int, str]


def mermaid(flow: Flow, language: str = DUTCH) -> str:
    """The flow as a Mermaid flowchart, from top to bottom.

    Questions are boxes with their number, outcomes have round ends and a colour per kind; arrows say which answer or
    condition they stand for. What is wrong is drawn in red, dashed. Labels are shortened when the whole would be more
    than Mermaid draws.

    Args:
        flow: a draft with faults too.
        language: of titles and labels.
    """
    found = chart(flow, language)
    drawing = _Drawing(found, {place: _node(found, place) for place in found.order})
    for width in _WIDTHS:
        text = "\n".join(_lines(drawing, width)) + "\n"
        if len(text) <= MOST_CHARACTERS:
            break
    return text


def _lines(drawing: _Drawing, width: int) -> list[str]:
    flow, language = drawing.chart.flow, drawing.chart.language
    lines = ["flowchart TD", f"  accTitle: {_plain(say(flow.title, language))}"]
    lines += [f'  start(("Start")) --> {drawing.nodes[0]}']
    lines += [_question(drawing, place, width) for place in drawing.chart.order]
    for number, outcome in enumerate(flow.outcomes, 1):
        words = [f"Uitkomst {number}: {say(outcome.title, language)}", OUTCOME_KINDS[outcome.kind]]
        lines.append(f'  {_name("u", outcome.id)}(["{_label(words, width)}"]):::{outcome.kind}')
    unknown = {way.to for found in drawing.chart.ways for way in found if _is_unknown(drawing.chart, way)}
    lines += [f'  {_name("x", name)}["{_label([f"Bestaat niet: {name}"], width)}"]:::fault' for name in sorted(unknown)]
    for place in drawing.chart.order:
        lines += _arrows(drawing, place, width)
    used = {"question", "fault", *(outcome.kind for outcome in flow.outcomes)}
    return lines + [f"  classDef {name} {colours}" for name, colours in _COLOURS.items() if name in used]


def _question(drawing: _Drawing, place: int, width: int) -> str:
    found = drawing.chart
    words = [f"Vraag {found.numbers[place]}: {found.title(place)}"]
    if found.asked[place]:
        words.append(f"Alleen als: {found.asked[place]}")
    wrong = found.faults[place]
    words += [f"Fout: {fault}" for fault in wrong]
    return f'  {drawing.nodes[place]}["{_label(words, width)}"]:::{"fault" if wrong else "question"}'


def _arrows(drawing: _Drawing, place: int, width: int) -> list[str]:
    """The arrows out of a question; those to the same place are one."""
    together = dict[str, list[Way]]()
    for way in drawing.chart.ways[place]:
        together.setdefault(way.to, []).append(way)
    lines = list[str]()
    for to, ways in together.items():
        words = [f"{way.short} (fout)" if way.fault else way.short for way in ways if way.short or way.fault]
        told = "<br/>of ".join(_label([one], width) for one in words)
        arrow = "-.->" if any(way.fault for way in ways) else "-->"
        words_on = f'|"{told}"|' if told else ""
        lines.append(f"  {drawing.nodes[place]} {arrow}{words_on} {_end(drawing, to)}")
    return lines


def _end(drawing: _Drawing, to: str) -> str:
    found = drawing.chart
    if to in found.outcomes:
        return _name("u", to)
    return drawing.nodes[found.places[to]] if to in found.places else _name("x", to)


def _is_unknown(found: Chart, way: Way) -> bool:
    return way.to not in found.outcomes and way.to not in found.places


def _node(found: Chart, place: int) -> str:
    """The name of a question in the drawing: never a word that Mermaid keeps to itself."""
    question = found.flow.questions[place]
    return _name("q" if found.places[question.id] == place else f"q{place}", question.id)


def _name(kind: str, name: str) -> str:
    return f"{kind}_{re.sub(r'[^a-z0-9_]', '_', name)}"


def _label(lines: list[str], width: int) -> str:
    """Lines of text as Mermaid reads them between quotes; each cut off at the width."""
    shown = [part.strip() for line in lines for part in _cut(line, width).splitlines()]
    return "<br/>".join(_SPECIAL.sub(_entity, _PAIRS.sub(f"\\g<0>{_JOINER}", part)) for part in shown if part)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0][0])};{found[0][1:]}"


def _plain(text: str) -> str:
    """One line of nothing but text, for a title that is not shown."""
    return " ".join(re.sub(r"[#;%{}<>\"]", " ", text).split())
