"""The few pages of a login that a browser shows by itself: plain HTML, no script, no style from elsewhere."""

from html import escape

from litestar import Response
from litestar.datastructures import Cookie

_PAGE = """<!doctype html>
<html lang="nl">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>{more}</head>
<body><main><h1>{title}</h1><p>{text}</p><p><a href="{link}">{label}</a></p></main></body>
</html>
"""


def onward(path: str, cookies: list[Cookie]) -> Response[str]:
    """The page after the callback: it is ours, so that the browser sends the Strict cookie with what follows."""
    more = f'<meta http-equiv="refresh" content="0; url={escape(path)}">'
    return _page("U bent aangemeld", "U gaat zo meteen verder.", path, "Ga verder", more=more, cookies=cookies)


def failed(text: str, again: str, status: int, cookies: list[Cookie]) -> Response[str]:
    """The page of a login that did not come about."""
    return _page("Aanmelden is niet gelukt", text, again, "Probeer opnieuw", status=status, cookies=cookies)


def ended(again: str) -> Response[str]:
    """The page after logging out at the provider."""
    return _page("U bent afgemeld", "Sluit dit venster, of meld u opnieuw aan.", again, "Opnieuw aanmelden")


def _page(
    title: str,
    text: str,
    link: str,
    label: str,
    *,
    more: str = "",
    status: int = 200,
    cookies: list[Cookie] | None = None,
) -> Response[str]:
    body = _PAGE.format(title=escape(title), text=escape(text), link=escape(link), label=escape(label), more=more)
    return Response(body, media_type="text/html; charset=utf-8", status_code=status, cookies=cookies or [])
