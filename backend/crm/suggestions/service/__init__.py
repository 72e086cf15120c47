"""What can be done with suggestions: looked for, shown, decided, followed when files are merged; walks over all."""

from backend.crm.suggestions.service.decisions import DecisionService
from backend.crm.suggestions.service.finding import Counts, Finder
from backend.crm.suggestions.service.following import Follower
from backend.crm.suggestions.service.reading import SuggestionService
from backend.crm.suggestions.service.renewing import MatchRenewal, SuggestionRenewal
from backend.crm.suggestions.service.runs import RunService

__all__ = [
    "Counts",
    "DecisionService",
    "Finder",
    "Follower",
    "MatchRenewal",
    "RunService",
    "SuggestionRenewal",
    "SuggestionService",
]
