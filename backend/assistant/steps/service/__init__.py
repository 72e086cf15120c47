"""Taking flows: steps, the products that they lead to, handing over."""

from backend.assistant.steps.service.handing import HandingService
from backend.assistant.steps.service.products import FlowProducts
from backend.assistant.steps.service.stepping import StepService, Taken

__all__ = ["FlowProducts", "HandingService", "StepService", "Taken"]
