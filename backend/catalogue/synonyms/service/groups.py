"""Groups of synonyms: read, add, change, remove, back to the shipped text."""

from uuid import UUID

from msgspec import UNSET, UnsetType
from uuid_utils.compat import uuid7

from backend.catalogue.rules.synonyms import Group, Origin
from backend.catalogue.synonyms.schemas import (
    SynonymGroupCreate,
    SynonymGroupPage,
    SynonymGroupPatch,
    SynonymGroupView,
)
from backend.catalogue.synonyms.service.decisions import Change, checked, locked, others_of, save, withdraw
from backend.catalogue.vocabulary.service import synonym_groups
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import conflict, invalid_input, not_found
from backend.kit.schema import given
from backend.kit.search.dutch import normalise
from backend.kit.work import Work

_SCOPE = "synonyms"
_SORTED = 100
"""Characters of the first phrase in a cursor."""


class SynonymService:
    """Groups of synonyms, one by one.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest, *, phrase: str = "", origin: Origin | None = None) -> SynonymGroupPage:
        """Groups by their first phrase.

        Args:
            page: which page.
            phrase: part of a phrase; case and accents make no difference.
            origin: only these.
        """
        part = " ".join(normalise(phrase).split())
        found = [
            group
            for group in (await synonym_groups(self._work.uow)).values()
            if origin in {None, group.origin} and (not part or any(part in normalise(one) for one in group.phrases))
        ]
        after = decode_cursor(page.cursor, (str, str), scope=_SCOPE) if page.cursor else ("", "")
        rest = sorted((group for group in found if _order(group) > after), key=_order)
        shown = rest[: page.limit]
        return SynonymGroupPage(
            items=[view(group) for group in shown],
            total=len(found),
            next=encode_cursor(_order(shown[-1]), scope=_SCOPE) if len(rest) > page.limit else UNSET,
        )

    async def get(self, group_id: UUID) -> SynonymGroupView:
        """One group, also one that the city removed; 404."""
        return view(_one(await synonym_groups(self._work.uow), group_id))

    async def create(self, data: SynonymGroupCreate) -> SynonymGroupView:
        """A new group of the city; 400 with everything that is wrong, 409 when another group says it all already."""
        groups = await locked(self._work.uow)
        phrases = checked(data.phrases, await others_of(groups, None))
        change = Change(id=uuid7(), phrases=phrases, removed=False, note=given(data.note))
        await save(self._work, [change], ["phrases", "note"])
        return await self.get(change.id)

    async def change(self, group_id: UUID, data: SynonymGroupPatch, expected: int) -> SynonymGroupView:
        """Change a group, or give it back its shipped phrases; 400, 404, 409, 412."""
        groups = await locked(self._work.uow)
        group = _one(groups, group_id)
        check_version(expected, group.version)
        note = group.note if isinstance(data.note, UnsetType) else data.note
        phrases, removed = group.phrases, group.origin == "removed"
        if data.restored:
            phrases, removed = shipped_of(group, data.phrases), False
        elif not isinstance(data.phrases, UnsetType):
            phrases, removed = checked(data.phrases, await others_of(groups, group_id), group), False
        before = (group.phrases, group.origin == "removed", group.note)
        if (phrases, removed, note) == before:
            return view(group)
        stored = () if phrases == group.shipped else phrases
        fields = ["note"] if (phrases, removed) == before[:2] else ["phrases", "note"]
        await save(self._work, [Change(id=group_id, phrases=stored, removed=removed, note=note)], fields)
        return await self.get(group_id)

    async def remove(self, group_id: UUID, expected: int) -> SynonymGroupView | None:
        """Take a group out of use; 404, 412.

        Returns:
            A shipped group as it is now: it can be restored. None for a group of the city, which is gone.
        """
        group = _one(await locked(self._work.uow), group_id)
        check_version(expected, group.version)
        if group.origin == "city":
            await withdraw(self._work, group_id)
            return None
        if group.origin != "removed":
            stored = () if group.phrases == group.shipped else group.phrases
            await save(self._work, [Change(id=group_id, phrases=stored, removed=True, note=group.note)], ["removed"])
        return await self.get(group_id)


def shipped_of(group: Group, phrases: object) -> tuple[str, ...]:
    """The shipped text of a group; 409 when it has none, 400 when other phrases are asked at the same time."""
    if not isinstance(phrases, UnsetType):
        raise invalid_input("Not together with phrases.", name="restored")
    if group.key is None:
        raise conflict("notShipped", "This group is the city's own: there is no shipped text to go back to.")
    return group.shipped


def view(group: Group) -> SynonymGroupView:
    """A group as the API gives it."""
    return SynonymGroupView(
        id=group.id,
        origin=group.origin,
        phrases=group.phrases,
        key=group.key,
        shipped=group.shipped if group.shipped != group.phrases else (),
        note=group.note,
        changed_at=group.changed_at,
        version=group.version,
    )


def _one(groups: dict[UUID, Group], group_id: UUID) -> Group:
    if group_id not in groups:
        raise not_found("group of synonyms")
    return groups[group_id]


def _order(group: Group) -> tuple[str, str]:
    return (normalise(group.phrases[0])[:_SORTED], str(group.id))
