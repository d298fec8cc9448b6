"""What the commands print with: consoles, tables, pages."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

INDENT = " " * 8
"""What goes on in a further line stands under the text of the line, whose number takes five characters."""


def new_console() -> Console:
    """Return a console that leaves numbers in one colour."""
    return Console(highlight=False)


def plain_table(left: Sequence[str], right: Sequence[str]) -> Table:
    """Return an empty table with columns of text and columns of numbers, without lines around it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    return table


def wrapped(page: str, width: int) -> str:
    """Return a page whose lines are no longer than `width` where a space allows it.

    Example:
        >>> print(wrapped("  [1] a = 0.1 + 0.2 = 0.3", 20))
          [1] a = 0.1 + 0.2
                = 0.3
    """
    lines: list[str] = []
    for line in page.splitlines():
        lines += textwrap.wrap(
            line,
            width,
            subsequent_indent=INDENT,
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines)
