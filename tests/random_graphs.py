"""Random graphs, for properties that every graph must have: what simplifying and running may not change."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import tiza as tz
from tiza.graph.graph import Graph

ops = tz.ops
UNARY = [
    ops.tanh,
    ops.sigmoid,
    ops.exp,
    ops.relu,
    ops.softplus,
    ops.softmax,
    ops.identity,
    ops.stop_gradient,
    abs,
    lambda x: -x,
    lambda x: x * 1.0,
    lambda x: x / 1.0,
    lambda x: x - 0.0,
    lambda x: 2.0 * x + 1.0,
    lambda x: ops.negative(ops.negative(x)),
    lambda x: ops.sum(x, 0, keepdims=True) + x,
    lambda x: x - ops.max(x, 1, keepdims=True),
    lambda x: x.reshape((x.size,)).reshape(x.shape),
    lambda x: x.T.T * 0.5,
    lambda x: x[::-1] + x,
    lambda x: x @ ops.tanh(x.T) @ x / 9.0,
    lambda x: x.astype("int32").astype(x.dtype),
]
BINARY = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * ops.tanh(y),
    ops.maximum,
    ops.minimum,
    lambda x, y: ops.where(x > y, x, 0.0),
    lambda x, y: x + y[:1],
    lambda x, y: x + ops.sum(y),
]
SHAPE = (3, 4)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Graph, list[np.ndarray[Any, Any]]]:
    """Return a graph of 20 operations at most, some of its values as outputs, and inputs for it."""
    dtype = draw(st.sampled_from(["float32", "float64"]))
    steps = draw(
        st.lists(
            st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)),
            min_size=1,
            max_size=20,
        )
    )
    kept = draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=4))

    def computation(x: tz.Tensor, y: tz.Tensor) -> list[tz.Tensor]:
        values = [x, y]
        for which, first, second in steps:
            one, other = values[first % len(values)], values[second % len(values)]
            if which % 2:
                values.append(UNARY[which // 2 % len(UNARY)](one))  # type: ignore[operator]
            else:
                values.append(BINARY[which // 2 % len(BINARY)](one, other))
        return [values[place % len(values)] for place in kept]

    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    inputs = [generator.normal(size=SHAPE).astype(dtype) for _ in range(2)]
    return tz.trace(computation, *inputs), inputs
