"""Chapter 7: nothing gets lost: a question by mail, a part of another department, a customer who is not satisfied."""

import smtplib
from email.message import EmailMessage
from http import HTTPStatus
from urllib.parse import urlsplit

from backend.kit.embedded.places import Places
from scripts.journeys.people import ADMINISTRATOR, ECONOMY, EVENTS, LEAD, Json
from scripts.journeys.report import Deviation, check, same
from scripts.journeys.tool import onthaal
from scripts.journeys.world import World, eventually, sent_messages

ASKED = "Mag ik op 5 mei mijn terras groter maken?"
CLARIFY = "Hoeveel tafels wil je erbij zetten?"
REPLIED = "Het gaat om vier tafels, zes meter breed."
PART = "Er is plaats voor vier tafels als de doorgang 1,5 meter blijft."
ANSWERED = "Ja, dat mag. Hou de doorgang van 1,5 meter vrij."
NOT_REACHED = ("noAnswer", "voicemail", "busy")


def follow_up(world: World) -> Json:
    """From a mail to a question that is closed to everybody's satisfaction; gives the question."""
    world.report.chapter("7. Opvolging: geen vraag gaat verloren")
    customer = f"terras.{world.run.lower()}@voorbeeld.example"
    question, address = _mailed(world, customer)
    question = _by_mail(world, question, customer, address)
    question = _contributed(world, question)
    question = _not_satisfied(world, question, customer)
    question = _called(world, question)
    _watched(world, question)
    return question


def _mailed(world: World, customer: str) -> tuple[Json, str]:
    expert, administrator = world.colleague(EVENTS), world.colleague(ADMINISTRATOR)
    address = f"terras-{world.run.lower()}@zonderwater.example"
    with world.report.step("De beheerder opent een groepsmailbox; een mail van een klant wordt een vraag") as step:
        department = expert.get("/me")["memberships"][0]["departmentId"]
        box = {"address": address, "name": "Terrassen", "departmentId": department}
        administrator.create("/mailboxes", box)
        _send(world, customer, address, f"Terras {world.run}", ASKED)
        listed = eventually(
            lambda: [one for one in expert.all("/worklists/unassigned") if one["subject"] == f"Terras {world.run}"],
            bool,
            "de mail staat niet in de werklijst van de dienst",
        )
        same("het kanaal", listed[0]["channel"], "email")
        step.note(f"{listed[0]['reference']}  {listed[0]['subject']}")
    return expert.act(listed[0], "claim"), address


def _by_mail(world: World, question: Json, customer: str, address: str) -> Json:
    expert = world.colleague(EVENTS)
    with world.report.step("De expert vraagt iets per mail; het antwoord van de klant komt bij dezelfde vraag") as step:
        asked = expert.act(question, "clarify", {"text": CLARIFY})
        mail = world.mailbox.wait(customer, sent_messages(asked, "clarification")[-1]["id"])
        same("waar een antwoord naartoe gaat", str(mail["Reply-To"]), address)
        _send(world, customer, address, f"Re: {mail['Subject']}", REPLIED, answers=str(mail["Message-ID"]))
        again = eventually(
            lambda: expert.get(f"/questions/{question['id']}"),
            lambda one: one["state"] == "inProgress",
            "de mail van de klant kwam niet bij de vraag",
        )
        told = [one.get("text", "").strip() for one in again["messages"] if one["direction"] == "inbound"]
        same("wat de klant schreef", told[-1], REPLIED)
        step.note(" → ".join(event["type"] for event in again["timeline"]))
    return again


