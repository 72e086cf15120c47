"""What matching keeps under our keys, written anew when keys are replaced (`kit.rewrite`)."""

from collections.abc import Mapping

from backend.crm.customers.service import CustomerService
from backend.crm.customers.service.subject import subject_of
from backend.crm.matching.service import MatchService
from backend.crm.suggestions.service.finding import Finder
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import UnitOfWork
from backend.kit.work import Work

_STEP = 25
"""Customers in one transaction: their keys and profiles are computed anew, and nobody should wait for that."""
_FREE = "SELECT id FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED"
_VERSIONS = "SELECT key_version, count(*) AS rows FROM {table} GROUP BY 1 ORDER BY 1"


class MatchRenewal:
    """Keys and compact profiles (`match_key`, `match_profile`)."""

    name = "matching"

    async def versions(self, uow: UnitOfWork) -> Mapping[int, int]:
        """Profiles per version of the keys."""
        return await _versions(uow, "match_profile")

    async def renew(self, work: Work, most: int) -> int:
        """Write profiles anew, of customers that nobody is changing now; gives how many."""
        matches, customers = MatchService(work), CustomerService(work)
        wanted = await matches.outdated(min(most, _STEP))
        free = [row["id"] for row in await work.uow.fetch(_FREE, wanted)]
        written = 0
        for profile in (await customers.profiles(free)).values():
            if profile.survivor_id is not None:
                continue
            try:
                subject = subject_of(profile, work.keys)
            except DecryptionFailed:  # told where the value itself is rewritten
                continue
            await matches.write(profile.id, subject)
            written += 1
        return written


class SuggestionRenewal:
    """The hashes that tell whether a customer is what it was when somebody decided (`match_suggestion`)."""

    name = "suggestions"

    async def versions(self, uow: UnitOfWork) -> Mapping[int, int]:
        """Suggestions per version of the keys."""
        return await _versions(uow, "match_suggestion")

    async def renew(self, work: Work, most: int) -> int:
        """Write hashes anew; gives how many."""
        return await Finder(work, CustomerService(work)).restamp(min(most, _STEP))


async def _versions(uow: UnitOfWork, table: str) -> dict[int, int]:
    return {row["key_version"]: row["rows"] for row in await uow.fetch(_VERSIONS.format(table=table))}
