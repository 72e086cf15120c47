"""Hashes in suggestions that follow when the keys are replaced."""

from collections.abc import Mapping

from backend.crm.customers.service import CustomerService
from backend.crm.suggestions.service.finding import Finder
from backend.crm.suggestions.service.statements import PRINT_VERSIONS
from backend.kit.db import UnitOfWork
from backend.kit.work import Work


class SuggestionRenewal:
    """Writes hashes anew, so that a remembered decision is still recognised when the older key is gone."""

    name = "suggestions"

    async def versions(self, uow: UnitOfWork) -> Mapping[int, int]:
        """Suggestions per version of the keys."""
        return {row["key_version"]: row["rows"] for row in await uow.fetch(PRINT_VERSIONS)}

    async def renew(self, work: Work, most: int) -> int:
        """Rewrite at most this many; gives how many there were."""
        return await Finder(work, CustomerService(work)).restamp(most)
