"""Chapter 2c: somebody finds out alone what to do, by the guided questions of the website, and asks the rest."""

from datetime import datetime, timedelta
from http import HTTPStatus

from backend.kit.clock import BRUSSELS
from scripts.journeys.browser import Browser
from scripts.journeys.claim import TOLD, found
from scripts.journeys.people import AGENT, EDITOR, Json
from scripts.journeys.report import Deviation, check, same
from scripts.journeys.world import World, eventually

OURS = {
    "papieren-voor-je-reis",
    "feest-of-evenement",
    "verbouwen-en-premies",
    "moeite-met-betalen",
    "zaak-starten",
}
"""The flows of the demo city."""
TRAVEL, PARTY, PRIVATE = "papieren-voor-je-reis", "feest-of-evenement", "moeite-met-betalen"
TRAVELLER: Json = {"reiziger": "volwassene", "nationaliteit": "be", "woonland": "be", "extra": ["niets"]}
LAST_STEPS = 30
CHECKLIST: Json = {
    "wie": "person",
    "plaats": "tuin",
    "openbaar": "nee",
    "bezoekers": 30,
    "muziek": "achtergrond",
    "eind": "na_1",
    "drank": ["bier_wijn"],
    "eten": "gratis",
    "bouw": ["vuur"],
    "materiaal": ["niets"],
    "omschrijving": "Verjaardag",
    "verzekerd": "ja",
}


def on(days: int) -> str:
    """The day so many days from now, in Brussels."""
    return (datetime.now(BRUSSELS).date() + timedelta(days=days)).isoformat()


def find_out(world: World) -> Json:
    """Two flows by a citizen, and a question that follows on one; gives the question."""
    world.report.chapter("2c. De wegwijzer op de website: zelf vinden wat je moet doen")
    browser = Browser(str(world.office.http.base_url))
    try:
        _checklist(world, browser)
        answers = _in_haste(world, browser)
        told = _handed_over(world, browser, answers)
    finally:
        browser.close()
    question = _at_the_city(world, told, answers)
    _counted(world)
    return question


def taken(browser: Browser, slug: str, known: Json) -> Json:
    """Answer question by question, as they come, until the outcome; gives where it ended."""
    step, answers = browser.post(f"/widget/flows/{slug}/step", {}), dict[str, object]()
    for _ in range(LAST_STEPS):
        asked = step.get("question")
        if asked is None:
            return {**step, "answers": answers}
        if asked["id"] not in known:
            raise Deviation(f"{slug} vraagt “{asked['title']}” ({asked['id']}), en dat hoort daar niet")
        answers[asked["id"]] = known[asked["id"]]
        body = {"answers": answers, "version": step["version"], "answered": asked["id"]}
        step = browser.post(f"/widget/flows/{slug}/step", body)
        check("refused" not in step, f"een goed antwoord werd geweigerd: {step.get('refused')}")
    raise Deviation(f"{slug} is na {LAST_STEPS} vragen nog niet klaar")


def _checklist(world: World, browser: Browser) -> None:
    with world.report.step("De website toont de vijf wegwijzers van de stad") as step:
        shown = {one["slug"]: one for one in browser.get("/widget/flows")["items"]}
        check(shown.keys() >= OURS, f"niet alle wegwijzers staan er: {sorted(shown)}")
        step.note("; ".join(shown[one]["title"] for one in sorted(OURS)))
    with world.report.step("Een tuinfeest: de lijst die alleen hierbij hoort, en niets aan te vragen") as step:
        done = taken(browser, PARTY, {**CHECKLIST, "datum": on(6)})
        outcome = done["outcome"]
        same("de uitkomst", outcome["id"], "u_prive")
        same("de lijst", {one["id"] for one in outcome["blocks"]}, {"buren", "nacht", "vuur"})
        product = next(one for one in outcome["links"] if one["kind"] == "product")
        check(browser.get(f"/widget/products/{product['productId']}")["name"], "de productpagina is er niet")
        step.note(f"{outcome['kindLabel']}: {outcome['title']}")
    with world.report.step("Een fout antwoord krijgt uitleg; een later antwoord blijft bewaard na een wijziging"):
        wrong = browser.post(f"/widget/flows/{PARTY}/step", {"answers": {**done["answers"], "bezoekers": "veel"}})
        same("de open vraag", wrong["question"]["id"], "bezoekers")
        check(wrong.get("refused"), "er staat niet bij waarom het antwoord niet kan")
        other = browser.post(f"/widget/flows/{PARTY}/step", {"answers": {**done["answers"], "openbaar": "ja"}})
        check(other.get("outcome") and other["outcome"]["id"] != "u_prive", "het gewijzigde antwoord doet niets")


