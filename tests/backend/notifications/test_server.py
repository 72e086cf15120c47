import pytest

from backend.notifications.rules import mail_server


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "verified"),
    [
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, False, False),
        ("smtp://mail.stad.example", "mail.stad.example", 25, False, False),
        ("smtp://onthaal:geheim@mail.stad.example", "mail.stad.example", 587, False, True),
        ("smtp://onthaal:geheim@localhost:2525", "localhost", 2525, False, False),
        ("smtps://mail.stad.example/", "mail.stad.example", 465, True, True),
        ("smtps://onthaal:geheim@[::1]:4650", "::1", 4650, True, True),
    ],
)
def test_where_mail_goes(url: str, host: str, port: int, tls: bool, verified: bool) -> None:
    server = mail_server(url)
    assert (server.host, server.port, server.tls, server.verified) == (host, port, tls, verified)


def test_the_password_is_read_whole_and_never_shown() -> None:
    server = mail_server("smtps://onthaal%40stad:a%2Fb%3Ac@mail.stad.example")
    assert (server.user, server.password) == ("onthaal@stad", "a/b:c")
    assert "a/b" not in repr(server)


@pytest.mark.parametrize(
    "url",
    ["mail.stad.example", "http://a:geheim@b", "smtp://", "smtp://a:geheim@b:x", "smtp://b/pad", "smtp://a:geheim@[b"],
)
def test_anything_else_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL must be") as refused:
        mail_server(url)
    assert "geheim" not in str(refused.value)
