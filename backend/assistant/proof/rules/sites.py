"""Every condition of a flow and where it stands."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from backend.assistant.proof.rules.findings import FindingCode, FlowFinding, pointer
from backend.assistant.proof.rules.outline import called, upper
from backend.assistant.rules import Condition, Fact, Flow

Role = Literal["rule", "ask_if", "validate", "block", "fact"]


class Site(msgspec.Struct, frozen=True):
    """One condition.

    Attributes:
        node: the question or outcome; empty for a fact.
        number: of the rule, check or block, from 1.
        where: how a sentence about it starts.
        ids: the fields of a `FlowFinding` that say where it is.
    """

    role: Role
    node: str
    number: int
    source: str
    where: str
    path: str
    ids: dict[str, Any]
    fact: Fact | None = None

    def finding(self, code: FindingCode, said: str) -> FlowFinding:
        """A fault of this condition."""
        return FlowFinding(code=code, message=f"{self.where}: {said}", path=self.path, **self.ids)


class Written(msgspec.Struct, frozen=True):
    """A condition that can be read."""

    site: Site
    condition: Condition


def sites(flow: Flow) -> Iterator[Site]:
    """Every condition: facts first, then as the document has them."""
    for place, fact in enumerate(flow.facts):
        ids: dict[str, Any] = {"fact": fact.id}
        path = pointer("facts", place, "expr")
        yield Site("fact", "", place + 1, fact.expr, f"Gegeven “{fact.id}”", path, ids, fact)
    for place, question in enumerate(flow.questions):
        name, base, ids = upper(called(question)), pointer("questions", place), {"question": question.id}
        if question.ask_if:
            where = f"{name}, wanneer ze gesteld wordt"
            yield Site("ask_if", question.id, 1, question.ask_if, where, f"{base}/ask_if", ids)
        for number, must in enumerate(question.validate, 1):
            path = f"{base}/validate/{number - 1}/must"
            yield Site(
                "validate", question.id, number, must.must, f"{name}, controle {number}", path, ids | {"rule": number}
            )
        for number, rule in enumerate(question.next or (), 1):
            if rule.when:
                path = f"{base}/next/{number - 1}/if"
                yield Site(
                    "rule", question.id, number, rule.when, f"{name}, regel {number}", path, ids | {"rule": number}
                )
    for place, outcome in enumerate(flow.outcomes):
        for number, block in enumerate(outcome.blocks, 1):
            if block.when:
                where = f"{upper(called(outcome))}, deel “{block.id}”"
                path = pointer("outcomes", place, "blocks", number - 1, "if")
                ids = {"outcome": outcome.id, "block": block.id}
                yield Site("block", outcome.id, number, block.when, where, path, ids)
