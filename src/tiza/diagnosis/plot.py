"""Two curves as a small plot of characters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tiza.blackboard.decimals import exact, number_text, significant

HEIGHT, WIDTH = 10, 60
BEFORE, AFTER, BOTH = "×", "●", "⊗"
WIDE = 50.0
"""Curves whose losses differ by more than this factor are drawn by their logarithms."""


def plot_lines(before: Sequence[float | None], after: Sequence[float | None]) -> Iterator[str]:
    """Yield the lines of a plot; numbers that are not finite have no mark.

    Example:
        >>> for line in list(plot_lines([1.0, 0.75, 0.5], [1.0, 0.25, 0.0]))[::3]:
        ...     print(line.replace(" ", "_"))
        ____1_┤⊗
        ______┤
        ______┤
        ____0_┤__●
    """
    known = [one for one in (*before, *after) if one is not None]
    if not known:
        return
    low, high = min(known), max(known)
    by_logarithm = low > 0.0 and high / low > WIDE
    scale = math.log if by_logarithm else float
    span = scale(high) - scale(low)

    def line(value: float) -> int:
        return round((HEIGHT - 1) * (scale(high) - scale(value)) / span) if span else HEIGHT - 1

    length = max(len(before), len(after))
    columns = (
        [round(at * (length - 1) / (WIDTH - 1)) for at in range(WIDTH)] if length > WIDTH else range(length)
    )
    grid = [[" "] * len(columns) for _ in range(HEIGHT)]
    for mark, curve in ((BEFORE, before), (AFTER, after)):
        for place, epoch in enumerate(columns):
            value = curve[epoch] if epoch < len(curve) else None
            if value is not None:
                row = grid[line(value)]
                row[place] = BOTH if row[place] not in (" ", mark) else mark
    labels = {0: high, HEIGHT - 1: low}
    texts = {at: number_text(significant(exact(value), 3)) for at, value in labels.items()}
    width = max(5, *map(len, texts.values()))
    for at, row in enumerate(grid):
        yield f"{texts.get(at, ''):>{width}} ┤{''.join(row)}".rstrip()
