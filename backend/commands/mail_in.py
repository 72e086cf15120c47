"""`onthaal mail-in`: takes mail from mail servers, over SMTP and LMTP."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.options import configured, data_option, need

if TYPE_CHECKING:
    from backend.app import Platform


@click.command
@click.option("--host", help="Address to listen on (ONTHAAL_MAIL_IN_HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (ONTHAAL_MAIL_IN_PORT).")
@data_option
def mail_in(host: str | None, port: int | None, data: Path) -> None:
    """Take mail in: what comes to a mailbox becomes a question.

    Your own mail server delivers here, over SMTP or LMTP. SIGTERM and Ctrl-C let what is being kept be kept first (at
    most 20 seconds).
    """
    import uvloop

    from backend.app import Platform
    from backend.commands.safety import check_login
    from backend.kit import logs
    from backend.kit.embedded.places import check_port
    from backend.settings import check_production

    settings = configured(data, mail_in_host=host, mail_in_port=port)
    check_production(settings)
    need(settings, "database_url", "redis_url")
    check_login(settings)
    check_port(settings.mail_in_host, settings.mail_in_port)
    logs.configure(settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_signal(Platform(settings)))


async def _until_signal(platform: "Platform") -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await receive(platform, stop)


async def receive(platform: "Platform", stop: asyncio.Event, ready: "asyncio.Future[int] | None" = None) -> None:
    """Take mail in until `stop` is set; `ready` gets the port once it listens."""
    from backend.contacts.inbound.jobs import Doorkeeper
    from backend.kit.mail_in import MailInServer

    settings = platform.settings
    keeper = Doorkeeper(lambda trace: platform.unit(None, "receiveMail", trace), settings.mail_from)
    server = MailInServer(keeper, hostname=settings.mail_from.rpartition("@")[2])
    async with platform.running("mail-in"):
        await server.run(settings.mail_in_host, settings.mail_in_port, stop, ready)
