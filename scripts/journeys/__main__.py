"""`scripts/journey`: the whole journey in order; exit code 0 only when everything was as promised."""

import secrets
import sys
from pathlib import Path

import httpx
import msgspec
import rich_click as click

from backend.commands.options import data_option
from backend.kit.embedded.places import Places
from scripts.journeys.again import again
from scripts.journeys.authoring import author
from scripts.journeys.call import call
from scripts.journeys.catalogue import inform, load
from scripts.journeys.claim import ask, confirm
from scripts.journeys.editing import edit
from scripts.journeys.expert import handle
from scripts.journeys.flows import find_out
from scripts.journeys.follow_up import follow_up
from scripts.journeys.guided import guide
from scripts.journeys.logs import Logs
from scripts.journeys.mailbox import Mailbox
from scripts.journeys.others import others
from scripts.journeys.people import AGENT, Office
from scripts.journeys.report import Deviation, Report, check, told
from scripts.journeys.shield import shield
from scripts.journeys.supervision import supervise
from scripts.journeys.transaction import follow
from scripts.journeys.twice import twice
from scripts.journeys.website import website
from scripts.journeys.world import World

URL = "http://127.0.0.1:8080"
OK, WRONG, NOT_RUNNING = 0, 1, 2


@click.command()
@click.option("--url", help=f"Address of the API; default: what runs on the data folder, else {URL}.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON; the lines go to standard error.")
@data_option
def main(url: str | None, data: Path, as_json: bool) -> None:
    """Play the journey of a question against a running `scripts/up`: agents, experts, an application, a customer.

    Every mail is read back, the audit log is read; the first thing that is not as promised ends it with exit code 1.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without ✓ is no reason to stop
    report = Report(sys.stderr if as_json else sys.stdout)
    places = Places(data)
    running = places.read_runtime()
    address = url or (running.url if running else URL)
    report.line(f"Het traject van een vraag, op {address} (gegevens in {places.data})")
    office = Office(address, places.data)
    code, facts = OK, {}
    try:
        with told():
            facts = play(report, office, places)
        report.line(f"\n✓ Alles klopt: {len(report.steps)} stappen in {report.seconds:.1f} s.")
    except Deviation as error:
        report.line(f"\n✗ Het traject klopt niet: {error}")
        code = WRONG if report.steps and report.steps[0].ok else NOT_RUNNING
        facts = {"reason": str(error)}
    finally:
        office.http.close()
    if as_json:
        sys.stdout.buffer.write(
            msgspec.json.format(msgspec.json.encode(report.summary(ok=code == OK, **facts)), indent=1) + b"\n"
        )
    sys.exit(code)


def play(report: Report, office: Office, places: Places) -> dict[str, object]:
    """Every chapter; gives what a reader of the summary looks for."""
    world = begin(report, office, places)
    real = load(world)
    products = inform(world, real=real)
    edit(world, products)
    author(world)
    made = call(world, products)
    guided = guide(world)
    sent = ask(world)
    led = find_out(world)
    handle(world, made)
    other = others(world, products)
    case = follow(world, made)
    again(world, made, case)
    twice(world, made)
    hidden = shield(world, made, other, products)
    supervise(world, made, other, case, hidden)
    followed = follow_up(world)
    online = website(world)
    claimed = confirm(world, sent)
    questions = {"passport": made.passport, "party": made.party, "hidden": hidden, "followed": followed}
    questions |= {"online": online, "claimed": claimed, "guided": guided, "led": led}
    questions |= {name: getattr(other, name) for name in other.__struct_fields__}
    return {
        "realCatalogue": real,
        "customerId": made.customer_id,
        "references": {name: question["reference"] for name, question in questions.items()},
        "mails": len(world.mailbox.look()),
    }


def begin(report: Report, office: Office, places: Places) -> World:
    """Everybody gets a token and the platform answers."""
    with report.step("Het platform antwoordt") as step:
        try:
            state = office.http.get("/health/ready")
        except httpx.HTTPError as error:
            raise Deviation(f"niets antwoordt op {office.http.base_url}; start eerst ./scripts/up") from error
        check(state.is_success, f"het platform is niet klaar: {state.text[:200]}")
        step.note("toegangsbewijzen voor de medewerkers van de demostad")
        office.open()
        departments = office[AGENT].all("/departments")
    return World(
        report=report,
        office=office,
        mailbox=Mailbox(places.mail),
        logs=Logs(places.log),
        data=places.data,
        run=secrets.token_hex(3).upper(),
        departments={one["code"]: one for one in departments},
    )


if __name__ == "__main__":
    main(prog_name="scripts/journey")
