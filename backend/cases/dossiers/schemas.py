"""JSON shape of a dossier."""

from datetime import datetime
from uuid import UUID

from backend.cases.dossiers.rules import DossierState
from backend.kit.schema import View


class DossierView(View):
    """What Mijn Burgerprofiel was told of a question or a case: the status, and the moments.

    `new`: nothing yet; `deleted`: taken away there again.
    """

    number: str
    question_id: UUID | None = None
    case_id: UUID | None = None
    state: DossierState
    phase: str | None = None
    code: str | None = None
    action_needed: bool
    pushed_at: datetime | None = None
    settled_at: datetime | None = None
    notified_at: datetime | None = None
