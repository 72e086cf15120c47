"""What one transaction may see of shielded rows: PostgreSQL asks for it in the policies of row-level security.

The second layer below `Access` (design 5): a service that forgets to ask still cannot read what is not this person's.
It fails closed: a transaction that says nothing sees no row of a shielded table.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal
from uuid import UUID

import msgspec


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads.

    Attributes:
        kind: `nothing`; `person`: as far as the person may see; `customer`: what is about the customers in `opened`,
            nothing else; `everything`: the platform itself.
        person: whose own things are visible in any case.
        departments: departments the person is an insider of.
        opened: ids of what is open to this transaction besides, to be read and not to be changed.
        keep_plans: use the plan that a connection made once, whatever the values. By default PostgreSQL plans anew at
            each call as long as it thinks the values matter: right for filters that may be left out, but a statement
            with many parts, each of which reads an index whatever is asked, takes ten times longer to plan than to run.
        in_order: walk indexes in their order and stop when there is enough; never the whole table, no bitmaps, and no
            sorting where an index has the order. For pages of lists that have one: PostgreSQL expects row-level
            security to hide nearly all rows, and would rather sort a whole department for a page of 25.
    """

    kind: Literal["nothing", "person", "customer", "everything"]
    person: UUID | None = None
    departments: frozenset[UUID] = frozenset()
    opened: frozenset[UUID] = frozenset()
    keep_plans: bool = False
    in_order: bool = False


NOTHING = Reach(kind="nothing")
"""No row of a shielded table: the default."""

EVERYTHING = Reach(kind="everything")
"""Jobs, sweeps and commands: the platform acts, nobody looks."""


WAYS = {"keep_plans", "in_order"}
"""Options of a route that say how PostgreSQL goes about its statements."""


def going(reach: Reach, options: Mapping[str, object]) -> Reach:
    """The reach of a request, with the ways that its route asks for."""
    ways = {way: True for way in WAYS if options.get(way)}
    return msgspec.structs.replace(reach, **ways) if ways else reach


@lru_cache(maxsize=1024)
def statement(reach: Reach) -> str:
    """SQL that holds until the end of the transaction; without parameters, so that it travels together with BEGIN.

    The values are codes and ids made here, never text of a person.
    """
    values = {
        "app.reach": reach.kind,
        "app.person": str(reach.person or ""),
        "app.departments": _array(reach.departments),
        "app.opened": _array(reach.opened),
    }
    if reach.keep_plans:
        values |= {"plan_cache_mode": "force_generic_plan", "max_parallel_workers_per_gather": "0"}
    if reach.in_order:
        values |= dict.fromkeys(("enable_sort", "enable_bitmapscan", "enable_seqscan"), "off")
    settings = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in values.items())
    return f"SELECT {settings}"


def _array(ids: frozenset[UUID]) -> str:
    return "{" + ",".join(sorted(map(str, ids))) + "}"
