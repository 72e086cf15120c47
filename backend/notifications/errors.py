"""Why a mail did not leave: for good (a dead letter at once), or for now (the outbox tries again)."""

from backend.kit.outbox import DeadLetter, TryAgain


class MailAway(TryAgain):
    """The mail server did not take the mail now: away, too slow, busy, or it wants another login.

    The message never holds an address or words of the server, because it is kept with the outbox row.
    """


class MailRefused(DeadLetter):
    """This mail will never be taken: no valid address, or a permanent refusal of recipient or content."""


class LetterIncomplete(DeadLetter):
    """No such template, or a letter without the fact it is about: writing it again gives the same."""
