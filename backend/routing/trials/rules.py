"""Two sets of rules over the same past questions: what would be different. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec

from backend.routing.rulesets.rules import Book, Decision, Facts, Fallback, decide, decided, fitting

USUAL = "normal"
"""Priority when no rule says one."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A past question as rules see it, and what decides when no rule does (see `Fallback`)."""

    facts: Facts
    chosen: UUID | None
    team: UUID | None
    responsible: UUID | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one question under both sets.

    Attributes:
        before, after: the decision of the active set and of the one that is tried.
        fits: every rule of the tried set that fits.
        other_term: the working days until the answer differ.
    """

    before: Decision
    after: Decision
    fits: tuple[int, ...]
    other_term: bool

    @property
    def elsewhere(self) -> bool:
        """Whether it would go to another department."""
        return self.before.department_id != self.after.department_id

    @property
    def other_priority(self) -> bool:
        """Whether the rules would give it another priority; what was asked is left aside."""
        return (self.before.priority or USUAL) != (self.after.priority or USUAL)

    @property
    def same(self) -> bool:
        """Whether nothing would be different."""
        return not (self.elsewhere or self.other_priority or self.other_term)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over all questions.

    Attributes:
        moves: (from, to) -> questions.
        decides, fits: number of a rule -> questions that it decides, that it fits.
        moved: places of the questions that go elsewhere, in their order.
    """

    same: int
    elsewhere: int
    other_priority: int
    other_term: int
    moves: Counter[tuple[UUID, UUID]]
    decides: Counter[int]
    fits: Counter[int]
    moved: list[tuple[int, Decision, Decision]]


def compare(
    questions: Iterable[Past],
    active: Book,
    tried: Book,
    fallback: Fallback,
    days: Callable[[Facts, Decision], int],
) -> Comparison:
    """What would be different.

    Args:
        questions: what is known of each; those that are alike are decided once.
        active: the rules that count now.
        tried: the rules instead of them.
        fallback: departments that are active, and the last resort.
        days: working days until the answer under a decision.
    """
    known: dict[Past, Outcome] = {}
    outcomes = []
    for one in questions:
        if one not in known:
            known[one] = _outcome(one, active, tried, fallback, days)
        outcomes.append(known[one])
    elsewhere = [(place, one.before, one.after) for place, one in enumerate(outcomes) if one.elsewhere]
    return Comparison(
        same=sum(one.same for one in outcomes),
        elsewhere=len(elsewhere),
        other_priority=sum(one.other_priority for one in outcomes),
        other_term=sum(one.other_term for one in outcomes),
        moves=Counter((before.department_id, after.department_id) for _, before, after in elsewhere),
        decides=Counter(one.after.rule for one in outcomes if one.after.rule),
        fits=Counter(number for one in outcomes for number in one.fits),
        moved=elsewhere,
    )


def _outcome(
    one: Past, active: Book, tried: Book, fallback: Fallback, days: Callable[[Facts, Decision], int]
) -> Outcome:
    own = msgspec.structs.replace(fallback, chosen=one.chosen, team=one.team, responsible=one.responsible)
    fits = fitting(tried, one.facts)
    before = decide(active, one.facts, own)
    after = decided(tried, fits[0] if fits else 0, own)
    other_term = days(one.facts, before) != days(one.facts, after)
    return Outcome(before=before, after=after, fits=tuple(fits), other_term=other_term)
