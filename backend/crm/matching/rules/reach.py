"""E-mail addresses and phone numbers in normal form, forgiving: what cannot be dialled may still be recognised."""

from backend.crm.matching.rules.spelling import words

SHORTEST_PHONE = 6
_MOST = 254


def phone(typed: str) -> str:
    """The digits after the country code and the trunk 0; empty for what is too short to tell anything."""
    digits = "".join(char for char in typed[:60] if char.isascii() and char.isdigit())
    international = typed.lstrip()[:1] == "+" or digits.startswith("00")
    digits = digits.lstrip("0") if digits.startswith("00") else digits
    if international and digits.startswith("32"):
        digits = digits[2:]
    digits = digits.lstrip("0")[:15]
    return digits if len(digits) >= SHORTEST_PHONE else ""


def is_mobile(number: str) -> bool:
    """Whether it is a Belgian mobile number: of one person, not of a household."""
    return len(number) == 9 and number[0] == "4"  # noqa: PLR2004 4xx xx xx xx


def email(typed: str) -> str:
    """Lower case; empty without an @."""
    text = typed.strip().lower()[:_MOST]
    name, at, domain = text.rpartition("@")
    return text if at and name and domain else ""


def name_words(address: str) -> list[str]:
    """The words before the @ without digits: `jan.peeters84@` gives jan, peeters."""
    found = ("".join(char for char in word if not char.isdigit()) for word in words(address.rpartition("@")[0]))
    return [word for word in found if word]
