"""What an editor writes: made tidy, compared with what is stored, and what is wrong or doubtful about it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import nh3

from backend.catalogue.rules.city import address_fault, template_fault
from backend.kit.text import fold

Code = Literal[
    "address",
    "blank",
    "departmentInactive",
    "faqDouble",
    "formQuestion",
    "markup",
    "noDepartment",
    "notHttps",
    "template",
    "unpublished",
    "unpublishedWithLinks",
    "withdrawn",
]
"""What a finding is about."""

_MAIL_OR_LINK = re.compile(r"<(?:[^\s<>@]+@[^\s<>@]+|https?://[^\s<>]+)>")
"""How people write an address in a text, which is no markup."""
_WORDS = re.compile(r"\w+")


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that is wrong or doubtful.

    Attributes:
        field: where, in the names of the API: `faq[2].answer`; empty for the product as a whole.
        blocking: it is not saved like this.
    """

    code: Code
    field: str
    detail: str
    blocking: bool = False


def tidy(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a patch as they are stored: no space around texts, null for an empty one, plain dictionaries."""
    return {name: _tidy(value) for name, value in given.items()}


def differing(held: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not already so; an empty list and none at all are the same."""
    return {name: value for name, value in given.items() if value != held[name] and (value or held[name])}


def findings(city: Mapping[str, Any]) -> list[Finding]:
    """What is wrong or doubtful about the city's own fields, those that block first.

    Args:
        city: the fields by their column, tidy.
    """
    asked = city["contact_form_questions"] or ()
    found = [*_texts(city), *_links(city), *_doubles(city["faq"] or ()), *_asked(asked), *_publication(city)]
    return sorted(found, key=lambda one: not one.blocking)


def _tidy(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, Sequence):
        parts = [_tidy(one) if isinstance(one, str) else _tidy_entry(one) for one in value]
        return [one for one in parts if one]
    return value


def _tidy_entry(entry: Any) -> dict[str, Any]:
    return {name: _tidy_part(part) for name, part in msgspec.to_builtins(entry).items()}


def _tidy_part(part: Any) -> Any:
    if isinstance(part, list):
        return [one.strip() for one in part]
    return part.strip() if isinstance(part, str) else part


def _texts(city: Mapping[str, Any]) -> Iterator[Finding]:
    """Plain text that holds markup would be shown as markup by somebody, or as gibberish by everybody."""
    texts = {
        "firstLineInformation": city["first_line_information"],
        "internalInstructions": city["internal_instructions"],
    }
    for name, column in (("faq", "faq"), ("helpSheets", "help_sheets")):
        for place, entry in enumerate(city[column] or ()):
            texts |= {f"{name}[{place}].{part}": text for part, text in entry.items() if part != "url"}
    for place, entry in enumerate(city["contact_form_questions"] or ()):
        where = f"contactFormQuestions[{place}]"
        texts |= {f"{where}.label": entry["label"]} | ({f"{where}.help": entry["help"]} if entry["help"] else {})
        texts |= {f"{where}.options[{number}]": option for number, option in enumerate(entry["options"])}
    texts |= {f"guidingQuestions[{place}]": text for place, text in enumerate(city["guiding_questions"] or ())}
    for field, text in texts.items():
        if text == "":
            yield Finding(code="blank", field=field, detail="Only spaces.", blocking=True)
        elif text and "<" in text and nh3.is_html(_MAIL_OR_LINK.sub("", text)):
            yield Finding(code="markup", field=field, detail="Plain text only: no HTML tags.", blocking=True)


def _links(city: Mapping[str, Any]) -> Iterator[Finding]:
    template = city["transaction_url"]
    links = {f"helpSheets[{place}].url": sheet["url"] for place, sheet in enumerate(city["help_sheets"] or ())}
    for field, url in links.items():
        if fault := address_fault(url):
            yield Finding(code="address", field=field, detail=fault, blocking=True)
    if template and (fault := template_fault(template)):
        yield Finding(code="template", field="transactionUrl", detail=fault, blocking=True)
    for field, url in (links | {"transactionUrl": template or ""}).items():
        if url and urlsplit(url.replace("[", "%5B").replace("]", "%5D")).scheme != "https":
            yield Finding(
                code="notHttps", field=field, detail="Not https: what people type there can be read underway."
            )


def _doubles(faq: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], int] = {}
    for place, one in enumerate(faq):
        words = tuple(_WORDS.findall(fold(one["question"])))
        if words and (first := seen.setdefault(words, place)) != place:
            detail = f"The same question as faq[{first}]."
            yield Finding(code="faqDouble", field=f"faq[{place}].question", detail=detail)


def _asked(questions: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Answers come under the text of their question, and a choice is made from something."""
    for part in ("key", "label"):
        seen: dict[str, int] = {}
        for place, one in enumerate(questions):
            if (first := seen.setdefault(one[part], place)) != place:
                detail = f"The same {part} as contactFormQuestions[{first}]."
                field = f"contactFormQuestions[{place}].{part}"
                yield Finding(code="formQuestion", field=field, detail=detail, blocking=True)
    for place, one in enumerate(questions):
        options, field = one["options"], f"contactFormQuestions[{place}].options"
        if (one["kind"] == "choice") != bool(options):
            detail = "A choice has options, and only a choice has."
            yield Finding(code="formQuestion", field=field, detail=detail, blocking=True)
        elif len(set(options)) < len(options):
            yield Finding(code="formQuestion", field=field, detail="An option stands there twice.", blocking=True)


def _publication(city: Mapping[str, Any]) -> Iterator[Finding]:
    if city["department_id"] is None:
        detail = "No responsible department: questions go to the contact centre."
        yield Finding(code="noDepartment", field="departmentId", detail=detail)
    if not city["published"]:
        yield Finding(code="unpublished", field="published", detail="Citizens do not see this product.")
        if city["transaction_url"] or city["help_sheets"]:
            detail = "The transaction link and the help sheets themselves stay open to who has their address."
            yield Finding(code="unpublishedWithLinks", field="published", detail=detail)
