from hypothesis import given
from hypothesis import strategies as st

from chaingraph.ids import EventIndex
from chaingraph.relay.pages import PAGE_SIZE, HeldEvent, Pages, page_after, start_of
from chaingraph.wire.event_messages import EncodedEvent


@given(st.integers(-2, 10_000))
def test_the_event_after_a_cursor_stands_in_the_page_that_starts_before_it(cursor: int) -> None:
    page = page_after(cursor)

    assert start_of(page) <= cursor < start_of(page + 1)


@given(last=st.integers(-1, 300), cursor=st.integers(-2, 320))
def test_what_follows_a_cursor_is_read_over_pages(last: int, cursor: int) -> None:
    pages = filled(range(-1, last + 1))

    assert indexes(pages, cursor) == list(range(cursor + 1, last + 1))
    assert pages.holds_after(cursor) == (cursor < last)


def test_reading_stops_where_a_page_is_missing() -> None:
    pages = filled(range(-1, 300))
    pages.drop(2)

    assert indexes(pages, -2) == list(range(-1, start_of(2) + 1))
    assert not pages.holds_after(start_of(2))


def test_an_event_that_is_held_already_is_held_once() -> None:
    pages = filled([*range(-1, 10), *range(-1, 20)])

    assert indexes(pages, -2) == list(range(-1, 20))


def test_pages_used_longest_ago_go_first_but_never_one_that_is_kept() -> None:
    pages = filled(range(-1, 4 * PAGE_SIZE - 1))
    indexes(pages, start_of(1))
    pages.trim(2 * PAGE_SIZE, kept={0})

    assert [pages.holds_after(start_of(page)) for page in range(4)] == [True, False, False, True]
    assert pages.bytes == 2 * PAGE_SIZE


def filled(added: "range | list[int]") -> Pages:
    pages = Pages()
    for index in added:
        pages.add(HeldEvent(EncodedEvent(EventIndex(index), "node:started", b"x"), 0.0, 0))
    return pages


def indexes(pages: Pages, cursor: int) -> list[int]:
    return [held.encoded.index for held in pages.after(cursor)]
