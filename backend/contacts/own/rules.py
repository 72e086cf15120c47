"""A question in the words of who asked it. Pure."""

from typing import Literal

from backend.contacts.rules import Purpose, State, Verb

Form = Literal["informal", "formal"]

_STATUS: dict[State, str] = {
    State.NEW: "Ontvangen",
    State.IN_PROGRESS: "In behandeling",
    State.ANSWERED: "Beantwoord",
    State.CLOSED: "Afgesloten",
    State.WITHDRAWN: "Ingetrokken",
}
_TITLES: dict[Purpose, str] = {
    "information": "Informatie",
    "clarification": "Bijkomende vraag",
    "answer": "Antwoord",
    "recap": "Samenvatting",
    "acknowledgement": "Ontvangstbevestiging",
    "appointment": "Afspraak",
    "unreached": "Telefonisch niet bereikt",
    "reopened": "Vraag opnieuw geopend",
    "question": "Mail met de vraag",
    "reply": "Reactie",
}
_STEPS: dict[str, str] = {
    "registered": "Vraag ontvangen",
    Verb.CLAIM: "Een medewerker bekijkt de vraag",
    Verb.ASSIGN: "Een medewerker bekijkt de vraag",
    Verb.FORWARD: "Doorgestuurd naar de bevoegde dienst",
    Verb.RETURN: "Doorgestuurd naar de bevoegde dienst",
    Verb.CLARIFY: "Bijkomende vraag gesteld",
    Verb.REPLY: "Reactie ontvangen",
    Verb.ANSWER: "Antwoord gegeven",
    Verb.CLOSE: "Vraag afgesloten",
    Verb.REOPEN: "Vraag opnieuw geopend",
    Verb.WITHDRAW: "Vraag ingetrokken",
    Verb.PLAN: "Gesprek gepland",
    Verb.CALL: "Gebeld",
    Verb.ASK_PART: "Advies gevraagd aan een andere dienst",
    Verb.GIVE_PART: "Advies van een andere dienst ontvangen",
}
"""What is not here is of no concern to who asked: notes, reminders, who passed it on inside a department."""

STEPS = tuple(str(step) for step in _STEPS)
"""Types of events that are told."""


def status_text(state: State, form: Form) -> str:
    """Where a question is, for who asked it."""
    if state is State.WAITING:
        return f"Wacht op {'jouw' if form == 'informal' else 'uw'} reactie"
    return _STATUS[state]


def message_title(purpose: Purpose) -> str:
    """What a message is."""
    return _TITLES.get(purpose, "Bericht")


def step_text(event: str) -> str:
    """What an event is called; only for those of `STEPS`."""
    return _STEPS[event]
