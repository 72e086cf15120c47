"""Settings: what is given comes before the environment, that before what is known, that before the defaults."""

from typing import Literal

import msgspec
import pytest

import backend.settings
import bff.settings
from backend.kit.configuration import SettingsInvalid, read


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    colour: Literal["red", "green", "blue"] = "red"
    count: int = 1
    names: tuple[str, ...] = ()


def variable(field: str) -> str:
    return f"TRIED_{field.upper()}"


def test_what_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(Tried, variable, given={}) == Tried()
    known = {"colour": "green", "count": 2}
    assert read(Tried, variable, given={"colour": None}, known=known) == Tried(colour="green", count=2)
    monkeypatch.setenv("TRIED_COLOUR", "blue")
    monkeypatch.setenv("TRIED_COUNT", "")
    assert read(Tried, variable, given={}, known=known) == Tried(colour="blue", count=2), "empty is not set"
    assert read(Tried, variable, given={"colour": "red", "count": "7"}, known=known) == Tried(count=7)


def test_lists_have_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_NAMES", "a,b")
    assert read(Tried, variable, given={}, lists={"names"}).names == ("a", "b")


def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_COUNT", "many")
    with pytest.raises(SettingsInvalid, match=r"^the thing: .*count"):
        read(Tried, variable, given={}, about="the thing")


def test_core_and_channels_are_read_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONTHAAL_CITY", "Gent")
    monkeypatch.setenv("ONTHAAL_PORT", "81")
    monkeypatch.setenv("ONTHAAL_BFF_PORT", "82")
    monkeypatch.setenv("ONTHAAL_CORS_ORIGINS", "https://a.example,https://b.example")
    monkeypatch.setenv("ONTHAAL_BFF_ORIGINS", "https://c.example,https://d.example")
    monkeypatch.setenv("ONTHAAL_DATA", "elsewhere")
    core, channels = backend.settings.load(), bff.settings.load()
    assert (core.city, core.port, core.data) == ("Gent", 81, "elsewhere")
    assert core.cors_origins == ("https://a.example", "https://b.example")
    assert backend.settings.load("here").data == "here"
    assert (channels.city, channels.port) == ("Gent", 82)
    assert channels.origins == ("https://c.example", "https://d.example")
    monkeypatch.setenv("ONTHAAL_MODE", "staging")
    with pytest.raises(SettingsInvalid, match=r"^configuration: "):
        backend.settings.load()
    with pytest.raises(SettingsInvalid, match=r"^configuration of the channels: "):
        bff.settings.load()
