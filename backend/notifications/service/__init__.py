"""Sending letters, and what to do about effects that did not come about."""

from backend.notifications.service.dead_letters import DeadLetterService
from backend.notifications.service.mailer import Mailer

__all__ = ["DeadLetterService", "Mailer"]
