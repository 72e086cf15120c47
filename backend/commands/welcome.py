"""What `onthaal up` says: where things are, who the demo users are, what to do next."""

import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import rich_click as click

from backend.commands.options import default_data
from backend.commands.screen import table

if TYPE_CHECKING:
    from backend.commands.installation import Installation


def say(line: str) -> None:
    """A line about the start or the parts, on standard error."""
    print(f"onthaal: {line}", file=sys.stderr, flush=True)  # noqa: T201 this is the user's console


def welcome(made: "Installation") -> None:
    """Print addresses, demo users and next steps, once everything answers."""
    from backend.commands.demo import DemoState

    runtime, places = made.runtime, made.places
    seconds = time.time() - psutil.Process().create_time()
    click.echo(f"\nOnthaal is ready ({seconds:.1f} s).\n")
    addresses = {
        "API": runtime.url,
        "documentation": f"{runtime.url}/doc",
        "health": f"{runtime.url}/health/ready",
        "figures": runtime.metrics_url,
        "mail server": _address(runtime.smtp_url),
        "mail intake": runtime.mail_in_url or "",
        **(
            {"console login": f"{runtime.url}/agent/login", "website login": f"{runtime.url}/widget/login"}
            if made.issuer
            else {}
        ),
        **({"Burgerprofiel": made.burgerprofiel_url} if made.burgerprofiel_url else {}),
        "data and logs": f"{places.data} (log/*.log)",
    }
    for name, address in addresses.items():
        click.echo(f"  {name:<14} {address}")
    demo = DemoState(places.data).loaded
    if demo:
        click.echo()
        _people()
    click.echo("\n" + "\n".join(_next_steps(places.data, demo=demo)) + "\n\nCtrl-C stops everything.")
    sys.stdout.flush()


def _address(url: str) -> str:
    """The URL without a login."""
    return url.rsplit("@", 1)[-1]


def _people() -> None:
    from backend.commands.city import read_city
    from backend.commands.seed import DEMO

    city = read_city(DEMO)
    names = {department.code: department.name for department in city.departments}
    rows = [
        (
            user.username,
            user.name,
            "/".join(sorted({held.role for held in user.memberships})),
            ", ".join(names[held.department] for held in user.memberships),
        )
        for user in city.users
    ]
    rows += [(client.username, client.name, ", ".join(client.roles), "(application)") for client in city.clients]
    table(("demo user", "name", "role", "department"), rows)


def _next_steps(data: Path, *, demo: bool) -> list[str]:
    program = Path(sys.argv[0]).absolute()
    if Path.cwd() in program.parents:
        program = program.relative_to(Path.cwd())
    usual = data == default_data().resolve() or os.environ.get("ONTHAAL_DATA")
    other = "" if usual else f" --data {shlex.quote(str(data))}"
    call = shlex.quote(str(program))
    steps = [f"  read the mails   {call} mail list{other}"]
    if demo:
        return [f"  get a token      {call} token an.agent{other}", *steps]
    return [*steps, f"  load the demo    {call} seed --demo{other}"]
