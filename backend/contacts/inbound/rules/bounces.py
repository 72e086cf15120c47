"""What mail servers report about our mails: RFC 3464, and what others do instead."""

import re
from typing import Literal

from backend.contacts.inbound.rules.body import Content
from backend.contacts.inbound.rules.headers import Headers, Part
from backend.contacts.inbound.rules.mail import Bounce

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<!\d)([45])[0-9]{2}[ -]")
_ACTIONS: dict[str, Literal["failed", "delayed", "told"]] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "told",
    "relayed": "told",
    "expanded": "told",
}
_SERVERS = ("mailer-daemon@", "postmaster@", "mail-daemon@", "mailerdaemon@", "microsoftexchange", "mta@")
_FAILED = (
    "undeliver",
    "returned mail",
    "delivery status notification",
    "delivery failure",
    "delivery failed",
    "mail delivery",
    "failure notice",
    "onbestelbaar",
    "niet bezorgd",
    "niet afgeleverd",
    "non remis",
    "unzustellbar",
)
_LATER = ("delay", "warning: ", "still being retried", "vertraag", "nog niet bezorgd", "will continue to try")


def bounce_of(headers: Headers, content: Content, *, about_ours: bool) -> Bounce | None:
    """What a report of a mail server says; None when a mail is none.

    Args:
        headers: of the mail.
        content: its parts.
        about_ours: whether one of our mails is named in it: only then a mail without a proper report counts as one.
    """
    kind = headers.raw("content-type").lower()
    if "disposition-notification" in kind:
        return Bounce(kind="told")
    if content.reports:
        return _reported(content.reports)
    if "delivery-status" in kind or (about_ours and _by_server(headers)):
        return _in_words(headers, content.text)
    return None


def _reported(reports: list[Part]) -> Bounce:
    """Of several recipients the worst counts; we write to one at a time."""
    found: list[Bounce] = []
    for fields in map(Headers, reports):
        kind = _ACTIONS.get(fields.raw("action").lower().split(" ")[0])
        status = _STATUS.search(fields.raw("status")) or _STATUS.search(fields.raw("diagnostic-code"))
        if kind or "final-recipient" in fields:
            said = status[1] if status else ""
            found.append(Bounce(kind=kind or _by_status(said), status=said))
    worst = [one for kind in ("failed", "delayed", "told") for one in found if one.kind == kind]
    return worst[0] if worst else Bounce(kind="failed")


def _in_words(headers: Headers, text: str) -> Bounce:
    """From the words of a server that knows no better."""
    subject, words = headers.text("subject").lower(), text[:20_000]
    statuses = _STATUS.findall(words)
    status = next((one for one in statuses if one.startswith("5")), statuses[0] if statuses else "")
    if any(word in subject for word in _LATER):
        return Bounce(kind="delayed", status=status)
    code = _CODE.search(words)
    late = status.startswith("4") or (not status and code is not None and code[1] == "4")
    return Bounce(kind="delayed" if late and "delay" in words.lower() else "failed", status=status)


def _by_status(status: str) -> Literal["failed", "delayed", "told"]:
    return {"4": "delayed", "2": "told"}.get(status[:1], "failed")  # type: ignore[return-value] # a Literal each


def _by_server(headers: Headers) -> bool:
    sender, subject = headers.raw("from").lower(), headers.text("subject").lower()
    by_server = any(name in sender for name in _SERVERS) or headers.raw("return-path") == "<>"
    return "x-failed-recipients" in headers or (by_server and any(word in subject for word in (*_FAILED, *_LATER)))
