"""Loops: values, derivatives of every order, and the shape of the loop that goes back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza import ops
from tiza.calculus.loops import unroll
from tiza.calculus.reverse import gradients, gradients_beside
from tiza.calculus.transformations import gradient_graph
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.errors import ShapeError, TraceError
from tiza.graph.graph import Graph
from tiza.graph.provenance import Role
from tiza.graph.tensor import constant, mark
from tiza.graph.tracing import trace_function
from tiza.graph.verification import verify
from tiza.ops.scan import SCAN


def array(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape) * 0.7


def recurrent(x: Any, h: Any, w: Any, b: Any, reverse: bool = False) -> Any:
    """A recurrent layer: several uses of a carry, outer values captured."""
    last, states = ops.scan(lambda h, x: (np.tanh(h @ w + x + b),) * 2, h, x, reverse=reverse)
    return ops.sum(last**2) + ops.sum(states * np.sin(states))


def two_carries(x: Any, y: Any) -> Any:
    (a, b, count), out = ops.scan(
        lambda c, e: ((c[0] * e["x"] + c[1], np.sin(c[0]), c[2] + 1), {"sum": c[0] + c[1], "entry": e["y"]}),
        (1.0, 0.5 * y[0], 0),
        {"x": x, "y": y},
    )
    return a * b + ops.sum(out["sum"] * out["entry"]) + count.astype("float64")


def without_sequences(x: Any) -> Any:
    last, states = ops.scan(lambda s, _: (s * x + np.cos(s), s), x, length=4)
    return last + ops.sum(states)


def nested(x: Any, w: Any) -> Any:
    def outer(state: Any, row: Any) -> Any:
        inner, seen = ops.scan(lambda s, e: (np.tanh(s * w + e * state), s * e), state, row)
        return inner, ops.sum(seen) * w

    last, out = ops.scan(outer, ops.sum(w) * 0.1, x)
    return ops.sum(last) + ops.sum(out**2)


def nested_weights(x: Any, w: Any) -> Any:
    """A loop in a loop, both of which a matrix enters."""

    def outer(state: Any, row: Any) -> Any:
        inner, _ = ops.scan(lambda s, e: (np.tanh(s @ w + e), None), state, row)
        return inner @ w, None

    return ops.sum(ops.scan(outer, np.ones(2), x)[0] ** 2)


def reset(x: Any) -> Any:
    """The new carry does not depend on the old one; one output is an entry, one is constant."""
    last, (entries, fixed) = ops.scan(lambda s, e: (e * 2.0, (e, 3.0)), ops.sum(x), x)
    return last * ops.sum(entries * fixed)


def through_whole_numbers(x: Any) -> Any:
    last, places = ops.scan(lambda s, e: (s + e * s.max(), s.argmax()), np.ones(3), x)
    return ops.sum(last * places.sum().astype("float64"))


def labels_taken(x: Any, w: Any) -> Any:
    last, _ = ops.scan(lambda h, x: (np.tanh(np.einsum("at,ta->a", w, x * h)), None), np.ones(2), x)
    return ops.sum(last)


def outer_values_returned(x: Any, w: Any) -> Any:
    """A step that hands outer values on, as its carry, its output and its argument."""
    last, (same, held) = ops.scan(
        lambda s, e: (w * 1.0, (w, mark(s * e, Role.ACTIVATION) + s * w)), ops.sum(x) * w, x
    )
    return ops.sum(last * same * held) + ops.scan(lambda s, e: (w, s), w, x)[0]


CASES: dict[str, tuple[Callable[..., Any], list[np.ndarray]]] = {
    "recurrent": (recurrent, [array(3, 2, 2), array(2, 2, seed=1), array(2, 2, seed=2), array(2, seed=3)]),
    "reverse": (
        lambda *a: recurrent(*a, reverse=True),
        [array(3, 2, 2), array(2, 2, seed=1), array(2, 2, seed=2), array(2, seed=3)],
    ),
    "vector state": (recurrent, [array(3, 2), array(2, seed=1), array(2, 2, seed=2), array(2, seed=3)]),
    "two carries": (two_carries, [array(3), array(3, seed=1)]),
    "without sequences": (without_sequences, [np.array(0.3)]),
    "nested": (nested, [array(3, 2), np.array(0.8)]),
    "nested weights": (nested_weights, [array(2, 3, 2), array(2, 2)]),
    "one step": (recurrent, [array(1, 2), array(2, seed=1), array(2, 2, seed=2), array(2, seed=3)]),
    "no step": (recurrent, [array(0, 2), array(2, seed=1), array(2, 2, seed=2), array(2, seed=3)]),
    "reset": (reset, [array(3)]),
    "reset, no step": (
        lambda x, y: reset(x) * y + ops.scan(lambda s, e: (e, None), y, x)[0],
        [array(0), np.array(2.0)],
    ),
    "outer values": (outer_values_returned, [array(3), np.array(0.7)]),
    "whole numbers": (through_whole_numbers, [array(3, 3)]),
    "labels taken": (labels_taken, [array(2, 3, 2), array(2, 3, seed=1)]),
}
cases = pytest.mark.parametrize("name", CASES)


def difference(function: Callable[..., Any], arrays: list[np.ndarray], directions: list[np.ndarray]) -> Any:
    graph = tz.trace(function, *arrays)

    def side(step: float) -> Any:
        moved = [a + step * d for a, d in zip(arrays, directions, strict=True)]
        return np.concatenate([np.ravel(one) for one in evaluate_graph(graph, moved)])

    slopes = [(side(step) - side(-step)) / (2 * step) for step in (1e-2, 5e-3, 2.5e-3)]
    once = [(4 * b - a) / 3 for a, b in pairwise(slopes)]
    return (16 * once[1] - once[0]) / 15


def random_directions(arrays: list[np.ndarray]) -> list[np.ndarray]:
    return [array(*one.shape, seed=9 + at) for at, one in enumerate(arrays)]


@cases
def test_written_out_it_has_the_same_value(name: str) -> None:
    function, arrays = CASES[name]
    graph = verify(tz.trace(function, *arrays))
    written_out = verify(unroll(graph))
    assert not any(node.primitive is SCAN for node in written_out.nodes)
    np.testing.assert_allclose(tz.evaluate(graph, *arrays), tz.evaluate(written_out, *arrays), rtol=1e-12)


@cases
def test_derivatives(name: str) -> None:
    function, arrays = CASES[name]
    directions = random_directions(arrays)
    tangent = tz.jvp(function, tuple(arrays), tuple(directions))[1]
    expected = difference(function, arrays, directions)
    np.testing.assert_allclose(np.ravel(tangent), expected, rtol=1e-6, atol=1e-8)
    traced = trace_function(function, arrays)
    graph = verify(gradient_graph(traced, tuple(range(len(arrays)))))
    _, *slopes = evaluate_graph(graph, arrays)
    product = sum(float((a * d).sum()) for a, d in zip(slopes, directions, strict=True))
    np.testing.assert_allclose(product, tangent, rtol=1e-10, atol=1e-12)
    written_out = verify(unroll(graph))
    for one, other in zip(slopes, evaluate_graph(written_out, arrays)[1:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@cases
def test_second_derivatives(name: str) -> None:
    function, arrays = CASES[name]
    which = tuple(range(len(arrays)))
    weights = random_directions(arrays)

    def slope(*operands: Any) -> Any:
        parts = tz.grad(function, argnums=which)(*operands)
        return sum((ops.sum(part * weight) for part, weight in zip(parts, weights, strict=True)), start=0.0)

    directions = [array(*one.shape, seed=30 + at) for at, one in enumerate(arrays)]
    expected = difference(slope, arrays, directions)
    forward = tz.jvp(slope, tuple(arrays), tuple(directions))[1]
    np.testing.assert_allclose(np.ravel(forward), expected, rtol=1e-5, atol=1e-7)
    second = tz.grad(slope, argnums=which)(*arrays)
    backward = sum(float((np.asarray(a) * d).sum()) for a, d in zip(second, directions, strict=True))
    np.testing.assert_allclose(backward, forward, rtol=1e-9, atol=1e-11)


def test_values() -> None:
    x = array(4)
    last, running = tz.evaluate(ops.scan(lambda s, e: (s + e, s + e), 0.0, x))
    np.testing.assert_allclose(running, np.cumsum(x))
    assert last == running[-1]
    _, running = tz.evaluate(ops.scan(lambda s, e: (s + e, s + e), 0.0, x, reverse=True))
    np.testing.assert_allclose(running, np.cumsum(x[::-1])[::-1])
    last, nothing = ops.scan(lambda s, _: (s * 2, None), 1, length=5)
    assert nothing is None
    assert tz.evaluate(last) == 32
    empty = tz.evaluate(ops.scan(lambda s, e: (s + e, s + e), 5.0, np.zeros((0,))))
    assert empty[0] == 5.0
    assert empty[1].shape == (0,)


def test_python_floats_take_the_loops_dtype() -> None:
    x = array(4).astype("float32")
    last, (states, fixed) = ops.scan(lambda s, e: (s * 0.5 + e, (s, 1.0)), 0.0, x)
    assert {one.dtype.name for one in (last, states, fixed)} == {"float32"}


def backward_loop(function: Callable[..., Any], arrays: list[np.ndarray]) -> Any:
    graph = gradient_graph(trace_function(function, arrays), tuple(range(len(arrays))))
    loops = [node for node in graph.nodes if node.primitive is SCAN]
    (back,) = [node for node in loops if node.attributes["reverse"]]
    return graph, back


@pytest.mark.parametrize("batch", [(), (5,)])
def test_weight_gradient_is_one_contraction_after_the_loop(batch: tuple[int, ...]) -> None:
    arrays = [array(3, *batch, 4), array(*batch, 4, seed=1), array(4, 4, seed=2), array(4, seed=3)]
    graph, back = backward_loop(recurrent, arrays)
    body = back.attributes["body"]
    carried = [node.tensor_type.shape for node in body.outputs[: back.attributes["carries"]]]
    assert (4, 4) not in carried
    if batch:
        assert (4,) not in carried
    weight = graph.outputs[3]
    assert weight.primitive.name == "contract"
    assert all(3 in one.tensor_type.shape for one in weight.inputs)


def test_the_way_back_keeps_what_cannot_be_made_again_from_what_is_kept() -> None:
    """A gate's complement is made of the gate, which is kept, as is the carry that enters a step."""

    def function(x: Any, h: Any, w: Any) -> Any:
        def step(h: Any, x: Any) -> tuple[Any, None]:
            gate = ops.sigmoid(h @ w + x)
            return gate * h + (1.0 - gate) * x, None

        return ops.sum(ops.scan(step, h, x)[0])

    graph, back = backward_loop(function, [array(3, 4, 2), array(4, 2), array(2, 2)])
    kept = [node for node in graph.nodes if node.primitive.name == "item" and node.inputs[0] is not back]
    assert len({node.attributes["position"] for node in kept if node.tensor_type.rank == 3}) == 2


