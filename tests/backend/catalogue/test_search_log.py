"""What is kept of a search: words for the editors, nothing that says who searched or about whom."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from faker.providers.person.nl_BE import Provider
from hypothesis import given
from hypothesis import strategies as st

from backend.app import Platform
from backend.catalogue.rules.names import names
from backend.catalogue.rules.searches import MOST_WORDS, scrub
from backend.catalogue.search.service import SearchLog, forget_old
from backend.kit.db import UnitOfWork
from backend.kit.search.dutch import stem
from backend.kit.search.lexicon import Lexicon
from tests.backend.catalogue.conftest import Stream, run_import, snapshot
from tests.conftest import Client
from tests.people import People

WORDS = """
paspoort reispas rijbewijs aanvragen wijzigen vergunning bakker bakkerij kosten kerkhof huwelijk trouwen
identiteitskaart belgisch kwijt verhuis parking roos straat grofvuil ophalen kind school subsidie laadpaal
openbaar weg huisnummer feest eerste drie twaalf punt
"""
RELATIONS = ["naam", "familie", "dochter"]
CATALOGUE = [*WORDS.split(), *RELATIONS]
LEXICON = Lexicon(dict.fromkeys(CATALOGUE, 3), frozenset({"matras", "passeport"}))
FOLDED = [name for name in sorted(names().given | names().family) if name not in LEXICON]
NUMBERS = [
    "85.07.30-033.28",
    "85073003328",
    "0478 12 34 56",
    "+32 478/12.34.56",
    "09/123.45.67",
    "BE68 5390 0754 7034",
    "be68539007547034",
    "BE 0403.170.701",
    "1-ABC-123",
    "9080",
    "Kerkstraat 12 bus 3",
    "٠٤٧٨١٢٣٤٥٦",
    "０４７８１２３４５６",
    "²³",
    "½",
    "12/03/1985",
]
ADDRESSES = [
    "jan.peeters@voorbeeld.be",
    "jan @ voorbeeld.be",
    "JAN＠voorbeeld.be",
    "https://voorbeeld.be/jan?x=y",
    "www.janpeeters.be",
    "voorbeeld.be",
    "ftp://jan:geheim@host/pad",
    "@janpeeters",
]


def kept(query: str) -> str:
    return " ".join(scrub(query, LEXICON).words)


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("paspoort aanvragen", "paspoort aanvragen"),
        ("Waar kan ik mijn paspoort aanvragen?", "paspoort aanvragen"),
        ("PASPOORT AANVRAGEN", "paspoort aanvragen"),
        ("Belgische paspoorten", "belgische paspoorten"),
        ("zeppelin", "zeppelin"),
        ("Zeppelin", "zeppelin"),
        ("zeppelin vergunning", "zeppelin vergunning"),
        ("pasport aanvragen", "pasport aanvragen"),
        ("bakker vergunning", "bakker vergunning"),
        ("kosten kerkhof", "kosten kerkhof"),
        ("naam wijzigen", "naam wijzigen"),
        ("matras ophalen", "matras ophalen"),
        ("ik ben mijn identiteitskaart kwijt", "identiteitskaart kwijt"),
        ("laadpaalsubsidie", "laadpaalsubsidie"),
        ("", ""),
        ("???", ""),
        ("日本語", ""),
    ],
)
def test_words_for_the_editors_stay(query: str, terms: str) -> None:
    assert kept(query) == terms


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("paspoort peeters", "paspoort"),
        ("peeters", ""),
        ("jan bakker paspoort", "paspoort"),
        ("Roos Bakker paspoort", "paspoort"),
        ("mevrouw Bakker paspoort", "paspoort"),
        ("mevr. bakker: paspoort", "paspoort"),
        ("dhr. roos paspoort", "paspoort"),
        ("mijnheer Van den Berghe Luc grofvuil", "grofvuil"),
        ("mijn naam is roos en ik wil trouwen", "naam trouwen"),
        ("ik ben Wannes", ""),
        ("ik ben jan bakker", ""),
        ("familie janssens verhuis", "familie verhuis"),
        ("rijbewijs van Wannes Zwegers", "rijbewijs"),
        ("wannes zwegers", ""),
        ("Wannes zwegers rijbewijs", "rijbewijs"),
        ("fatima el idrissi huwelijk", "huwelijk"),
        ("Marie-Claire D'Hondt", ""),
        ("mijn dochter Xyloé paspoort", "dochter paspoort"),
        ("mijn dochter xyloe paspoort", "dochter paspoort"),
        ("Kerkstraat 12 vergunning", "vergunning"),
        ("paspoort\u200b van pee\u200bters", "paspoort"),
        ("je m'appelle dupont, passeport perdu", "passeport perdu"),
        ("jan\u00adpeeters", ""),
        ("\u2060Jan\u200dPeeters paspoort", "paspoort"),
        ("mijn \u200bXyloé paspoort", "paspoort"),
        ("mijn pas\u00adpoort aanvragen", "paspoort aanvragen"),
        ("jan@\u200bvoorbeeld.be paspoort", "paspoort"),
        ("jan \u200b@\u200b voorbeeld", ""),
        ("jan voorbeeld.\u200bbe", ""),
        ("janpeeters paspoort", "paspoort"),
        ("peetersjan", ""),
        ("janvandenberghe", ""),
    ],
)
def test_names_go(query: str, terms: str) -> None:
    assert kept(query) == terms


@pytest.mark.parametrize("piece", NUMBERS + ADDRESSES)
@pytest.mark.parametrize("query", ["{}", "{} paspoort", "paspoort {}", "paspoort ({}), rijbewijs"])
def test_numbers_and_addresses_go(query: str, piece: str) -> None:
    left = kept(query.format(piece))
    assert set(left.split()) <= {"paspoort", "rijbewijs"}, left


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("dorpsstraat", ""),
        ("dorpsstraat twaalf paspoort", "paspoort"),
        ("paspoort Molenstraat nummer twaalf bus drie", "paspoort nummer"),
        ("straat twaalf", ""),
        ("vergunning zonnekaai", "vergunning"),
        ("vergunning op de openbare weg", "vergunning openbare weg"),
        ("op de weg een vergunning", "weg vergunning"),
        ("huisnummer een", "huisnummer"),
        ("straatfeest", "straatfeest"),
        ("eerste kind", "eerste kind"),
        ("onze drie kinderen", "drie kinderen"),
        ("nul vier zeven vijf twaalf", ""),
        ("paspoort nul, vier en zeven", "paspoort"),
        ("nul vier dubbel vijf", "dubbel"),
        ("vier 7 paspoort", "paspoort"),
        ("nulvierzeven paspoort", "paspoort"),
        ("vierenzeventig", ""),
        ("zéro quatre soixante-et-onze passeport", "passeport"),
        ("zero four seven five paspoort", "paspoort"),
        ("gmail punt com", ""),
        ("www punt zeppelin punt be paspoort", "paspoort"),
        ("paspoort matras at gmail", "paspoort"),
        ("roos streepje bakker apenstaartje school punt be paspoort", "paspoort"),
        ("roos punt bakker arobase telenet point be", ""),
        ("gmailpuntcom paspoort", "paspoort"),
    ],
)
def test_streets_numbers_and_addresses_in_words_go(query: str, terms: str) -> None:
    assert kept(query) == terms


@pytest.mark.parametrize(
    ("query", "unfamiliar"),
    [
        ("paspoorten", set()),
        ("laadpaalsubsidie", set()),
        ("identitietskaart", set()),
        ("pasport", {"pasport"}),
        ("verhuys", {"verhuys"}),
        ("zeppelin paspoort", {"zeppelin"}),
        ("roospad", {"roospad"}),
    ],
)
def test_what_may_be_a_name_is_not_familiar(query: str, unfamiliar: set[str]) -> None:
    assert scrub(query, LEXICON).unfamiliar == unfamiliar


@given(
    first=st.sampled_from(sorted(set(Provider.first_names))),
    last=st.sampled_from(sorted(set(Provider.last_names))),
    query=st.sampled_from(
        ["{} paspoort", "paspoort {}", "paspoort voor {} aanvragen", "mevrouw {} rijbewijs", "ik ben {}"]
    ),
    case=st.sampled_from([str, str.lower, str.upper, str.title]),
    turned=st.booleans(),
)
def test_a_belgian_name_never_stays(first: str, last: str, query: str, case: Any, turned: bool) -> None:
    name = case(f"{last} {first}" if turned else f"{first} {last}")
    allowed = {"paspoort", "rijbewijs", "aanvragen"}
    assert set(kept(query.format(name)).split()) <= allowed


@given(
    word=st.sampled_from([*WORDS.split(), *FOLDED]), title=st.sampled_from(["mevrouw", "Dhr.", "de heer", "mr", "Mme"])
)
def test_after_a_title_every_word_is_a_name(word: str, title: str) -> None:
    assert word not in kept(f"rijbewijs {title} {word} 1 matras").split() or word == "rijbewijs"
    assert kept(f"{title} {word} 1 matras") == "matras"


@given(
    st.lists(
        st.one_of(
            st.text(max_size=12),
            st.sampled_from([*CATALOGUE, *NUMBERS, *ADDRESSES, "mevrouw", "ik ben", "zeppelin"]),
            st.sampled_from(FOLDED),
        ),
        max_size=12,
    ).map(" ".join)
)
def test_whatever_is_typed(query: str) -> None:
    result = scrub(query, LEXICON)
    words = result.words
    assert all(re.fullmatch(r"[a-z]+", word) for word in words)
    assert len(words) <= MOST_WORDS
    assert len(" ".join(words)) <= 400, "a cursor holds it"
    assert not set(words) & set(FOLDED)
    unknown = {word for word in words if not LEXICON.knows(word, stem(word))}
    similar = {word for word in unknown if LEXICON.split(word) or LEXICON.repair(word)}
    assert unknown - similar <= result.unfamiliar <= unknown


# through the API


async def entries(uow: UnitOfWork) -> list[tuple[str, str, int]]:
    rows = await uow.fetch("SELECT terms, audience, results FROM search_entry ORDER BY terms, audience")
    return [tuple(row) for row in rows]


@pytest.mark.anyio
@pytest.mark.usefixtures("demo")
async def test_a_settled_search_is_kept_without_who(
    uow: UnitOfWork, agent: Client, anonymous: Client, people: People
) -> None:
    for typed in ("p", "paspo", "paspoort"):
        await agent.get("/products", params={"q": typed, "typing": True})
    await agent.get("/products")
    assert await entries(uow) == []
    page = (
        await agent.get("/products", params={"q": "paspoort van mevrouw Peeters 85.07.30-033.28", "limit": 1})
    ).json()
    await agent.get("/products", params={"q": "zeppelinvaart"})
    await agent.get("/products", params={"q": "0478 12 34 56"})
    await anonymous.as_user(people.tokens["integrator"]).get("/products", params={"q": "paspoort", "limit": 1})
    seen = await entries(uow)
    assert seen == [
        ("", "staff", seen[0][2]),
        ("", "staff", seen[1][2]),
        ("paspoort", "citizen", seen[2][2]),
        ("paspoort", "staff", page["total"]),
    ]
    more = {"q": "paspoort van mevrouw Peeters 85.07.30-033.28", "limit": 1, "cursor": page["next"]}
    assert (await agent.get("/products", params=more)).status_code == 200
    assert len(await entries(uow)) == 4, "the next page is no other search"


@pytest.mark.anyio
@pytest.mark.usefixtures("demo")
async def test_nothing_in_the_database_tells_who_searched_when(
    uow: UnitOfWork, agent: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "huwelijk van Wannes Zwegers, wannes@voorbeeld.be"
    assert (await agent.get("/products", params={"q": secret})).status_code == 200
    (row,) = await uow.fetch("SELECT * FROM search_entry")
    assert set(row.keys()) == {"id", "at", "terms", "audience", "results", "unknown"}
    assert row["terms"] == "huwelijk"
    assert (row["at"].minute, row["at"].second, row["at"].microsecond) == (0, 0, 0)
    assert row["id"].version == 4, "a time-ordered id would tell the moment"
    tables = await uow.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'audit_entry'"
    )
    for (table,) in tables:
        rows = await uow.fetch(f'SELECT t::text FROM "{table}" t')
        assert not any("zwegers" in text.lower() or "wannes" in text.lower() for (text,) in rows), table
    out = capsys.readouterr()
    assert "wannes" not in (out.out + out.err).lower()


async def later(uow: UnitOfWork, hours: int) -> None:
    """So many hours go by."""
    await uow.execute("UPDATE search_entry SET at = at - $1 * interval '1 hour'", hours)


@pytest.mark.anyio
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("jan\u00adpeeters", ""),
        ("janpeeters", ""),
        ("dorpsstraat twaalf", ""),
        ("molenstraat", ""),
        ("nul vier zeven vijf twaalf", ""),
        ("gmail punt com", ""),
        ("quintelier at gmail reispas", "reispas"),
    ],
)
async def test_what_is_personal_never_comes_back(
    uow: UnitOfWork, agent: Client, editor: Client, query: str, rest: str
) -> None:
    for _ in range(5):
        assert (await agent.get("/products", params={"q": query})).status_code == 200
        await later(uow, 26)
    rows = await uow.fetch("SELECT * FROM search_entry")
    assert [row["terms"] for row in rows] == [rest] * 5
    assert not any(row["unknown"] for row in rows), "not even counted"
    assert [one["terms"] for one in (await terms(editor))["items"]] == ([rest] if rest else [])


@pytest.mark.anyio
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("query", "rest", "whole"),
    [
        ("quintelier", "", "quintelier"),
        ("quintelier reispas", "reispas", "quintelier reispas"),
        ("xaveria reispas", "reispas", "xaveria reispas"),
        ("reispas voor frigobox", "reispas", "reispas frigobox"),
    ],
)
async def test_an_unfamiliar_word_is_a_hash_until_many_ask(
    platform: Platform, uow: UnitOfWork, agent: Client, editor: Client, query: str, rest: str, whole: str
) -> None:
    (word,) = set(whole.split()) - {"reispas"}
    for hour in range(2):
        await agent.get("/products", params={"q": query})
        await agent.get("/products", params={"q": query})
        await later(uow, 26 if hour else 1)
    assert {row[0] for row in await entries(uow)} == {rest}
    tables = await uow.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'search%'")
    stored = [row[0] for (table,) in tables for row in await uow.fetch(f'SELECT t::text FROM "{table}" t')]
    assert len(stored) == 4
    assert not any(word in text for text in stored)
    hashes = await uow.fetchval("SELECT array_agg(DISTINCT unknown[1]) FROM search_entry")
    assert hashes == [platform.keys.lookup(word, purpose="searchTerm")]
    assert word not in str(await terms(editor)), "after two different hours"

    await agent.get("/products", params={"q": query})
    assert [row[0] for row in await entries(uow)].count(whole) == 1
    (shown,) = [one for one in (await terms(editor))["items"] if one["terms"] == whole]
    assert (shown["times"], shown["unknownWords"]) == (1, [word])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("moments", "shown"),
    [
        (["03-02 09:10", "03-02 10:10", "03-02 11:10", "03-02 12:10"], []),
        (["03-02 21:10", "03-02 22:10", "03-02 23:10", "03-02 23:30"], ["03-02 23:10", "03-02 23:30"]),
        (["03-02 09:10", "03-02 09:50", "03-03 09:10", "03-03 09:50"], []),
        (["03-02 09:10", "03-03 09:10", "04-01 09:10"], ["04-01 09:10"]),
        (["03-02 09:10", "03-03 09:10", "04-01 10:10"], []),
    ],
)
async def test_many_are_three_hours_on_two_days_within_a_month(
    platform: Platform, uow: UnitOfWork, moments: list[str], shown: list[str]
) -> None:
    """Moments in UTC; at 23 hours a day begins in Brussels."""
    for moment in moments:
        async with platform.database.transaction() as own:
            now = datetime.fromisoformat(f"2026-{moment}+00:00")
            work = msgspec.structs.replace(platform.work(own, None, "test", "test"), now=now)
            SearchLog(work, platform.products).write("frigobox", LEXICON, 0, "citizen")
    rows = await uow.fetch("SELECT at FROM search_entry WHERE terms = 'frigobox' ORDER BY at")
    assert [f"{row['at']:%m-%d %H}" for row in rows] == [moment[:8] for moment in shown]


@pytest.mark.anyio
@pytest.mark.usefixtures("demo")
async def test_every_word_is_counted_by_itself(uow: UnitOfWork, agent: Client) -> None:
    for query in ("frigobox", "reispas frigobox", "frigobox reispas quintelier"):
        await agent.get("/products", params={"q": query})
        await later(uow, 26)
    assert [row[0] for row in await entries(uow)] == ["", "frigobox reispas", "reispas"]


@pytest.mark.anyio
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("query", ["openbare weg", "huisnummer een", "straatfeest", "eerste kind", "drie kinderen"])
async def test_words_of_the_catalogue_are_kept_at_once(
    platform: Platform, uow: UnitOfWork, agent: Client, query: str
) -> None:
    lexicon = (await platform.products.shelf(uow)).lexicon
    await agent.get("/products", params={"q": query})
    known = [word for word in query.split() if word != "een" and lexicon.knows(word, stem(word))]
    (row,) = await entries(uow)
    assert row[0] == " ".join(known)
    assert known


@pytest.mark.anyio
@pytest.mark.usefixtures("demo")
async def test_the_audit_trail_does_not_get_the_words(agent: Client, anonymous: Client, people: People) -> None:
    await agent.get("/products", params={"q": "wannes zwegers"})
    department = str(people.departments["burgerzaken"])
    integrator = anonymous.as_user(people.tokens["integrator"])
    assert (await integrator.get("/products", params={"q": "zwegers", "department": department})).status_code == 403
    auditor = anonymous.as_user(people.tokens["auditor"])
    entries = (await auditor.get("/audit/entries", params={"action": "searchProducts"})).text
    assert "denied" in entries
    assert "zwegers" not in entries


async def add(uow: UnitOfWork, terms: str, results: int, *, hours: int = 1, **more: Any) -> None:
    """A search `hours` ago; `times` of them."""
    at = (datetime.now(UTC) - timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    for _ in range(more.get("times", 1)):
        await uow.execute(
            """INSERT INTO search_entry (id, at, terms, audience, results)
               VALUES (gen_random_uuid(), $1, $2, $3, $4)""",
            at,
            terms,
            more.get("audience", "citizen"),
            results,
        )


@pytest.fixture
async def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


async def terms(client: Client, **parameters: Any) -> dict[str, Any]:
    response = await client.get("/catalogue/searchTerms", params=parameters)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


@pytest.mark.anyio
async def test_the_improvement_list(platform: Platform, stream: Stream, uow: UnitOfWork, editor: Client) -> None:
    await run_import(platform, stream.write([snapshot(1, "Paspoort")]))
    await add(uow, "paspoort", 3, times=2)
    await add(uow, "paspoort", 9, audience="staff")
    await add(uow, "zeppelin paspoort", 0, times=2)
    await add(uow, "", 0, times=6)
    page = await terms(editor)
    assert [(one["terms"], one["times"], one["medianResults"]) for one in page["items"]] == [
        ("paspoort", 3, 3),
        ("zeppelin paspoort", 2, 0),
    ]
    assert page["items"][1]["unknownWords"] == ["zeppelin"]
    assert "unknownWords" not in page["items"][0]
    assert (page["searches"], page["withoutResults"]) == (11, 8)
    assert [one["terms"] for one in (await terms(editor, withoutResults=True))["items"]] == ["zeppelin paspoort"]
    staff = await terms(editor, audience="staff")
    assert [(one["terms"], one["times"]) for one in staff["items"]] == [("paspoort", 1)]
    assert (staff["searches"], staff["withoutResults"]) == (1, 0)


@pytest.mark.anyio
async def test_the_list_page_after_page(uow: UnitOfWork, editor: Client) -> None:
    for number, letter in enumerate("abcdefg"):
        await add(uow, f"term {letter}", 1, times=1 + number // 3)
    whole = [one["terms"] for one in (await terms(editor))["items"]]
    assert len(whole) == 7
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = await terms(editor, limit=2, **more)
        seen += [one["terms"] for one in page["items"]]
        if "next" not in page:
            break
        more = {"cursor": page["next"]}
    assert seen == whole
    other = await editor.get("/catalogue/searchTerms", params={"cursor": more["cursor"], "audience": "staff"})
    assert other.status_code == 400


@pytest.mark.anyio
async def test_the_list_is_of_a_period(uow: UnitOfWork, editor: Client) -> None:
    await add(uow, "vandaag", 1, hours=0)
    await add(uow, "vorige maand", 1, hours=45 * 24)
    assert [one["terms"] for one in (await terms(editor))["items"]] == ["vandaag"]
    day = (datetime.now(UTC) - timedelta(days=50)).date().isoformat()
    assert len((await terms(editor, **{"from": day}))["items"]) == 2
    to = (datetime.now(UTC) - timedelta(days=40)).date().isoformat()
    (old,) = (await terms(editor, **{"from": day, "to": to}))["items"]
    assert old["terms"] == "vorige maand"
    assert day < old["lastDay"] < to


@pytest.mark.anyio
@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2026-13-01"},
        {"from": "gisteren"},
        {"from": "0001-01-01"},
        {"from": "9999-12-31"},
        {"to": "0001-01-01"},
        {"to": "0001-01-01", "from": "0001-01-01"},
        {"audience": "iedereen"},
        {"cursor": "x"},
        {"withoutResults": "misschien"},
    ],
)
async def test_a_wrong_period_is_refused(editor: Client, wrong: dict[str, str]) -> None:
    response = await editor.get("/catalogue/searchTerms", params=wrong)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.anyio
async def test_a_last_day_in_the_future_is_today(editor: Client) -> None:
    assert (await terms(editor, to="9999-12-31"))["items"] == []


@pytest.mark.anyio
async def test_the_list_is_for_editors(agent: Client, anonymous: Client, people: People) -> None:
    assert (await agent.get("/catalogue/searchTerms")).status_code == 403
    integrator = anonymous.as_user(people.tokens["integrator"])
    assert (await integrator.get("/catalogue/searchTerms")).status_code == 403
    assert (await anonymous.get("/catalogue/searchTerms")).status_code == 401


@pytest.mark.anyio
async def test_searches_are_forgotten_after_thirteen_months(uow: UnitOfWork) -> None:
    await add(uow, "oud", 1, hours=24 * 400)
    await add(uow, "bijna", 1, hours=24 * 390)
    await forget_old(uow)
    assert [row[0] for row in await entries(uow)] == ["bijna"]
