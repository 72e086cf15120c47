"""`onthaal openapi`: the API description as a file."""

import sys
from pathlib import Path

import rich_click as click

from backend.commands.options import ROOT

COMMITTED = ROOT / "openapi" / "core.json"


@click.command
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when the file differs from the code.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=COMMITTED,
    show_default="openapi/core.json",
    help="The file.",
)
def openapi(check: bool, out: Path) -> None:
    """Write the description of the core API, generated from the code."""
    made = description()
    same = out.exists() and out.read_text(encoding="utf-8") == made
    if check and not same:
        print(f"onthaal: {out} differs from the code: run `onthaal openapi`", file=sys.stderr)  # noqa: T201 console
        sys.exit(1)
    if not check and not same:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(made, encoding="utf-8")
    click.echo(f"{out}: {'unchanged' if same else 'written'}")


def description() -> str:
    """The description as JSON text; needs no server and leaves nothing behind."""
    import json
    import tempfile

    from backend.app import Platform, create_litestar
    from backend.settings import Settings

    with tempfile.TemporaryDirectory(prefix="onthaal-openapi-") as data:
        settings = Settings(
            data=data, database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1"
        )
        schema = create_litestar(Platform(settings)).openapi_schema.to_schema()
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
