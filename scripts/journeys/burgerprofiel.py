"""Chapter 3b, at Mijn Burgerprofiel: what the simulator was told, and what it asks the city for a citizen."""

import re
from typing import Any

import httpx
import msgspec

from scripts.journeys.report import Deviation, check, same
from scripts.journeys.world import World, eventually

Json = dict[str, Any]

COLLEAGUE = "Verhaeghe"
"""Family name of the agent who handled the question."""
_FORM = re.compile(r'name="formulier" value="([^"]+)"')
_SECTION = re.compile(r'<section aria-labelledby="opgehaald">.*?</section>', re.DOTALL)


def burgerprofiel(world: World, question: Json, ssin: str, answer: str) -> None:
    """The status that was pushed, and everything that is pulled, of a question that is answered."""
    with httpx.Client(base_url=_address(world), timeout=20, trust_env=False) as browser:
        _pushed(world, browser, question)
        _pulled(world, browser, question, ssin, answer)
        _form(world, browser, ssin)


def _address(world: World) -> str:
    """Of the simulator; `onthaal up` couples it in demo mode."""
    coupling = world.data / "burgerprofiel" / "burgerprofiel.json"
    if not coupling.exists():
        raise Deviation("Mijn Burgerprofiel is niet gekoppeld: start ./scripts/up met de demostad")
    address: str = msgspec.json.decode(coupling.read_bytes())["dosisUrl"]
    return address


def _pushed(world: World, browser: httpx.Client, question: Json) -> None:
    with world.report.step("Mijn Burgerprofiel toont dezelfde status, zonder de woorden van de vraag") as step:
        page = eventually(
            lambda: browser.get("/").text,
            lambda text: question["reference"] in text and "Uitgevoerd" in text,
            "Mijn Burgerprofiel toont de vraag niet als beantwoord",
            seconds=20,
        )
        check(world.run not in page, "de woorden van de vraag staan in Mijn Burgerprofiel")
        step.note(f"{question['reference']}: Uitgevoerd")


def _pulled(world: World, browser: httpx.Client, question: Json, ssin: str, answer: str) -> None:
    with world.report.step("Mijn Burgerprofiel haalt haar vragen, berichten en raadplegingen op bij de stad") as step:
        shown = _section(browser, {"burger": ssin})
        for what in (question["reference"], question["subject"], answer, "Beantwoord", "Een vraag behandelen"):
            check(what in shown, f"“{what}” staat niet bij haar gegevens")
        check(COLLEAGUE not in shown, "de naam van een medewerker staat bij haar gegevens")
        opened = _section(browser, {"burger": ssin, "vraag": question["id"]})
        check("Vraag ontvangen" in opened, "de stappen van de vraag staan er niet bij")
        step.note(f"{question['reference']}: status, antwoord en wie keek")


def _form(world: World, browser: httpx.Client, ssin: str) -> None:
    with world.report.step("Zij opent een formulier van de stad en is daar al ingelogd") as step:
        forms = _FORM.findall(_section(browser, {"burger": ssin}))
        check(forms, "er zijn geen formulieren")
        opened = browser.post("/", data={"burger": ssin, "formulier": forms[0]})
        same("het antwoord", opened.status_code, httpx.codes.SEE_OTHER)
        page = browser.get(opened.headers["location"]).text
        check("Je bent ingelogd als Lotte Willems" in page, "het formulier kent haar niet")
        step.note(f"{len(forms)} formulieren")


def _section(browser: httpx.Client, chosen: dict[str, str]) -> str:
    """What is shown of what was pulled."""
    page = browser.post("/", data=chosen).text
    found = _SECTION.search(page)
    if found is None or 'role="alert"' in page:
        raise Deviation("Mijn Burgerprofiel kan de gegevens niet ophalen bij de stad")
    return found.group()
