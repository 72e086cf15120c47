"""What matching keeps under our keys follows when they are replaced: keys and profiles, hashes in suggestions."""

import contextlib
from collections.abc import Mapping
from uuid import UUID

from backend.crm.customers.service import CustomerService
from backend.crm.customers.service.subject import subject_of
from backend.crm.matching.service import MatchService
from backend.crm.suggestions.service.finding import Finder
from backend.crm.suggestions.service.statements import PRINT_VERSIONS
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import UnitOfWork
from backend.kit.work import Work

_STEP = 25
"""Customers in one transaction: their keys and profiles are computed anew, and nobody should wait for that."""
_PROFILE_VERSIONS = "SELECT key_version, count(*) AS rows FROM match_profile GROUP BY key_version"
_FREE = "SELECT id FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"


class MatchRenewal:
    """Writes keys and profiles of customers anew, so that they are found when the older key is gone."""

    name = "matching"

    async def versions(self, uow: UnitOfWork) -> Mapping[int, int]:
        """Profiles per version of the keys."""
        return {row["key_version"]: row["rows"] for row in await uow.fetch(_PROFILE_VERSIONS)}

    async def renew(self, work: Work, most: int) -> int:
        """Rewrite at most this many; gives how many there were."""
        return len(await rewrite(work, CustomerService(work), min(most, _STEP)))


class SuggestionRenewal:
    """Writes hashes anew, so that a remembered decision is still recognised when the older key is gone."""

    name = "suggestions"

    async def versions(self, uow: UnitOfWork) -> Mapping[int, int]:
        """Suggestions per version of the keys."""
        return {row["key_version"]: row["rows"] for row in await uow.fetch(PRINT_VERSIONS)}

    async def renew(self, work: Work, most: int) -> int:
        """Rewrite at most this many; gives how many there were."""
        return await Finder(work, CustomerService(work)).restamp(most)


async def rewrite(work: Work, customers: CustomerService, most: int) -> list[UUID]:
    """Write keys and profiles anew that are missing, or of older rules or another key; gives whose.

    Customers that somebody is changing at this moment are left for another time: that change writes them.
    """
    matches = MatchService(work)
    free = await work.uow.fetch(_FREE, await matches.outdated(most))
    written = []
    for profile in (await customers.profiles([row["id"] for row in free])).values():
        if profile.survivor_id is None:
            with contextlib.suppress(DecryptionFailed):  # told where the value itself is rewritten
                await matches.write(profile.id, subject_of(profile, work.keys))
                written.append(profile.id)
    return written
