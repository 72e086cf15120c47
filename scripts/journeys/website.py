"""Chapters 2b and 3b: the contact form of the website with logging in, and what the citizen sees of it.

Without logging in: `claim`.
"""

from http import HTTPStatus
from typing import Any

from scripts.journeys.browser import Browser
from scripts.journeys.burgerprofiel import burgerprofiel
from scripts.journeys.claim import TOLD, found
from scripts.journeys.people import AGENT
from scripts.journeys.report import Deviation, check, same
from scripts.journeys.world import World, eventually

Json = dict[str, Any]

CITIZEN, SSIN = "lotte.willems", "85073003328"
ANSWER = "Ja, dat kan elke werkdag van 9 tot 12 uur aan de balie."


def website(world: World) -> Json:
    """A question of somebody who logs in, to its answer; gives it."""
    world.report.chapter("2b. Het contactformulier op de website, na inloggen")
    browser = Browser(str(world.office.http.base_url))
    try:
        _known(world)
        question = _logged_in(world, browser)
        world.report.chapter("3b. Wat de burger van de vraag ziet")
        _answered(world, browser, question)
    finally:
        browser.close()
    return question


def _known(world: World) -> None:
    """Lotte is a customer; she may be one from an earlier run."""
    agent = world.colleague(AGENT)
    body = {
        "kind": "person",
        "names": {"given": "Lotte", "family": "Willems"},
        "identifiers": [{"type": "ssin", "value": SSIN}],
        "contactPoints": [{"type": "email", "value": "lotte.willems@voorbeeld.example"}],
    }
    with world.report.step("Een agent registreert wie straks inlogt, of kent haar al") as step:
        if agent.ask("/customers/query", {"ssin": SSIN})["items"]:
            step.note("zij is al klant")
        else:
            agent.create("/customers", body)


def _logged_in(world: World, browser: Browser) -> Json:
    subject = f"Trouwboekje {world.run}"
    with world.report.step("Lotte logt in bij de voordeur van de overheid; de stad weet wie zij is") as step:
        session = browser.log_in("widget", CITIZEN)
        check("customerId" in session, f"de stad kent haar niet: {session}")
        profile = browser.get("/widget/own/profile")
        step.note(f"{session['name']}; ingevuld: {', '.join(sorted(profile)[:6])}")
    with world.report.step("Zij stuurt een vraag zonder iets over te typen; die staat bij haar vragen") as step:
        form = {
            "subject": subject,
            "text": "Kan ik mijn trouwboekje bij jullie afhalen?",
            "email": "lotte.willems@voorbeeld.example",
        }
        told = browser.post("/widget/forms", form, expect=HTTPStatus.ACCEPTED)
        same("wat de website antwoordt", told.keys(), TOLD)
        mine = eventually(
            lambda: [one for one in browser.get("/widget/own/questions")["items"] if one["subject"] == subject],
            bool,
            "de vraag staat niet bij de eigen vragen",
        )
        same("de referentie", mine[0]["reference"], told["reference"])
        step.note(f"{told['reference']}  {mine[0]['statusText']}")
    question = found(world, told["reference"])
    if question is None:
        raise Deviation("een agent vindt de vraag niet")
    same("wie het vroeg", question["identity"], "confirmed")
    return question


def _answered(world: World, browser: Browser, question: Json) -> None:
    agent = world.colleague(AGENT)
    with world.report.step("Een agent antwoordt; Lotte leest het antwoord bij haar vraag") as step:
        claimed = agent.act(question, "claim")
        agent.act(claimed, "answer", {"text": ANSWER, "channel": "email"})
        own = browser.get(f"/widget/own/questions/{question['id']}")
        check(own["answered"], f"de vraag is niet beantwoord: {own['statusText']}")
        check(any(ANSWER in one.get("text", "") for one in own["messages"]), "het antwoord staat er niet bij")
        step.note(own["statusText"])
    burgerprofiel(world, question, SSIN, ANSWER)
    with world.report.step("Zij ziet wie haar gegevens bekeek: dag, doel en dienst, geen namen") as step:
        looked = browser.get("/widget/own/consultations")["items"]
        check(looked, "niemand keek, volgens de lijst")
        check("Verhaeghe" not in str(looked), "de naam van een medewerker staat in de lijst")
        step.note(f"{len(looked)} regels")