def _in_haste(world: World, browser: Browser) -> Json:
    known = {**TRAVELLER, "land": "es", "vertrek": on(2), "terug": on(12), "kaart": "kwijt", "geblokkeerd": "ja"}
    with world.report.step("Overmorgen op reis en de kaart is weg: dat kan alleen een medewerker oplossen") as step:
        done = taken(browser, TRAVEL, known)
        same("de uitkomst", (done["outcome"]["id"], done["outcome"]["handover"]), ("u_verlies_dringend", True))
        step.note(done["outcome"]["title"])
    with world.report.step("Dezelfde vragen in het Engels, en als adres om te delen") as step:
        english = browser.get(f"/widget/flows/{TRAVEL}", language="en")
        check(english["title"] != done["title"], "de Engelse titel is er niet")
        shared = browser.send("GET", f"/widget/flows/{TRAVEL}/step?answers=%7B%22land%22%3A%22es%22%7D").json()
        same("waar het adres heen leidt", shared["question"]["id"], "vertrek")
        step.note(english["title"])
    with world.report.step("Een wegwijzer met gevoelige vragen kan niet in een adres"):
        refused = browser.send("GET", f"/widget/flows/{PRIVATE}/step?answers=%7B%7D")
        same("het antwoord", refused.status_code, HTTPStatus.CONFLICT)
    answers: Json = done["answers"]
    return answers


def _handed_over(world: World, browser: Browser, answers: Json) -> Json:
    with world.report.step("De samenvatting nakijken, één antwoord weglaten, en de vraag sturen") as step:
        ask = {"answers": answers, "leftOut": ["nationaliteit"]}
        summary = browser.post(f"/widget/flows/{TRAVEL}/summary", ask)
        check("nationaliteit" not in summary["text"].lower(), "het weggelaten antwoord staat er nog")
        form = {
            "givenName": "Mieke",
            "familyName": f"Reizend {world.run}",
            "email": f"mieke.{world.run.lower()}@voorbeeld.example",
            "subject": f"{summary['subject']} {world.run}",
            "text": f"{summary['text']}\n\nIk kan morgen om 8 uur aan het stadskantoor staan.",
            "proof": browser.proof(),
        }
        told = browser.post(f"/widget/flows/{TRAVEL}/handover", {**ask, "form": form}, expect=HTTPStatus.ACCEPTED)
        same("wat de website antwoordt", told.keys(), TOLD)
        step.note(f"{told['reference']}  {summary['subject']}")
    return told


def _at_the_city(world: World, told: Json, answers: Json) -> Json:
    with world.report.step("De dienst ziet de antwoorden en de weg, en moet niets opnieuw vragen") as step:
        question = eventually(lambda: found(world, told["reference"]), bool, "de vraag staat niet bij de stad")
        if question is None:
            raise Deviation("de vraag staat niet bij de stad")
        same("het kanaal", question["channel"], "assistant")
        same("de dienst", question["departmentId"], world.department("burgerzaken"))
        assistance = world.colleague(AGENT).get(f"/questions/{question['id']}")["assistance"]
        same("de uitkomst", assistance["outcome"], "u_verlies_dringend")
        path = [one["question"] for one in assistance["path"]]
        same("de weg", path, [one for one in answers if one != "nationaliteit"])
        step.note(", ".join(f"{one['title']} {one['answer']}" for one in assistance["path"][-2:]))
    return question


def _counted(world: World) -> None:
    with world.report.step("De redactie ziet waar mensen afhaken, zonder iets over wie het was") as step:
        figures = world.colleague(EDITOR).get("/flowStatistics", flow=TRAVEL)
        ours = [one for one in figures["items"] if one["mode"] == "citizen"]
        check(all(sum(one[name] for one in ours) for name in ("started", "finished", "handedOver")), f"geteld: {ours}")
        check("mieke" not in str(figures).lower(), "de cijfers tonen wie het was")
        totals = figures["totals"]
        step.note(
            f"{totals['started']} begonnen, {totals['finished']} tot een uitkomst, {totals['handedOver']} gevraagd"
        )
