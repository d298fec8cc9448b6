"""Loops over time for the native engine: recurrent layers by hand, and random ones."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

import tiza as tz
from native_checks import compare
from tiza import ops
from tiza.calculus.loops import unroll
from tiza.calculus.reverse import gradients
from tiza.calculus.simplification import simplify
from tiza.engines.native.kernels import Loop
from tiza.engines.native.program import NativeProgram
from tiza.graph.graph import Graph
from tiza.graph.tensor import Tensor, constant

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]


def lstm(x: Any, w: Any, u: Any, b: Any, reverse: bool = False) -> tuple[Any, Any]:
    """Return the states of all steps of an LSTM, and the last ones; x is time first."""
    units = u.shape[0]
    entries = ops.einsum("tbi,ik->tbk", x, w) + b
    zeros = ops.broadcast_to(constant(0.0, x.dtype), (x.shape[1], units))

    def step(state: tuple[Any, Any], entry: Any) -> tuple[tuple[Any, Any], Any]:
        h, c = state
        z = entry + h @ u
        i, f, g, o = (z[:, at * units : (at + 1) * units] for at in range(4))
        new_c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        new_h = ops.sigmoid(o) * ops.tanh(new_c)
        return (new_h, new_c), new_h

    last, states = ops.scan(step, (zeros, zeros), entries, reverse=reverse)
    return states, last


def gru(x: Any, w: Any, u: Any, b: Any, mask: Any = None) -> tuple[Any, Any]:
    """Return the states of all steps of a GRU, and the last; masked steps hold the state."""
    units = u.shape[0]
    entries = ops.einsum("tbi,ik->tbk", x, w)
    zeros = ops.broadcast_to(constant(0.0, x.dtype), (x.shape[1], units))

    def step(h: Any, entry: Any) -> tuple[Any, Any]:
        from_x, from_h = entry[0], h @ u + b
        z, r = (
            ops.sigmoid(from_x[:, at * units : (at + 1) * units] + from_h[:, at * units : (at + 1) * units])
            for at in range(2)
        )
        n = ops.tanh(from_x[:, 2 * units :] + r * from_h[:, 2 * units :])
        new = z * h + (1.0 - z) * n
        new = ops.where(ops.broadcast_to(entry[1], new.shape), new, h) if len(entry) > 1 else new
        return new, new

    last, states = ops.scan(step, zeros, (entries,) if mask is None else (entries, mask))
    return states, last


def weights(gates: int, steps: int, batch: int, features: int, units: int, dtype: str) -> list[Array]:
    """Return inputs, kernel, recurrent kernel and bias."""
    source = np.random.default_rng([gates, steps, batch, units])
    shapes = [(steps, batch, features), (features, gates * units), (units, gates * units), (gates * units,)]
    return [(source.normal(size=shape) * 0.5).astype(dtype) for shape in shapes]


def with_gradient(function: Function, arrays: list[Array], alone: bool = False) -> Graph:
    """Return the plan of what `function` returns, its weighted sum, and the gradient of that by float inputs.

    What it returns is left out if the gradient is wanted `alone`.
    """
    graph = tz.trace(function, *arrays)
    source = np.random.default_rng(0)
    terms = []
    for node in dict.fromkeys(graph.outputs):
        if node.tensor_type.is_float:
            factor = constant(source.normal(size=node.tensor_type.shape), node.tensor_type.dtype)
            terms.append(ops.sum(Tensor(node) * factor))
    wrt = [node for node in graph.inputs if node.tensor_type.is_float]
    seed = constant(1.0, terms[0].dtype)
    value, found = gradients(sum(terms[1:], start=terms[0]).node, wrt, seed)
    outputs = (*(() if alone else graph.outputs), value, *(one.node for one in found if one is not None))
    return simplify(Graph(graph.inputs, outputs)).graph


SIZES = (1, 2, 3, 5, 8, 15, 16, 17, 33)


class RandomLoop:
    """A loop with a random body over carries, an entry, a mask and outer values, all of one width."""

    def __init__(self, source: Random) -> None:
        self._source = source
        self.steps, self.batch = source.choice((1, 1, 2, 3, 4, 7)), source.choice(SIZES)
        self.units, self.carries = source.choice(SIZES), source.randrange(1, 4)
        self.reverse, self.dtype = bool(source.randrange(2)), source.choice(("float32", "float64"))
        self._moves = [(source.random(), source.random(), source.random()) for _ in range(8)]
        self.length = source.randrange(2, 8)

    def arrays(self) -> list[Array]:
        """Return inputs: first carry, entries, mask, kernel, a row."""
        source = np.random.default_rng(self._source.randrange(2**32))
        state = (self.batch, self.units)
        shapes = [state, (self.steps, *state), (self.units, self.units), (self.units,)]
        first, entries, kernel, row = (source.normal(size=one).astype(self.dtype) * 0.5 for one in shapes)
        return [first, entries, source.random((self.steps, self.batch, 1)) < 0.7, kernel, row]

    def __call__(self, first: Any, entries: Any, mask: Any, kernel: Any, row: Any) -> list[Any]:
        """Return last carries and stacks."""

        def step(state: tuple[Any, ...], entry: tuple[Any, Any]) -> tuple[tuple[Any, ...], list[Any]]:
            values = [*state, entry[0]]
            for which, one, other in self._moves[: self.length]:
                a, b = (values[int(at * len(values))] for at in (one, other))
                values.append(self._move(which, a, b, entry[1], kernel, row))
            return self._leaving(values, state), self._stacked(values, row)

        initial = [first, first * 0.5, first + 1.0][: self.carries]
        last, stacks = ops.scan(step, tuple(initial), (entries, mask), reverse=self.reverse)
        return [*last, *stacks]

    def _move(self, which: float, a: Any, b: Any, mask: Any, kernel: Any, row: Any) -> Any:
        moves: list[Callable[[], Any]] = [
            lambda: ops.tanh(a @ kernel + b),
            lambda: ops.sigmoid(a) * b,
            lambda: 1.0 - a,
            lambda: ops.where(ops.broadcast_to(mask, a.shape), a, b),
            lambda: a + row,
            lambda: ops.concatenate([b[:, : self.units // 2], ops.tanh(a[:, self.units // 2 :])], 1),
            lambda: ops.concatenate([a, b], 1)[:, self.units // 2 : self.units // 2 + self.units],
            lambda: ops.tanh(a.mean(axis=0)) * b,
            lambda: ops.scan(lambda s, e: (ops.tanh(s * e), s), a[0], b)[1],
            lambda: a * ops.sum(kernel, axis=0) + kernel[0],
        ]
        return moves[int(which * len(moves))]()

    def _leaving(self, values: list[Any], state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return new carries: squashed values, and now and then one as it is, or another carry."""
        found = []
        for number in range(self.carries):
            which, one, _ = self._moves[-1 - number]
            plain = [*state, values[self.carries], values[-1]]
            found.append(
                ops.tanh(values[int(one * len(values))]) if which < 0.7 else plain[int(one * len(plain))]
            )
        return tuple(found)

    def _stacked(self, values: list[Any], row: Any) -> list[Any]:
        """Return some of the values, one perhaps twice, perhaps what is the same in every step."""
        chosen = [
            values[int(one * len(values))] for _, one, _ in self._moves[: 1 + int(3 * self._moves[0][2])]
        ]
        return [*chosen, row] if self._moves[0][0] < 0.2 else chosen


def random_loop(source: Random) -> tuple[Graph, list[Array]]:
    """Return the plan of a random loop, in half of the cases with its gradient, and inputs."""
    made = RandomLoop(source)
    arrays = made.arrays()
    if source.randrange(2):
        return with_gradient(made, arrays), arrays
    return simplify(tz.trace(made, *arrays)).graph, arrays


def loops_of(program: NativeProgram) -> list[Loop]:
    """Return a program's loops, in order."""
    return [kernel for kernel in program.schedule.kernels if isinstance(kernel, Loop)]


def check(program: NativeProgram, inputs: list[Array]) -> None:
    """Check values, the steps written out, and that more threads give the same bits."""
    found = program.run(inputs)
    for threads in (2, 3):
        for one, again in zip(found, program.run(inputs, threads), strict=True):
            assert one.tobytes() == again.tobytes()
    compare(unroll(program.graph), inputs, found)
