"""What the notice to an auditor says: who and when, never about whom."""

from datetime import datetime
from uuid import UUID

from backend.kit.clock import BRUSSELS

SUBJECT = "Afgeschermde vragen geopend"


def notice_text(username: str, at: datetime, glass: UUID, city: str) -> str:
    """The notice as plain text.

    Args:
        username: who did it.
        at: when (aware).
        glass: number under which the auditor finds the reason.
        city: who writes.
    """
    moment = at.astimezone(BRUSSELS)
    return (
        "Goedendag,\n\n"
        "Een medewerker opende afgeschermde vragen van een andere dienst. Dat kan een uur lang, alleen om te lezen.\n\n"
        f"Gebruiker: {username}\n"
        f"Moment: {moment:%d/%m/%Y} om {moment:%H.%M} uur\n"
        f"Nummer: {glass}\n\n"
        "De reden en wat bekeken is, staan in het auditlog van Onthaal. Kijk na of dit nodig was.\n\n"
        f"Vriendelijke groeten\n{city}\n"
    )
