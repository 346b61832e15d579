"""JavaScript's regular expressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import Rejected
from chaingraph.graph.patterns import compiled, is_pattern


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        (r"\d+", "", "a12", "12"),
        (r"\d", "", "٣", None),
        (r"\w", "", "é", None),
        (r"[\w-]+", "", "a-b", "a-b"),
        (r"\bb", "", "éb", "b"),
        (r"a$", "", "a\n", None),
        (r"^b$", "m", "a\nb\r\nc", "b"),
        (r".", "", "\u2028x", "x"),
        (r".", "s", "\n", "\n"),
        (r"[^]", "", "\n", "\n"),
        (r"a[]", "", "a", None),
        (r"[[]", "", "[", "["),
        (r"[a&&b]+", "", "&&", "&&"),
        (r"[\b]", "", "\x08", "\x08"),
        (r"(?<year>\d{4})-\k<year>", "", "2024-2024", "2024-2024"),
        (r"(?<=\$)\d+", "", "$30", "30"),
        (r"(?<!\$)\b\d+", "", "$30 40", "40"),
        (r"\u0041\x42\u{43}", "", "ABC", "ABC"),
        (r"\uD83D\uDE00", "", "😀", "😀"),
        (r"\cJ", "", "\n", "\n"),
        (r"\p{Lu}", "", "aB", "B"),
        (r"a{e}", "", "a{e}", "a{e}"),
        (r"a{,2}", "", "a{,2}", "a{,2}"),
        (r"x{2}?", "", "xxx", "xx"),
        (r"\/\-", "", "/-", "/-"),
        (r"\A\Z", "", "AZ", "AZ"),
        ("É", "i", "é", "é"),
        (r"\0", "", "\0", "\0"),
        (r"\v", "", "\x0b", "\x0b"),
        (r"[\W_]+", "", "aé_1", "é_"),
        (r"[\W_]+", "i", "kéK", "é"),
        (r"[\D]+", "", "1٣2", "٣"),
        (r"[^\W\d]+", "", "é1a_b", "a_b"),
        (r"[\w-.]+", "", "é a-b.c!", "a-b.c"),
        (r"[+-\d]+", "", "*+1-2", "+1-2"),
        (r"[\s-x]+", "", "a -x", " -x"),
        (r"\s", "", "\x1c\ufeff", "\ufeff"),
        (r"[\S]", "", "\u3000\x85", "\x85"),
    ],
)
def test_an_expression_means_what_it_means_in_javascript(
    pattern: str, flags: str, text: str, found: str | None
) -> None:
    match = compiled(pattern, flags).search(text)

    assert (None if match is None else match.group()) == found


@pytest.mark.parametrize(
    "pattern", ["(", ")", "[", "*", "a**", "a++", "a{2}{3}", "(?P<x>a)", "(?i)a", "\\", "(?#x)", "a" * 3000]
)
def test_what_javascript_does_not_know_is_refused(pattern: str) -> None:
    assert not is_pattern(pattern)
    with pytest.raises(Rejected, match="Invalid regular expression"):
        compiled(pattern)


@given(st.text(alphabet=r"ab\[](){}?*+.^$|-,:=!<>kudwDWbBpPxc0139&~ ", max_size=12))
def test_any_text_is_an_expression_or_is_refused(pattern: str) -> None:
    try:
        compiled(pattern, "ms").search("abc 139 {x}", timeout=1)
    except (Rejected, TimeoutError):
        return
