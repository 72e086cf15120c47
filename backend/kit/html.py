"""HTML from outside: only what a text needs is kept, and a plain-text form for mails and searching."""

import re
from html.parser import HTMLParser

import nh3

from backend.kit.text import drop_refused

MOST_TAGS = 5000
"""The largest real product text has 258; parsing deeply nested tags costs time in their square."""

_TABLE = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
_TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "a", "h2", "h3", "h4", "h5"} | _TABLE
_SPAN = {"colspan", "rowspan"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    # "*": the library would allow lang and title everywhere
    attributes={"*": set(), "a": {"href"}, "th": {*_SPAN, "scope"}, "td": _SPAN},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel="noopener noreferrer",
)
# without this the words of two blocks would run together when the tags between them are taken away
_RENAMED = {"h1": "h2", "h6": "h5"}
_RENAME = re.compile(r"<(/?)(div|section|article|header|footer|blockquote|pre|dl|dt|dd|figure|h1|h6)\b", re.IGNORECASE)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff"))  # soft hyphen, zero-width spaces: they break searching
_BLOCKS = {"p", "h2", "h3", "h4", "h5", "table", "caption"}
_LISTS = {"ul", "ol"}
_CELLS = {"th", "td"}
_UNSAID = re.compile(r"^(?:(?:mailto|tel|https?):)?(?://)?(?:www\.)?", re.IGNORECASE)


class HtmlTooComplex(ValueError):
    """The HTML has more tags than any real text."""


def sanitise(html: str) -> str:
    """Return safe HTML: paragraphs, lists, headings 2 to 5, emphasis, tables and absolute links.

    Other tags go and their text stays; scripts and styles go with their text. Blocks of other kinds become
    paragraphs, headings 1 and 6 become 2 and 5. What is broken is repaired, and characters that
    `text.clean_text` refuses are left out. Links get `rel="noopener noreferrer"`.

    Raises:
        HtmlTooComplex: More than 5000 tags.
    """
    if html.count("<") > MOST_TAGS:
        raise HtmlTooComplex(f"more than {MOST_TAGS} tags")
    renamed = _RENAME.sub(lambda tag: f"<{tag[1]}{_RENAMED.get(tag[2].lower(), 'p')}", drop_refused(html))
    # a second time, because the parser has turned `&#1;` into the character it stands for
    return drop_refused(_CLEANER.clean(renamed)).replace("<p></p>", "").strip()


def to_text(html: str) -> str:
    """Return HTML as plain text, for the text form of a mail and for searching.

    An empty line between paragraphs, list items as `- ` or `1. `, cells separated by ` | `, links as
    `text (address)`. Unsafe HTML is fine: it is sanitised first.

    Raises:
        HtmlTooComplex: More than 5000 tags.
    """
    writer = _TextWriter()
    writer.feed(sanitise(html))
    writer.close()
    return writer.text()


class _TextWriter(HTMLParser):
    """Writes sanitised, so well-formed, HTML as lines of text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._lists: list[int | None] = []  # per open list the last number, None when it has no numbers
        self._marker = ""
        self._gap = False  # an empty line before the next text
        self._in_cell = False
        self._link: tuple[str, list[str]] | None = None

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._link = (dict(attrs).get("href") or "", [])
        elif tag in _CELLS:
            self._in_cell = True
            if self._line:
                self._line.append(" | ")
        elif tag == "li":
            self._start_item()
        elif tag in _LISTS:
            self._end_block()
            self._lists.append(0 if tag == "ol" else None)
        else:
            self._boundary(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        elif tag in _CELLS:
            self._in_cell = False
        elif tag == "li":
            self._end_line()
            self._marker = ""
        elif tag in _LISTS:
            self._end_line()
            self._lists = self._lists[:-1]
            self._end_block()
        else:
            self._boundary(tag)

    def handle_data(self, data: str) -> None:
        self._line.append(data)
        if self._link:
            self._link[1].append(data)

    def _boundary(self, tag: str) -> None:
        """Start or end a block; inside a cell everything stays on the line of its row."""
        if self._in_cell:
            if tag in _BLOCKS or tag == "br":
                self._line.append(" ")
        elif tag in _BLOCKS:
            self._end_block()
        elif tag in {"br", "tr"}:
            self._end_line()

    def _start_item(self) -> None:
        self._end_line()
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._marker = "- "
        else:
            self._lists[-1] = number + 1
            self._marker = f"{number + 1}. "

    def _end_link(self) -> None:
        href, pieces = self._link or ("", [])
        self._link = None
        label = " ".join("".join(pieces).split())
        address = re.sub(r"^(?:mailto|tel):", "", href, flags=re.IGNORECASE)
        if not label:
            self._line.append(address)
        elif address and _bare(label) != _bare(address):
            self._line.append(f" ({address})")

    def _end_block(self) -> None:
        self._end_line()
        self._gap = self._gap or not self._lists

    def _end_line(self) -> None:
        line = " ".join("".join(self._line).translate(_INVISIBLE).split())
        self._line.clear()
        if not line:
            return
        if self._gap and self._lines:
            self._lines.append("")
        self._gap = False
        indent = "  " * (len(self._lists) - 1)
        self._lines.append(indent + (self._marker or "  " * bool(self._lists)) + line)
        self._marker = ""


def _bare(address: str) -> str:
    """Return an address without what people leave out when they write it."""
    return _UNSAID.sub("", address.replace(" ", "")).rstrip("/").lower()
