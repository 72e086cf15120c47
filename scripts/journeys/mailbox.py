"""The customer's mailbox: what the embedded mail server kept, read back and judged as a letter."""

import html
import re
import time
from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

import msgspec

from backend.kit.embedded.mailsink import read_mail
from scripts.journeys.report import Deviation, check, same

SECONDS = 20.0
"""How long a mail may take from the answer of the API to the mail server, on a busy machine."""
PAUSE = 0.05

_HIDDEN = re.compile(r"<(style|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_LINK = re.compile(r'href="([^"]*)"')
_LEFTOVER = re.compile(r"\{\{|\{%|\bNone\b|\bundefined\b")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as the customer sees it.

    Attributes:
        text: the plain part, on one line.
        html: what the HTML part shows, on one line, and where its links go.
    """

    subject: str
    text: str
    html: str


class Mailbox:
    """Mails that arrive while the journey runs.

    Args:
        maildir: folder of the embedded mail server.
    """

    def __init__(self, maildir: Path) -> None:
        self._maildir = maildir
        self._before = self._names()
        self._mails: dict[str, EmailMessage] = {}

    def _names(self) -> set[str]:
        """Ids of the mails that are there; by name, as reading thousands at every look would take too long."""
        folders = (self._maildir / "new", self._maildir / "cur")
        return {path.name.split(":")[0] for folder in folders if folder.is_dir() for path in folder.iterdir()}

    def look(self) -> list[EmailMessage]:
        """Every mail of this run so far."""
        for name in self._names() - self._before - self._mails.keys():
            self._mails[name] = read_mail(self._maildir, name)
        return list(self._mails.values())

    def sent_to(self, address: str) -> list[EmailMessage]:
        """Mails to this address so far."""
        return [mail for mail in self.look() if str(mail["X-Envelope-To"]) == address]

    def wait(self, address: str, message_id: str) -> EmailMessage:
        """The mail of this message, as soon as it is there.

        Args:
            address: to whom.
            message_id: id of the message in the API; the Message-ID begins with it.

        Raises:
            Deviation: it does not come.
        """
        until = time.monotonic() + SECONDS
        while True:
            for mail in self.sent_to(address):
                if str(mail["Message-ID"]).strip().startswith(f"<{message_id}@"):
                    return mail
            if time.monotonic() > until:
                raise Deviation(f"geen mail voor {address} na {SECONDS:.0f} s in {self._maildir}")
            time.sleep(PAUSE)


def judged(mail: EmailMessage, *, to: str, name: str, reference: str, says: Iterable[str]) -> Letter:
    """The letter in a mail, once it is whole.

    Args:
        mail: as kept by the mail server.
        to: the customer's address.
        name: whom it greets.
        reference: that it must give.
        says: words that both parts must hold.

    Raises:
        Deviation: a header, a part or words are missing.
    """
    same("de ontvanger van de mail", parseaddr(str(mail["To"]))[1], to)
    check("@" in parseaddr(str(mail["From"]))[1], "de mail heeft geen afzender")
    check(parsedate_to_datetime(str(mail["Date"])).tzinfo, "de mail heeft geen datum met tijdzone")
    subject = str(mail["Subject"])
    check(subject.endswith(f"[{reference}]"), f"het onderwerp “{subject}” eindigt niet op de referentie {reference}")
    same("het soort mail", mail.get_content_type(), "multipart/alternative")
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    if plain is None or rich is None:
        raise Deviation(f"de mail “{subject}” heeft niet én gewone tekst én HTML")
    letter = Letter(
        subject=subject,
        text=_line(str(plain.get_content()).replace("> ", "")),
        html=_seen(str(rich.get_content())),
    )
    for part, shown in (("tekst", letter.text), ("HTML", letter.html)):
        for words in (f"Beste {name}", reference, *says):
            check(_line(words) in shown, f"in de {part} van de mail “{subject}” ontbreekt “{words}”")
        left = _LEFTOVER.search(shown)
        check(left is None, f"in de {part} van de mail “{subject}” staat een rest van het sjabloon")
    return letter


def _seen(source: str) -> str:
    return _line(html.unescape(" ".join((_TAG.sub(" ", _HIDDEN.sub(" ", source)), *_LINK.findall(source)))))


def _line(text: str) -> str:
    return " ".join(text.split())
