"""Difference quotients: derivatives from values alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

ValueAt = Callable[[Sequence[float]], float]

FORWARD_STEP = sys.float_info.epsilon ** (1 / 2)
"""Balances the error of the quotient, about h, with that of rounding, about epsilon/h."""

CENTRAL_STEP = sys.float_info.epsilon ** (1 / 3)
"""Balances the error of the quotient, about h^2, with that of rounding, about epsilon/h."""


def moved(point: Sequence[float], position: int, step: float) -> tuple[float, ...]:
    """Return `point` with one coordinate moved by `step`."""
    return tuple(one + step if at == position else one for at, one in enumerate(point))


def forward_difference(
    function: ValueAt, point: Sequence[float], step: float = FORWARD_STEP
) -> tuple[float, ...]:
    """Return the partial derivatives by forward differences: n + 1 evaluations.

        df/dx_i ~ (f(x + h e_i) - f(x)) / h

    Args:
        function: takes a sequence of numbers, returns a number.
        point: where.
        step: h.

    Example:
        >>> forward_difference(lambda x: x[0] * x[1], (2.0, 5.0), 0.5)
        (5.0, 2.0)
    """
    here = function(point)
    return tuple((function(moved(point, at, step)) - here) / step for at in range(len(point)))


def central_difference(
    function: ValueAt, point: Sequence[float], step: float = CENTRAL_STEP
) -> tuple[float, ...]:
    """Return the partial derivatives by central differences: 2 n evaluations.

        df/dx_i ~ (f(x + h e_i) - f(x - h e_i)) / 2h

    Args:
        function: takes a sequence of numbers, returns a number.
        point: where.
        step: h.

    Example:
        >>> central_difference(lambda x: x[0] ** 2, (3.0,), 0.5)
        (6.0,)
    """
    return tuple(
        (function(moved(point, at, step)) - function(moved(point, at, -step))) / (2.0 * step)
        for at in range(len(point))
    )
