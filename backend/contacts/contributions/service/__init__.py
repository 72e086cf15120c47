"""Contributions: the owner asks, other departments give; who is late hears of it."""

from backend.contacts.contributions.service.asking import AskingService
from backend.contacts.contributions.service.following import FollowUp
from backend.contacts.contributions.service.giving import GivingService

__all__ = ["AskingService", "FollowUp", "GivingService"]
