"""Chapter 3, other paths: an association (forwarded, returned), an enterprise (called back), an anonymous report."""

from uuid import uuid4

import msgspec

from scripts.journeys.catalogue import Products
from scripts.journeys.customers import Customer, new_association, new_enterprise
from scripts.journeys.people import AGENT, ECONOMY, EVENTS, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World, sent_messages

FORWARDED = "Dit gaat over de verkoop van sterke drank; daarover beslist Lokale economie."
RETURNED = "Sterke drank is hier niet nodig: het gaat om gratis soep."


class Others(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of the other paths."""

    forwarded: Json
    called: Json
    anonymous: Json


def others(world: World, products: Products) -> Others:
    """Play the other paths."""
    world.report.chapter("3. Andere wegen: vereniging, onderneming, anoniem")
    return Others(
        forwarded=_association(world, products),
        called=_enterprise(world),
        anonymous=_anonymous(world, products),
    )


def _new(world: World, customer: Customer, question: Json) -> Json:
    """A call of a new organisation; gives the question's page."""
    agent = world.colleague(AGENT)
    body = {"channel": "phone", "customer": customer.form(), "questions": [question]}
    contact = agent.create("/contacts", body, str(uuid4()))
    made = agent.get(f"/questions/{contact['questions'][0]['id']}")
    same("het soort klant", made["customer"]["kind"], customer.kind)
    same("het nummer van de klant", [one["value"] for one in made["customer"]["identifiers"]], [customer.number])
    return made


def _association(world: World, products: Products) -> Json:
    association = new_association(world.run)
    with world.report.step("Een vereniging (V-code) belt: de vraag gaat naar Verenigingen en evenementen") as step:
        asked = {"subject": "Mogen we drank schenken op onze soepavond?", "productId": products.event["id"]}
        question = _new(world, association, asked)
        world.letter(question, "acknowledgement", association, question["subject"])
        step.note(f"{question['reference']}  {association.name}, {association.number}")
    with world.report.step("De dienst stuurt de vraag met reden door: de klant krijgt een neerslag") as step:
        economy = world.department("economie")
        expert = world.colleague(EVENTS)
        moved = expert.act(question, "forward", {"departmentId": economy, "reason": FORWARDED})
        same("de dienst na het doorsturen", moved["departmentId"], economy)
        same("de reden in de tijdlijn", moved["timeline"][-1].get("reason"), FORWARDED)
        name = world.departments["economie"]["name"]
        _, letter = world.letter(moved, "recap", association, f"doorgegeven aan {name}", moved["subject"])
        step.note(letter.subject)
    with world.report.step("Lokale economie geeft de vraag met reden terug aan het klantencontactcentrum") as step:
        back = world.colleague(ECONOMY).act(moved, "return", {"reason": RETURNED})
        same("de dienst na het teruggeven", back["departmentId"], world.department("onthaal"))
        same("de tijdlijn", [one["type"] for one in back["timeline"]], ["registered", "forwarded", "returned"])
        _, letter = world.letter(back, "recap", association, world.departments["onthaal"]["name"])
        step.note(letter.subject)
    with world.report.step("De medewerker neemt de vraag en antwoordt: niets blijft liggen"):
        agent = world.colleague(AGENT)
        done = agent.act(
            agent.act(back, "claim"), "answer", {"text": "Ja, soep schenken mag gewoon.", "channel": "email"}
        )
        same("de toestand", done["state"], "answered")
        world.letter(done, "answer", association, "Ja, soep schenken mag gewoon.")
    return done


def _enterprise(world: World) -> Json:
    enterprise = new_enterprise(world.run)
    with world.report.step("Een onderneming (KBO-nummer) wil teruggebeld worden door Lokale economie") as step:
        asked = {
            "subject": "Welke vergunning heb ik nodig voor een terras?",
            "departmentId": world.department("economie"),
            "answerChannel": "phone",
        }
        question = _new(world, enterprise, asked)
        same("de dienst", question["departmentId"], world.department("economie"))
        world.letter(question, "acknowledgement", enterprise, question["subject"])
        step.note(f"{question['reference']}  {enterprise.name}, {enterprise.number}")
    with world.report.step("De expert belt terug en noteert het antwoord; er gaat geen mail"):
        expert = world.colleague(ECONOMY)
        claimed = expert.act(question, "claim")
        same("de volgende stap", claimed.get("nextAction"), "callBack")
        done = expert.act(
            claimed, "answer", {"text": "Een terrasvergunning; uitgelegd aan de telefoon.", "channel": "phone"}
        )
        same("de toestand", done["state"], "answered")
        same("hoe het antwoord ging", [one["channel"] for one in sent_messages(done, "answer")], ["phone"])
        same("de aflevering", [one["delivery"] for one in sent_messages(done, "answer")], ["none"])
    return done


def _anonymous(world: World, products: Products) -> Json:
    with world.report.step("Iemand meldt sluikstort zonder naam: ook dat raakt bij een dienst") as step:
        agent = world.colleague(AGENT)
        report = {
            "kind": "report",
            "subject": "Zwerfvuil aan de glasbollen",
            "productId": products.litter["id"],
            "location": {"description": "Glasbollen Stationsplein", "latitude": 51.1, "longitude": 3.8},
        }
        contact = agent.create("/contacts", {"channel": "counter", "questions": [report]})
        check(not contact.get("customerId"), "een anoniem contact heeft een klant")
        question = agent.get(f"/questions/{contact['questions'][0]['id']}")
        same("de identiteit", question["identity"], "anonymous")
        same("de dienst", question["departmentId"], world.department("milieu-en-afval"))
        same("de volgende stap", question.get("nextAction"), "assign")
        same("de berichten", question["messages"], [])
        step.note(f"{question['reference']}  {question['subject']}")
    return question
