"""`onthaal openapi`: the API descriptions as files, of the core and of every channel."""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import rich_click as click

from backend.commands.options import ROOT

FOLDER = ROOT / "openapi"


@click.command
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a file differs from the code.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default="openapi",
    help="The folder.",
)
def openapi(check: bool, out: Path) -> None:
    """Write the descriptions of the core API and of the channels, generated from the code."""
    made = {"core": core()}
    before = _read(out / "core.json")
    if not check:
        _write(out, made)
    made |= channels()  # they pass on operations of the core, described in the file just written
    differing = ["core"] if before != made["core"] else []
    differing += [name for name in made if name != "core" and _read(out / f"{name}.json") != made[name]]
    if check and differing:
        print(f"onthaal: {differing} differ from the code: run `onthaal openapi`", file=sys.stderr)  # noqa: T201 console
        sys.exit(1)
    if not check:
        _write(out, made)
    for name in made:
        click.echo(f"{out / name}.json: {'written' if name in differing and not check else 'as the code'}")


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _write(out: Path, made: Mapping[str, str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (out / f"{name}.json").write_text(text, encoding="utf-8")


def core() -> str:
    """The description of the core as JSON text; needs no server and leaves nothing behind."""
    from backend.app import Platform, create_litestar
    from backend.settings import Settings

    with tempfile.TemporaryDirectory(prefix="onthaal-openapi-") as data:
        settings = Settings(
            data=data, database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1"
        )
        return as_text(create_litestar(Platform(settings)).openapi_schema.to_schema())


def channels() -> dict[str, str]:
    """The description of every channel as JSON text, by its name."""
    from backend.platform import channel_issuer
    from backend.settings import Settings as CoreSettings
    from bff.app import create_channels
    from bff.core.transport import HttpTransport
    from bff.settings import CHANNELS, Settings

    with tempfile.TemporaryDirectory(prefix="onthaal-openapi-") as data:
        for name in CHANNELS:
            channel_issuer(CoreSettings(data=data), name).prepare()
        apps = create_channels(Settings(keys=f"{data}/keys"), lambda: HttpTransport("http://127.0.0.1:1", 1))
        return {name: as_text(app.openapi_schema.to_schema()) for name, app in apps.items()}


def as_text(document: Mapping[str, object]) -> str:
    """A description as it is committed."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
