"""Short mails to colleagues, which are text and nothing more."""

from datetime import datetime

from markupsafe import escape

from backend.notifications.rules.envelope import OutgoingMail


def plain_mail(message_id: str, to: str, subject: str, text: str, at: datetime) -> OutgoingMail:
    """A mail of which the HTML says the same as the text.

    Args:
        message_id: name of the mail; the same for the same mail sent again.
        to: address of the colleague.
        subject: one line.
        text: paragraphs with an empty line between them; everything in it is escaped.
        at: when it was written (aware).
    """
    parts = "".join(f"<p>{str(escape(part)).replace(chr(10), '<br>')}</p>" for part in text.strip().split("\n\n"))
    page = f'<!doctype html><html lang="nl"><head><title>{escape(subject)}</title></head><body>{parts}</body></html>\n'
    return OutgoingMail(message_id=message_id, to=to, subject=subject, text=text, html=page, at=at)
