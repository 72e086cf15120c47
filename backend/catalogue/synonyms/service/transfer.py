"""The whole list of synonyms in and out: everything or nothing."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.rules.synonym_files import Entry, FileRefused, Format, read, write
from backend.catalogue.rules.synonyms import Group, Meanings, Origin, faults, meaning, shipped_id, tidy, wider
from backend.catalogue.synonyms.service.decisions import Change, contained, issue, locked, save
from backend.catalogue.vocabulary.service import synonym_groups
from backend.kit.problems import Issue, ProblemError
from backend.kit.work import Work


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    created: int
    changed: int
    unchanged: int


class TransferService:
    """Synonyms from and for a file.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def export(self, form: Format, origins: Sequence[Origin] = ()) -> str:
        """The groups in use as a file: in the order of the shipped list, the city's own last; or only these origins."""
        groups = (await synonym_groups(self._work.uow)).values()
        wanted = [group for group in groups if group.origin in origins or (not origins and group.origin != "removed")]
        entries = [Entry(place="", key=group.key or str(group.id), phrases=group.phrases) for group in wanted]
        return write(entries, form)

    async def bring(self, raw: bytes, form: Format) -> Brought:
        """Add and change the groups of a file; never removes one.

        An entry with the key of a shipped group, or the id of any, is that group; with another key or none it is a new
        group of the city, unless a group with the same phrases is there already.

        Raises:
            ProblemError: 400 with everything that is wrong in every entry (`line 3: phrases[1]`); nothing is stored.
        """
        try:
            entries = read(raw, form)
        except FileRefused as error:
            raise _refused([issue(one.place, one.detail) for one in error.faults]) from None
        groups = await locked(self._work.uow)
        wanted, wrong = _resolved(entries, groups)
        after = dict(groups)
        for group_id, entry in wanted.items():
            held = groups.get(group_id)
            key, origin = (held.key, held.origin) if held else (None, "city")
            if held and entry.phrases == held.phrases and origin != "removed":
                continue
            renewed = Group(id=group_id, origin="changed" if key else "city", key=key, phrases=entry.phrases)
            after[group_id] = renewed
        changing = {key: entry for key, entry in wanted.items() if after[key] is not groups.get(key)}
        wrong += _faults(changing, after, groups)
        if wrong:
            raise _refused(wrong)
        created = sum(key not in groups for key in changing)
        if changing:
            await save(self._work, [_change(groups.get(key), after[key]) for key in changing], ["phrases"])
        return Brought(created=created, changed=len(changing) - created, unchanged=len(entries) - len(changing))


def _resolved(entries: Sequence[Entry], groups: Mapping[UUID, Group]) -> tuple[dict[UUID, Entry], list[Issue]]:
    """The group that each entry is about, and the entries that are about the same one."""
    known = {frozenset(map(meaning, group.phrases)): group for group in groups.values() if group.origin != "removed"}
    wanted: dict[UUID, Entry] = {}
    wrong: list[Issue] = []
    for given in entries:
        entry = msgspec.structs.replace(given, phrases=tuple(tidy(phrase) for phrase in given.phrases))
        own = _named(entry.key, groups)
        if own is None:
            same = known.get(frozenset(map(meaning, entry.phrases)))
            if same is not None and same.id not in wanted:
                own, entry = same.id, msgspec.structs.replace(entry, phrases=same.phrases)
        own = own or uuid7()
        if own in wanted:
            wrong.append(issue(entry.place, f"The same group as {wanted[own].place}."))
        wanted.setdefault(own, entry)
    return wanted, wrong


def _named(key: str, groups: Mapping[UUID, Group]) -> UUID | None:
    """The group that a key or id names."""
    if (own := shipped_id(key)) in groups:
        return own
    try:
        own = UUID(key)
    except ValueError:
        return None
    return own if own in groups else None


def _faults(changing: Mapping[UUID, Entry], after: Mapping[UUID, Group], before: Mapping[UUID, Group]) -> list[Issue]:
    meanings = Meanings(after.values())
    wrong: list[Issue] = []
    for key, entry in changing.items():
        others = meanings.others(key)
        found = faults(entry.phrases, others, before[key].kept if key in before else ())
        wrong += [issue(f"{entry.place}: {one.place}", one.detail) for one in found]
        if not found and (group := wider(entry.phrases, others)):
            there = changing.get(group.id)
            detail = f"All of it is already in {there.place}." if there else contained(group)
            wrong.append(issue(entry.place, detail))
    return wrong


def _change(held: Group | None, group: Group) -> Change:
    shipped = held.shipped if held else ()
    phrases = () if group.phrases == shipped else group.phrases
    return Change(id=group.id, phrases=phrases, removed=False, note=held.note if held else None)


def _refused(wrong: list[Issue]) -> ProblemError:
    return ProblemError(400, "The input is not valid.", issues=wrong)