def test_other_values_are_made_by_the_loop_that_keeps_what_the_way_back_reads() -> None:
    x = array(4)
    graph = tz.trace(lambda x: ops.scan(lambda s, e: (np.tanh(s * e), s), 1.0, x), x)
    last, states = graph.outputs
    ready, others, found = gradients_beside(last, [states], graph.inputs, constant(1.0))
    assert found[0] is not None
    made = Graph(graph.inputs, (ready, *others, found[0].node))
    forth = {node for node in made.nodes if node.primitive is SCAN and not node.attributes["reverse"]}
    assert len(forth) == 1
    np.testing.assert_allclose(evaluate_graph(made, [x])[1], evaluate_graph(graph, [x])[1])


def test_a_gradient_at_a_value_after_the_loop() -> None:
    """What a gradient is asked for may stand behind a loop that is made anew for the way back."""
    kept: dict[str, Any] = {}

    def function(x: Any) -> Any:
        last, _ = ops.scan(lambda s, e: (s * e, None), 1.0, x)
        kept["z"] = mark(last * 3.0, Role.PRE_ACTIVATION)
        return kept["z"] ** 2

    x = np.array([2.0, 3.0])
    graph = tz.trace(function, x)
    ready, found = gradients(graph.outputs[0], [graph.inputs[0], kept["z"].node], constant(1.0))
    assert all(one is not None for one in found)
    value, slope, at_z = evaluate_graph(Graph(graph.inputs, (ready, *(one.node for one in found))), [x])
    assert (value, at_z) == (324.0, 36.0)
    assert slope.tolist() == [324.0, 216.0]


def test_errors() -> None:
    with pytest.raises(TraceError, match="lengths"):
        ops.scan(lambda s, e: (s, None), 0.0, (array(3), array(4)))
    with pytest.raises(TraceError, match="give length="):
        ops.scan(lambda s, e: (s, None), 0.0)
    with pytest.raises(TraceError, match="nested as it received it"):
        ops.scan(lambda s, e: ((s, s), None), 0.0, array(3))
    with pytest.raises(
        ShapeError, match=r"carry 0 enters a step as float64\[\] and leaves it as float64\[2\]"
    ):
        ops.scan(lambda s, e: (s + e, None), 0.0, array(3, 2))


def test_stopped_gradients_stay_stopped_in_a_loop() -> None:
    def function(x: Any) -> Any:
        return ops.scan(lambda s, e: (tz.stop_gradient(s) * e, None), 2.0, x)[0]

    assert tz.grad(function)(np.array([3.0, 5.0])).tolist() == [0.0, 6.0]
    assert tz.jvp(function, (np.array([3.0, 5.0]),), (np.ones(2),))[1] == 6.0
