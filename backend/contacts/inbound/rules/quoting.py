"""What somebody wrote just now, apart from the earlier mails below it and the signature."""

import re

_QUOTED = re.compile(r"\s*>")
_WROTE = re.compile(
    r"(?:op\b.{3,300}\b(?:schreef|geschreven)\b.{0,200}|on\b.{3,300}\bwrote|le\b.{3,300}\ba écrit|"
    r"am\b.{3,300}\bschrieb.{0,200})\s?:",
    re.IGNORECASE | re.DOTALL,
)
_STARTS = ("op ", "on ", "le ", "am ")
_ORIGINAL = re.compile(
    r"-{2,}\s*(?:oorspronkelijk bericht|origineel bericht|original message|message d'origine|"
    r"ursprüngliche nachricht|doorgestuurd bericht|forwarded message)\s*-{2,}",
    re.IGNORECASE,
)
_RULE = re.compile(r"_{10,}\s*\Z")
_HEAD = re.compile(r"\*?(?:van|from|de|von)\s?:\*?\s", re.IGNORECASE)
_SENT = re.compile(r"\*?(?:verzonden|datum|sent|date|envoyé|gesendet|aan|to)\s?:\*?", re.IGNORECASE)
_SIGNATURE = ("-- ", "--")


def own_words(text: str) -> str:
    """The text above the earlier mails and the signature; the whole text when there is nothing above them.

    When the sender wrote between the lines of an earlier mail, the whole text counts.
    """
    lines = text.split("\n")
    end = next((place for place in range(len(lines)) if _earlier_from(lines, place)), len(lines))
    if _between(lines[end:]):
        return text.strip()
    sign = next((place for place in range(end) if lines[place] in _SIGNATURE), end)
    return "\n".join(lines[:sign]).strip() or "\n".join(lines[:end]).strip() or text.strip()


def _earlier_from(lines: list[str], place: int) -> bool:
    """Whether an earlier mail begins on this line."""
    line = lines[place].strip()
    if not line:
        return False
    if _QUOTED.match(line) or _ORIGINAL.match(line):
        return True
    if line[:3].lower() in _STARTS and _WROTE.match(" ".join(lines[place : place + 3])[:600]):
        return True
    if _RULE.match(line):
        return any(_HEAD.match(one.strip()) for one in lines[place + 1 : place + 3])
    return bool(_HEAD.match(line)) and any(_SENT.match(one.strip()) for one in lines[place + 1 : place + 4])


def _between(rest: list[str]) -> bool:
    """Whether something new stands between quoted lines."""
    quoted = [place for place, line in enumerate(rest) if _QUOTED.match(line)]
    if not quoted:
        return False
    inside = rest[quoted[0] : quoted[-1]]
    return any(line.strip() and not _QUOTED.match(line) for line in inside)
