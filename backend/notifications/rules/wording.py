"""Texts of people in a letter: made safe, never made up."""

import re
from urllib.parse import urlsplit

import nh3
from jinja2.utils import urlize
from markupsafe import Markup, escape

from backend.kit.identifiers import IdentifierInvalid, normalise_phone
from backend.kit.text import drop_refused

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")  # they split or hide words
_BRACKETS = str.maketrans("[]", "()")
_SMALL_HEADING = "margin:22px 0 8px 0;font-size:17px;line-height:1.35;font-weight:700;color:#1c2b31;"
_LIST = "margin:0 0 16px 0;padding:0 0 0 22px;"
_CELL = "padding:8px 12px 8px 0;border-bottom:1px solid #d5dfe2;text-align:left;vertical-align:top;"

STYLES = {
    "a": "color:#0a5568;text-decoration:underline;",
    "p": "margin:0 0 16px 0;",
    "ul": _LIST,
    "ol": _LIST,
    "li": "margin:0 0 8px 0;",
    "table": "margin:0 0 16px 0;border-collapse:collapse;",
    "caption": "padding:0 0 8px 0;text-align:left;font-weight:700;",
    "th": _CELL,
    "td": _CELL,
    **dict.fromkeys(("h2", "h3", "h4", "h5"), _SMALL_HEADING),
}
"""Tag -> its inline style in the running text of a letter."""

_DRESSER = nh3.Cleaner(
    tags={*STYLES, "br", "strong", "em", "b", "i", "thead", "tbody", "tfoot", "tr"},
    attributes={"a": {"href"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}},
    set_tag_attribute_values={tag: {"style": style} for tag, style in STYLES.items()},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel="noopener noreferrer",
)
_EMPTY_LINES = re.compile(r"\n{3,}")


def one_line(text: str, most: int = 120) -> str:
    """A text on one line of at most `most` characters, without controls."""
    # line ends of every kind become spaces; what is left of the refused characters goes
    line = " ".join(_UNSEEN.sub("", drop_refused(_CONTROLS.sub(" ", text))).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def subject_words(text: str) -> str:
    """What a question is about, for a subject: one line; square brackets are kept for our own reference."""
    return one_line(text.translate(_BRACKETS))


def quoted(text: str) -> str:
    """A text with `> ` before each line, as mail programs show what somebody wrote earlier."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n"))


def paragraphs(text: str, *, links: bool = False) -> Markup:
    """Plain text as HTML paragraphs; an empty line starts a new one.

    Args:
        text: plain text; everything in it is escaped.
        links: make web addresses clickable; only for what our own staff wrote.
    """
    blocks = (block.strip() for block in re.split(r"\n\s*\n", text))
    shown = (urlize(block) if links else str(escape(block)) for block in blocks if block)
    return dressed("\n".join(f"<p>{block.replace(chr(10), '<br>')}</p>" for block in shown))


def dressed(html: str) -> Markup:
    """HTML with the inline styles of our letters, cleaned on the way: mail programs know no other styles."""
    return Markup(_DRESSER.clean(html))  # noqa: S704 cleaned here


def web_address(url: str | None) -> str | None:
    """The address when a browser may follow it: http or https with a host; None for anything else."""
    if not url or any(char.isspace() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def short_address(url: str) -> str:
    """A web address as people write it: `www.stad.example`."""
    return re.sub(r"^https?://", "", url).rstrip("/")


def phone_link(phone: str) -> str | None:
    """`tel:+3293999999`, or None when the number only works in one network."""
    try:
        number = normalise_phone(phone).e164
    except IdentifierInvalid:
        return None
    return f"tel:{number}" if number else None


def tidy(text: str) -> str:
    """A text without spaces at line ends and with at most one empty line in a row; ends with a line feed."""
    # `-- ` with its space is how mail programs know the signature
    lines = "\n".join(line if line == "-- " else line.rstrip() for line in text.strip().split("\n"))
    return _EMPTY_LINES.sub("\n\n", lines) + "\n"
