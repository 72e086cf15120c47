"""`onthaal audit`: who did or saw what."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import rich_click as click

from backend.commands.options import configured, data_option, need
from backend.commands.screen import table

if TYPE_CHECKING:
    from backend.audit.schemas import AuditEntryView
    from backend.settings import Settings

COLUMNS = ("at (UTC)", "action", "outcome", "actor", "roles", "subject", "fields", "purpose", "trace")


@click.group
def audit() -> None:
    """The audit log."""


@audit.command("list")
@click.option("--subject", type=click.UUID, help="About this customer, question, ...")
@click.option("--actor", type=click.UUID, help="By this user.")
@click.option("--action", help="Of this operation.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most this many.")
@data_option
def list_entries(subject: UUID | None, actor: UUID | None, action: str | None, limit: int, data: Path) -> None:
    """List who did or saw what, newest first. This look is logged too."""
    settings = configured(data)
    need(settings, "database_url")
    entries = asyncio.run(_entries(settings, limit, {"subject": subject, "actor": actor, "action": action}))
    table(COLUMNS, (_row(entry) for entry in entries))


async def _entries(settings: "Settings", limit: int, asked: dict[str, UUID | str | None]) -> "list[AuditEntryView]":
    """At most `limit` entries, read page by page as the auditor role."""
    from backend.audit.service import AuditService
    from backend.commands.acting import acting, connected
    from backend.kit.paging import MAX_LIMIT, PageRequest

    found: list[AuditEntryView] = []
    async with connected(settings) as platform, acting(platform, "cli.audit.list") as work:
        service, cursor = AuditService(work), None
        while len(found) < limit:
            request = PageRequest(limit=min(MAX_LIMIT, limit - len(found)), cursor=cursor)
            page = await service.page(request, **asked)  # type: ignore[arg-type]  # the names are those of its filters
            found += page.items
            if not page.next:
                break
            cursor = page.next
    return found


def _row(entry: "AuditEntryView") -> tuple[object, ...]:
    subject = f"{entry.subject_kind} {entry.subject or ''}" if entry.subject_kind else ""
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.action,
        entry.outcome,
        entry.actor or "platform",
        ", ".join(entry.roles),
        subject,
        ", ".join(entry.fields),
        entry.purpose,
        entry.trace,
    )
