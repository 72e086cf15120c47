"""Texts of a flow in the language asked for, and the words that the assistant itself says."""

from functools import cache

from babel import Locale

from backend.assistant.rules.document import DONT_KNOW, NO, YES, Flow, Text
from backend.kit.text import fold

DUTCH = "nl"
LANGUAGES = ("nl", "en", "fr", "de")
"""Languages in which the assistant itself speaks; a flow can be in any, and falls back to Dutch."""

_NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}

_WORDS = {
    "nl": {YES: "Ja", NO: "Nee", DONT_KNOW: "Ik weet het niet"},
    "en": {YES: "Yes", NO: "No", DONT_KNOW: "I do not know"},
    "fr": {YES: "Oui", NO: "Non", DONT_KNOW: "Je ne sais pas"},
    "de": {YES: "Ja", NO: "Nein", DONT_KNOW: "Ich weiß es nicht"},
}


def say(text: Text, language: str) -> str:
    """The text in this language, else in Dutch, else in any: a draft may lack Dutch."""
    if isinstance(text, str):
        return text
    return text.get(language) or text.get(DUTCH) or next(iter(text.values()), "")


def spoken(language: str) -> str:
    """The language in which the assistant itself speaks to who asks for this one."""
    return language if language in LANGUAGES else DUTCH


def word(value: str, language: str) -> str:
    """The word for yes, no or not knowing."""
    return _WORDS[spoken(language)][value]


@cache
def countries(language: str) -> dict[str, str]:
    """Name of every country by its code (ISO 3166-1 alpha-2, lower case), in alphabetical order of the name."""
    names = Locale(spoken(language)).territories
    found = {code.lower(): name for code, name in names.items() if _is_country(code)}
    return dict(sorted(found.items(), key=lambda one: fold(one[1])))


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES  # noqa: PLR2004 letters


def flow_languages(flow: Flow) -> tuple[str, ...]:
    """The languages in which the title and every question of a flow can be read, Dutch first."""
    texts = [flow.title, *(question.title for question in flow.questions)]
    shared = set.intersection(*({DUTCH} if isinstance(text, str) else set(text) for text in texts))
    return (DUTCH, *sorted(shared - {DUTCH}))
