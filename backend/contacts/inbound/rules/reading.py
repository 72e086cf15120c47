"""From the bytes of a mail to what is in it; whatever the bytes are, something comes out and nothing is raised."""

from collections.abc import Callable, Iterable
from email.parser import BytesHeaderParser, BytesParser

from backend.contacts.inbound.rules.body import Content, content_of
from backend.contacts.inbound.rules.bounces import bounce_of
from backend.contacts.inbound.rules.headers import CAREFUL, HEAD, Headers, Part
from backend.contacts.inbound.rules.mail import Mail, Sign
from backend.contacts.inbound.rules.signs import SPAM, signs_of
from backend.contacts.inbound.rules.threads import our_ids, references

LONGEST_SUBJECT = 1_000
NOTHING = "there is nothing in it: no sender, no subject, no text and no attachment"
NO_STRUCTURE = "its parts cannot be told apart"


ReadMail = Callable[[bytes, str | None], Mail]
"""Reads a mail; its bytes and its envelope sender."""


def reader(sender: str, spam: Iterable[str] = ()) -> ReadMail:
    """How this city reads mails.

    Args:
        sender: address in From of its own mails.
        spam: headers that call a mail spam, besides the usual ones; see `SPAM`.
    """
    domain, signs = sender.rpartition("@")[2], (*SPAM, *spam)

    def reading(raw: bytes, envelope_sender: str | None) -> Mail:
        return read(raw, domain=domain, envelope_sender=envelope_sender, spam=signs)

    return reading


def read(raw: bytes, *, domain: str, envelope_sender: str | None = None, spam: Iterable[str] = SPAM) -> Mail:
    """What is in a mail.

    Args:
        raw: as it came in.
        domain: what our own Message-IDs end on.
        envelope_sender: empty for a report of a mail server; None when the envelope is not known.
        spam: headers that call a mail spam.

    Returns:
        The mail; `unreadable` says why when nobody could do anything with it.
    """
    try:
        message: Part = BytesParser(policy=CAREFUL).parsebytes(raw)
        content = content_of(message)
    except Exception:  # noqa: BLE001 parts nested so deeply, or broken so badly, that the parser gives up
        try:
            message = BytesHeaderParser(policy=CAREFUL).parsebytes(raw[:HEAD])
        except Exception:  # noqa: BLE001 then nothing is known of it at all
            return Mail(unreadable=NO_STRUCTURE)
        return _mail(Headers(message), Content(cut=True), domain, envelope_sender, spam, unreadable=NO_STRUCTURE)
    headers = Headers(message)
    if envelope_sender is None and headers.raw("return-path") == "<>":
        envelope_sender = ""
    return _mail(headers, content, domain, envelope_sender, spam)


def _mail(
    headers: Headers,
    content: Content,
    domain: str,
    envelope_sender: str | None,
    spam: Iterable[str],
    *,
    unreadable: str = "",
) -> Mail:
    name, sender = headers.address("from")
    _, reply_to = headers.address("reply-to")
    subject = headers.text("subject")[:LONGEST_SUBJECT]
    answers = dict.fromkeys([*headers.ids("in-reply-to"), *headers.ids("references")])
    named = our_ids(" ".join([*answers, *content.returned, content.text]), domain)
    identity = next(iter(headers.ids("message-id")), None)
    signs: set[Sign] = signs_of(headers, envelope_sender=envelope_sender, spam=spam)
    if content.cut:
        signs.add("cut")
    if content.encrypted:
        signs.add("encrypted")
    if not (unreadable or sender or subject or content.text.strip() or content.pieces):
        unreadable = NOTHING
    return Mail(
        subject=subject,
        sender=sender,
        sender_name=name,
        reply_to=reply_to or sender,
        sent_at=headers.moment("date"),
        message_id=identity,
        answers=tuple(answers),
        ours=named,
        own_id=next(iter(our_ids(identity or "", domain)), None),
        references=references(subject),
        text=content.text,
        pieces=tuple(content.pieces),
        signs=frozenset(signs),
        bounce=bounce_of(headers, content, about_ours=bool(named)),
        unreadable=unreadable,
    )
