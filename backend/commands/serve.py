"""`onthaal serve`: the core API over HTTP; `onthaal bff`: the channels over HTTP."""

import os
import signal
from pathlib import Path

import rich_click as click

from backend.commands.options import configured, data_option, need

CORE, EMBEDDED, CHANNELS = "backend.app:create_app", "bff.embedded:create_app", "bff.app:create_app"
"""What is served: the core alone, core and channels in one process, the channels alone."""
BACKLOG = 1024
CONNECTIONS = 512
"""Most open connections of one API process, idle ones included; more wait in the backlog."""
STOP_SECONDS = 20
"""What runs gets this long to finish; then the process is killed."""
METRICS = "PROMETHEUS_MULTIPROC_DIR"


@click.command
@click.option("--host", help="Address to listen on (ONTHAAL_HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (ONTHAAL_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), help="API processes (ONTHAAL_WORKERS).")
@click.option("--channels", is_flag=True, help="Also serve the channels, in the same processes.")
@data_option
def serve(host: str | None, port: int | None, workers: int | None, channels: bool, data: Path) -> None:
    """Run the core API.

    SIGTERM and Ctrl-C let running requests finish first (at most 20 seconds).
    """
    from backend.commands.safety import check_login
    from backend.kit.embedded.places import check_port
    from backend.settings import check_production, issuers, variable

    settings = configured(data, host=host, port=port, workers=workers)
    check_production(settings)
    issuers(settings)
    need(settings, "database_url", "redis_url")
    check_login(settings)
    check_port(settings.host, settings.port)
    # The API processes read their configuration themselves.
    os.environ[variable("data")] = str(settings.folder)
    for name, given in {"host": host, "port": port, "workers": workers}.items():
        if given is not None:
            os.environ[variable(name)] = str(given)
    if settings.workers > 1 and METRICS not in os.environ:
        os.environ[METRICS] = str(emptied(settings.folder / "run" / "metrics" / str(settings.port)))
    listen(EMBEDDED if channels else CORE, settings.host, settings.port, settings.workers)


@click.command
@click.option("--host", help="Address to listen on (ONTHAAL_BFF_HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (ONTHAAL_BFF_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--channels", help="Which, separated by commas (ONTHAAL_BFF_CHANNELS); default all.")
def bff(host: str | None, port: int | None, workers: int, channels: str | None) -> None:
    """Run the channels in processes of their own: the agents' console, the website widget, Mijn Burgerprofiel.

    They need no database: they call the core API at ONTHAAL_BFF_CORE_URL. SIGTERM and Ctrl-C let running requests
    finish first.
    """
    from backend.commands.failures import Refused
    from backend.kit.embedded.places import check_port
    from bff.settings import check_production, load, variable

    for name, given in {"host": host, "port": port, "channels": channels}.items():
        if given is not None:
            os.environ[variable(name)] = str(given)
    settings = load()
    check_production(settings)
    if not settings.core_url:
        raise Refused(f"set {variable('core_url')} to the address of the core API")
    if workers > 1 and settings.sessions_url == "memory://":
        raise Refused(f"several processes need Redis in {variable('sessions_url')}: sessions in memory are not shared")
    check_port(settings.host, settings.port)
    listen(CHANNELS, settings.host, settings.port, workers)


def emptied(folder: Path) -> Path:
    """The folder through which API processes add up their figures, made and emptied."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
    return folder


def _starting() -> None:
    """Make a new API process end at SIGTERM until it has its own handlers.

    It inherits those of its parent, which only take note: a stop would wait for the kill, 20 seconds later.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which passes it on


def listen(target: str, host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT. Exits with 1 when the processes die again and again."""
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.log import LogLevels
    from granian.server import Server

    os.register_at_fork(after_in_child=_starting)
    Server(
        target,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_access=False,  # the application writes its own, without personal data
        log_level=LogLevels.warning,
    ).serve()
