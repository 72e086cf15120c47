"""What is done with a form that looks like somebody's: asked on the channel on file, confirmed, undone."""

from backend.contacts.claims.service.confirming import ConfirmingService
from backend.contacts.claims.service.forgetting import forget_claims, forget_tokens
from backend.contacts.claims.service.matching import TABLE, TELL, MatchingService, channel_of

__all__ = [
    "TABLE",
    "TELL",
    "ConfirmingService",
    "MatchingService",
    "channel_of",
    "forget_claims",
    "forget_tokens",
]
