"""Chapter 5: the customer calls again, and does not tell the story twice."""

from scripts.journeys.call import Call
from scripts.journeys.customers import typed_ssin
from scripts.journeys.expert import ANSWERED, ASKED, TOLD
from scripts.journeys.people import SECOND_AGENT, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World, eventually

DONE = {"sent", "none"}
"""Deliveries of messages about which nothing has to happen any more."""


def again(world: World, made: Call, case: Json) -> None:
    """Find the customer in every way there is, and see everything."""
    world.report.chapter("5. Later: de klant belt opnieuw en hoeft niets te herhalen")
    agent, customer = world.colleague(SECOND_AGENT), made.customer
    keys = {
        "telefoonnummer": {"phone": customer.phone.replace("0", "+32 ", 1)},
        "e-mailadres": {"email": customer.email.upper()},
        "rijksregisternummer": {"ssin": typed_ssin(customer.number)},
        "naam": {"name": f"{customer.family} {customer.given}".lower()},
    }
    for what, key in keys.items():
        with world.report.step(f"De medewerker vindt de klant op {what}"):
            hits = [hit for hit in agent.ask("/customers/query", key)["items"] if hit["foundBy"] != "similarName"]
            same("de gevonden klant", [hit["id"] for hit in hits], [made.customer_id])
    with world.report.step("De medewerker vindt de klant op referentie"):
        found = agent.ask("/questions/query", {"reference": made.passport["reference"]})
        same("de gevonden klant", found["customer"]["id"], made.customer_id)
    with world.report.step("Het dossier toont contacten, vragen, berichten en de transactie") as step:
        held = eventually(
            lambda: agent.get(f"/customers/{made.customer_id}/file"),
            _all_delivered,
            "niet alle mails staan als verstuurd in het dossier",
        )
        _check_file(held, made, case)
        messages = [message for one in held["questions"] for message in one["messages"]]
        step.note(
            f"{len(held['contacts'])} contacten, {len(held['questions'])} vragen, {len(messages)} berichten, "
            f"{len(held['cases'])} transactie"
        )
    with world.report.step("Elke mail aan de klant is één keer verstuurd"):
        mailed = [one for one in messages if one["delivery"] == "sent"]
        same("het aantal mails", len(world.mailbox.sent_to(customer.email)), len(mailed))


def _all_delivered(held: Json) -> bool:
    return all(message["delivery"] in DONE for one in held["questions"] for message in one["messages"])


def _check_file(held: Json, made: Call, case: Json) -> None:
    same("de naam van de klant", held["customer"]["displayName"], made.customer.name)
    same("de nieuwste eerst: contacten", len(held["contacts"]), 2)
    same("het eerste contact", held["contacts"][-1]["contact"]["id"], made.contact_id)
    same("de vragen van het eerste contact", set(held["contacts"][-1]["questionIds"]), _ids(made))
    by_id = {one["question"]["id"]: one for one in held["questions"]}
    same("de vragen", set(by_id), _ids(made))
    same("de toestanden", {one["question"]["state"] for one in held["questions"]}, {"answered"})
    party = [one.get("text") for one in by_id[made.party["id"]]["messages"]]
    check({ASKED, TOLD, ANSWERED} <= set(party), "in het dossier ontbreekt wat gevraagd, gezegd of geantwoord is")
    purposes = {one["purpose"] for one in by_id[made.passport["id"]]["messages"]}
    same("de berichten over de reispas", purposes, {"answer", "information"})
    same("de transactie", held["cases"], [case])


def _ids(made: Call) -> set[str]:
    return {made.passport["id"], made.party["id"]}
