"""One step of a walk: what an answer does, decided with the truth of atoms (the engine uses whole conditions)."""

from collections.abc import Callable
from typing import Any

import msgspec

from backend.assistant.proof.rules.analysis import Analysis
from backend.assistant.proof.rules.candidates import Candidate
from backend.assistant.proof.rules.formula import Truth, decided


class Trail(msgspec.Struct, frozen=True, eq=False):
    """The answers on a way, the last one first."""

    before: "Trail | None"
    question: str
    raw: Any

    @staticmethod
    def answers(trail: "Trail | None") -> dict[str, Any]:
        """As a flow takes them."""
        found = dict[str, Any]()
        while trail is not None:
            found[trail.question] = trail.raw
            trail = trail.before
        return dict(reversed(found.items()))


class Step(msgspec.Struct, frozen=True, eq=False):
    """What one answer did.

    Attributes:
        candidate: the answer; None when the question was passed over.
        way: `rule`, `option`, `next`, or `refused`, `stuck`; `number` of the rule or option, or of the check.
    """

    question: str
    candidate: Candidate | None
    way: str
    number: int
    target: str | None
    data: dict[str, Any]
    trail: Trail | None


class Steps:
    """What answers do.

    Attributes:
        ways: per question where each way leads.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        ways = analysis.outline.ways
        self.ways = {name: {(way.kind, way.number): way.target for way in ways[name]} for name in ways}
        self._goto = {
            one.id: {option.value: number for number, option in enumerate(one.options or (), 1) if option.goto}
            for one in analysis.program.flow.questions
        }

    def asks(self, name: str, data: dict[str, Any]) -> bool:
        """Whether a question is asked with what is known."""
        ask = self._analysis.asked[name].ask
        return ask is None or decided(ask, self._truths(data)) is True

    def passed(self, name: str, data: dict[str, Any], trail: Trail | None) -> Step:
        """The step over a question that is not asked."""
        way, number = self._decided(name, data, asking=False)
        return Step(name, None, way, number, self.ways[name].get((way, number)), data, trail)

    def answered(self, name: str, candidate: Candidate, data: dict[str, Any], trail: Trail | None) -> Step:
        """The step of one answer."""
        known = {**data, name: candidate.value} if candidate.known else data
        way, number = self._decided(name, known, asking=True)
        if way != "refused" and (own := self._own(name, candidate)):
            way, number = "option", own
        target = self.ways[name].get((way, number))
        return Step(name, candidate, way, number, target, known, Trail(trail, name, candidate.raw))

    def _own(self, name: str, candidate: Candidate) -> int | None:
        """The number of the option that goes its own way, when that alone is the answer."""
        raw = candidate.raw[0] if isinstance(candidate.raw, list) and len(candidate.raw) == 1 else candidate.raw
        return self._goto[name].get(raw) if isinstance(raw, str) else None

    def own_way(self, name: str, candidate: Candidate) -> str | None:
        """Where the answer's own way leads; None when the rules decide."""
        own = self._own(name, candidate)
        return self.ways[name]["option", own] if own else None

    def _truths(self, data: dict[str, Any]) -> Callable[[int], Truth]:
        truth = self._analysis.truth
        return lambda number: truth(number, data)

    def _decided(self, name: str, data: dict[str, Any], *, asking: bool) -> tuple[str, int]:
        """The check that refuses, or the first rule that holds."""
        truths = self._truths(data)
        asked = self._analysis.asked[name]
        if asking:
            for number, must in enumerate(asked.musts, 1):
                if decided(must, truths) is False:
                    return "refused", number
        for rule, number in asked.rules:
            if rule is None or decided(rule, truths) is True:
                return "rule", number
        return ("stuck", 0) if asked.rules or ("next", 1) not in self.ways[name] else ("next", 1)
