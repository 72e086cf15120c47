"""Sessions of the channels and the login at the identity provider (design 5, Access)."""

from bff.session.guards import anybody, caller_of, same_site, session_of, signed_in
from bff.session.model import VISITOR, Capacity, Session
from bff.session.parts import SESSION_SCHEME, SessionParts, session_parts
from bff.session.sessions import Sessions

__all__ = [
    "SESSION_SCHEME",
    "VISITOR",
    "Capacity",
    "Session",
    "SessionParts",
    "Sessions",
    "anybody",
    "caller_of",
    "same_site",
    "session_of",
    "session_parts",
    "signed_in",
]
