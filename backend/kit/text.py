"""Text from outside: refused when it holds what no person types, kept in one form, folded for searching."""

import re
import unicodedata

_REFUSED = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, except tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls: they make text look different
    "\ud800-\udfff"  # halves of a character: not text, and no UTF-8 can hold them
)
_BAD = re.compile(f"[{_REFUSED}]")
_MAX_DEPTH = 100
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
"""Letters with a stroke or a ligature: Unicode does not take them apart, people type them without."""


class TextInvalid(ValueError):
    """A text holds a character that is refused.

    Attributes:
        path: Where the text is in the JSON value, such as `questions[0].subject`; empty for the value itself.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path


def clean_text(value: str) -> str:
    r"""Return a text in NFC with line ends as `\n`; the length may change.

    Raises:
        TextInvalid: It holds NUL, another control character (tab and line ends are fine), a bidirectional
            control or half a character. The message never holds the text.
    """
    if value.isprintable():  # no line ends, no controls, no surrogates; the quickest answer for one line
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    value = value.replace("\r\n", "\n")
    if found := _BAD.search(value):
        raise TextInvalid(f"the character U+{ord(found[0]):04X} is not allowed")
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def drop_refused(value: str) -> str:
    """Return a text without the characters that `clean_text` refuses: for imports that must go on."""
    return clean_text(_BAD.sub("", value.replace("\r\n", "\n")))


def without_invisible(value: str) -> str:
    """Return a text without the characters that only format (Unicode category Cf): nobody sees or types them.

    They are soft hyphens, spaces without width, byte order marks, joiners, bidirectional marks and tags. Inside a
    word they keep it from being found. An emoji that a joiner made of several becomes those several. Line ends,
    tabs and spaces stay; call it before `clean_text`, for letters that come together may need composing (NFC).
    """
    if value.isascii() or value.isprintable():  # no character of this category is printable, nor in ASCII
        return value
    invisible = [ord(char) for char in set(value) if unicodedata.category(char) == "Cf"]
    return value.translate(dict.fromkeys(invisible)) if invisible else value


def fold(value: str) -> str:
    """Return a text as a search key: no case, no accents, no compatibility forms (NFKC), nothing invisible; idempotent.

    `Ĳzer-ÉTÉ` becomes `ijzer-ete`. Spaces and punctuation stay as they are.
    """
    if value.isascii():
        return value.lower()
    value = without_invisible(value)
    # taking apart after folding case as well: some letters come apart only then
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", bare.translate(_UNDECOMPOSED))


def clean_json(value: object) -> object:
    """Return decoded JSON with every text in it cleaned, the names of members included.

    Args:
        value: What a JSON decoder gives: str, list, dict, numbers, booleans, None.

    Returns:
        The same value; lists and objects are new.

    Raises:
        TextInvalid: A text is refused; `path` says where the first one is (for the name of a member: where
            its object is). Also for more than 100 levels, and for two names that are one after cleaning.
    """
    return _clean(value, "", 0)


def bad_text_path(value: object) -> str | None:
    """Return the path of the first refused text in decoded JSON, or None when all is well.

    The root is the empty text: test with `is None`. See `clean_json`, which also cleans.
    """
    try:
        clean_json(value)
    except TextInvalid as error:
        return error.path
    return None


def _clean(value: object, path: str, depth: int) -> object:
    if isinstance(value, str):
        return _clean_at(value, path)
    if not isinstance(value, list | dict):
        return value
    if depth == _MAX_DEPTH:
        raise TextInvalid(f"more than {_MAX_DEPTH} levels", path)
    if isinstance(value, list):
        return [_clean(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    cleaned: dict[str, object] = {}
    for name, item in value.items():
        key = _clean_at(name, path)
        if key in cleaned:
            raise TextInvalid("two members have the same name", path)
        cleaned[key] = _clean(item, f"{path}.{key}" if path else key, depth + 1)
    return cleaned


def _clean_at(value: str, path: str) -> str:
    try:
        return clean_text(value)
    except TextInvalid as error:
        raise TextInvalid(str(error), path) from None
