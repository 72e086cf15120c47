"""Reading one answer: what JSON or a form gives, as conditions know it; or why it cannot be."""

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from backend.assistant.rules.cel import moment
from backend.assistant.rules.document import DONT_KNOW, NO, YES, Question
from backend.assistant.rules.languages import countries, say, spoken, word

LONGEST = 2_000
"""Characters of an answer in words."""
LARGEST = 1_000_000_000_000
_POSTCODE = re.compile("[1-9][0-9]{3}")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile("[+-]?[0-9]{1,30}([.,][0-9]{1,30})?")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]{1,30})?")
"""As people write thousands here."""
_CENTS = -2

Unknown = type("Unknown", (), {"__repr__": lambda _: "UNKNOWN"})
UNKNOWN = Unknown()
"""Who answers does not know: no condition about it can be decided, but for a choice, where it is a value."""

_SAYS = {
    "option": {
        "nl": "Kies een van de antwoorden.",
        "en": "Choose one of the answers.",
        "fr": "Choisissez une des réponses.",
        "de": "Wählen Sie eine der Antworten.",
    },
    "exclusive": {
        "nl": "Dit antwoord kan niet samen met een ander: {value}.",
        "en": "This answer cannot go with another one: {value}.",
        "fr": "Cette réponse ne peut pas être combinée avec une autre : {value}.",
        "de": "Diese Antwort kann nicht mit einer anderen kombiniert werden: {value}.",
    },
    "date": {
        "nl": "Geef een datum, bijvoorbeeld 2026-12-01.",
        "en": "Give a date, for example 2026-12-01.",
        "fr": "Donnez une date, par exemple 2026-12-01.",
        "de": "Geben Sie ein Datum an, zum Beispiel 2026-12-01.",
    },
    "integer": {
        "nl": "Geef een geheel getal.",
        "en": "Give a whole number.",
        "fr": "Donnez un nombre entier.",
        "de": "Geben Sie eine ganze Zahl an.",
    },
    "number": {
        "nl": "Geef een getal.",
        "en": "Give a number.",
        "fr": "Donnez un nombre.",
        "de": "Geben Sie eine Zahl an.",
    },
    "money": {
        "nl": "Geef een bedrag in euro, met hoogstens twee cijfers na de komma.",
        "en": "Give an amount in euro, with two decimals at most.",
        "fr": "Donnez un montant en euros, avec deux décimales au maximum.",
        "de": "Geben Sie einen Betrag in Euro an, mit höchstens zwei Nachkommastellen.",
    },
    "min": {
        "nl": "Geef {value} of meer.",
        "en": "Give {value} or more.",
        "fr": "Donnez {value} ou plus.",
        "de": "Geben Sie {value} oder mehr an.",
    },
    "max": {
        "nl": "Geef {value} of minder.",
        "en": "Give {value} or less.",
        "fr": "Donnez {value} ou moins.",
        "de": "Geben Sie {value} oder weniger an.",
    },
    "postcode": {
        "nl": "Geef een Belgische postcode van vier cijfers.",
        "en": "Give a Belgian postcode of four digits.",
        "fr": "Donnez un code postal belge de quatre chiffres.",
        "de": "Geben Sie eine belgische Postleitzahl mit vier Ziffern an.",
    },
    "country": {
        "nl": "Kies een land uit de lijst.",
        "en": "Choose a country of the list.",
        "fr": "Choisissez un pays de la liste.",
        "de": "Wählen Sie ein Land aus der Liste.",
    },
    "text": {
        "nl": "Geef een antwoord van hoogstens {value} tekens.",
        "en": "Give an answer of {value} characters at most.",
        "fr": "Donnez une réponse de {value} caractères au maximum.",
        "de": "Geben Sie eine Antwort mit höchstens {value} Zeichen.",
    },
}


class Refused(Exception):
    """An answer that cannot be; the text says why, to who answers, in their language."""


def read(question: Question, raw: Any, language: str = "nl") -> Any:
    """The value of an answer, or `UNKNOWN`.

    Args:
        question: what was asked.
        raw: a string, number or list of strings, as JSON has it; numbers may come as text too.
        language: in which a refusal speaks.

    Raises:
        Refused: it is no answer to this question.
    """
    if question.dont_know and raw in (DONT_KNOW, [DONT_KNOW]):
        return {"multi": [DONT_KNOW], "choice": DONT_KNOW, "yesno": DONT_KNOW}.get(question.type, UNKNOWN)
    return _READ[question.type](question, raw, language)


