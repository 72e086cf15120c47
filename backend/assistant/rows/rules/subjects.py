"""What a row can be about: the questions and facts of a flow, and `today`."""

import msgspec

from backend.assistant.rows.rules.shape import Kind
from backend.assistant.rules import DONT_KNOW, DUTCH, NO, TODAY, YES, Fact, Flow, Question, countries, say, word

_KINDS: dict[str, Kind] = {
    "choice": "word",
    "yesno": "word",
    "country": "word",
    "postcode": "word",
    "text": "free",
    "multi": "multi",
    "integer": "integer",
    "number": "number",
    "money": "number",
    "date": "date",
}
_FACT_KINDS: dict[str, Kind] = {"bool": "fact", "string": "word", "integer": "integer", "number": "number"}


class Subject(msgspec.Struct, frozen=True):
    """A question, a fact or `today`."""

    id: str
    kind: Kind
    question: Question | None = None
    fact: Fact | None = None

    @property
    def type(self) -> str:
        """The type of the question; of a fact and of `today` the kind."""
        return self.question.type if self.question else self.kind


def subjects(flow: Flow) -> dict[str, Subject]:
    """What rows can be about, by name; where two are called the same, the one that conditions know."""
    found = {one.id: Subject(one.id, _KINDS[one.type], question=one) for one in flow.questions}
    found |= {fact.id: Subject(fact.id, _FACT_KINDS[fact.type], fact=fact) for fact in flow.facts}
    for name in flow.lists:
        found.pop(name, None)
    return found | {TODAY: Subject(TODAY, "date")}


def options(subject: Subject, language: str = DUTCH) -> dict[str, str] | None:
    """Every value of a choice and its label; None where any value of the type will do."""
    question = subject.question
    if question is None or question.type == "postcode":
        return None
    if question.type == "country":
        return countries(language)
    if question.type == "yesno":
        found = {YES: word(YES, language).lower(), NO: word(NO, language).lower()}
    else:
        found = {option.value: f"“{say(option.label, language)}”" for option in question.options or ()}
    return found | {DONT_KNOW: f"“{word(DONT_KNOW, language)}”"} if question.dont_know else found


def short(name: str) -> str:
    """An id as a word in a sentence: `nieuwe_postcode` is `nieuwe postcode`."""
    return name.replace("_", " ").strip() or name
