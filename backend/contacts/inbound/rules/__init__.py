"""Pure rules of mail that comes in: what is in it, what it is about, who wrote it. Hostile input, no I/O."""

from backend.contacts.inbound.rules import words
from backend.contacts.inbound.rules.headers import message_id
from backend.contacts.inbound.rules.mail import SILENT, Bounce, Mail, Piece, Sign
from backend.contacts.inbound.rules.quoting import own_words
from backend.contacts.inbound.rules.reading import ReadMail, read, reader
from backend.contacts.inbound.rules.signs import SPAM
from backend.contacts.inbound.rules.threads import foreign

__all__ = [
    "SILENT",
    "SPAM",
    "Bounce",
    "Mail",
    "Piece",
    "ReadMail",
    "Sign",
    "foreign",
    "message_id",
    "own_words",
    "read",
    "reader",
    "words",
]
