"""The console script `onthaal`: what the commands are; each one is in `backend/commands`."""

import rich_click as click

from backend.commands.audit import audit
from backend.commands.bench import bench
from backend.commands.catalogue import catalogue
from backend.commands.doctor import doctor
from backend.commands.export import export_products
from backend.commands.failures import guarded
from backend.commands.flow import flow
from backend.commands.index import index_products
from backend.commands.keys import keys
from backend.commands.mail import mail
from backend.commands.mail_in import mail_in
from backend.commands.match import match
from backend.commands.migrate import migrate
from backend.commands.openapi import openapi
from backend.commands.seed import seed
from backend.commands.serve import bff, serve
from backend.commands.sources import source
from backend.commands.synonyms import synonyms
from backend.commands.token import token
from backend.commands.up import up
from backend.commands.worker import worker

click.rich_click.COMMAND_GROUPS = {
    "onthaal": [
        {"name": "Run", "commands": ["up", "serve", "bff", "worker", "mail-in", "migrate", "keys"]},
        {"name": "Fill", "commands": ["seed", "catalogue", "match"]},
        {"name": "Look", "commands": ["doctor", "mail", "audit"]},
        {"name": "Develop", "commands": ["token", "openapi", "flow", "bench"]},
    ]
}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="onthaal", prog_name="onthaal")
def cli() -> None:
    """Onthaal: the platform behind a city's customer contact centre.

    `onthaal up` starts everything on this machine; `serve`, `worker` and `migrate` run the parts on your own servers.
    """


RUN = (up, serve, bff, worker, mail_in, migrate, keys)
for command in (*RUN, seed, token, mail, catalogue, match, audit, doctor, openapi, flow, bench):
    cli.add_command(command)
catalogue.add_command(synonyms)
catalogue.add_command(source)
catalogue.add_command(export_products)
catalogue.add_command(index_products)


def main() -> None:
    """Run the command line; an expected failure is one line and an exit code, never a traceback."""
    guarded(cli)


if __name__ == "__main__":
    main()
