"""From what an editor sends to a flow: rows become conditions, and every fault of form is told."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backend.assistant.proof.rules.document import faults_of_form
from backend.assistant.proof.rules.findings import FlowFinding
from backend.assistant.rows.rules import Group, RowsRefused, compose, in_words, rows_of
from backend.assistant.rules import ConditionFault, Flow, Language
from backend.assistant.versions.rules.documents import slots, stored
from backend.kit.schema import View

_ANY = "true"
"""Stands where rows are, until they are a condition: what they may name has to be known first."""


class Misshapen(Exception):
    """A document that is no flow.

    Args:
        findings: every fault of form.
    """

    def __init__(self, findings: list[FlowFinding]) -> None:
        super().__init__("not a flow")
        self.findings = findings


class FlowCondition(View):
    """A condition of a flow: its place, its text, and its rows when it can be said in rows.

    Attributes:
        path: JSON pointer.
        words: the rows as a Dutch sentence.
        fault: of what kind the fault is when it cannot be used; the check says more.
    """

    path: str
    cel: str
    rows: Group | None = None
    words: str | None = None
    fault: Annotated[str, Meta(examples=["syntax", "name", "type", "notAllowed"])] | None = None


def shaped(document: dict[str, Any], slug: str | None = None, number: int = 1) -> Flow:
    """The flow of a document that was sent.

    Args:
        document: conditions may be rows; `version` and `status` are of no account, `flow` may be left out when the
            slug is known.
        slug: of the flow, when it is known.
        number: of the version.

    Raises:
        Misshapen: it is no flow, or rows are no condition; with every fault.
    """
    known = {"flow": slug} if slug else {}
    whole = deepcopy(known | document | {"version": number, "status": "draft"})
    asked = [
        (path, holder, name, holder[name]) for path, holder, name in slots(whole) if isinstance(holder[name], dict)
    ]
    for _, holder, name, _ in asked:
        holder[name] = _ANY
    flow = _flow(whole)
    faults = list[FlowFinding]()
    for path, holder, name, rows in asked:
        try:
            holder[name] = compose(flow, msgspec.convert(rows, Group))
        except msgspec.ValidationError as error:
            faults.append(FlowFinding(code="schema", message=f"Deze rijen kloppen niet: {error}.", path=path))
        except RowsRefused as refused:
            faults += [FlowFinding(code="schema", message=fault.message, path=path) for fault in refused.faults]
    if faults:
        raise Misshapen(faults)
    return _flow(whole) if asked else flow


def conditions(flow: Flow) -> list[FlowCondition]:
    """Every condition of a flow, in the order of the document."""
    return list(_conditions(flow))


def _conditions(flow: Flow) -> Iterator[FlowCondition]:
    language = Language(flow)
    for path, holder, name in slots(stored(flow)):
        cel = holder[name]
        try:
            language.condition(cel) if name != "expr" else language.value(cel)
        except ConditionFault as fault:
            yield FlowCondition(path=path, cel=cel, fault=fault.kind)
            continue
        rows = rows_of(flow, cel, language)
        yield FlowCondition(path=path, cel=cel, rows=rows, words=in_words(flow, rows) if rows else None)


def _flow(document: dict[str, Any]) -> Flow:
    if faults := faults_of_form(document):
        raise Misshapen(faults)
    try:
        return msgspec.convert(document, Flow)
    except msgspec.ValidationError as error:
        raise Misshapen([FlowFinding(code="schema", message=str(error))]) from error
