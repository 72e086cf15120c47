"""What is written anew when keys are replaced: every encrypted column of every module, and what modules do."""

from collections.abc import Sequence

from backend.catalogue import models as catalogue
from backend.contacts.claims import models as claims
from backend.contacts.drafts import models as drafts
from backend.contacts.inbound import models as inbound
from backend.contacts.intake import models as intake
from backend.contacts.mailboxes import models as mailboxes
from backend.contacts.telephony import models as telephony
from backend.crm import models as crm
from backend.crm.matching import models as matching
from backend.crm.registers import models as registers
from backend.crm.suggestions import models as suggestions
from backend.crm.suggestions.service import MatchRenewal, SuggestionRenewal
from backend.crm.verification import models as verification
from backend.kit import blobs, idempotency
from backend.kit.db import Base
from backend.kit.rewrite import Renewal
from backend.kit.sealed import PassingColumn, SealedColumn, passing_columns, sealed_columns

MODELS = (
    blobs,
    catalogue,
    claims,
    crm,
    drafts,
    idempotency,
    inbound,
    intake,
    mailboxes,
    matching,
    registers,
    suggestions,
    telephony,
    verification,
)
"""Whose tables hold something made with our keys; a test holds this list to be complete."""

RENEWALS: Sequence[Renewal] = (MatchRenewal(), SuggestionRenewal())
"""What only its module can rewrite, by the names that columns give in `renewed`."""


def columns() -> list[SealedColumn]:
    """Every encrypted column."""
    return sealed_columns(Base.metadata)


def left_to_pass() -> list[PassingColumn]:
    """Every keyed hash that is not rewritten."""
    return passing_columns(Base.metadata)
