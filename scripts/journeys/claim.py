"""Chapter 2b, match and confirm: the city recognises who wrote without logging in, asks on the address it has, waits.

The form is sent early in the journey and looked at again at its end: a platform compares it after 30 to 120 seconds.
"""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from scripts.journeys.browser import Browser
from scripts.journeys.people import AGENT, Json
from scripts.journeys.report import Deviation, check, same
from scripts.journeys.twice import prove_email
from scripts.journeys.world import World, eventually

SECONDS = 150
"""How long the question to the customer may take; `ONTHAAL_MATCH_SECONDS_MOST` says when it leaves at the latest."""
TOLD = {"reference", "statusSecret"}
"""What the website answers to every form, whoever sent it."""
TEXT = "De boom voor mijn deur hangt scheef. Wie kan komen kijken?"
OTHER = "4F7-K2M-9XF"
"""A reference that is not the one of the form."""
_LINK = r"\S*/{page}#[\w-]+"
_SYLLABLES = ("ba", "de", "fi", "go", "hu", "ja", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A form of a customer who did not log in.

    Attributes:
        customer_id: of whom it is.
        email: the address on file, proven.
        question: as an agent finds it: of nobody.
    """

    customer_id: str
    email: str
    question: Json


def ask(world: World) -> Sent:
    """A customer asks something without logging in, and the website tells nothing about who is known."""
    world.report.chapter("2b. Het contactformulier op de website, zonder in te loggen")
    family = "".join(_SYLLABLES[int(digit, 16)] for digit in world.run).title()  # like nobody of an earlier run
    email = f"noor.{world.run.lower()}@voorbeeld.example"
    home = {"street": f"{family}laan", "number": "7", "postcode": "9999", "municipality": "Zonderwater"}
    with world.report.step("Een agent registreert wie straks niet inlogt"):
        body = {
            "kind": "person",
            "names": {"given": "Noor", "family": family},
            "addresses": [home],
            "contactPoints": [{"type": "email", "value": email}],
        }
        customer_id: str = world.colleague(AGENT).create("/customers", body)["id"]
    prove_email(world, customer_id, email)
    typed = {"givenName": "Noor", "familyName": family, "email": email, "address": home}
    return Sent(customer_id=customer_id, email=email, question=_sent(world, typed))


def _sent(world: World, typed: Json) -> Json:
    browser = Browser(str(world.office.http.base_url))
    subject = f"Boom in de straat {world.run}"
    with world.report.step(
        "Zij stuurt een vraag zonder in te loggen; de website zegt niet of de stad haar kent"
    ) as step:
        form = {**typed, "subject": subject, "text": TEXT, "kind": "report", "proof": browser.proof()}
        told = browser.post("/widget/forms", form, expect=HTTPStatus.ACCEPTED)
        same("wat de website antwoordt", told.keys(), TOLD)
        step.note(told["reference"])
    with world.report.step("Zij volgt de vraag met een geheim; bij de stad is ze van niemand") as step:
        status = eventually(
            lambda: browser.post("/widget/status", told),
            lambda one: one["state"] != "unknown",
            "de vraag van de website kwam niet aan",
        )
        question = eventually(
            lambda: found(world, told["reference"]), lambda one: one is not None, "de vraag staat niet bij de stad"
        )
        if question is None:
            raise Deviation("de vraag staat niet bij de stad")
        same("het onderwerp", question["subject"], subject)
        same("het kanaal", question["channel"], "webForm")
        check("customerId" not in question, "de vraag is al van een klant, zonder dat iemand dat bevestigde")
        step.note(status["label"])
    browser.close()
    return question


def confirm(world: World, sent: Sent) -> Json:
    """The customer says that it was her, and takes it back; gives the question, of nobody again."""
    world.report.chapter("2b. Herkennen en bevestigen: de stad vraagt het op het adres dat ze al had")
    browser, reference = Browser(str(world.office.http.base_url)), sent.question["reference"]
    page, token = _asked(world, sent)
    with world.report.step("Kijken verandert niets, en met een andere referentie opent de link niets"):
        check("Is deze vraag van mij?" in browser.send("GET", page).text, "de pagina achter de link werkt niet")
        wrong = {"token": token, "reference": OTHER, "answer": "yes"}
        browser.post("/widget/claims/confirm", wrong, expect=HTTPStatus.NOT_FOUND)
        check("customerId" not in (found(world, reference) or {}), "de vraag is al van een klant")
        check(not _filed(world, sent), "de vraag staat al in het dossier van de klant")
    with world.report.step("De link en de referentie samen: de vraag staat in het dossier van de klant") as step:
        body = {"token": token, "reference": reference, "answer": "yes"}
        same("het antwoord", browser.post("/widget/claims/confirm", body), {"state": "confirmed"})
        linked = found(world, reference) or {}
        same("van wie de vraag is", linked.get("customerId"), sent.customer_id)
        same("hoe zeker dat is", linked.get("identity"), "confirmed")
        check(_filed(world, sent), "de vraag staat niet in het dossier van de klant")
        browser.post("/widget/claims/confirm", body, expect=HTTPStatus.NOT_FOUND)
        step.note(f"{reference}; de link werkt één keer")
    with world.report.step("De klant krijgt er bericht van en maakt het ongedaan"):
        page, token = _linked(world, sent, "ongedaan", "er komt geen bericht van de koppeling", 20)
        check(browser.send("GET", page).is_success, "de pagina om het ongedaan te maken werkt niet")
        same("het antwoord", browser.post("/widget/claims/undo", {"token": token}), {"state": "undone"})
        parted = found(world, reference) or {}
        check(parted and "customerId" not in parted, "de vraag is nog altijd van de klant")
        check(not _filed(world, sent), "de vraag staat nog in het dossier van de klant")
    browser.close()
    return parted


def _asked(world: World, sent: Sent) -> tuple[str, str]:
    """Page and token of the question to the customer."""
    world.report.line("      de stad wacht 30 tot 120 seconden, tenzij ze het anders instelde")
    with world.report.step("Na een wachttijd vraagt de stad aan de klant of zij het was") as step:
        page, token = _linked(world, sent, "bevestig", "de klant krijgt geen vraag of zij het was", SECONDS)
        step.note(f"mail voor {sent.email}, zonder een woord van de vraag")
    return page, token


def _linked(world: World, sent: Sent, page: str, reason: str, seconds: int) -> tuple[str, str]:
    """Path and token of the link to a page in a mail to the address on file, which repeats nothing of the question."""
    link = re.compile(_LINK.format(page=page))

    def texts() -> list[str]:
        parts = [mail.get_body(("plain",)) for mail in world.mailbox.sent_to(sent.email)]
        return [text for part in parts if part and link.search(text := str(part.get_content()))]

    text = eventually(texts, bool, reason, seconds)[0]
    for word in (sent.question["reference"], sent.question["subject"], TEXT):
        check(word not in text, f"in de mail staat iets van de vraag: {word}")
    target = urlsplit(link.findall(text)[0])
    return target.path, target.fragment


def found(world: World, reference: str) -> Json | None:
    """The question of a reference, as an agent finds it; None while it is not there."""
    try:
        return world.colleague(AGENT).ask("/questions/query", {"reference": reference})
    except Deviation:
        return None


def _filed(world: World, sent: Sent) -> bool:
    """Whether the question is in the file of the customer."""
    return (
        sent.question["reference"]
        in world.colleague(AGENT).send("GET", f"/customers/{sent.customer_id}/file", expect=HTTPStatus.OK).text
    )
