"""Two subjects side by side: how well each feature agrees. Levels only; what a level weighs is data."""

from collections.abc import Callable
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from backend.crm.matching.rules.organisations import organisation_levels
from backend.crm.matching.rules.prepared import House, Name, Prepared
from backend.crm.matching.rules.reach import is_mobile
from backend.crm.matching.rules.spelling import code, given_class

Level = tuple[str, float]
"""`feature.level` and how many times its weight counts."""
Rarity = Callable[[str, str], float]
"""(kind, sound of a name) -> how rare it is: minus the natural logarithm of the share of customers with it."""

OF_ORGANISATION = "o_"
"""In front of every level of two organisations: a phone number says other things than about people."""
LONG = 6
SHORT = 3
SHARED = frozenset({"info", "contact", "mail", "post", "office", "admin", "secretariaat", "hello", "onthaal"})
"""Before the @ in many addresses: without the domain they say nothing."""
LETTERS = "abcdefgh"
TURNED = 3
"""A name that agrees when turned round has to agree that much better."""
NEAR_WHOLE = 0.84
"""From this Jaro-Winkler similarity names are near."""

_FAMILY = ("exact", "spelling", "oneLetter", "half", "near", "twoLetters", "prefix", "initial", "none", "different")
_GIVEN = ("exact", "class", "oneLetter", "part", "prefix", "initial", "near", "none", "otherInitial", "different")
_FAMILY_RANK = {level: place for place, level in enumerate(_FAMILY)}
_GIVEN_RANK = {level: place for place, level in enumerate(_GIVEN)}
_AGREES = frozenset({"exact", "spelling", "oneLetter", "half", "class", "part"})
_ALIKE = frozenset({"oneLetter", "prefix", "near"})
_DIFFERS = frozenset({"different", "otherInitial", "near", *(f"{level}Known" for level in _ALIKE)})
KNOWN = 7.6
"""Below this rarity (one customer in two thousand) a given name exists: Maria is no typing error for Marina."""


def compare(one: Prepared, other: Prepared, rarity: Rarity) -> list[Level]:
    """The levels of all features that both have; what is missing is not there."""
    levels = [*_phone(one, other), *_email(one, other), *_born(one.born, other.born), *_houses(one, other)]
    levels += _numbers(one, other)
    if other.group == "o":
        if one.organisations and other.organisations:
            levels += organisation_levels(one.organisations, other.organisations, rarity)
        return [(OF_ORGANISATION + name, times) for name, times in levels]
    if one.names and other.names:
        family, given, turned, best = _names(one, other)
        if given in _ALIKE and _both_known(best, rarity, turned=turned):
            given += "Known"
        levels += _named(family, given, best, rarity, turned=turned)
        levels += together({level for level, _ in levels}, family, given, best, rarity)
    return levels


def _names(one: Prepared, other: Prepared) -> tuple[str, str, bool, tuple[Name, Name]]:
    best = ("none", "none", False, (one.names[0], other.names[0]))
    rank = 99
    for left in one.names:
        for right in other.names:
            family, given = _family(left, right), _given(left.given, right.given, left.called, right.called)
            found = _FAMILY_RANK[family] + _GIVEN_RANK[given]
            if found < rank:
                rank, best = found, (family, given, False, (left, right))
                if rank <= 1:
                    return best
            if family in _AGREES or given in _AGREES or not left.given or not right.given:
                continue
            turned = swapped(left)
            family, given = _family(turned, right), _given(turned.given, right.given, turned.called, right.called)
            found = _FAMILY_RANK[family] + _GIVEN_RANK[given] + TURNED
            if found < rank:
                rank, best = found, (family, given, True, (left, right))
    return best


def _both_known(best: tuple[Name, Name], rarity: Rarity, *, turned: bool) -> bool:
    left, right = best
    called = swapped(left).called if turned else left.called
    return called != right.called and rarity("G", called) < KNOWN and rarity("G", right.called) < KNOWN


@lru_cache(maxsize=256)
def swapped(name: Name) -> Name:
    """The same name with given and family name the other way round."""
    joined = name.given.replace(" ", "")
    return Name(name.family, name.given, joined, code(joined), given_class(name.family.split(" ", 1)[0]))


def _family(left: Name, right: Name) -> str:  # noqa: PLR0911 one per level
    a, b, sound, sound2 = left.joined, right.joined, left.sound, right.sound
    if not a or not b:
        return "none"
    if sound == sound2:
        return "exact" if a == b else "spelling"
    length, length2 = len(a), len(b)
    shortest = min(length, length2)
    far = OSA.distance(sound, sound2, score_cutoff=2)
    if far > 1:
        far = min(far, OSA.distance(a, b, score_cutoff=2))
    if far <= 1 and shortest > SHORT:
        return "oneLetter"
    if (left.halves or right.halves) and _halves(left, right):
        return "half"
    if shortest == 1:
        return "initial" if a[0] == b[0] else "different"
    if far <= 2 and shortest >= LONG:  # noqa: PLR2004 letters
        return "twoLetters"
    if shortest > SHORT and length != length2 and (a.startswith(b) or b.startswith(a)):
        return "prefix"
    return "near" if JaroWinkler.similarity(sound, sound2, score_cutoff=NEAR_WHOLE + 0.04) else "different"


