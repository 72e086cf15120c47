"""Conditions as and, or, not and if-else of atoms; decided or simplified with what is known, in three values."""

from collections.abc import Callable, Mapping

import msgspec

from backend.assistant.rules import AND, CHOICE, NOT, OR, Call, Const, Exists, Items, Name, Node

Truth = bool | None
"""None: cannot be decided."""


class Atom(msgspec.Struct, frozen=True):
    """A comparison, by its number."""

    number: int


class Fixed(msgspec.Struct, frozen=True):
    """A constant; None: never to be decided."""

    value: Truth


class Not(msgspec.Struct, frozen=True):
    """The opposite."""

    of: "Formula"


class Untrue(msgspec.Struct, frozen=True):
    """Does not hold: is false, or cannot be decided."""

    of: "Formula"


class All(msgspec.Struct, frozen=True):
    """Every part holds."""

    parts: tuple["Formula", ...]


class Some(msgspec.Struct, frozen=True):
    """One of the parts holds."""

    parts: tuple["Formula", ...]


class If(msgspec.Struct, frozen=True):
    """One or the other."""

    test: "Formula"
    then: "Formula"
    other: "Formula"


Formula = Atom | Fixed | Not | Untrue | All | Some | If


def formula(node: Node, number: Callable[[Node], int]) -> Formula:
    """The formula of a condition whose facts are written out; `number` gives each atom its number."""
    match node:
        case Const(bool() as value):
            return Fixed(value)
        case Call(function, args) if function in {AND, OR, NOT, CHOICE}:
            parts = tuple(formula(one, number) for one in args)
            if function == CHOICE:
                return If(*parts)
            return Not(parts[0]) if function == NOT else (All if function == AND else Some)(parts)
    return Atom(number(node))


def written_out(node: Node, facts: dict[str, Node]) -> Node:
    """A condition with the expression of each fact in the place of its name."""
    match node:
        case Name(name):
            return facts.get(name, node)
        case Items(items):
            return Items(tuple(written_out(one, facts) for one in items))
        case Call(function, args):
            return Call(function, tuple(written_out(one, facts) for one in args))
        case Exists(among, name, holds):
            inside = {other: fact for other, fact in facts.items() if other != name}
            return Exists(written_out(among, facts), name, written_out(holds, inside))
    return node


def numbers(found: Formula) -> set[int]:
    """The atoms of a formula."""
    match found:
        case Atom(number):
            return {number}
        case Not(of) | Untrue(of):
            return numbers(of)
        case All(parts) | Some(parts):
            return set[int]().union(*map(numbers, parts))
        case If(test, then, other):
            return numbers(test) | numbers(then) | numbers(other)
    return set()


def decided(found: Formula, truths: Callable[[int], Truth]) -> Truth:  # noqa: PLR0911 one per kind
    """The value, as CEL decides it: false and undecided is false, true or undecided is true."""
    match found:
        case Atom(number):
            return truths(number)
        case Fixed(value):
            return value
        case Not(of):
            value_of = decided(of, truths)
            return None if value_of is None else not value_of
        case Untrue(of):
            return decided(of, truths) is not True
        case All(parts):
            values = [decided(one, truths) for one in parts]
            return False if False in values else None if None in values else True
        case Some(parts):
            values = [decided(one, truths) for one in parts]
            return True if True in values else None if None in values else False
        case If(test, then, other):
            value = decided(test, truths)
            return None if value is None else decided(then if value else other, truths)


def reduced(found: Formula, known: Mapping[int, Truth]) -> Formula:  # noqa: PLR0911 one per kind
    """The formula with the truth of some atoms filled in, and without what that decides."""
    match found:
        case Atom(number):
            return Fixed(known[number]) if number in known else found
        case Not(of):
            left = reduced(of, known)
            return Fixed(None if left.value is None else not left.value) if isinstance(left, Fixed) else Not(left)
        case Untrue(of):
            left = reduced(of, known)
            return Fixed(left.value is not True) if isinstance(left, Fixed) else Untrue(left)
        case All(parts) | Some(parts):
            return _reduced(type(found), [reduced(one, known) for one in parts], ends=isinstance(found, Some))
        case If(test, then, other):
            first = reduced(test, known)
            if isinstance(first, Fixed):
                return Fixed(None) if first.value is None else reduced(then if first.value else other, known)
            return If(first, reduced(then, known), reduced(other, known))
    return found


def _reduced(kind: "type[All | Some]", parts: list[Formula], *, ends: bool) -> Formula:
    if any(isinstance(one, Fixed) and one.value is ends for one in parts):
        return Fixed(ends)
    left = tuple(dict.fromkeys(one for one in parts if not (isinstance(one, Fixed) and one.value is not None)))
    if not left:
        return Fixed(not ends)
    return left[0] if len(left) == 1 else kind(left)


Token = bool | None | tuple[object, ...]
"""What is known of an atom: its truth, or (a tuple) what it will still depend on."""


def simplified(  # noqa: C901, PLR0911 one per kind
    found: Formula, known: Callable[[int], Token], wanted: Truth
) -> object:
    """What is left of a formula; equal for situations in which it will always come to the same.

    Args:
        found: the formula.
        known: of an atom, by its number.
        wanted: the value that matters (only whether it is true, or only whether it is false): an undecided part is
            then as good as the other one. None: all three values matter.
    """
    match found:
        case Atom(number):
            token = known(number)
            if isinstance(token, tuple):
                return (number, token)
            return token if token is not None or wanted is None else not wanted
        case Fixed(value):
            return value if value is not None or wanted is None else not wanted
        case Not(of):
            left = simplified(of, known, None if wanted is None else not wanted)
            return ("not", left) if isinstance(left, tuple) else None if left is None else not left
        case Untrue(of):
            left = simplified(of, known, True)  # noqa: FBT003 the value wanted
            return ("not", left) if isinstance(left, tuple) else not left
        case All(parts):
            return _joined(parts, known, wanted, ends=False)
        case Some(parts):
            return _joined(parts, known, wanted, ends=True)
        case If(test, then, other):
            first = simplified(test, known, None)
            if first is None:
                return None if wanted is None else not wanted
            if isinstance(first, bool):
                return simplified(then if first else other, known, wanted)
            return ("if", first, simplified(then, known, wanted), simplified(other, known, wanted))


def _joined(parts: tuple[Formula, ...], known: Callable[[int], Token], wanted: Truth, *, ends: bool) -> object:
    """And (`ends` false) or or (`ends` true): the value that ends it, else what is left of the parts."""
    left = set[object]()
    for part in parts:
        value = simplified(part, known, wanted)
        if value is ends:
            return ends
        if value is not (not ends):
            left.add(value)
    if not left:
        return not ends
    return next(iter(left)) if len(left) == 1 else ("some" if ends else "all", frozenset(left))
