"""What we say about mail that came in: in a question, and to colleagues. Plain Dutch."""

from datetime import datetime
from uuid import UUID

from backend.kit.clock import BRUSSELS

NO_SUBJECT = "(geen onderwerp)"
ONLY_FILES = "(alleen bijlagen, geen tekst)"
NO_TEXT = "(lege mail)"
ENCRYPTED = "(versleutelde mail: vraag de afzender om ze zonder versleuteling opnieuw te sturen)"

QUARANTINE = "Mail in quarantaine"


def also_in(address: str) -> str:
    """A note: the same mail came into another mailbox too."""
    return f"Dezelfde mail kwam ook binnen in de mailbox {address}."


def notice_text(mail: UUID, at: datetime, city: str) -> str:
    """What somebody who can help is told about a mail in quarantine.

    Args:
        mail: number under which it is found.
        at: when it came in (aware).
        city: who writes.
    """
    moment = at.astimezone(BRUSSELS)
    return (
        "Goedendag,\n\n"
        "Er kwam een mail binnen die Onthaal niet kan verwerken. De mail is bewaard en staat in quarantaine.\n\n"
        f"Nummer: {mail}\n"
        f"Binnengekomen: {moment:%d/%m/%Y} om {moment:%H.%M} uur\n\n"
        "Wil je de lijst met mails in quarantaine nakijken? Je kunt een mail opnieuw laten verwerken of er zelf een "
        "vraag van maken.\n\n"
        f"Vriendelijke groeten\n{city}\n"
    )