def _halves(left: Name, right: Name) -> bool:
    ours = [code(half) for half in left.halves] or [left.sound]
    theirs = [code(half) for half in right.halves] or [right.sound]
    return any(a == b or (min(len(a), len(b)) > LONG and OSA.distance(a, b, score_cutoff=1) <= 1)
               for a in ours for b in theirs if min(len(a), len(b)) >= SHORT)  # fmt: skip


def _given(a: str, b: str, called: str, also: str) -> str:  # noqa: PLR0911 one per level
    if not a or not b:
        return "none"
    if a == b:
        return "exact" if len(a) > 1 else "initial"
    if len(a) == 1 or len(b) == 1:
        return "initial" if a[0] == b[0] or called[:1] == also[:1] else "otherInitial"
    if called == also:
        return "class" if a.split(" ", 1)[0] != b.split(" ", 1)[0] else "part"
    if " " in a or " " in b:
        a, b = a.replace(" ", ""), b.replace(" ", "")
        if a == b:
            return "exact"
    shortest = min(len(a), len(b))
    if shortest > SHORT and abs(len(a) - len(b)) <= 1 and OSA.distance(a, b, score_cutoff=1) <= 1:
        return "oneLetter"
    if OSA.distance(called, also, score_cutoff=1) <= 1 and min(len(called), len(also)) > SHORT:
        return "oneLetter"
    if shortest >= SHORT and (a.startswith(b) or b.startswith(a)):
        return "prefix"
    return "near" if JaroWinkler.similarity(a, b, score_cutoff=NEAR_WHOLE) else "different"


def _named(family: str, given: str, best: tuple[Name, Name], rarity: Rarity, *, turned: bool) -> list[Level]:
    levels: list[Level] = []
    _, right = best
    if family != "none":
        levels.append((f"family.{family}", 1.0))
        if family in {"exact", "spelling", "oneLetter", "half"}:
            held = rarity("S", right.sound if family != "half" or not right.halves else code(right.halves[0]))
            near = "near" if family in {"oneLetter", "half"} else "same"
            levels.append((f"familyRarity.{near}", held))
    if given != "none":
        levels.append((f"given.{given}", 1.0))
        if given in {"exact", "class", "part", "oneLetter"}:
            levels.append((f"givenRarity.{'same' if given != 'oneLetter' else 'near'}", rarity("G", right.called)))
    if turned:
        levels.append(("order.swapped", 1.0))
    return levels


def _phone(one: Prepared, other: Prepared) -> list[Level]:
    if not one.phones or not other.phones:
        return []
    rank, best = 9, "otherKind"
    for a in one.phones:
        for b in other.phones:
            if a[-8:] == b[-8:]:
                return [("phone.mobile" if is_mobile(a) else "phone.fixed", 1.0)]
            if rank > 1 and OSA.distance(a, b, score_cutoff=1) <= 1:
                rank, best = 1, "oneDigit"
            elif rank > 2 and is_mobile(a) == is_mobile(b):  # noqa: PLR2004 ranks
                rank, best = 2, "different"
    return [(f"phone.{best}", 1.0)]


def _email(one: Prepared, other: Prepared) -> list[Level]:
    if not one.emails or not other.emails:
        return []
    rank, best = 9, "different"
    for a in one.emails:
        for b in other.emails:
            if a == b:
                return [("email.exact", 1.0)]
            (local, _, domain), (local2, _, domain2) = a.rpartition("@"), b.rpartition("@")
            if local == local2 and local not in SHARED:
                rank, best = 1, "otherDomain"
            elif rank > 2 and len(local) > LONG - 2 and OSA.distance(local, local2, score_cutoff=1) <= 1:  # noqa: PLR2004 ranks
                rank, best = 2, "oneLetter" if domain == domain2 else "oneLetterOtherDomain"
    return [(f"email.{best}", 1.0)]


def _born(a: str, b: str) -> list[Level]:  # noqa: PLR0911 one per level
    if not a or not b:
        return []
    if a == b:
        return [("born.exact", 1.0)]
    if a[:4] == b[:4] and a[4:6] == b[6:] and a[6:] == b[4:6]:
        return [("born.dayMonthSwapped", 1.0)]
    same = (a[:4] == b[:4], a[4:6] == b[4:6], a[6:] == b[6:])
    if sum(same) == 2:  # noqa: PLR2004 two of three
        if not same[0]:
            near = abs(int(a[:4]) - int(b[:4])) in {1, 9, 10} or a[2:4] == b[3:1:-1]
            return [("born.yearNear" if near else "born.yearDiffers", 1.0)]
        return [("born.dayDiffers" if not same[2] else "born.monthDiffers", 1.0)]
    if same[0]:
        return [("born.sameYear", 1.0)]
    return [("born.different", 1.0)]


_PLACE = ("full", "box", "otherBox", "noBox", "houseOtherPostcode", "streetNear", "otherNumber", "numberOnly",
          "streetOnly", "postcode", "town", "different")  # fmt: skip
