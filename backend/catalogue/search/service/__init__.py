"""Finds products; keeps what was searched for, without anything personal."""

from backend.catalogue.search.service.find import SearchService
from backend.catalogue.search.service.log import SearchLog, TermsAsked, forget_old

__all__ = ["SearchLog", "SearchService", "TermsAsked", "forget_old"]
