"""Chapter 4: an application tells how far its transaction is; the newest report counts."""

from datetime import UTC, datetime, timedelta

from scripts.journeys.call import Call
from scripts.journeys.people import AGENT, APPLICATION, Json
from scripts.journeys.report import same
from scripts.journeys.world import World

STATUSES = (("behandeling", "InBehandeling"), ("beslissing", "Goedgekeurd"))


def follow(world: World, made: Call) -> Json:
    """Report a case twice, and once too late; gives the case."""
    world.report.chapter("4. De transactie: het evenementenloket meldt de status")
    external = f"EVT-{world.run}"
    began = datetime.now(UTC)
    with world.report.step("Het evenementenloket meldt een dossier van de klant, en later een nieuwe status") as step:
        for minutes, (phase, status) in enumerate(STATUSES):
            case = _report(world, made, external, phase, status, began + timedelta(minutes=minutes))
            step.note(f"dossier {external}: {phase}, {status}")
    with world.report.step("Een oud bericht dat te laat aankomt verandert niets"):
        late = _report(world, made, external, "samenstelling", "Ingediend", began - timedelta(minutes=1))
        same("het dossier", late, case)
    with world.report.step("De medewerker ziet de status in het klantendossier"):
        held = world.colleague(AGENT).get(f"/customers/{made.customer_id}/file")
        seen = [(one["externalId"], one["phase"], one["status"]) for one in held["cases"]]
        same("de dossiers", seen, [(external, *STATUSES[-1])])
    return case


def _report(world: World, made: Call, external: str, phase: str, status: str, at: datetime) -> Json:
    body = {
        "title": "Straatfeest Kerkstraat",
        "customerId": made.customer_id,
        "questionId": made.party["id"],
        "phase": phase,
        "status": status,
        "link": f"https://evenementen.zonderwater.example/dossier/{external}",
        "changedAt": at.isoformat(),
    }
    return world.colleague(APPLICATION).put(f"/cases/by-external-id/{external}", body)
