"""Faults of conditions: what cannot be read, names and types, answers used before they can be given."""

from collections.abc import Iterator

from rapidfuzz import fuzz, process

from backend.assistant.proof.rules.findings import FlowFinding
from backend.assistant.proof.rules.outline import Outline
from backend.assistant.proof.rules.sites import Site, Written, sites
from backend.assistant.proof.rules.structure import circles_of_facts
from backend.assistant.rules import TODAY, Condition, ConditionFault, Flow, Language

_CLOSE = 60
"""How alike a name is (of 100) to be what somebody may have meant."""


def read_conditions(flow: Flow) -> tuple[list[Written], list[FlowFinding]]:
    """Every condition that can be read, and why the others cannot."""
    written, faults = list[Written](), list[FlowFinding]()
    try:
        language = Language(flow)
    except (RuntimeError, ValueError):  # two things of one name: told as such
        return written, faults
    for site in sites(flow):
        try:
            condition = language.fact(site.fact) if site.fact else language.condition(site.source)
        except ConditionFault as fault:
            faults.append(_unreadable(flow, site, fault))
        else:
            written.append(Written(site, condition))
    return written, faults


def faults_of_order(outline: Outline, written: list[Written]) -> Iterator[FlowFinding]:
    """Answers used before they can be given, texts in rules, facts that use a later one or go in a circle."""
    facts = {one.site.fact.id: one.condition for one in written if one.site.fact}
    circles = list(circles_of_facts(facts))
    yield from circles
    needs = {name: frozenset(questions_of(name, facts, outline)) for name in facts}
    yield from _facts(written, bool(circles))
    for one in written:
        site = one.site
        if site.role != "fact" and site.node in outline.reachable:
            yield from _early(outline, one, needs)
            yield from _texts(outline, one, needs)


def questions_of(name: str, facts: dict[str, Condition], outline: Outline) -> set[str]:
    """The questions that a fact needs, through other facts too."""
    found, open_, seen = set[str](), [name], set[str]()
    while open_:
        here = open_.pop()
        if here in seen:
            continue
        seen.add(here)
        for used in facts[here].names if here in facts else ():
            if used in facts:
                open_.append(used)
            elif used in outline.questions:
                found.add(used)
    return found


def _unreadable(flow: Flow, site: Site, fault: ConditionFault) -> FlowFinding:
    if fault.kind == "name":
        names = [*(one.id for one in flow.questions), *(one.id for one in flow.facts), *flow.lists, TODAY]
        meant = process.extractOne(fault.detail, names, scorer=fuzz.ratio, score_cutoff=_CLOSE)
        hint = f" Bedoelt u “{meant[0]}”?" if meant else " Kies een vraag, gegeven of lijst van deze wegwijzer."
        return site.finding("unknownName", f"“{fault.detail}” bestaat niet in deze wegwijzer.{hint}")
    if fault.kind == "notAllowed":
        return site.finding("syntax", f"dit kan niet in een voorwaarde ({site.source}). {fault.detail}")
    if fault.kind == "syntax":
        return site.finding(
            "syntax",
            f"wij kunnen de voorwaarde niet lezen, vanaf teken {fault.column} ({site.source}). Schrijf ze anders.",
        )
    return site.finding(
        "type",
        f"deze waarden kunnen niet met elkaar vergeleken worden ({site.source}; {_plain(fault.detail)}). "
        "Kijk of het een getal, tekst, datum of lijst moet zijn; een getal met komma schrijft u als 12.0.",
    )


def _plain(detail: str) -> str:
    return detail.replace("found no matching overload for ", "").replace("applied to", "op").replace("gives", "geeft")


def _facts(written: list[Written], circles: bool) -> Iterator[FlowFinding]:
    order = {one.site.fact.id: one.site.number for one in written if one.site.fact}
    for one in written:
        if one.site.fact and not circles:
            for name in sorted(one.condition.names & order.keys()):
                if order[name] > one.site.number:
                    yield one.site.finding(
                        "usedTooEarly", f"het gegeven “{name}” staat pas verder in de lijst. Zet het ervoor."
                    )


def _early(outline: Outline, one: Written, needs: dict[str, frozenset[str]]) -> Iterator[FlowFinding]:
    """Questions that cannot have been answered where the condition is used.

    A fact may look at questions of several branches; only what comes later, or none at all being known, is a fault.
    """
    site = one.site
    known = outline.before(site.node)
    if site.role in {"rule", "validate"}:
        known |= {site.node}
    for name in sorted(one.condition.names & outline.questions.keys()):
        if name not in known and name in outline.reachable:
            yield site.finding("usedTooEarly", _too_early(outline, site, name, ""))
    for name in sorted(one.condition.names & needs.keys()):
        missing = sorted((needs[name] - known) & outline.reachable)
        later = [each for each in missing if site.node == each or site.node in outline.before(each)]
        if missing and (later or not needs[name] & known):
            yield site.finding("usedTooEarly", _too_early(outline, site, (later or missing)[0], f" (gegeven “{name}”)"))


def _too_early(outline: Outline, site: Site, name: str, through: str) -> str:
    own = site.node == name
    when = "is hier nog niet beantwoord" if own else "kan hier nog niet beantwoord zijn"
    said = f"{outline.called(name)}{through} {when}. Gebruik een vraag die ervoor komt"
    return f"{said}." if own else f"{said}, of stel deze vraag eerder."


def _texts(outline: Outline, one: Written, needs: dict[str, frozenset[str]]) -> Iterator[FlowFinding]:
    if one.site.role not in {"rule", "ask_if", "block"}:
        return
    used = set(one.condition.names).union(*(needs[name] for name in one.condition.names & needs.keys()))
    for name in sorted(used & outline.questions.keys()):
        if outline.questions[name].type == "text":
            yield one.site.finding(
                "textInRule",
                f"{outline.called(name)} is een open tekst, en daar kan geen regel op steunen. Gebruik een keuzevraag.",
            )
