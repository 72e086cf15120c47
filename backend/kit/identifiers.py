"""Belgian numbers, phone numbers, e-mail addresses and postcodes: checked and brought into one form.

What is stored and compared is always the normal form; every function accepts what people type (spaces, dots,
hyphens, slashes). Messages and codes never hold the value itself.
"""

import re
from typing import NoReturn

import email_validator
import msgspec
import phonenumbers
from stdnum.be import nn, vat
from stdnum.util import clean

_SSIN_LENGTH = 11
_NUMBER_LENGTH = 10
_LONGEST_TYPED = 40
_LONGEST_EMAIL = 254
_BORN_2000 = 2_000_000_000
_V_CODE = re.compile(r"V[0-9]{7}")
_BELGIAN_POSTCODE = re.compile(r"[1-9][0-9]{3}")
_FOREIGN_POSTCODE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,8}[A-Z0-9])?")
_SHORT_NUMBER = re.compile(r"[0-9]{3,6}")
_PHONE_TYPED = re.compile(r"[0-9+()/. \-\u00a0\u2010-\u2013]+")


class IdentifierInvalid(ValueError):
    """The text is not an identifier of the asked kind.

    Attributes:
        code: What is wrong: `length`, `characters`, `prefix`, `checkDigits` or `syntax`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """A phone number.

    Attributes:
        e164: `+` and digits; None for a short or internal number, which exists in one network only.
        typed: What was typed, with single spaces.
    """

    e164: str | None
    typed: str


def normalise_ssin(text: str) -> str:
    """Return a national (INSZ, rijksregister) or BIS number as 11 digits.

    Only the check digits are judged, as the register itself does: months of BIS numbers (+20, +40), unknown
    birth dates (00) and exhausted counters all occur, so `stdnum.be.nn` and `.bis` refuse numbers that exist.

    Raises:
        IdentifierInvalid: `characters`, `length` or `checkDigits`.
    """
    number = _digits(nn.compact(_bounded(text)), _SSIN_LENGTH)
    first, check = int(number[:9]), int(number[9:])
    # born before 2000, or later (a 2 in front); 2e9 is no multiple of 97, so never both
    if check not in {97 - first % 97, 97 - (_BORN_2000 + first) % 97}:
        raise IdentifierInvalid("checkDigits")
    return number


def normalise_enterprise_number(text: str) -> str:
    """Return an enterprise number (KBO) as 10 digits; `BE` in front and nine digits (old form) are accepted.

    Raises:
        IdentifierInvalid: `characters`, `length`, `prefix` (not 0 or 1) or `checkDigits`.
    """
    return _enterprise_style(vat.compact(_bounded(text)), first="01")


def normalise_establishment_number(text: str) -> str:
    """Return the number of an establishment unit (KBO) as 10 digits.

    Raises:
        IdentifierInvalid: `characters`, `length`, `prefix` (not 2 to 8) or `checkDigits`.
    """
    return _enterprise_style(clean(_bounded(text), " -./"), first="2345678")


def normalise_v_code(text: str) -> str:
    """Return a number of the associations register as `V` and seven digits.

    Raises:
        IdentifierInvalid: `length` or `syntax`.
    """
    code = clean(_bounded(text), " -./").upper()
    return code if _V_CODE.fullmatch(code) else _refuse("syntax")


def normalise_phone(text: str, region: str = "BE") -> Phone:
    """Return a phone number in E.164 and as typed.

    Numbers of three to six digits (1700, an extension of the switchboard) are kept as typed: outside their
    network they mean nothing. A longer number must exist according to the numbering plan (library
    phonenumbers), which notices most missing digits.

    Args:
        text: What was typed.
        region: ISO 3166 code of the country whose numbers may be typed without country code.

    Raises:
        IdentifierInvalid: `length`, `characters` or `syntax` (no such number in the numbering plan).
    """
    typed = " ".join(_bounded(text).split())
    if not _PHONE_TYPED.fullmatch(typed):
        raise IdentifierInvalid("characters")
    if _SHORT_NUMBER.fullmatch(clean(typed, " -./()")):
        return Phone(e164=None, typed=typed)
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        raise IdentifierInvalid("syntax") from None
    if not phonenumbers.is_valid_number(number):
        raise IdentifierInvalid("syntax")
    return Phone(e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), typed=typed)


def normalise_email(text: str) -> str:
    """Return an e-mail address in lower case, an international domain as `xn--`.

    No mail system in use tells upper from lower case, so one mailbox has one form. No network is used. An
    address with letters outside ASCII before the @ is refused: few mail servers deliver it.

    Raises:
        IdentifierInvalid: `length` or `syntax` (also for domains that never receive mail, such as .local).
    """
    if len(text) > _LONGEST_EMAIL:
        raise IdentifierInvalid("length")
    try:
        address = email_validator.validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except email_validator.EmailNotValidError:
        raise IdentifierInvalid("syntax") from None
    return (address.ascii_email or address.normalized).lower()


def normalise_postcode(text: str, country: str = "BE") -> str:
    """Return a postcode; for Belgium four digits, elsewhere capitals, digits, single spaces and hyphens.

    Args:
        text: What was typed; for Belgium `B-` in front is accepted.
        country: ISO 3166 code.

    Raises:
        IdentifierInvalid: `length` or `syntax`.
    """
    code = " ".join(_bounded(text).upper().split())
    pattern = _FOREIGN_POSTCODE
    if country == "BE":
        code, pattern = re.sub(r"^B(?:E)?[ -]?", "", code), _BELGIAN_POSTCODE
    return code if pattern.fullmatch(code) else _refuse("syntax")


def _enterprise_style(number: str, *, first: str) -> str:
    digits = _digits(number, _NUMBER_LENGTH)
    if digits[0] not in first:
        raise IdentifierInvalid("prefix")
    # not `vat.validate`: that takes 00 for 97
    if 97 - int(digits[:8]) % 97 != int(digits[8:]):
        raise IdentifierInvalid("checkDigits")
    return digits


def _digits(number: str, length: int) -> str:
    if not (number.isascii() and number.isdigit()):
        raise IdentifierInvalid("characters")
    return number if len(number) == length else _refuse("length")


def _bounded(text: str) -> str:
    """Return a text that is short enough for an identifier, without white space around it."""
    stripped = text.strip()
    return stripped if 0 < len(stripped) <= _LONGEST_TYPED else _refuse("length")


def _refuse(code: str) -> NoReturn:
    raise IdentifierInvalid(code)
