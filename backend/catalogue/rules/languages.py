"""In which languages the texts of a product really are, when one language is asked for."""

from collections.abc import Iterator

import msgspec

from backend.catalogue.rules.facts import ProductFacts
from backend.catalogue.rules.texts import DisplayProduct, Form, chosen

_FIELDS = tuple(name for name in DisplayProduct.__struct_fields__ if name in ProductFacts.__struct_fields__)


def text_languages(facts: ProductFacts, form: Form, language: str) -> dict[str, tuple[str, ...]]:
    """The languages (ISO 639-1) of the texts that `display` shows, by field (API name); the asked one first.

    Fields without text are left out. `descriptionText` is the description once more, so it is left out too.
    """
    names = dict(zip(ProductFacts.__struct_fields__, ProductFacts.__struct_encode_fields__, strict=True))
    found = {}
    for field in _FIELDS:
        languages = {tag.partition("-")[0] for tag in _tags(getattr(facts, field), form, language)}
        if languages:
            found[names[field]] = tuple(sorted(languages, key=lambda one: (one != language, one)))
    return found


def _tags(value: object, form: Form, language: str) -> Iterator[str]:
    """The tags of the texts that are shown, however deep; the only dictionaries among facts are texts."""
    if isinstance(value, dict):
        if tag := chosen(value, form, language):
            yield tag
    elif isinstance(value, tuple):
        for one in value:
            yield from _tags(one, form, language)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _tags(getattr(value, name), form, language)
