"""Services of versions of flows."""

from backend.assistant.versions.service.authoring import Authoring, Begin, create
from backend.assistant.versions.service.store import TOPIC, FlowStore, Served
from backend.assistant.versions.service.surroundings import counting, department_codes, led_to
from backend.assistant.versions.service.versions import VersionService, current_of, flow_of
from backend.assistant.versions.service.views import person, summary_of

__all__ = [
    "TOPIC",
    "Authoring",
    "Begin",
    "FlowStore",
    "Served",
    "VersionService",
    "counting",
    "create",
    "current_of",
    "department_codes",
    "flow_of",
    "led_to",
    "person",
    "summary_of",
]
