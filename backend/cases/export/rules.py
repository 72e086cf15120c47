"""What an export leaves out, and what it says about that. Pure."""

from typing import Literal

from backend.crm.rules import RevealField, RevealPurpose

Purpose = Literal["accessRequest", "transfer"]
"""`accessRequest`: the customer asks what the city knows and who used it (GDPR 15); `transfer`: what the customer told
us, to take elsewhere (GDPR 20): without notes of colleagues and consultations."""

REVEALED: tuple[RevealField, ...] = ("ssin", "birthDate", "undisclosedAddress")
REVEAL_PURPOSE: RevealPurpose = "legalObligation"

NOTICE = (
    "Vertrouwelijke vragen van een afgeschermde dienst staan niet in dit document, tenzij die dienst het zelf maakt. "
    "Vraag die dienst om haar deel."
)
"""In every export, so that it tells nobody whether there are such questions."""

MOST = 10_000
"""Of each kind; a customer with more gets the newest, and is told."""
