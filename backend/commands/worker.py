"""`onthaal worker`: brings about what leaves the process (mails, reminders) and sweeps."""

from pathlib import Path

import rich_click as click

from backend.commands.options import configured, data_option, need


@click.command
@data_option
def worker(data: Path) -> None:
    """Run a worker; start as many as you like.

    SIGTERM and Ctrl-C let what runs finish first (at most 25 seconds).
    """
    from backend.commands.safety import check_login
    from backend.settings import check_production
    from backend.worker import run

    settings = configured(data)
    check_production(settings)
    need(settings, "database_url", "redis_url")
    check_login(settings)
    run(settings)
