"""What a person sees of a product that was found: the text that answers, with what matched marked in it."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Any, Literal

import msgspec

from backend.catalogue.rules.facts import Text
from backend.catalogue.rules.texts import Form, chosen
from backend.kit.search import Matched
from backend.kit.search.dutch import stems, typed_words, words
from backend.kit.search.stop_words import STOP_WORDS
from backend.kit.search.synonyms import essential

TEASER = 200
_AROUND = 90
_MOST = 240
_READ = 2_000
"""So much of a description is read for words to mark."""
_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")

Meanings = Mapping[str, frozenset[str]]
"""Typed word -> the stems of the words that answer it."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A text of the city that may be the answer itself: one question of the FAQ, or the first-line information.

    Attributes:
        place: of the question in the FAQ, from 0.
        stems: of its words.
    """

    field: Literal["faq", "firstLineInformation"]
    question: str = ""
    text: str
    place: int = 0
    stems: frozenset[str]


class Snippet(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of text as safe HTML with `<mark>`, and the field it is from; `faq` when that is the FAQ."""

    html: str
    field: str
    faq: Passage | None = None


def passages(first_line: str | None, faq: Iterable[Mapping[str, Any]]) -> tuple[Passage, ...]:
    """The texts of the city that may answer by themselves."""
    found = [
        Passage(
            field="faq",
            question=one["question"],
            text=one["answer"],
            place=place,
            stems=stems_of(f"{one['question']} {one['answer']}"),
        )
        for place, one in enumerate(faq)
    ]
    if first_line:
        found.append(Passage(field="firstLineInformation", text=first_line, stems=stems_of(first_line)))
    return tuple(found)


def stems_of(text: str) -> frozenset[str]:
    """The stems of the words that say something."""
    return frozenset(stems([word for word in words(text) if word not in STOP_WORDS]))


def meanings(query: str, matched: Iterable[Matched]) -> dict[str, frozenset[str]]:
    """What each typed word was taken for, as far as the hits of a page show it.

    Synonyms are left out: one word of a longer phrase means nothing in the text of another product.

    Args:
        query: as typed.
        matched: of every hit on the page.
    """
    typed = essential(typed_words(query))
    bare = {word: frozenset({stem}) for word, stem in zip(typed, stems(list(typed)), strict=True)}
    return extended(bare, (one for one in matched if one.kind != "synonym"))


def extended(asked: Meanings, matched: Iterable[Matched]) -> dict[str, frozenset[str]]:
    """The meanings, and those that this hit shows."""
    found = dict(asked)
    for one in matched:
        for word in one.typed.split():
            if word in found:
                found[word] |= _stems_of_word(one.found)
    return found


def snippet(
    known: tuple[Passage, ...], title: frozenset[str], description: str, asked: Meanings, highlights: Mapping[str, str]
) -> Snippet | None:
    """The text that answers best: a question of the FAQ, the first-line information, or what the engine marked.

    A question of the FAQ is shown when it has a typed word that the title lacks: who types the name of a product wants
    the product.

    Args:
        known: the passages of the product.
        title: the stems of its title.
        description: plain text.
        asked: what was typed.
        highlights: what the engine marked, by field.
    """
    covered = [(passage, _covered(passage.stems, asked)) for passage in known]
    named = _covered(title, asked)
    answers = [
        (len(has), -passage.place, passage) for passage, has in covered if passage.field == "faq" and has - named
    ]
    if answers:
        faq = max(answers)[2]
        return Snippet(html=mark(f"{faq.question} {faq.text}", asked), field="faq", faq=faq)
    for passage, has in covered:
        if has and passage.field == "firstLineInformation":
            return Snippet(html=mark(passage.text, asked), field=passage.field)
    for name, html in highlights.items():
        if name not in {"title", "keywords", "faq"}:  # a row of keywords is no text to read
            return Snippet(html=html, field=name)
    html = mark(description[:_READ], asked)
    return Snippet(html=html, field="description") if "<mark>" in html else None


def mark(text: str, asked: Meanings, *, whole: bool = False) -> str:
    """A text as safe HTML with `<mark>` around the words that answer; unless `whole` the piece around the first."""
    wanted: frozenset[str] = frozenset().union(*asked.values())
    line = " ".join(text.split())
    spans: list[tuple[int, int]] = []
    for place in _WORD.finditer(line):
        if spans and not whole and place.start() > spans[0][0] + _MOST:
            break
        if not wanted.isdisjoint(_stems_of_word(place[0])):
            spans.append(place.span())
    start, end = 0, len(line)
    if not whole and end > _MOST:
        start = max(0, spans[0][0] - _AROUND) if spans else 0
        start = line.rfind(" ", 0, start) + 1
        end = _cut(line, start + _MOST)
    pieces, at = ["… " if start else ""], start
    for first, last in spans:
        if first >= at and last <= end:
            pieces += [escape(line[at:first]), "<mark>", escape(line[first:last]), "</mark>"]
            at = last
    pieces += [escape(line[at:end]), "" if end == len(line) else " …"]
    return "".join(pieces)


def teaser(text: str) -> str:
    """The beginning of a text as safe HTML."""
    line = " ".join(text.split())
    end = _cut(line, TEASER)
    return escape(line[:end]) + ("" if end == len(line) else " …")


def in_language(text: Text, form: Form, language: str) -> str | None:
    """The text in exactly this language, or None when it does not exist in it."""
    tag = chosen(text, form, language)
    return text[tag] if tag and tag.partition("-")[0] == language else None


@lru_cache(maxsize=20_000)
def _stems_of_word(word: str) -> frozenset[str]:
    """Of a word in a text of the catalogue: the same ones come back in every search."""
    return frozenset(stems(words(word)))


def _covered(known: frozenset[str], asked: Meanings) -> set[str]:
    return {word for word, meant in asked.items() if not meant.isdisjoint(known)}


def _cut(line: str, end: int) -> int:
    """Where to stop so that no word is cut; in the middle of one that is longer than the whole piece."""
    if end >= len(line):
        return len(line)
    space = line.rfind(" ", max(1, end - TEASER // 2), end + 1)
    return space if space > 0 else end
