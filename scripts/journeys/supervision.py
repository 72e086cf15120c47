"""Chapter 6, second half: the audit log holds every step and no personal data."""

from collections.abc import Iterable

from scripts.journeys.call import Call
from scripts.journeys.others import Others
from scripts.journeys.people import AGENT, APPLICATION, AUDITOR, ECONOMY, EVENTS, SECOND_AGENT, SOCIAL, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World

MAIL = "contacts.sendMessage"
"""What the worker's entries are called; nobody is their actor."""
NOBODY = ""

Step = tuple[str, str]
"""Action and username."""


def supervise(world: World, made: Call, other: Others, case: Json, hidden: Json) -> None:
    """Read the log as the data protection officer."""
    steps: dict[str, tuple[str, Iterable[Step]]] = {
        "de doorverwezen vraag": (
            made.party["id"],
            [
                ("registerContact", AGENT),
                ("listWorklist", EVENTS),
                ("claimQuestion", EVENTS),
                ("clarifyQuestion", EVENTS),
                ("findQuestion", SECOND_AGENT),
                ("registerContact", SECOND_AGENT),
                ("getQuestion", EVENTS),
                ("answerQuestion", EVENTS),
                (MAIL, NOBODY),
            ],
        ),
        "de beantwoorde vraag": (made.passport["id"], [("registerContact", AGENT), (MAIL, NOBODY)]),
        "de klant": (
            made.customer_id,
            [
                ("registerContact", AGENT),
                ("getCustomerFile", EVENTS),
                ("queryCustomers", SECOND_AGENT),
                ("getCustomerFile", SECOND_AGENT),
            ],
        ),
        "de doorgestuurde vraag": (
            other.forwarded["id"],
            [("forwardQuestion", EVENTS), ("returnQuestion", ECONOMY), ("claimQuestion", AGENT), (MAIL, NOBODY)],
        ),
        "de teruggebelde vraag": (other.called["id"], [("claimQuestion", ECONOMY), ("answerQuestion", ECONOMY)]),
        "de anonieme melding": (other.anonymous["id"], [("registerContact", AGENT)]),
        "de transactie": (case["id"], [("registerCase", APPLICATION)]),
        "de afgeschermde vraag": (hidden["id"], [("registerContact", AGENT), ("getQuestion", SOCIAL)]),
    }
    names = _names(world)
    for what, (subject, wanted) in steps.items():
        with world.report.step(f"De auditlog kent elke stap van {what}") as step:
            entries = world.colleague(AUDITOR).all("/audit/entries", subject=subject)
            found = {(one["action"], names.get(one.get("actor", ""), NOBODY)) for one in entries}
            missing = [f"{action} door {who or 'het platform'}" for action, who in wanted if (action, who) not in found]
            check(not missing, f"in de auditlog van {what} ontbreekt: {', '.join(missing)}")
            _check_clean(world, made, "de auditlog", str(entries))
            step.note(f"{len(entries)} regels: " + ", ".join(sorted({action for action, _ in found})))
    _mails(world, made)
    _refusals(world, names)
    with world.report.step("Nergens in de logboeken staat een naam, adres of rijksregisternummer") as step:
        logs = world.logs.written()
        for name, text in logs.items():
            _check_clean(world, made, name, text)
        step.note(", ".join(f"{name} ({text.count(chr(10))} regels)" for name, text in logs.items() if text))


def _names(world: World) -> dict[str, str]:
    """User id -> username."""
    everybody = (AGENT, SECOND_AGENT, EVENTS, ECONOMY, SOCIAL, APPLICATION)
    return {world.colleague(name).get("/me")["id"]: name for name in everybody}


def _check_clean(world: World, made: Call, where: str, shown: str) -> None:
    customer = made.customer
    for personal in (customer.family, customer.email, customer.phone, *world.office.secrets):
        check(personal not in shown, f"in {where} staat een persoonsgegeven leesbaar")


def _mails(world: World, made: Call) -> None:
    with world.report.step("Elke verstuurde mail staat in de auditlog"):
        entries = world.colleague(AUDITOR).all("/audit/entries", subject=made.party["id"], action=MAIL)
        same(
            "de mails",
            sorted(field for one in entries for field in one["fields"]),
            ["acknowledgement", "answer", "clarification"],
        )
        same("wie ze verstuurde", {role for one in entries for role in one["roles"]}, {"platform"})


def _refusals(world: World, names: dict[str, str]) -> None:
    with world.report.step("Wat geweigerd werd staat er ook in") as step:
        application = next(identity for identity, name in names.items() if name == APPLICATION)
        entries = world.colleague(AUDITOR).all("/audit/entries", actor=application, action="getCustomer")
        outcomes = {one["outcome"] for one in entries}
        same("de uitkomst van de geweigerde toegang", outcomes, {"denied"})
        step.note(f"{len(entries)} keer geweigerd: getCustomer door {APPLICATION}")
