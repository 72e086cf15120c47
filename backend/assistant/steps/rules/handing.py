"""From answers to a question for the city: the summary that the asker edits, and what the question keeps."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from backend.assistant.rules import DUTCH, Handover, Passed, Position, Program, Question, flow_languages, label, say
from backend.assistant.steps.rules.showing import ShownProduct, Surroundings
from backend.assistant.steps.rules.words import SUMMARY
from backend.contacts.rules import Assistance, GivenAnswer, Mode

LONGEST_SUBJECT, LONGEST_TEXT, LONGEST_ANSWER = 200, 9_500, 300
"""Characters: of the subject of a question, of its text with room to add something, of one answer in that text."""


def told(position: Position, left_out: Collection[str] = ()) -> list[Passed]:
    """The answers that go along: none when the outcome wants none."""
    handover = position.outcome.handover if position.outcome else None
    if handover and not handover.include_answers:
        return []
    return [one for one in position.passed if one.question.id not in left_out]


def subject(program: Program, position: Position, language: str) -> str:
    """What the question is about, in one line."""
    title = say(program.flow.title, language)
    reached = position.outcome and f"{title} – {say(position.outcome.title, language)}"
    return _cut((reached or title).replace("\n", " "), LONGEST_SUBJECT)


def text(program: Program, position: Position, language: str, left_out: Collection[str] = ()) -> str:
    """What was answered and where it led, in plain words."""
    lines = [_line(one, language) for one in told(position, left_out)]
    end = _end(program, position, language)
    began = say(SUMMARY["began"], language).format(title=say(program.flow.title, language))
    parts = [began, "\n".join(lines), end]
    return _cut("\n\n".join(part for part in parts if part), LONGEST_TEXT)


def without(words: str, program: Program, position: Position, left_out: Collection[str]) -> str:
    """A text of `text`, edited or not, in whatever language, without the lines of answers that are left out."""
    out = [one for one in position.passed if one.question.id in left_out]
    gone = {_line(one, language) for one in out for language in flow_languages(program.flow)}
    return "\n".join(line for line in words.split("\n") if line.strip() not in gone) if gone else words


def handover_of(program: Program, position: Position) -> Handover | None:
    """What the outcome says of asking the city; when it says nothing, what all others of the flow agree on."""
    if position.outcome and position.outcome.handover:
        return position.outcome.handover
    wanted = {(one.handover.topic, one.handover.team) for one in program.flow.outcomes if one.handover}
    topic, team = next(iter(wanted)) if len(wanted) == 1 else (None, None)
    return Handover(topic=topic, team=team) if topic else None


def product_of(program: Program, position: Position, around: Surroundings) -> ShownProduct | None:
    """The product that the question is about: the first of the outcome, else the first of the flow."""
    outcome = position.outcome
    named = [link.product for link in outcome.links if link.product] if outcome else []
    return next((around.products[one] for one in (*named, *program.flow.products) if one in around.products), None)


def assistance(
    program: Program,
    position: Position,
    *,
    mode: Mode,
    language: str,
    day: date,
    left_out: Collection[str] = (),
    beside: Mapping[str, Any] | None = None,
    not_known: Iterable[str] = (),
) -> Assistance:
    """What a question keeps; in Dutch, for the colleagues who read it.

    Args:
        program: the flow.
        position: where the answers led.
        mode: who answered.
        language: in which the questions were put.
        day: on which, in Brussels.
        left_out: questions whose answers stay out of it.
        beside: answers that play no part, by id, as far as they are kept.
        not_known: ids of questions that could not be answered.
    """
    questions, outcome = program.questions, position.outcome
    open_at = position.question or (questions[position.stuck] if position.stuck else None)
    handover = handover_of(program, position)
    return Assistance(
        flow=program.flow.flow,
        version=program.flow.version,
        title=say(program.flow.title, DUTCH),
        mode=mode,
        language=language,
        day=day,
        outcome=outcome.id if outcome else None,
        outcome_title=say(outcome.title, DUTCH) if outcome else None,
        outcome_kind=outcome.kind if outcome else None,
        open_question=open_at.id if open_at else None,
        open_title=say(open_at.title, DUTCH) if open_at else None,
        path=[given_answer(one.question, one.raw) for one in told(position, left_out)],
        kept=[given_answer(questions[name], raw) for name, raw in (beside or {}).items() if name in questions],
        not_known=[say(questions[name].title, DUTCH) for name in dict.fromkeys(not_known) if name in questions],
        topic=handover.topic if handover else None,
        team=handover.team if handover else None,
    )


def given_answer(question: Question, raw: Any) -> GivenAnswer:
    """An answer as a question keeps it."""
    title = say(question.title, DUTCH)
    return GivenAnswer(question=question.id, title=title, answer=label(question, raw), value=raw)


def _line(one: Passed, language: str) -> str:
    answer = _cut(label(one.question, one.raw, language), LONGEST_ANSWER)
    return f"- {say(one.question.title, language)} {answer}".replace("\n", " ").strip()


def _end(program: Program, position: Position, language: str) -> str:
    if position.outcome:
        return say(SUMMARY["led"], language).format(where=say(position.outcome.title, language).rstrip("."))
    here = position.question or (program.questions[position.stuck] if position.stuck else None)
    return say(SUMMARY["stopped"], language).format(where=say(here.title, language)) if here else ""


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
