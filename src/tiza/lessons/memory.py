"""What is left of a gradient after each step back through time, in two networks beside one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tiza.blackboard.decimals import exact, number_text, significant
from tiza.blackboard.targets import parse_target
from tiza.lessons.network import Network

_DIGITS = 4


def gradients_by_state(network: Network, state: str) -> list[float]:
    """Return the derivative of the loss by the state at each step, the first step first.

    Args:
        network: one with a recurrent layer of one unit that reads the input.
        state: the state's name, such as `lstm.c`.
    """
    setting = network.model().setting(network.x, network.y)
    names = setting.plan.names
    steps = range(network.input_shape[0])
    elements = [parse_target(f"grad {state}[t={step}][0]", names) for step in steps]
    record = setting.record(tuple(one.node for one in elements))
    return [float(np.asarray(record[one.node])[one.index]) for one in elements]


def number(value: float) -> str:
    """Return a measured number with few digits."""
    return number_text(significant(exact(value), _DIGITS))


def columns_text(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in columns, flushed right.

    Example:
        >>> print(columns_text(("t", "share"), (("2", "1"), ("1", "0.5"))))
        t  share
        2      1
        1    0.5
    """
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (heads, *rows)
    )
