"""Rows of text in columns."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Sequence
from typing import Final

GAP: Final = "  "
MOST_ROWS: Final = 50


def print_listing(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The last column is as wide as it wants to be."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings) - 1)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        print(GAP.join((*cells, line[-1])).rstrip())


def shown_instant(instant: object) -> str:
    """An instant of the wire to the second, in UTC; empty where there is none."""
    return f"{instant[:19]}Z" if isinstance(instant, str) else ""


def add_limit_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        type=_positive,
        default=MOST_ROWS,
        metavar="N",
        help=f"how many, the newest first (default: {MOST_ROWS})",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number
