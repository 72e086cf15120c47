"""Chapter 3: the expert takes the question, asks something, hears back through the contact centre, and answers."""

from scripts.journeys.call import Call
from scripts.journeys.people import EVENTS, SECOND_AGENT, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World

ASKED = "Hoeveel mensen verwachten jullie, en vanaf welk uur moet de straat dicht?"
TOLD = "We verwachten 120 mensen. De straat gaat best dicht vanaf 15 uur."
ANSWERED = "Jullie mogen de Kerkstraat afsluiten van 15 tot 24 uur. Vraag de nadars aan via het evenementenloket."


def handle(world: World, made: Call) -> Json:
    """From worklist to answer; gives the question as it is then."""
    world.report.chapter("3. De expert: overnemen, navragen, antwoorden")
    question = _take(world, made)
    question = _clarify(world, made, question)
    question = _call_back(world, made, question)
    return _answer(world, made, question)


def _take(world: World, made: Call) -> Json:
    expert, wanted = world.colleague(EVENTS), made.party["id"]
    with world.report.step("De expert ziet de vraag in de werklijst “niet toegewezen” van de dienst") as step:
        listed = [one for one in expert.all("/worklists/unassigned") if one["id"] == wanted]
        check(listed, f"vraag {made.party['reference']} staat niet in de werklijst")
        step.note(f"{listed[0]['reference']}  termijn {listed[0]['deadline']}")
    with world.report.step("De expert neemt de vraag en ziet klant, contact en eerdere vragen") as step:
        question = expert.act(listed[0], "claim")
        same("de toestand na het overnemen", question["state"], "inProgress")
        same("wie de vraag heeft", question.get("assigneeId"), expert.get("/me")["id"])
        same("de volgende stap", question.get("nextAction"), "answer")
        same("de naam van de klant", question["customer"]["displayName"], made.customer.name)
        numbers = question["customer"]["identifiers"]
        check(
            all(one["masked"] for one in numbers if one["type"] == "ssin"),
            "het rijksregisternummer is niet afgeschermd",
        )
        held = expert.get(f"/customers/{made.customer_id}/file")
        seen = {one["question"]["id"] for one in held["questions"]}
        check({made.passport["id"], wanted} <= seen, "de expert ziet de eerdere vraag van de klant niet")
        mine = [one["id"] for one in expert.all("/worklists/mine")]
        check(wanted in mine, "de vraag staat niet in “mijn werklijst”")
        step.note(f"klant {held['customer']['displayName']}: {len(held['contacts'])} contact, {len(seen)} vragen")
    return question


def _clarify(world: World, made: Call, question: Json) -> Json:
    with world.report.step("De expert vraagt verduidelijking; de klant leest de mail") as step:
        asked = world.colleague(EVENTS).act(question, "clarify", {"text": ASKED})
        same("de toestand na het navragen", asked["state"], "waitingForCustomer")
        same("de volgende stap", asked.get("nextAction"), "awaitReply")
        mail, letter = world.letter(asked, "clarification", made.customer, ASKED, asked["subject"])
        same("de herkomst van de mail (Auto-Submitted)", mail["Auto-Submitted"], "no")
        step.note(letter.subject)
    return asked


def _call_back(world: World, made: Call, question: Json) -> Json:
    agent, expert = world.colleague(SECOND_AGENT), world.colleague(EVENTS)
    spoken = " ".join(question["reference"].lower().replace("-", " "))
    with world.report.step(
        "De klant belt terug: een andere medewerker vindt de vraag met de gesproken referentie"
    ) as step:
        found = agent.ask("/questions/query", {"reference": spoken})
        same("de gevonden vraag", found["id"], question["id"])
        check(any(one.get("text") == ASKED for one in found["messages"]), "de medewerker ziet niet wat de expert vroeg")
        step.note(f"“{spoken}” is {found['reference']}")
    with world.report.step(
        "Wat de klant zegt komt als tweede contact bij dezelfde vraag; de expert kan verder"
    ) as step:
        body = {
            "channel": "phone",
            "customerId": made.customer_id,
            "followUps": [{"questionId": found["id"], "text": TOLD}],
        }
        contact = agent.create("/contacts", body)
        same("de vraag van het tweede contact", [one["id"] for one in contact["questions"]], [found["id"]])
        again = expert.get(f"/questions/{found['id']}")
        same("de toestand na de reactie", again["state"], "inProgress")
        same("wie de vraag heeft", again.get("assigneeId"), question.get("assigneeId"))
        same("de volgende stap", again.get("nextAction"), "answer")
        same("de contacten van de vraag", again["contactIds"], [made.contact_id, contact["id"]])
        told = [one.get("text") for one in again["messages"] if one["direction"] == "inbound"]
        same("wat de klant zei", told, [TOLD])
        step.note(f"contact {contact['id']}")
    return again


def _answer(world: World, made: Call, question: Json) -> Json:
    with world.report.step("De expert antwoordt per mail; de klant leest het antwoord") as step:
        done = world.colleague(EVENTS).act(question, "answer", {"text": ANSWERED, "channel": "email"})
        same("de toestand na het antwoord", done["state"], "answered")
        check(done.get("answeredAt") and not done.get("nextAction"), "de beantwoorde vraag is niet afgerond")
        mail, letter = world.letter(done, "answer", made.customer, ANSWERED, done["subject"])
        same("de herkomst van de mail (Auto-Submitted)", mail["Auto-Submitted"], "no")
        course = [one["type"] for one in done["timeline"]]
        same("de tijdlijn", course, ["registered", "claimed", "asked", "replied", "answered"])
        step.note(letter.subject)
        step.note("tijdlijn: " + " → ".join(course))
    return done
