"""`onthaal mail`: what the embedded mail server kept."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option
from backend.commands.screen import table

if TYPE_CHECKING:
    from email.message import EmailMessage

    from backend.kit.embedded.mailsink import MailSummary

SHORT = 10
"""Characters of an id in the list; `show` takes any part of the beginning that names one mail."""
HEADERS = ("From", "To", "Cc", "Subject", "Date", "Message-ID")


@click.command
@click.argument("action", type=click.Choice(["list", "show"]), default="list")
@click.argument("mail_id", metavar="[ID]", required=False)
@click.option("--to", metavar="ADDRESS", help="Only mails to this address; with `show`, the last one.")
@data_option
def mail(action: str, mail_id: str | None, to: str | None, data: Path) -> None:
    """List or show what the embedded mail server kept instead of delivering it."""
    from backend.kit.embedded.mailsink import list_mails, read_mail

    maildir = configured(data).folder / "mail"
    mails = [one for one in list_mails(maildir) if to is None or to.lower() in (address.lower() for address in one.to)]
    if action == "list":
        table(("id", "kept at (UTC)", "to", "subject"), (_row(one) for one in mails))
        return
    if mail_id is None and to is None:
        raise Refused("which mail? give its id or --to ADDRESS (`onthaal mail list` names them)")
    _show(read_mail(maildir, _chosen(mails, mail_id)))


def _row(one: "MailSummary") -> tuple[str, ...]:
    return (one.id[:SHORT], f"{one.date:%Y-%m-%d %H:%M:%S}", ", ".join(one.to), one.subject)


def _chosen(mails: "list[MailSummary]", mail_id: str | None) -> str:
    """The full id; the last mail when none is asked."""
    found = [one.id for one in mails if one.id.startswith(mail_id or "")]
    if not found:
        raise Refused(f"no mail {mail_id or ''} is kept here".replace("  ", " "))
    if mail_id and len(found) > 1:
        raise Refused(f"{mail_id} names {len(found)} mails: give more of the id")
    return found[-1]


def _show(message: "EmailMessage") -> None:
    for name in HEADERS:
        if message[name]:
            click.echo(f"{name}: {message[name]}")
    body = message.get_body(("plain", "html"))
    click.echo()
    click.echo(str(body.get_content()).rstrip() if body else "(no text)")
    for part in message.iter_attachments():
        click.echo(f"[attachment: {part.get_filename() or 'without a name'}, {part.get_content_type()}]")
