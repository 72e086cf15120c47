"""Chapter 2a, guided questions: an agent clarifies on the phone with the flow that citizens take on the website."""

from scripts.journeys.flows import PARTY, on
from scripts.journeys.people import AGENT, EVENTS, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World

HEARD: Json = {"muziek": "luid", "plaats": "plein", "bezoekers": 150}
"""What the caller tells first, in no order."""


def guide(world: World) -> Json:
    """A call that stops before the end, and one that is clarified later; gives the question of the first."""
    world.report.chapter("2a. Richtvragen aan de telefoon: dezelfde wegwijzer, op één scherm")
    question = _called(world)
    _clarified(world)
    return question


def _called(world: World) -> Json:
    agent = world.colleague(AGENT)
    with world.report.step("Wat de stad al weet, staat ingevuld; antwoorden mogen in elke volgorde") as step:
        club = {"kind": "association", "organisationName": f"Harmonie {world.run}"}
        customer = agent.create("/customers", club)["id"]
        screen = agent.ask(f"/flows/{PARTY}/guided", {"answers": HEARD, "customerId": customer})
        shown = {one["id"]: one for one in screen["questions"]}
        same("wie het organiseert", (shown["wie"]["value"], shown["wie"]["from"]), ("association", "customer"))
        same("wat nu gevraagd wordt", screen["next"], "datum")
        check(all(one.get("say") for one in screen["questions"]), "een vraag zegt niet hoe je ze stelt")
        same("een vraag die niet meer komt", shown["straat_soort"]["state"], "passedOver")
        step.note(f"“{shown['datum']['say']}”")
    with world.report.step("De beller weet de dag nog niet: stoppen, en de vraag registreren met wat er is") as step:
        answers = {**HEARD, "wie": "association"}
        stopped = agent.ask(f"/flows/{PARTY}/guided", {"answers": answers, "notKnown": ["datum"]})
        check(stopped["stopped"], "de wegwijzer stopt niet bij wat de beller niet weet")
        asked = {"subject": f"Concert op het plein {world.run}", "text": "De harmonie wil een concert geven."}
        guided = {"flow": {"flow": PARTY, "answers": answers, "notKnown": ["datum"]}}
        contact = agent.create("/contacts", {"channel": "phone", "customerId": customer, "questions": [asked | guided]})
        step.note(contact["questions"][0]["reference"])
    with world.report.step("De dienst ziet wat er al gevraagd is, en wat de beller niet wist") as step:
        question = world.colleague(EVENTS).get(f"/questions/{contact['questions'][0]['id']}")
        assistance = question["assistance"]
        same("wie het invulde", (assistance["mode"], assistance["flow"]), ("agent", PARTY))
        same("de weg", [one["question"] for one in assistance["path"]], ["wie", "plaats"])
        same("wat al bekend is voor later", {one["question"] for one in assistance["kept"]}, {"muziek", "bezoekers"})
        same("wat de beller niet wist", len(assistance["notKnown"]), 1)
        step.note(f"niet geweten: {assistance['notKnown'][0]}")
    return question


def _clarified(world: World) -> None:
    agent = world.colleague(AGENT)
    with world.report.step("Een vraag die er al is, wordt achteraf verduidelijkt met de wegwijzer") as step:
        asked = {"subject": f"Feest in de straat {world.run}", "text": "Mag dat?"}
        contact = agent.create("/contacts", {"channel": "phone", "questions": [asked]})
        question = agent.get(f"/questions/{contact['questions'][0]['id']}")
        answers = {"wie": "person", "plaats": "straat", "gewestweg": "nee", "straat_soort": "spelen", "datum": on(200)}
        agent.act(question, "flow", {"flow": PARTY, "answers": answers})
        guided = agent.get(f"/questions/{question['id']}")
        same("de uitkomst", guided["assistance"]["outcome"], "u_speelstraat")
        same("de laatste stap op de tijdlijn", guided["timeline"][-1]["type"], "guided")
        step.note(guided["assistance"]["outcomeTitle"])
