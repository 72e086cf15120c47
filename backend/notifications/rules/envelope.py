"""A letter packed for the post: one recipient, fixed headers, text and HTML."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import msgspec

from backend.kit.clock import as_utc
from backend.kit.identifiers import IdentifierInvalid, normalise_email
from backend.notifications.errors import MailRefused
from backend.notifications.rules.wording import one_line

_NAME = re.compile(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*\Z")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>\Z")
_MEDIA_TYPE = re.compile(r"([a-z]+)/([a-z0-9.+-]+)\Z")
_SUBJECT_LENGTH = 250
_NAME_LENGTH = 200


class MailAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a mail.

    Attributes:
        name: as the reader saves it; one line.
        media_type: `type/subtype`.
        content: the bytes.
        parameters: of the media type, such as `charset`.
    """

    name: str
    media_type: str
    content: bytes
    parameters: dict[str, str] = {}


class OutgoingMail(msgspec.Struct, frozen=True, kw_only=True):
    """A letter and where it goes.

    Attributes:
        message_id: our name of the mail (the id of the message); the same for every attempt, so that a retry does not
            arrive twice. Letters, digits, dots and hyphens.
        to: e-mail address of the one recipient.
        subject: one line.
        text: the plain text.
        html: the HTML document.
        at: when the letter was written (aware).
        automatic: written by the platform; False for an answer, which a person wrote.
        reply_to: where answers go, when that is not the sender.
        in_reply_to: Message-ID (`<…@…>`) of the mail this one answers.
        references: Message-IDs of the mails before it, oldest first.
        attachments: files that go with it.
    """

    message_id: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    automatic: bool = True
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    attachments: tuple[MailAttachment, ...] = ()


def compose(mail: OutgoingMail, sender: Address) -> EmailMessage:
    """The message as it is sent; the same mail and sender give the same headers.

    Args:
        mail: the letter. Message-IDs of others that are not well-formed are left out: they only group mails.
        sender: address and display name; its domain ends our Message-ID.

    Raises:
        MailRefused: the recipient is no e-mail address.
        ValueError: a `message_id`, `at` or media type that our own code made wrongly.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient(mail.to)
    message["Subject"] = one_line(mail.subject, _SUBJECT_LENGTH)
    message["Date"] = as_utc(mail.at)
    message["Message-ID"] = message_id(mail.message_id, sender.domain)
    message["Auto-Submitted"] = _submitted(mail)
    if mail.automatic:
        message["X-Auto-Response-Suppress"] = "All"  # Exchange does not look at the header above
    if mail.reply_to:
        message["Reply-To"] = recipient(mail.reply_to)
    if mail.in_reply_to and _MESSAGE_ID.match(mail.in_reply_to):
        message["In-Reply-To"] = mail.in_reply_to
    if references := [one for one in mail.references if _MESSAGE_ID.match(one)]:
        message["References"] = " ".join(references)
    # quoted-printable: short ASCII lines, which every server on the way passes on unchanged
    message.set_content(mail.text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", charset="utf-8", cte="quoted-printable")
    message["Content-Language"] = "nl"  # now: the line above gives earlier Content headers to the text alone
    for attachment in mail.attachments:  # the first one wraps text and HTML together, in multipart/mixed
        _attach(message, attachment)
    return message


def _attach(message: EmailMessage, attachment: MailAttachment) -> None:
    """Add a file; in base64, whatever it is, so that no server on the way touches it."""
    media_type = _MEDIA_TYPE.match(attachment.media_type)
    if media_type is None:
        raise ValueError(f"not a media type: {attachment.media_type}")
    # a mail within a mail would go as it is (RFC 2046), lines of any length and all: as a file it arrives unchanged
    kind = ("application", "octet-stream") if media_type[1] == "message" else media_type.groups()
    name, more = one_line(attachment.name, _NAME_LENGTH), dict(attachment.parameters)
    message.add_attachment(attachment.content, *kind, filename=name, params=more, cte="base64")


def _submitted(mail: OutgoingMail) -> str:
    """Who wrote it (RFC 3834): a person, the platform in answer to a mail, or the platform by itself."""
    if not mail.automatic:
        return "no"
    return "auto-replied" if mail.in_reply_to else "auto-generated"


def message_id(name: str, domain: str) -> str:
    """The Message-ID of our mail of this name: `<name@domain>`.

    Raises:
        ValueError: the name is not letters, digits, dots and hyphens.
    """
    if not _NAME.match(name):
        raise ValueError("a message id is letters, digits, dots and hyphens")
    return f"<{name}@{domain}>"


def recipient(address: str) -> str:
    """An e-mail address in the one form in which it goes into a header and the envelope.

    Raises:
        MailRefused: it is none; the message does not hold it.
    """
    try:
        return normalise_email(address)
    except IdentifierInvalid as error:
        raise MailRefused(f"no valid e-mail address ({error.code})") from None