def _contributed(world: World, question: Json) -> Json:
    expert, other = world.colleague(EVENTS), world.colleague(ECONOMY)
    path = f"/questions/{question['id']}"
    with world.report.step(
        "Een andere dienst geeft een deel van het antwoord; zonder dat deel kan er geen zijn"
    ) as step:
        item = {"departmentId": world.department("economie"), "asked": "Is er plaats voor vier tafels?"}
        tag = {"If-Match": f'"{question["version"]}"', "Idempotency-Key": f"deel-{world.run}"}
        expert.send("POST", f"{path}/contributions", {"items": [item]}, expect=HTTPStatus.CREATED, headers=tag)
        waiting = expert.get(path)
        same("de volgende stap", waiting["nextAction"], "awaitContribution")
        expert.act(waiting, "answer", {"text": ANSWERED}, expect=HTTPStatus.CONFLICT)
        (task,) = [one for one in other.all("/contributions") if one.get("questionId") == question["id"]]
        give = {"If-Match": f'"{task["version"]}"'}
        other.send("POST", f"/contributions/{task['id']}/give", {"text": PART}, expect=HTTPStatus.OK, headers=give)
        draft = expert.send("POST", f"{path}/answer/compose", expect=HTTPStatus.OK).json()
        check(PART in draft["text"], "het ontwerp van antwoord mist het deel van de andere dienst")
        step.note(f"deel van {world.departments['economie']['name']}, uiterlijk {task['deadline']}")
    return expert.act(expert.get(path), "answer", {"text": ANSWERED})


def _not_satisfied(world: World, question: Json, customer: str) -> Json:
    expert = world.colleague(EVENTS)
    with world.report.step(
        "De klant klikt in de mail dat het niet opgelost is: de vraag is weer open, met voorrang"
    ) as step:
        mail = world.mailbox.wait(customer, sent_messages(question, "answer")[-1]["id"])
        plain = mail.get_body(("plain",))
        text = str(plain.get_content()) if plain else ""
        links = [word for word in text.split() if "/mening#" in word]
        if not links:
            raise Deviation("de mail met het antwoord heeft geen link om te zeggen of het geholpen heeft")
        page = world.office.http.get(urlsplit(links[0]).path)
        check(page.is_success and "opgelost" in page.text, "de pagina achter de link werkt niet")
        body = {"token": links[0].split("#")[1], "solved": False, "score": 2, "comment": "En op zondag?"}
        said = world.office.http.post("/satisfaction", json=body)
        same("het antwoord op de klik", said.json(), {"reopened": True})
        again = expert.get(f"/questions/{question['id']}")
        same("toestand en voorrang", (again["state"], again["priority"]), ("inProgress", "high"))
        world.mailbox.wait(customer, sent_messages(again, "reopened")[-1]["id"])
        step.note(f"nieuwe termijn {again['deadline']}")
    return again


def _called(world: World, question: Json) -> Json:
    expert = world.colleague(EVENTS)
    with world.report.step("De expert belt drie keer tevergeefs; er is altijd een volgende stap") as step:
        for outcome in NOT_REACHED:
            question = expert.act(question, "callAttempts", {"outcome": outcome})
            check(question.get("nextAction") and question.get("nextActionAt"), "de vraag heeft geen volgende stap")
        same("de volgende stap na drie pogingen", question["nextAction"], "answer")
        done = expert.act(question, "answer", {"text": "Op zondag mag het ook."})
        step.note(" → ".join(event["type"] for event in done["timeline"][-5:]))
    return done


def _watched(world: World, question: Json) -> None:
    lead = world.colleague(LEAD)
    with world.report.step("Het contactcentrum ziet alle open vragen in cijfers") as step:
        monitor = lead.get("/monitor")
        check(monitor["asOf"], "de monitor zegt niet van wanneer de cijfers zijn")
        step.note(f"op {monitor['asOf']}")
    with world.report.step("`onthaal doctor --invariants` vindt niets dat niet mag") as step:
        told = onthaal("doctor", "--invariants", data=world.data)
        check(question["reference"] not in told, f"de vraag staat bij de overtredingen: {told[:300]}")
        step.note(told.strip().splitlines()[-1])


def _send(world: World, sender: str, address: str, subject: str, text: str, *, answers: str = "") -> None:
    """A mail of the customer, as a mail server would bring it."""
    running = Places(world.data).read_runtime()
    if running is None or running.mail_in_url is None:
        raise Deviation("het platform neemt geen mail aan")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, address, subject
    mail["Message-ID"] = f"<{abs(hash((sender, subject, text)))}@voorbeeld.example>"
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    mail.set_content(text)
    server = urlsplit(running.mail_in_url)
    with smtplib.SMTP(server.hostname or "", server.port or 0, timeout=10) as smtp:
        smtp.send_message(mail)
