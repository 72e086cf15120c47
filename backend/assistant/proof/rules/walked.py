"""Faults that only show when a flow is walked: what is never used, and where it does not go on."""

from collections.abc import Iterator
from typing import Any

from backend.assistant.proof.rules.analysis import Analysis
from backend.assistant.proof.rules.coverage import ANY, Exploration, classes
from backend.assistant.proof.rules.findings import FlowFinding, pointer
from backend.assistant.proof.rules.formula import Formula, decided
from backend.assistant.proof.rules.outline import Outline, Way, called, upper
from backend.assistant.proof.rules.wander import Wanderer
from backend.assistant.rules import DONT_KNOW, DUTCH, TODAY, Question, label, moment, say, word

_TRIES = 20
"""Random answers that are tried before a check is said to refuse all."""
_SHOWN = 6
"""Answers of an example that a message names."""


def fails(analysis: Analysis, must: Formula, data: dict[str, Any]) -> bool:
    """Whether a check refuses."""
    return decided(must, lambda number: analysis.truth(number, data)) is False


class Walked:
    """The faults of one exploration.

    Args:
        found: the exploration.
        told: paths of conditions of which the cause is told already.
    """

    def __init__(self, found: Exploration, told: frozenset[str]) -> None:
        self._found, self._told = found, told
        self._outline: Outline = found.analysis.outline
        self._reached = found.reached
        self._flow = found.analysis.program.flow
        self.remarks: list[str] = []

    def faults(self) -> Iterator[FlowFinding]:
        """Every fault, a cause once; fills `remarks` too."""
        for place, question in enumerate(self._flow.questions):
            if question.id in self._outline.reachable:
                yield from self._question(question, pointer("questions", place))
        for place, outcome in enumerate(self._flow.outcomes):
            if outcome.id not in self._outline.reachable:
                continue
            path = pointer("outcomes", place)
            if outcome.id in self._reached.outcomes:
                yield from self._blocks(outcome.id, path)
            elif self._is_cause(outcome.id):
                said = f"{upper(called(outcome))}: geen enkel antwoord leidt hierheen. Kijk de regels ernaartoe na."
                yield FlowFinding(code="outcomeNeverReached", message=said, outcome=outcome.id, path=path)

    def _question(self, question: Question, path: str) -> Iterator[FlowFinding]:
        name = upper(called(question))
        ids: dict[str, Any] = {"question": question.id}
        if question.id in self._reached.stuck and question.id not in self._outline.ends:
            example = self._example(self._reached.stuck[question.id])
            said = f"{name}: geen enkele regel geldt bij {example}. Voeg onderaan een regel zonder voorwaarde toe."
            yield FlowFinding(code="deadEnd", message=said, path=path, **ids)
        if question.id not in self._reached.arrived:
            if self._is_cause(question.id):
                said = f"{name}: geen enkel antwoord leidt hierheen. Kijk de regels ernaartoe na."
                yield FlowFinding(code="questionNeverAsked", message=said, path=path, **ids)
        elif not self._can_be_answered(question):
            return  # its limits are told
        elif question.id not in self._reached.asked:
            if not self._unsure(question.id) and f"{path}/ask_if" not in self._told:
                said = f"{name} wordt nooit gesteld: haar voorwaarde geldt nooit. Kijk die na, of haal de vraag weg."
                yield FlowFinding(code="questionNeverAsked", message=said, path=f"{path}/ask_if", **ids)
        elif question.id not in self._reached.accepted:
            if not self._accepts(question) and not self._is_told(f"{path}/validate"):
                said = f"{name}: de controle weigert elk antwoord. Kijk na wat een antwoord moet zijn."
                yield FlowFinding(code="validationRefusesAll", message=said, path=f"{path}/validate", **ids)
        else:
            if question.id in self._found.blocked:
                self.remarks.append(
                    f"{name}: in sommige situaties weigert de controle elk antwoord dat wij probeerden."
                )
            yield from self._ways(question, path)
            yield from self._options(question, path)

    def _is_told(self, path: str) -> bool:
        return any(one.startswith(path) for one in self._told)

    def _unsure(self, name: str) -> bool:
        return (name, 0) in self._found.unsure

    def _is_cause(self, node: str) -> bool:
        """Whether nothing told before explains that a node is not reached.

        That is so when every way to it is the next of the list, after a question that is answered.
        """
        ways = [way for way in self._outline.all_ways() if way.target == node]
        return all(way.kind == "next" and way.question in self._reached.accepted for way in ways) and not any(
            self._unsure(way.question) for way in ways
        )

    def _ways(self, question: Question, path: str) -> Iterator[FlowFinding]:
        default = next((place for place, rule in enumerate(question.next or (), 1) if rule.when is None), None)
        for way in self._outline.ways[question.id]:
            if way.kind == "next" or (question.id, way.kind, way.number) in self._reached.routes:
                continue
            if way.kind == "rule" and default is not None and way.number > default:
                continue
            at = f"{path}/{'next' if way.kind == 'rule' else 'options'}/{way.number - 1}"
            if way.kind == "option" or f"{at}/if" in self._told:
                continue
            if self._unsure(question.id):
                self.remarks.append(f"{upper(called(question))}: niet zeker of regel {way.number} ooit gebruikt wordt.")
                continue
            yield self._never(question, way, at)

    def _never(self, question: Question, way: Way, path: str) -> FlowFinding:
        rule = (question.next or ())[way.number - 1]
        why = "zijn voorwaarde geldt nooit, of een eerdere regel gaat altijd voor"
        if rule.when is None:
            why = "de regels ervoor gelden altijd"
        said = (
            f"{upper(called(question))}: regel {way.number} (naar {self._outline.called(way.target)}) wordt nooit "
            f"gebruikt: {why}. Verbeter de voorwaarde, de volgorde, of haal de regel weg."
        )
        return FlowFinding(code="ruleNeverUsed", message=said, question=question.id, rule=way.number, path=path)

    def _options(self, question: Question, path: str) -> Iterator[FlowFinding]:
        values = [option.value for option in question.options or ()]
        for value in classes(question):
            if value == ANY or (question.id, value) in self._reached.options:
                continue
            shown = word(DONT_KNOW, DUTCH) if value == DONT_KNOW and value not in values else label(question, value)
            if self._unsure(question.id):
                self.remarks.append(f"{upper(called(question))}: niet zeker of het antwoord “{shown}” ooit kan.")
                continue
            if self._is_told(f"{path}/validate"):
                continue
            said = f"{upper(called(question))}: het antwoord “{shown}” wordt altijd geweigerd. Kijk de controle na."
            number = values.index(value) + 1 if value in values else None
            yield FlowFinding(code="optionNeverUsed", message=said, question=question.id, rule=number, path=path)

    def _blocks(self, outcome: str, path: str) -> Iterator[FlowFinding]:
        part = self._outline.outcomes[outcome]
        for place, block in enumerate(part.blocks):
            here = (outcome, place)
            if here in self._reached.shown:
                if here in self._found.always:
                    self.remarks.append(f"{upper(called(part))}: deel “{block.id}” wordt altijd getoond.")
                continue
            if f"{path}/blocks/{place}/if" in self._told:
                continue
            if here in self._found.unsure:
                self.remarks.append(f"{upper(called(part))}: niet zeker of deel “{block.id}” ooit getoond wordt.")
                continue
            said = (
                f"{upper(called(part))}: deel “{block.id}” wordt nooit getoond, want zijn voorwaarde geldt hier nooit. "
                "Verbeter de voorwaarde, of haal het deel weg."
            )
            ids: dict[str, Any] = {"outcome": outcome, "block": block.id}
            yield FlowFinding(code="blockNeverUsed", message=said, path=f"{path}/blocks/{place}", **ids)

    def _can_be_answered(self, question: Question) -> bool:
        start: dict[str, Any] = {**self._found.analysis.program.lists, TODAY: moment(self._found.days[0])}
        return bool(self._found.candidates.of(question, start)[0])

    def _accepts(self, question: Question) -> bool:
        """Whether a check takes some random answer after all, in the situations in which it refused."""
        found = self._found
        wanderer = Wanderer(found.analysis, found.candidates)
        musts = found.analysis.asked[question.id].musts
        for data in self._reached.refusing.get(question.id, ()):
            for _ in range(_TRIES):
                wild = wanderer.wild(question, data)
                if wild and not any(fails(found.analysis, one, {**data, question.id: wild.value}) for one in musts):
                    return True
        return False

    def _example(self, answers: dict[str, Any]) -> str:
        """The last answers of a way, as people read them."""
        questions = self._outline.questions
        shown = [
            f"“{say(questions[name].title, DUTCH)}” {label(questions[name], raw)}" for name, raw in answers.items()
        ]
        return ", ".join(shown[-_SHOWN:]) or "geen enkel antwoord"
