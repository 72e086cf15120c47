"""How products are ranked: what a search in the product and `scripts/bench search` both use."""

from backend.kit.search import Settings
from backend.kit.search.fields import Weights

SETTINGS = Settings(weights=Weights(fields={"faq": 0.6, "firstLineInformation": 0.6}))
"""Titles and keywords count most, then what the city itself answers, then the texts of the catalogue."""
