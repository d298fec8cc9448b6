"""Cotangents of slices: side by side where the slices make up the whole, added where they do not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from tiza import ops
from tiza.calculus.reverse import gradients
from tiza.graph.node import topological_order
from tiza.graph.tensor import constant
from tiza.ops.layout import CONCATENATE, PAD

CUTS = {
    "two parts": ([(0, 3), (3, 7)], True),
    "in another order": ([(4, 7), (0, 1), (1, 4)], True),
    "a gap": ([(0, 3), (4, 7)], False),
    "an overlap": ([(0, 4), (3, 7)], False),
    "one twice": ([(0, 3), (3, 7), (3, 7)], False),
    "the end is lacking": ([(0, 3), (3, 6)], False),
}


def cut(parts: list[tuple[int, int]], axis: int) -> Callable[[Any], Any]:
    """Return a function that treats each part in another way."""

    def function(x: Any) -> Any:
        y = ops.tanh(x)
        slices = [y[start:stop] if axis == 0 else y[:, start:stop] for start, stop in parts]
        return sum((ops.sum(one ** (2 + at)) for at, one in enumerate(slices)), start=ops.sum(y * 0.5))

    return function


def names(function: Callable[[Any], Any], x: Any) -> list[Any]:
    """Return the primitives of a gradient's graph."""
    graph = tz.trace(function, x)
    _, (slope,) = gradients(graph.outputs[0], graph.inputs, constant(1.0))
    assert slope is not None
    return [node.primitive for node in topological_order([slope.node])]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", CUTS)
def test_parts_that_make_up_the_whole_are_concatenated(name: str, axis: int) -> None:
    parts, whole = CUTS[name]
    used = names(cut(parts, axis), np.ones((7, 7)))
    assert (CONCATENATE in used) == whole
    assert (PAD in used) == (not whole)


def test_parts_along_different_axes_are_added() -> None:
    def function(x: Any) -> Any:
        return ops.sum(x[:3] ** 2) + ops.sum(x[:, 3:] ** 3)

    assert CONCATENATE not in names(function, np.ones((7, 7)))


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 7)), min_size=2, max_size=4),
    st.integers(0, 1),
    st.booleans(),
)
def test_gradients_of_slices(cuts: list[tuple[int, int]], axis: int, whole: bool) -> None:
    ends = sorted({0, 7, *(start for start, _ in cuts)}) if whole else []
    parts = list(pairwise(ends)) if whole else [(min(start, stop - 1), stop) for start, stop in cuts]
    x = np.random.default_rng(0).normal(size=(7, 7))
    y = np.tanh(x)
    slope = np.full((7, 7), 0.5)
    for at, (start, stop) in enumerate(parts):
        part = (slice(start, stop), slice(None))[:: 1 if axis == 0 else -1]
        slope[part] += (2 + at) * y[part] ** (1 + at)
    np.testing.assert_allclose(tz.grad(cut(parts, axis))(x), slope * (1 - y**2), rtol=1e-12, atol=1e-14)
