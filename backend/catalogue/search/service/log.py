"""What was searched for, for the editors who improve the catalogue; never who searched."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import msgspec

from backend.catalogue.index.service import ProductIndex
from backend.catalogue.rules.searches import scrub
from backend.catalogue.search.schemas import Audience, SearchTerm, SearchTermPage
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row, UnitOfWork
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import invalid_input
from backend.kit.search.dutch import stem
from backend.kit.search.lexicon import Lexicon
from backend.kit.work import Work

_LIST = "searchTerms"
_DAYS = 30
_KEPT = timedelta(days=400)
_MOST_FORGOTTEN = 10_000
_PURPOSE = "searchTerm"

# A word that is not familiar may be a name. It is kept as a keyed hash only, in `unknown`, until the same word was
# searched for in three different hours on two different days within a month: then it is no longer one person's, and
# from that search on it is kept as it was typed. Whether it is, this statement reads and writes at once; two searches
# at the same moment do not see each other, which can only make it later. A new key begins counting again.
#
# The id is random, the moment a whole hour: neither says who searched. Losing the last half second of this log in a
# crash is nothing, waiting for the disk in every search is: so the commit of a search, which writes nothing else, does
# not wait.
_WRITE = """
INSERT INTO search_entry (id, at, terms, audience, results, unknown)
SELECT gen_random_uuid(), hour, coalesce((
           SELECT string_agg(word, ' ' ORDER BY place)
             FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS typed(word, hash, place)
            WHERE hash IS NULL OR (
                  SELECT count(DISTINCT at) >= 3 AND count(DISTINCT (at AT TIME ZONE 'Europe/Brussels')::date) >= 2
                    FROM (SELECT at FROM search_entry
                           WHERE unknown @> ARRAY[hash] AND hour - at <= interval '30 days'
                           UNION ALL SELECT hour) AS seen)), ''),
       $4::text, $5::int, array_remove($3::bytea[], NULL)
  FROM date_trunc('hour', $1::timestamptz) AS hour
 WHERE set_config('synchronous_commit', 'off', true) IS NOT NULL
"""
_PERIOD = "at >= $1 AND at < $2 AND ($3::text = 'all' OR audience = $3)"
_TERMS = f"""
SELECT terms, count(*)::int AS times, max(at) AS last,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY results) AS median_results
  FROM search_entry
 WHERE {_PERIOD} AND (NOT $4::bool OR results = 0) AND terms <> ''
 GROUP BY terms
HAVING ($5::int IS NULL OR count(*) < $5 OR (count(*) = $5 AND terms > $6))
 ORDER BY times DESC, terms LIMIT $7
"""
_COUNTED = f"""
SELECT count(*)::int AS searches, count(*) FILTER (WHERE results = 0)::int AS without_results
  FROM search_entry WHERE {_PERIOD}
"""
_FORGET = """
DELETE FROM search_entry WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM search_entry WHERE at < now() - interval '13 months' LIMIT $1))
"""


class TermsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which searches an editor looks at.

    Attributes:
        first: first day, local time; 30 days up to `last` without it.
        last: last day; today without it.
        audience: only of staff, or of citizens.
        without_results: only searches that found nothing.
    """

    first: date | None = None
    last: date | None = None
    audience: Audience | Literal["all"] = "all"
    without_results: bool = False


class SearchLog:
    """Keeps what was searched for, and shows it to editors.

    Args:
        work: the unit of work.
        index: the search index of this process.
    """

    def __init__(self, work: Work, index: ProductIndex) -> None:
        self._work = work
        self._index = index

    def write(self, query: str, lexicon: Lexicon, results: int, audience: Audience) -> None:
        """Keep a search, just before the commit: what may be kept of its words, and how much it found."""
        kept = scrub(query, lexicon)
        hashes = [self._hash(word) if word in kept.unfamiliar else None for word in kept.words]
        values = (self._work.now, kept.words, hashes, audience, results)
        self._work.uow.last(lambda: (_WRITE, values))

    async def terms(self, asked: TermsAsked, page: PageRequest) -> SearchTermPage:
        """The improvement list: terms by how often they were searched for.

        Raises:
            ProblemError: 400 for a period that ends before it begins, or of longer ago than the log is kept.
            CursorInvalid: the cursor is of another list.
        """
        start, end = self._period(asked)
        scope = f"{_LIST} {start} {end} {asked.audience} {asked.without_results}"
        after = decode_cursor(page.cursor, (int, str), scope=scope) if page.cursor else (None, None)
        uow = self._work.uow
        rows = await uow.fetch(_TERMS, start, end, asked.audience, asked.without_results, *after, page.limit + 1)
        counted = await uow.fetchrow(_COUNTED, start, end, asked.audience)
        lexicon = (await self._index.shelf(uow)).lexicon
        items = [_term(row, lexicon) for row in rows[: page.limit]]
        view = SearchTermPage(items=items, **(counted or {}))
        if len(rows) <= page.limit:
            return view
        return msgspec.structs.replace(view, next=encode_cursor((items[-1].times, items[-1].terms), scope=scope))

    def _hash(self, word: str) -> bytes:
        """What a word is counted by: without our key nobody can try names against it."""
        return self._work.keys.lookup(word, purpose=_PURPOSE)

    def _period(self, asked: TermsAsked) -> tuple[datetime, datetime]:
        """The first moment of the period and the first after it."""
        today = self._work.now.astimezone(BRUSSELS).date()
        last = min(asked.last or today, today)
        if last < today - _KEPT:
            raise invalid_input("Before everything that is kept.", where="query", name="to", kind="outOfRange")
        first = asked.first or last - timedelta(days=_DAYS - 1)
        if not today - _KEPT <= first <= last:
            raise invalid_input("In the past 400 days, not after `to`.", where="query", name="from", kind="outOfRange")
        return _midnight(first), _midnight(last + timedelta(days=1))


async def forget_old(uow: UnitOfWork) -> str:
    """Drop searches of more than 13 months ago, some at a time; gives PostgreSQL's command tag."""
    return await uow.execute(_FORGET, _MOST_FORGOTTEN)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BRUSSELS).astimezone(UTC)


def _term(row: Row, lexicon: Lexicon) -> SearchTerm:
    return SearchTerm(
        terms=row["terms"],
        times=row["times"],
        last_day=row["last"].astimezone(BRUSSELS).date(),
        median_results=row["median_results"],
        unknown_words=[word for word in row["terms"].split() if not lexicon.knows(word, stem(word))],
    )