def label(question: Question, raw: Any, language: str = "nl") -> str:
    """The answer as people read it, an answer that cannot be as it was given."""
    if raw in (DONT_KNOW, [DONT_KNOW]):
        return word(DONT_KNOW, language)
    if isinstance(raw, list):
        return ", ".join(dict.fromkeys(label(question, one, language) for one in raw))
    if question.options:
        named = {option.value: say(option.label, language) for option in question.options}
        return named.get(str(raw), str(raw))
    if question.type in {"integer", "number", "money"}:
        return _amount(question, raw)
    return _shown(question, str(raw).strip(), language)


def _shown(question: Question, said: str, language: str) -> str:
    match question.type:
        case "yesno" if said in {YES, NO}:
            return word(said, language)
        case "country":
            return countries(language).get(said.lower(), said)
        case "date":
            return _day(said)
    return said


def _day(shown: str) -> str:
    try:
        return date.fromisoformat(shown).strftime("%d/%m/%Y")
    except ValueError:
        return shown


def _amount(question: Question, raw: Any) -> str:
    number = _decimal(question, raw)
    said = str(raw).strip() if number is None else _plain(f"{number:f}")
    return f"€ {said}" if question.type == "money" else f"{said} {question.unit or ''}".rstrip()


def _plain(shown: str) -> str:
    """A number with the comma of this country; whole when it is whole."""
    return shown.removesuffix(".0").replace(".", ",")


def _refuse(reason: str, language: str, value: object = "") -> Refused:
    return Refused(_SAYS[reason][spoken(language)].format(value=value))


def _one(question: Question, raw: Any, language: str) -> str:
    if isinstance(raw, str) and raw in _values(question):
        return raw
    raise _refuse("option", language)


def _values(question: Question) -> Collection[str]:
    return [option.value for option in question.options] if question.options else (YES, NO)


def _several(question: Question, raw: Any, language: str) -> list[str]:
    options = question.options or ()
    wanted = [raw] if isinstance(raw, str) else raw
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        raise _refuse("option", language)
    if set(wanted) - set(_values(question)):
        raise _refuse("option", language)
    alone = next((one for one in options if one.exclusive and one.value in wanted), None)
    if alone and len(set(wanted)) > 1:
        raise _refuse("exclusive", language, say(alone.label, language))
    if not wanted and (question.dont_know or any(one.exclusive for one in options)):
        raise _refuse("option", language)
    return [one.value for one in options if one.value in wanted]


def _date(_question: Question, raw: Any, language: str) -> Any:
    try:
        if not isinstance(raw, str) or not _DATE.fullmatch(raw):
            raise ValueError
        return moment(date.fromisoformat(raw))
    except ValueError:
        raise _refuse("date", language) from None


def _decimal(question: Question, raw: Any) -> Decimal | None:
    """The number that was given; None for what is none, or far too large.

    In a text `1.500` is 1500 where no three decimals can follow, and `1.500,50` everywhere; JSON numbers are as is.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return Decimal(str(raw)) if abs(raw) <= LARGEST else None  # neither NaN nor infinite
    said = raw.strip() if isinstance(raw, str) else ""
    if _GROUPED.fullmatch(said) and (question.type != "number" or not _NUMBER.fullmatch(said)):
        said = said.replace(".", "")
    return Decimal(said.replace(",", ".")) if _NUMBER.fullmatch(said) else None


def _number(question: Question, raw: Any, language: str) -> Decimal:
    """A number within the limits of the question."""
    number = _decimal(question, raw)
    if number is None or abs(number) > LARGEST:
        raise _refuse(question.type, language)
    if question.min is not None and number < Decimal(str(question.min)):
        raise _refuse("min", language, _plain(str(question.min)))
    if question.max is not None and number > Decimal(str(question.max)):
        raise _refuse("max", language, _plain(str(question.max)))
    return number


def _integer(question: Question, raw: Any, language: str) -> int:
    number = _number(question, raw, language)
    if number != number.to_integral_value():
        raise _refuse("integer", language)
    return int(number)


def _real(question: Question, raw: Any, language: str) -> float:
    return float(_number(question, raw, language))


def _money(question: Question, raw: Any, language: str) -> float:
    number = _number(question, raw, language)
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _CENTS:
        raise _refuse("money", language)
    return float(number)


def _postcode(_question: Question, raw: Any, language: str) -> str:
    found = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if _POSTCODE.fullmatch(found):
        return found
    raise _refuse("postcode", language)


def _country(_question: Question, raw: Any, language: str) -> str:
    found = raw.strip().lower() if isinstance(raw, str) else ""
    if found not in countries("nl"):
        raise _refuse("country", language)
    return found


def _text(_question: Question, raw: Any, language: str) -> str:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > LONGEST:
        raise _refuse("text", language, LONGEST)
    return raw.strip()


_READ = {
    "choice": _one,
    "yesno": _one,
    "multi": _several,
    "date": _date,
    "integer": _integer,
    "number": _real,
    "money": _money,
    "postcode": _postcode,
    "country": _country,
    "text": _text,
}
