from hypothesis import given
from hypothesis import strategies as st

from bff.burgerprofiel.paging import offset_links, page_links, page_metadata


@given(page=st.integers(0, 50), limit=st.integers(1, 100), total=st.integers(0, 2_000))
def test_following_next_reads_everything_once_and_ends(page: int, limit: int, total: int) -> None:
    links = {one.rel: one.href for one in page_links("a", page, limit, total)}
    made = page_metadata(page, limit, total)
    assert made.number == page + 1
    assert (made.total_pages - 1) * limit < max(total, 1) <= max(made.total_pages, 1) * limit
    assert ("next" in links) == (made.number < made.total_pages)
    assert ("previous" in links) == (page > 0)


@given(limit=st.integers(1, 100), total=st.integers(0, 500))
def test_offsets_go_on_until_the_last(limit: int, total: int) -> None:
    offset, seen = 0, 0
    while True:
        seen += len(range(total)[offset : offset + limit])
        links = offset_links("a", offset, limit, total)
        if "next" not in links:
            break
        offset = int(links["next"].href.rpartition("=")[2])
    assert seen == total
    assert links["last"].href == links["self"].href
