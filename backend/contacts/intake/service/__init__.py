"""What is done with a form: accepted, made a question, followed by its sender."""

from backend.contacts.intake.service.accepting import AcceptingService
from backend.contacts.intake.service.files import FileService
from backend.contacts.intake.service.forgetting import forget_forms, forget_typed
from backend.contacts.intake.service.registering import (
    MATCH,
    REGISTER,
    FormUnreadable,
    RegisteringService,
)
from backend.contacts.intake.service.registering import TABLE as SUBMISSION
from backend.contacts.intake.service.status import StatusService

__all__ = [
    "MATCH",
    "REGISTER",
    "SUBMISSION",
    "AcceptingService",
    "FileService",
    "FormUnreadable",
    "RegisteringService",
    "StatusService",
    "forget_forms",
    "forget_typed",
]
