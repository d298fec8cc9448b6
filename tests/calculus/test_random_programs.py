"""First and second derivatives of random programs with loops in loops, both modes against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza import ops


def loop_in_a_loop(a: Any, b: Any) -> Any:
    def outer(state: Any, row: Any) -> Any:
        entries = np.stack([row, state])
        inner, _ = ops.scan(lambda t, f: (np.tanh(t * f + a[0]), t @ b), state, entries)
        return inner, state

    return ops.scan(outer, b[0], a)[1]


STEPS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: np.tanh(a) * b,
    lambda a, b: a.T @ b,
    lambda a, b: ops.softmax(a, axis=0) + b,
    lambda a, b: np.concatenate([a[:1], b[1:]]),
    lambda a, b: np.where(a > b, a * a, b),
    lambda a, b: np.maximum(a, b).max(axis=0, keepdims=True) * a,
    lambda a, b: np.take(a, [1, 0, 1], axis=0)[:2] - b.mean(),
    lambda a, b: ops.scan(lambda s, e: (np.sin(s) + e * b[0], s * e), a[0], b)[1],
    lambda a, b: ops.scan(lambda s, e: (s @ a * 0.3 + e, None), b, np.stack([a, b]), reverse=True)[0],
    lambda a, b: loop_in_a_loop(a, b),
]


def program(source: np.random.Generator) -> Callable[[Any, Any], Any]:
    """Return a random scalar function of two matrices."""
    choices = source.integers(0, [len(STEPS), 100, 100], (source.integers(2, 5), 3)).tolist()

    def function(x: Any, y: Any) -> Any:
        values = [x, y, x @ y]
        for step, first, second in choices:
            values.append(STEPS[step](values[first % len(values)], values[second % len(values)]) * 0.5)
        return ops.sum(np.sin(values[-1])) + ops.sum(values[-2] * 0.1)

    return function


def check(function: Callable[[Any, Any], Any], point: np.ndarray, direction: np.ndarray, rtol: float) -> None:
    tangent = tz.jvp(function, tuple(point), tuple(direction))[1]
    slopes = tz.grad(function, (0, 1))(*point)
    np.testing.assert_allclose((np.stack(slopes) * direction).sum(), tangent, rtol=1e-9, atol=1e-10)
    graph, step = tz.trace(function, *point), 1e-4
    one, other, two, another = (
        tz.evaluate(graph, *(point + moved * step * direction)) for moved in (1.0, -1.0, 2.0, -2.0)
    )
    np.testing.assert_allclose(
        tangent, (8 * (one - other) - (two - another)) / (12 * step), rtol=rtol, atol=rtol
    )


@pytest.mark.parametrize("seed", range(20))
def test_derivatives_of_a_random_program(seed: int) -> None:
    source = np.random.default_rng(seed)
    function = program(source)
    point, direction, weight = source.normal(size=(3, 2, 2, 2))

    def weighted_gradient(x: Any, y: Any) -> Any:
        by_x, by_y = tz.grad(function, (0, 1))(x, y)
        return ops.sum(by_x * weight[0]) + ops.sum(by_y * weight[1])

    check(function, point, direction, 1e-7)
    check(weighted_gradient, point, direction, 1e-6)
