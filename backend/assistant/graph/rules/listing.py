"""A flow as a list."""

from backend.assistant.graph.rules.shape import (
    BLOCK_KINDS,
    OUTCOME_KINDS,
    QUESTION_TYPES,
    Outline,
    OutlineAnswer,
    OutlineBlock,
    OutlineFact,
    OutlineLink,
    OutlineOutcome,
    OutlineQuestion,
    OutlineRule,
    OutlineTarget,
)
from backend.assistant.graph.rules.telling import told
from backend.assistant.graph.rules.ways import Chart, chart
from backend.assistant.rules import (
    DONT_KNOW,
    DUTCH,
    NO,
    YES,
    Block,
    Fact,
    Flow,
    Handover,
    Link,
    Outcome,
    Question,
    say,
    word,
)


def outline(flow: Flow, language: str = DUTCH) -> Outline:
    """The flow as a list that can be read from top to bottom: what each question asks and where it leads.

    Args:
        flow: a draft with faults too; they are marked where they are.
        language: of titles and labels; the words around them are Dutch, as the screens of staff are.
    """
    found = chart(flow, language)
    listed = Outline(
        title=say(flow.title, language),
        questions=[_question(found, place) for place in found.order],
        outcomes=[_outcome(found, number, outcome) for number, outcome in enumerate(flow.outcomes, 1)],
        facts=[_fact(found, fact) for fact in flow.facts],
        text="",
    )
    return Outline(
        title=listed.title,
        questions=listed.questions,
        outcomes=listed.outcomes,
        facts=listed.facts,
        text=told(listed),
    )


def _question(found: Chart, place: int) -> OutlineQuestion:
    question, ways = found.flow.questions[place], found.ways[place]
    otherwise = next((way for way in ways if way.kind in {"default", "next"}), None)
    late = [way.fault for way in ways if way.kind == "default" and way.fault]
    return OutlineQuestion(
        number=found.numbers[place],
        id=question.id,
        title=found.title(place),
        kind=QUESTION_TYPES[question.type],
        asked_when=found.asked[place],
        answers=[
            OutlineAnswer(label=label, leads=_leads(found, question, place, value))
            for value, label in _answers(question, found.language).items()
        ],
        rules=[
            OutlineRule(words=way.words, leads=found.target(way.to), fault=way.fault)
            for way in ways
            if way.kind == "rule"
        ],
        otherwise=found.target(otherwise.to) if otherwise else None,
        faults=[
            *found.faults[place],
            *(f"{way.words}: {way.fault}" for way in ways if way.kind == "answer" and way.fault),
            *late,
        ],
    )


def _answers(question: Question, language: str) -> dict[str, str]:
    """What can be chosen, by value; nothing for what is filled in."""
    found = {option.value: say(option.label, language) for option in question.options or ()}
    if question.type == "yesno" and not found:
        found = {YES: word(YES, language), NO: word(NO, language)}
    return found | {DONT_KNOW: word(DONT_KNOW, language)} if found and question.dont_know else found


def _leads(found: Chart, question: Question, place: int, value: str) -> OutlineTarget | None:
    """Where one answer leads when nothing else decides it."""
    own = next((option.goto for option in question.options or () if option.value == value and option.goto), None)
    if own:
        return found.target(own)
    if question.type == "multi" and any(rule.when for rule in question.next or ()):
        return None  # the answers together decide
    for rule in question.next or ():
        holds = True if rule.when is None else found.conditions.decided(rule.when, question.id, value)
        if holds is None:
            return None
        if holds:
            return found.target(rule.goto)
    following = next((way.to for way in found.ways[place] if way.kind == "next"), None)
    return found.target(following) if following else None


def _outcome(found: Chart, number: int, outcome: Outcome) -> OutlineOutcome:
    from_places = [place for place in found.order if any(way.to == outcome.id for way in found.ways[place])]
    same = sum(one.id == outcome.id for one in found.flow.outcomes)
    faults = [f"Er zijn {same} uitkomsten met de naam “{outcome.id}”."] if same > 1 else []
    if not from_places:
        faults.append("Geen enkele weg leidt naar deze uitkomst.")
    return OutlineOutcome(
        number=number,
        id=outcome.id,
        title=say(outcome.title, found.language),
        kind=OUTCOME_KINDS[outcome.kind],
        reached_from=[found.question(place) for place in from_places],
        blocks=[_block(found, block) for block in outcome.blocks],
        links=_links(outcome.links, found.language),
        handover=_handover(outcome.handover) if outcome.handover else None,
        faults=faults,
    )


def _handover(handover: Handover) -> str:
    return f"{handover.topic} ({handover.team})" if handover.team else handover.topic


def _block(found: Chart, block: Block) -> OutlineBlock:
    when = found.conditions.say(block.when) if block.when else None
    return OutlineBlock(
        id=block.id,
        text=say(block.text, found.language),
        kind=BLOCK_KINDS[block.kind] if block.kind else None,
        shown_when=when.words if when else None,
        links=_links(block.links, found.language),
        fault=when.fault if when else None,
    )


def _links(links: tuple[Link, ...], language: str) -> list[OutlineLink]:
    return [OutlineLink(label=say(link.label, language), to=_to(link)) for link in links]


def _to(link: Link) -> str:
    ways = {"product": link.product, "formulier": link.form, "adres": link.url, "wegwijzer": link.flow}
    return ", ".join(f"{kind} {to}" for kind, to in ways.items() if to) or "nergens"


def _fact(found: Chart, fact: Fact) -> OutlineFact:
    words = found.conditions.say_fact(fact)
    return OutlineFact(
        id=fact.id,
        words=words.words,
        why=say(fact.why, found.language) if fact.why else None,
        fault=words.fault,
    )
