"""Chapters 2a and 4 (link): a new customer calls with two questions; one is answered at once, one is routed."""

from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import msgspec

from scripts.journeys.catalogue import Products
from scripts.journeys.customers import Customer, new_person, typed_ssin
from scripts.journeys.mailbox import Letter
from scripts.journeys.people import AGENT, Json
from scripts.journeys.report import Deviation, check, same
from scripts.journeys.world import World, sent_messages

TRIES = 5


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of the call: `passport` was answered at once, `party` is routed."""

    customer: Customer
    customer_id: str
    contact_id: str
    passport: Json
    party: Json


def call(world: World, products: Products) -> Call:
    """The agent registers the call; both mails are read back."""
    world.report.chapter("2a. Bellen: één oproep, twee vragen, een nieuwe klant")
    customer = _unknown(world)
    body = _body(customer, products)
    contact = _register(world, body)
    agent = world.colleague(AGENT)
    with world.report.step("Eén vraag is meteen beantwoord, één ligt bij de verantwoordelijke dienst") as step:
        passport, party = (agent.get(f"/questions/{one['id']}") for one in contact["questions"])
        _check_questions(world, passport, party)
        step.note(f"{passport['reference']}  {passport['subject']} (beantwoord)")
        step.note(
            f"{party['reference']}  {party['subject']} (bij {world.departments['verenigingen-en-evenementen']['name']})"
        )
    made = Call(
        customer=customer, customer_id=contact["customerId"], contact_id=contact["id"], passport=passport, party=party
    )
    _mails(world, made, products)
    return made


def _unknown(world: World) -> Customer:
    """A customer whose national number nobody here knows yet."""
    agent = world.colleague(AGENT)
    with world.report.step("De medewerker zoekt de klant op rijksregisternummer: nog niet gekend"):
        for _ in range(TRIES):
            customer = new_person(world.run)
            world.office.secrets[:] = [customer.number, typed_ssin(customer.number)]
            if not agent.ask("/customers/query", {"ssin": typed_ssin(customer.number)})["items"]:
                return customer
        raise Deviation(f"{TRIES} nieuwe rijksregisternummers zijn allemaal al gekend")


def _body(customer: Customer, products: Products) -> Json:
    return {
        "channel": "phone",
        "customer": customer.form(),
        "notes": "Belt voor haar reispas en voor een straatfeest.",
        "consultedProductIds": [products.passport["id"], products.event["id"]],
        "questions": [
            {
                "subject": "Wat breng ik mee voor een reispas?",
                "productId": products.passport["id"],
                "answer": {"text": "Je identiteitskaart, een pasfoto en je oude pas.", "sendInformation": True},
            },
            {
                "subject": "Mogen we de Kerkstraat afsluiten voor een straatfeest?",
                "text": "We plannen een straatfeest op de laatste zaterdag van augustus.",
                "productId": products.event["id"],
            },
        ],
    }


def _register(world: World, body: Json) -> Json:
    agent, key = world.colleague(AGENT), str(uuid4())
    with world.report.step(
        "De medewerker registreert klant, contact, antwoord en doorverwijzing in één oproep"
    ) as step:
        contact = agent.create("/contacts", body, key)
        same("het aantal vragen", len(contact["questions"]), 2)
        step.note(f"contact {contact['id']}, klant {contact['customerId']}")
    with world.report.step("Dezelfde oproep nog eens: hetzelfde antwoord, niets dubbel"):
        same("het antwoord op de herhaling", agent.create("/contacts", body, key), contact)
        other = {**body, "notes": "Iets anders."}
        headers = {"Idempotency-Key": key}
        agent.send("POST", "/contacts", other, expect=HTTPStatus.UNPROCESSABLE_ENTITY, headers=headers)
        held = agent.get(f"/customers/{contact['customerId']}/file")
        same("het aantal contacten en vragen", (len(held["contacts"]), len(held["questions"])), (1, 2))
    return contact


def _check_questions(world: World, passport: Json, party: Json) -> None:
    same("de toestand van de beantwoorde vraag", passport["state"], "answered")
    check(not passport.get("nextAction"), "een beantwoorde vraag heeft nog een volgende stap")
    same(
        "de tijdlijn van de beantwoorde vraag",
        [one["type"] for one in passport["timeline"]],
        ["registered", "answered"],
    )
    same("de toestand van de doorverwezen vraag", party["state"], "new")
    same("de dienst van de doorverwezen vraag", party["departmentId"], world.department("verenigingen-en-evenementen"))
    same("de volgende stap", party.get("nextAction"), "assign")
    check(party["deadline"] > party["createdAt"], "de termijn van de vraag is al voorbij")
    same("de identiteit van de klant", party["identity"], "confirmed")


def _mails(world: World, made: Call, products: Products) -> None:
    product, customer = products.passport, made.customer
    with world.report.step("De klant krijgt de informatie over de reispas per mail, met hulpfiche") as step:
        sheet = product["helpSheets"][0]
        says = (product["name"], product["firstLineInformation"], sheet["title"], sheet["url"])
        said = sent_messages(made.passport, "answer")
        same(
            "wat aan de telefoon gezegd is",
            [one.get("text") for one in said],
            ["Je identiteitskaart, een pasfoto en je oude pas."],
        )
        mail, letter = world.letter(made.passport, "information", customer, *says)
        step.note(f"{letter.subject}  {str(mail['Message-ID']).strip()}")
    with world.report.step("4. De link naar de eigen toepassing is ingevuld met wat we al weten") as step:
        link = _link(letter, product["transactionUrl"])
        known = {"naam": [customer.name], "email": [customer.email], "referentie": [made.passport["reference"]]}
        same("wat de link meegeeft", parse_qs(urlsplit(link).query), known)
        step.note(link)
    with world.report.step("De klant krijgt een ontvangstbevestiging voor de doorverwezen vraag") as step:
        department = world.departments["verenigingen-en-evenementen"]["name"]
        mail, letter = world.letter(
            made.party, "acknowledgement", customer, made.party["subject"], department, "uiterlijk op"
        )
        same("de herkomst van de mail (Auto-Submitted)", mail["Auto-Submitted"], "auto-generated")
        step.note(f"{letter.subject}  {str(mail['Message-ID']).strip()}")


def _link(letter: Letter, template: str) -> str:
    """The transaction link in the plain part; the same one must be behind a link of the HTML part."""
    start = template.partition("?")[0]
    links = [word for word in letter.text.split() if word.startswith(start)]
    check(links, f"de mail “{letter.subject}” heeft geen link naar {start}")
    check(links[0] in letter.html, f"de HTML van de mail “{letter.subject}” heeft een andere link")
    return links[0]
