"""Options and configuration that commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from backend.commands.failures import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.settings import Settings

ROOT = Path(__file__).parents[2]
"""The checkout, or the folder of the installed packages."""

F = TypeVar("F", bound="Callable[..., Any]")


def default_data() -> Path:
    """`.data` in the checkout; without a checkout, in the current folder."""
    return (ROOT if (ROOT / "pyproject.toml").exists() else Path.cwd()) / ".data"


def data_option(function: F) -> F:
    """Add `--data DIR`."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="ONTHAAL_DATA",
        default=default_data,
        show_default=".data in the checkout",
        help="Folder of the embedded servers, keys, mails and logs.",
    )(function)


def configured(data: Path, **overrides: object) -> "Settings":
    """The configuration for this data folder; what is None keeps its configured value.

    Raises:
        SettingsInvalid: a value is not of its kind.
    """
    from backend.settings import load

    return load(str(data), **overrides)


def need(settings: "Settings", *names: str) -> None:
    """Refuse to go on without these settings.

    Raises:
        Refused: names the environment variables.
    """
    from backend.settings import variable

    missing = [variable(name) for name in names if not getattr(settings, name)]
    if missing:
        raise Refused(f"nothing runs on {settings.folder}: start `onthaal up` or set {' and '.join(missing)}")
