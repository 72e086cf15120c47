"""What the clients of a load ask: drawn at random, and always the same for the same key, so that a checker knows it."""

from random import Random
from typing import Any

import msgspec

GIVEN = (
    *("An", "Bart", "Cécile", "Dirk", "Els", "Fatima", "Geert", "Hanne", "Ilse", "Jan", "Karim", "Lien", "Mohamed"),
    *("Noor", "Oona", "Pieter", "Quinten", "Renée", "Sofie", "Tom", "Ulrike", "Veerle", "Wout", "Yasmine", "Zoë"),
)
FAMILY = (
    *("Peeters", "Janssens", "Maes", "Jacobs", "Mertens", "Willems", "Claes", "Goossens", "Wouters", "De Smet"),
    *("El Amrani", "Yılmaz", "Dubois", "Van den Broeck", "D'Hondt", "Öztürk", "Nowak", "Verhaeghe", "Aerts", "Smets"),
)
ASKED = (
    ("Grofvuil", "Wanneer komt de wagen voor het grofvuil langs? Er staat al een week een zetel op de stoep."),
    ("Reispas voor mijn zoon", "Hij is twaalf. Hoe lang duurt het, en moet hij meekomen?"),
    ("Losliggende tegel", "Voor nummer 12 ligt een tegel los; mijn moeder is er bijna over gevallen."),
    ("Parkeerkaart bewoners", "Ik ben verhuisd – geldt mijn kaart nog in de nieuwe zone?\nEn wat kost een tweede?"),
    ("Straatfeest", "We willen op 21 juni de straat afsluiten. Waar vraag ik dat aan?"),
    ("Klacht over geluid", "Elke nacht tot 3 uur muziek. « Ça suffit ! » zegt ook mijn buurvrouw."),
    ("Attest gezinssamenstelling", "Kan ik dat online krijgen? 😀"),
)
CHANNELS = ("phone", "phone", "phone", "counter", "email", "letter")
LIVES = ((), (), (), (), (), ("claim",), ("claim", "answer"), ("forward",), ("claim", "forward"))


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What one client does, one after the other.

    Attributes:
        body: of the registration.
        customer: whether it holds a new one, whose address begins with the key.
        answered: of each of its questions, whether it is answered at once; the others get an acknowledgement by mail.
        follow_up: text of a second contact about the first question; empty: there is none.
        verbs: what then happens to the first question.
        twice: the registration is sent to both API processes at the same time.
        again: once acknowledged, it is sent once more.
    """

    body: bytes
    customer: bool
    answered: tuple[bool, ...]
    follow_up: str
    verbs: tuple[str, ...]
    twice: bool
    again: bool


def journey_of(key: str) -> Journey:
    """What happens under a key; subjects begin with it, and so does the address of the customer."""
    draw = Random(f"journey {key}")
    name = {"given": draw.choice(GIVEN), "family": f"{draw.choice(FAMILY)}-{draw.choice(FAMILY)}"}
    address = f"{key}@voorbeeld.be"
    body: dict[str, Any] = {"channel": draw.choice(CHANNELS)}
    if draw.random() < 0.5:
        points = [{"type": "email", "value": address}, {"type": "phone", "value": f"0470{draw.randrange(10**6):06}"}]
        body["customer"] = {"kind": "person", "names": name, "contactPoints": points[: draw.randint(1, 2)]}
    else:
        body["caller"] = {"name": f"{name['given']} {name['family']}", "email": address}
    questions = [_question(draw, f"{key}.{number}") for number in range(draw.choice((1, 1, 1, 2, 3)))]
    body["questions"] = questions
    text = f"{key}: ik vergat te zeggen dat het dringend is." if draw.random() < 0.2 else ""
    return Journey(
        body=msgspec.json.encode(body),
        customer="customer" in body,
        answered=tuple("answer" in question for question in questions),
        follow_up=text,
        verbs=() if "answer" in questions[0] else draw.choice(LIVES),
        twice=draw.random() < 0.05,
        again=draw.random() < 0.05,
    )


def _question(draw: Random, name: str) -> dict[str, Any]:
    subject, text = draw.choice(ASKED)
    question: dict[str, Any] = {"subject": f"{name} {subject}", "text": text}
    if draw.random() < 0.3:
        question["priority"] = draw.choice(("urgent", "high"))
    if draw.random() < 0.1:
        question["answer"] = {"text": "Dat staat op de website."}
    return question