_ONLY = frozenset({"postcode", "town", "different"})
_PLACE_RANK = {level: place for place, level in enumerate(_PLACE)}


def _houses(one: Prepared, other: Prepared) -> list[Level]:
    if not one.houses or not other.houses:
        return []
    best = _PLACE[min(_PLACE_RANK[_house(a, b)] for a in one.houses for b in other.houses)]
    if best in _ONLY and not (_street_known(one.houses) and _street_known(other.houses)):
        return [(f"place.{best}Only", 1.0)]
    return [(f"place.{best}", 1.0)]


def _street_known(houses: tuple[House, ...]) -> bool:
    return bool(houses[0].street) or any(house.street for house in houses)


def _house(a: House, b: House) -> str:  # noqa: PLR0911 one per level
    nearby = a.postcode == b.postcode
    number = bool(a.number) and (a.number == b.number or a.number.rstrip(LETTERS) == b.number.rstrip(LETTERS))
    street = _street(a, b) if nearby or number else ""
    if not street:
        if nearby:
            return "numberOnly" if number else "postcode"
        return "town" if a.town and a.town == b.town else "different"
    if not number:
        return "otherNumber" if a.number and b.number else "streetOnly"
    if not nearby:
        return "houseOtherPostcode"
    if street == "near":
        return "streetNear"
    if a.box == b.box and a.number == b.number:
        return "box" if a.box else "full"
    return "noBox" if not a.box or not b.box else "otherBox"


def _street(a: House, b: House) -> str:
    if not a.street or not b.street:
        return ""
    if a.street == b.street or (a.last == b.last and len(a.last) > SHORT and _abbreviated(a, b)):
        return "same"
    if OSA.normalized_similarity(code(a.street), code(b.street), score_cutoff=0.75):
        return "near"
    near = a.last and b.last and OSA.normalized_similarity(code(a.last), code(b.last), score_cutoff=0.8)
    return "near" if near and _abbreviated(a, b) else ""


def _abbreviated(a: House, b: House) -> bool:
    """Whether the words before the last one may be the same: K. Albert, Koning Albert."""
    first, second = a.street[: -len(a.last)], b.street[: -len(b.last)]
    return first[:1] == second[:1] or not first or not second


def _numbers(one: Prepared, other: Prepared) -> list[Level]:
    levels: list[Level] = []
    if not (one.ssins or one.numbers):
        return levels
    ours, theirs = _by_version(one.ssins), _by_version(other.ssins)
    if any(ours[version] & theirs[version] for version in ours.keys() & theirs.keys()):
        levels.append(("ssin.exact", 1.0))
    shared = dict.fromkeys(number.partition(":")[0] for number in one.numbers if number in other.numbers)
    return [*levels, *((f"{kind}.exact", 1.0) for kind in shared)]


def _by_version(sealed: tuple[str, ...]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in sealed:
        version, _, hashed = one.split(":")
        found.setdefault(version, set()).add(hashed)
    return found


_HOME = frozenset({"place.full", "place.box", "place.noBox", "place.streetNear", "place.houseOtherPostcode"})
_REACH = frozenset(
    {"phone.mobile", "phone.fixed", "email.exact", "phone.oneDigit", "email.otherDomain", "email.oneLetter"}
)
_BORN = frozenset({"born.exact", "born.dayMonthSwapped"})
_NOT_BORN = frozenset({"born.different", "born.sameYear"})


def together(levels: set[str], family: str, given: str, best: tuple[Name, Name], rarity: Rarity) -> list[Level]:
    """What two features say together: members of one household agree in much and are others."""
    home, reach, born = not levels.isdisjoint(_HOME), len(levels & _REACH), not levels.isdisjoint(_BORN)
    same_given, same_family = given in _AGREES, family in _AGREES
    strong = min(home + min(reach, 2) + born, 3)
    if same_given and same_family:
        found = [f"whole.{strong}"]
        if not levels.isdisjoint(_NOT_BORN):
            found.append("namesake.born")
        if strong == 0 and "place.different" in levels:
            found.append("namesake.place")
        said = [(level, 1.0) for level in found]
        if strong <= 1:  # a name that hardly anybody has tells more when little else does
            said.append((f"wholeRarity.{strong}", rarity("S", best[1].sound) + rarity("G", best[1].called)))
        return said
    found = [f"partly.{strong}"]
    alike = (("home", home), ("reach", bool(reach)), ("born", born))
    if given in _DIFFERS:
        more = (("family", same_family), ("homeFamily", home and same_family))
        other = ("bornOther", not levels.isdisjoint(_NOT_BORN))
        found += [f"household.{name}" for name, holds in (*alike, *more, other) if holds]
    elif same_given and family in {"different", "near"}:
        found += [f"married.{name}" for name, holds in alike if holds]
    elif given == "none" and same_family:
        found += [f"noGiven.{name}" for name, holds in alike[:2] if holds]
    elif given == "initial" and home:
        found.append("initial.home")
    return [(level, 1.0) for level in found]
