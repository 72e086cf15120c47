"""Filters mean to the server what they mean to us, whatever is in the values."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.kit.search.meilisearch.filters import And, Eq, Filter, In, Not, Or, written


def server_value(text: str, at: int) -> tuple[str, int]:
    """A quoted value as the server reads it (`quoted_by`, then `unescaper`), and where it ends."""
    assert text[at] == '"'
    place, escaped = at + 1, False
    while text[place] != '"':
        if text[place] == "\\":
            place += 1
            escaped |= text[place] == '"'
        place += 1
    raw = text[at + 1 : place]
    raw = raw.replace('\\"', '"') if escaped else raw
    found, inside = [], iter(raw)
    for char in inside:
        if char == "\\":
            following = next(inside)
            assert following == "\\", "any other escape would become another character"
            found.append("\\")
        else:
            found.append(char)
    return "".join(found), place + 1


class Parser:
    """The part of the server's grammar that we write: NOT binds before AND, AND before OR."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def _next(self, word: str) -> bool:
        if self.text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def either(self) -> Filter:
        parts = [self.both()]
        while self._next(" OR "):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Filter:
        parts = [self.single()]
        while self._next(" AND "):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def single(self) -> Filter:
        if self._next("NOT "):
            return Not(self.single())
        if self._next("("):
            inner = self.either()
            assert self._next(")")
            return inner
        start = self.at
        while self.text[self.at].isalnum() or self.text[self.at] in "_-.":
            self.at += 1
        name = self.text[start : self.at]
        if self._next(" = "):
            value, self.at = server_value(self.text, self.at)
            return Eq(name, value)
        assert self._next(" IN [")
        values: list[str] = []
        while not self._next("]"):
            self._next(", ")
            value, self.at = server_value(self.text, self.at)
            values.append(value)
        return In(name, tuple(values))


def parsed(text: str) -> Filter:
    parser = Parser(text)
    found = parser.either()
    assert parser.at == len(text), "nothing may be left over"
    return found


def simplest(wanted: Filter) -> Filter:
    """Without And and Or of one."""
    match wanted:
        case And((only,)) | Or((only,)):
            return simplest(only)
        case And(many):
            return And(tuple(simplest(one) for one in many))
        case Or(many):
            return Or(tuple(simplest(one) for one in many))
        case Not(inner):
            return Not(simplest(inner))
    return wanted


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True)
VALUES = st.text(st.one_of(st.sampled_from("\"\\'()[], ="), st.characters(codec="utf-8")), max_size=12)
LEAVES = st.one_of(st.builds(Eq, NAMES, VALUES), st.builds(In, NAMES, st.lists(VALUES, max_size=4).map(tuple)))
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(FILTERS)
@example(Eq("a", '\\"'))
@example(Eq("a", "\\"))
@example(In("a", ('" OR a = "', '\\\\"')))
def test_what_is_written_is_read_back(wanted: Filter) -> None:
    assert parsed(written(wanted)) == simplest(wanted)


def test_it_looks_like_this() -> None:
    wanted = And((In("theme", ("a", 'b"c')), Not(In("flags", ("internal",))), Or((Eq("x", "1"), Eq("x", "2")))))
    assert written(wanted) == (
        '(theme IN ["a", "b\\"c"]) AND (NOT (flags IN ["internal"])) AND ((x = "1") OR (x = "2"))'
    )


@pytest.mark.parametrize("name", ["", "a b", 'a"', "a = 1 OR b", "1a", "a.b", "_geo("])
def test_an_attribute_is_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an attribute"):
        written(Eq(name, "x"))


def test_a_filter_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="says nothing"):
        written(And(()))
