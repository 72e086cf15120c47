"""Bodies for DOSIS and the notification component, and what they answer. Pure."""

from backend.notifications.burgerprofiel.rules.answers import Acceptance, Result, refusal
from backend.notifications.burgerprofiel.rules.coupling import Coupling
from backend.notifications.burgerprofiel.rules.dossiers import Dossier, Recipients, Told, dossier
from backend.notifications.burgerprofiel.rules.notices import NoticeTemplate, notice_id
from backend.notifications.burgerprofiel.rules.statuses import StatusCode, of_case

__all__ = [
    "Acceptance",
    "Coupling",
    "Dossier",
    "NoticeTemplate",
    "Recipients",
    "Result",
    "StatusCode",
    "Told",
    "dossier",
    "notice_id",
    "of_case",
    "refusal",
]
