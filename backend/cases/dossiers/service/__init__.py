"""Which questions and cases Mijn Burgerprofiel is told about, and telling it."""

from backend.cases.dossiers.service.following import Follower
from backend.cases.dossiers.service.reading import dossiers_about
from backend.cases.dossiers.service.telling import Plan, Teller

__all__ = ["Follower", "Plan", "Teller", "dossiers_about"]
