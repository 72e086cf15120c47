"""Which facts come first in a common file, one by one, with the reason in words."""

from collections.abc import Callable, Sequence
from uuid import UUID

from backend.crm.customers.service import Fact, Profile, shown_value, winning
from backend.crm.links.rules import WHY, Outcome, Why, why_beside, why_first
from backend.crm.links.schemas import MergeChoice
from backend.kit.crypto import KeyRing


def choices(survivor: Profile, merged: Profile, result: Profile, keys: KeyRing) -> list[MergeChoice]:
    """What becomes of everything that the two files say.

    Args:
        survivor: the file that stays, before.
        merged: the file that goes into it, before.
        result: the common file.
        keys: to mask national numbers.
    """
    first = winning(result)
    found = _single_values(survivor, merged, result)
    for field, facts, said in (
        ("names", result.names, first.names),
        ("identifiers", result.identifiers, first.identifiers),
        ("addresses", result.addresses, first.addresses),
        ("contactPoints", result.contact_points, first.contact_points),
    ):
        if hides(result) and field == "addresses":
            found += _addresses(result, keys)
            continue
        order = [one.id for one in said]
        for kind, group in _by_type(facts).items():
            found += _group(f"{field}.{kind}" if kind else field, group, order, result, keys)
    return found


def hides(profile: Profile) -> bool:
    """Whether the file has an undisclosed address."""
    return any(one.undisclosed for one in profile.addresses)


def _addresses(result: Profile, keys: KeyRing) -> list[MergeChoice]:
    """Addresses beside an undisclosed one: never compared with it, or a guess could be confirmed here."""
    return [
        _choice("addresses", fact, "beside", "strictest", result, keys)
        for fact in sorted(result.addresses, key=lambda one: not result.own(one))
    ]


def _by_type(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(getattr(fact, "type", ""), []).append(fact)
    return groups


def _group(field: str, group: list[Fact], order: list[UUID], result: Profile, keys: KeyRing) -> list[MergeChoice]:
    """The facts of one kind: the first, those beside it, those said twice."""
    kept = sorted((fact for fact in group if fact.id in order), key=lambda fact: order.index(fact.id))
    best = kept[0]
    rivals = [(fact.source, result.own(fact)) for fact in kept[1:]]
    found = [_choice(field, best, "first", why_first(best.source, own=result.own(best), besides=rivals), result, keys)]
    for fact in kept[1:]:
        why = why_beside(fact.source, own=result.own(fact), first=(best.source, result.own(best)))
        found.append(_choice(field, fact, "beside", why, result, keys))
    found += [_choice(field, fact, "double", "same", result, keys) for fact in group if fact.id not in order]
    return found


def _choice(field: str, fact: Fact, outcome: Outcome, why: Why, result: Profile, keys: KeyRing) -> MergeChoice:
    return MergeChoice(
        field=field,
        value=shown_value(fact, keys),
        customer_id=fact.customer_id or result.id,
        outcome=outcome,
        why=why,
        text=WHY[why],
        source=fact.source,
    )


def _single_values(survivor: Profile, merged: Profile, result: Profile) -> list[MergeChoice]:
    """Name, status, language, channel and birth date: one of the two counts. A birth date is never shown."""
    found: list[MergeChoice] = []
    readers: list[tuple[str, Callable[[Profile], str], Why]] = [
        ("displayName", lambda profile: profile.display_name, "survivor"),
        ("status", lambda profile: profile.standing, "strictest"),
        ("language", lambda profile: profile.language, "survivor"),
        ("preferredChannel", lambda profile: profile.preferred_channel, "survivor"),
    ]
    for field, read, rule in readers:
        ours, theirs, best = read(survivor), read(merged), read(result)
        if ours == theirs:
            found.append(_single(field, best, survivor.id, "first", "same"))
            continue
        stays = best == ours
        why: Why = rule if stays or rule == "strictest" else "source"
        found.append(_single(field, best, survivor.id if stays else merged.id, "first", why))
        found.append(_single(field, theirs if stays else ours, merged.id if stays else survivor.id, "beside", why))
    return found + _birth_dates(survivor, merged, result)


def _birth_dates(survivor: Profile, merged: Profile, result: Profile) -> list[MergeChoice]:
    known = [profile for profile in (survivor, merged) if profile.born]
    if result.born is None or not known:
        return []
    whose = result.born[0]
    if len(known) == 1:
        return [_single("birthDate", "gekend", known[0].id, "first", "only")]
    stays = whose in survivor.members
    order = (survivor, merged) if stays else (merged, survivor)
    return [
        _single("birthDate", "gekend", order[0].id, "first", "survivor" if stays else "source"),
        _single("birthDate", "gekend", order[1].id, "beside", "survivor" if stays else "source"),
    ]


def _single(field: str, value: str, customer_id: UUID, outcome: Outcome, why: Why) -> MergeChoice:
    return MergeChoice(field=field, value=value, customer_id=customer_id, outcome=outcome, why=why, text=WHY[why])
