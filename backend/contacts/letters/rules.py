"""Which mails matter, and when one is left out. Pure."""

from backend.contacts.rules import Purpose

MATTERS: frozenset[Purpose] = frozenset({"answer", "clarification"})
"""Mails without which the customer waits for nothing: when they cannot be delivered, the question is open again."""

WANTED: frozenset[Purpose] = MATTERS | {"information", "appointment", "unreached"}
"""Mails that somebody asked for; the others are a courtesy, left out when there is no address, or no wish for mail."""

OTHERWISE = frozenset({"phone", "letter"})
"""Preferred channels of a customer that a courtesy by mail would go against; an address told for this question wins."""
