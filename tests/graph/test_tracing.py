"""Tracing: what becomes a graph, what is refused, and how the message helps."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tiza as tz
from tiza import ops
from tiza.errors import AttributeNameError, DTypeError, EvaluationError, ShapeError, TizaError, TraceError
from tiza.graph.tensor import Tensor, apply, constant
from tiza.graph.tracing import inline, trace_function
from tiza.ops.reduction import SUM

FLOAT32 = np.ones((2, 3), "float32")


def branching(x):
    if x > 0:  # the user's if
        return x
    return -x


MISUSES = [
    (branching, 1.0, TraceError, "if x > 0", "tz.ops.where"),
    (lambda x: float(x), 1.0, TraceError, "float(x)", "tz.evaluate"),
    (lambda x: int(x), 1.0, TraceError, "int(x)", "tz.evaluate"),
    (lambda x: math.sin(x), 1.0, TraceError, "math.sin(x)", "tz.evaluate"),
    (lambda x: [1, 2][x], 1.0, TraceError, "[1, 2][x]", "tz.ops.take"),
    (lambda x: np.array(x), 1.0, TraceError, "np.array(x)", "tz.ops"),
    (lambda x: np.asarray([x, x]), 1.0, TraceError, "np.asarray([x, x])", "tz.ops.stack"),
    (lambda x: x + np.ones((3, 2)), np.ones((2, 3)), ShapeError, "np.ones((3, 2))", "reshape"),
    (lambda x: x @ np.ones((2, 2)), np.ones((2, 3)), ShapeError, "x @ np.ones", "transpose"),
    (lambda x: x + np.ones((2, 3)), FLOAT32, DTypeError, "np.ones((2, 3))", "astype"),
    (lambda x: np.concatenate([x, np.ones((2, 3))]), FLOAT32, DTypeError, "np.concatenate", "astype"),
    (lambda x: x + 0.5, 3, DTypeError, "x + 0.5", "astype"),
    (lambda x: x + 300, np.uint8([1, 2]), DTypeError, "x + 300", "astype"),
    (lambda x: x / 2, 3, DTypeError, "x / 2", "astype"),
    (lambda x: x.astype("complex64"), 1.0, DTypeError, "complex64", "float32"),
    (lambda x: np.linalg.norm(x), np.ones(3), TraceError, "np.linalg.norm(x)", "tz.ops"),
    (lambda x: np.add.reduce(x), np.ones(3), TraceError, "np.add.reduce(x)", "tz.ops"),
    (lambda x: np.sum(x, dtype="float32"), np.ones(3), TraceError, "np.sum", "keepdims"),
    (lambda x: np.cumsum(x), np.ones(3), TraceError, "np.cumsum(x)", "tz.ops"),
    (lambda x: x.exp(), 1.0, AttributeError, "x.exp()", "tz.ops.exp"),
    (lambda x: x.reshap(3), np.ones(3), AttributeError, "x.reshap(3)", "reshape"),
    (lambda x: x.sum(axis=2), np.ones(3), ShapeError, "axis=2", "expected"),
    (lambda x: x[3], np.ones(3), ShapeError, "x[3]", "expected"),
    (lambda x: x[[0, 1]], np.ones(3), ShapeError, "x[[0, 1]]", "tz.ops.take"),
    (lambda x: x[True], np.ones(3), ShapeError, "x[True]", "whole numbers"),
    (lambda x: x[..., 0, ...], np.ones((3, 3)), ShapeError, "x[..., 0, ...]", "one '...'"),
    (lambda x: x[0, 0], np.ones(3), ShapeError, "x[0, 0]", "axes"),
    (lambda x: x[np.array([0, 1])], np.ones(3), ShapeError, "np.array([0, 1])", "tz.ops.take"),
    (lambda x: np.einsum("ij,jk", x, x), np.ones((2, 2)), ShapeError, "ij,jk", "expected the form"),
    (lambda x: ops.where(x, 1.0, 2.0), 1.0, DTypeError, "ops.where(x", "compare"),
    (lambda x: 1.0 if x in (1.0, 2.0) else 0.0, 1.0, TraceError, "x in (1.0, 2.0)", "where"),
    (lambda x: np.mean(x), np.ones(3, "int32"), DTypeError, "np.mean(x)", "astype"),
    (lambda x: x.max(), np.ones((0,)), ShapeError, "x.max()", "at least one"),
    (lambda x: x.reshape(-1, -1), np.ones(1), ShapeError, "x.reshape(-1, -1)", "elements"),
    (lambda x: np.broadcast_to(x, (3,)), np.ones((1, 3)), ShapeError, "np.broadcast_to", "reshape"),
    (lambda x: apply(SUM, (x,), axis=0), np.ones(3), AttributeNameError, "apply(SUM", "axes"),
]


@pytest.mark.parametrize(("function", "argument", "error", "line", "remedy"), MISUSES)
def test_message_has_the_line_and_the_remedy(function, argument, error, line, remedy) -> None:
    with pytest.raises(error) as caught:
        tz.trace(function, argument)
    message = str(caught.value)
    assert line in message.split("\n  at ", 1)[1]
    assert remedy in message.split("\n  at ", 1)[0]
    assert message.count("\n  at ") == 1


def test_the_function_must_return_values() -> None:
    with pytest.raises(TraceError, match="returned 'text'"):
        tz.trace(lambda x: "text", 1.0)


def test_a_value_of_another_trace_is_refused() -> None:
    kept = []
    tz.trace(lambda x: kept.append(x) or x, 1.0)
    graph = tz.trace(lambda y: y + kept[0], 1.0)
    with pytest.raises(TraceError, match=r"uses 'x'.*\n.*tz.evaluate\(graph, 2.0\)"):
        tz.evaluate(graph, 2.0)
    with pytest.raises(TraceError, match="'x'"):
        tz.evaluate(kept[0])


def test_a_trace_is_made_once_for_each_type() -> None:
    calls = []

    def function(x):
        calls.append(x)
        return x * 2.0

    first = trace_function(function, (np.ones(3),))
    assert trace_function(function, (np.zeros(3),)) is first
    assert trace_function(function, (np.zeros(4),)) is not first
    assert trace_function(function, (np.zeros(3, "float32"),)) is not first
    assert trace_function(function, (tz.TensorType((3,), np.dtype("float64")),)) is first
    assert len(calls) == 3


def test_programs_and_traces_do_not_outlive_their_function() -> None:
    import gc
    import weakref

    def scope():
        function = lambda x: x * 2.0  # noqa: E731 - it has to die
        traced = trace_function(function, (1.0,))
        tz.evaluate(traced.graph, 2.0)
        return weakref.ref(traced.graph)

    reference = scope()
    gc.collect()
    assert reference() is None


def test_python_numbers_do_not_promote() -> None:
    graph = tz.trace(lambda x: ops.maximum((2 * x + 1.5) ** 2 / 3, 0) - np.float64(0.5) * x**0.5, FLOAT32)
    assert all(node.tensor_type.dtype == "float32" for node in graph.nodes)
    assert tz.trace(lambda x: True & (x > 1), FLOAT32).outputs[0].tensor_type.dtype == bool


def test_names_of_nested_arguments() -> None:
    graph = tz.trace(lambda params, *rest: params["w"] + rest[0] + rest[1][0], {"w": 1.0}, 2.0, (3.0,))
    assert [node.attributes["name"] for node in graph.inputs] == ["params.w", "rest[0]", "rest[1][0]"]


def test_inputs_are_checked() -> None:
    graph = tz.trace(lambda x: x + 1, 3)
    assert tz.evaluate(graph, 4) == 5
    for wrong in (2.7, 2**40, np.ones(2, "int32"), [1.0]):
        with pytest.raises(EvaluationError, match="expected int32"):
            tz.evaluate(graph, wrong)
    with pytest.raises(EvaluationError, match="got 2, expected 1"):
        tz.evaluate(graph, 1, 2)
    with pytest.raises(TizaError, match="expected int32"):
        inline(graph, [constant(1.0)])


def test_results_share_no_memory() -> None:
    given = np.ones((2, 2))
    graph = tz.trace(
        lambda x: (x, x, x.T, x.reshape(4), x[0], ops.identity(x), ops.broadcast_to(x, (2, 2, 2))), given
    )
    results = tz.evaluate(graph, given)
    for at, result in enumerate(results):
        result[...] = at + 2.0
    assert (given == 1.0).all()
    assert [float(result.max()) for result in results] == [float(at + 2) for at in range(len(results))]
    assert (tz.evaluate(graph, given)[0] == 1.0).all()
    fixed = np.ones(2)
    made = constant(fixed)
    fixed[0] = 5.0
    assert tz.evaluate(made).tolist() == [1.0, 1.0]


def test_results_without_axes() -> None:
    value = tz.evaluate(tz.trace(lambda x: x.sum(), FLOAT32), FLOAT32)
    assert isinstance(value, np.ndarray)
    assert (value.dtype, value.shape) == (np.float32, ())
    assert type(tz.evaluate(tz.trace(lambda x: x.sum(), np.ones(2)), np.ones(2))) is float
    assert type(tz.evaluate(tz.trace(lambda x: x.argmax(), np.ones(2)), np.ones(2))) is int


def test_truth_of_a_tensor_is_never_its_identity() -> None:
    with pytest.raises(TypeError):
        hash(constant(1.0))
    assert isinstance(constant(1.0) == 1.0, Tensor)
