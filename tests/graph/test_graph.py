"""Graphs: printing, fingerprints, verification, and sizes at which recursion would fail."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

import tiza as tz
from tiza import ops
from tiza.errors import NameNotFoundError, VerificationError
from tiza.graph.fingerprint import fingerprint
from tiza.graph.graph import Graph
from tiza.graph.node import Node, constant_node, rebuild
from tiza.graph.primitive import Primitive, find_primitive, register
from tiza.graph.provenance import Role, layer_scope
from tiza.graph.tensor import mark
from tiza.graph.tensor_type import TensorType, TupleType
from tiza.graph.verification import verify

LINKS = 20_000


def loss(x, y):
    return ops.sum(ops.tanh(x @ y) * 2.0)


MATRIX = np.ones((2, 2))


def test_printing() -> None:
    def function(x, unused):
        with layer_scope("dense"):
            return mark(ops.sum(x, axis=0), Role.ACTIVATION)

    text = str(tz.trace(function, np.ones((2, 3)), 1.0))
    assert text.splitlines() == [
        "unused = input          float64[]",
        "x = input               float64[2, 3]",
        "%1 = sum x axes=(0,)    float64[3]       dense.a",
        "return %1",
    ]


def test_printing_shortens_arrays_and_bodies() -> None:
    graph = tz.trace(
        lambda x: ops.scan(lambda s, e: (s + e, s), 0.0, x)[0] + np.arange(9.0).sum(), np.ones(3)
    )
    assert "<graph of 3 nodes>" in str(graph)
    assert "[0, 1, ..., 7, 8]" in str(tz.trace(lambda x: x + np.arange(9.0), np.ones(9)))


def test_fingerprint_is_of_the_content() -> None:
    def scan(weight, length=3):
        return tz.trace(lambda x: ops.scan(lambda s, e: (s * weight + e, s), 0.0, x)[1], np.ones(length))

    one, other = (
        Graph(g.inputs, g.outputs) for g in (tz.trace(loss, MATRIX, MATRIX), tz.trace(loss, MATRIX, MATRIX))
    )
    assert fingerprint(one) == fingerprint(other)
    renamed = tz.trace(lambda a, b: ops.sum(ops.tanh(a @ b) * 2.0), MATRIX, MATRIX)
    assert fingerprint(one) == fingerprint(renamed)
    different = [
        one,
        tz.trace(lambda x, y: ops.sum(ops.tanh(x @ y) * 2.5), MATRIX, MATRIX),
        tz.trace(lambda x, y: ops.sum(ops.tanh(y @ x) * 2.0), MATRIX, MATRIX),
        tz.trace(lambda x, y: ops.sum(ops.sin(x @ y) * 2.0), MATRIX, MATRIX),
        tz.trace(loss, np.ones((3, 3)), np.ones((3, 3))),
        tz.trace(loss, MATRIX.astype("float32"), MATRIX.astype("float32")),
        tz.trace(lambda x, y: (loss(x, y), loss(x, y)), MATRIX, MATRIX),
        scan(1.0),
        scan(2.0),
        scan(1.0, 4),
    ]
    assert len({fingerprint(graph) for graph in different}) == len(different)
    assert fingerprint(scan(1.0)) == fingerprint(scan(1.0))


def planted(graph: Graph, fault) -> Graph:
    """Return `graph` with its multiplication replaced by `fault(node, inputs)`."""
    multiply = find_primitive("multiply")
    outputs, _ = rebuild(
        graph.outputs, {}, lambda node, inputs: fault(node, inputs) if node.primitive is multiply else None
    )
    return Graph(graph.inputs, outputs)


FAULTS = {
    "type is float64\\[3\\]": lambda n, i: Node(n.primitive, i, n.attributes, n.type.with_shape((3,))),
    "type is float32": lambda n, i: Node(n.primitive, i, n.attributes, n.type.with_dtype("float32")),
    "has 1 operands": lambda n, i: Node(n.primitive, i[:1], n.attributes, n.type),
    "unknown name 'axis'": lambda n, i: Node(n.primitive, i, {"axis": 1}, n.type),
    "not the registered one": lambda n, i: Node(replace(n.primitive), i, n.attributes, n.type),
    "does not|shape": lambda n, i: Node(n.primitive, (i[0], constant_node(np.ones(5))), n.attributes, n.type),
    "expected the result of a scan": lambda n, i: Node(
        find_primitive("item"), i[:1], {"position": 0}, n.type
    ),
}


@pytest.mark.parametrize("message", FAULTS)
def test_verification_shows_the_fault_among_its_neighbours(message: str) -> None:
    graph = tz.trace(loss, MATRIX, MATRIX)
    assert verify(graph) is graph
    with pytest.raises(VerificationError, match=message) as caught:
        verify(planted(graph, FAULTS[message]))
    shown = str(caught.value).splitlines()[1:]
    assert sum(line.startswith("> ") for line in shown) == 1
    assert any("tanh" in line for line in shown)
    assert len(shown) <= 11


def test_verification_enters_loops() -> None:
    graph = tz.trace(lambda x: ops.scan(lambda s, e: (s * e, None), 1.0, x)[0], np.ones(3))
    loop = next(node for node in graph.nodes if isinstance(node.type, TupleType))
    body = planted(loop.attributes["body"], FAULTS["type is float32"])
    wrong = Node(loop.primitive, loop.inputs, {**loop.attributes, "body": body}, loop.type)
    item = Node(graph.outputs[0].primitive, (wrong,), graph.outputs[0].attributes, graph.outputs[0].type)
    with pytest.raises(VerificationError, match="float32"):
        verify(Graph(graph.inputs, (item,)))


def test_a_chain_of_many_nodes() -> None:
    assert sys.getrecursionlimit() <= 1000

    def chain(x):
        for _ in range(LINKS):
            x = ops.tanh(x)
        return x

    graph = tz.trace(chain, 0.5)
    assert len(graph.nodes) == LINKS + 1
    value, slope = tz.value_and_grad(chain)(0.5)
    tangent = tz.jvp(chain, (0.5,), (1.0,))[1]
    assert 0 < value < 0.01
    np.testing.assert_allclose(slope, tangent, rtol=1e-9)
    np.testing.assert_allclose(
        slope, (tz.evaluate(graph, 0.5001) - tz.evaluate(graph, 0.4999)) / 0.0002, rtol=1e-5
    )
    assert verify(graph) is graph
    assert len(str(graph).splitlines()) == LINKS + 2
    assert len(fingerprint(graph)) == 64
    assert tz.evaluate(Graph(graph.inputs, rebuild(graph.outputs, {})[0]), 0.5) == value


def test_names_are_suggested_and_taken_once() -> None:
    with pytest.raises(NameNotFoundError, match="did you mean 'multiply'"):
        find_primitive("multipli")
    known = find_primitive("multiply")
    with pytest.raises(ValueError, match="registered already"):
        register(Primitive("multiply", known.infer, known.derivative, known.access))


def test_marks_do_not_break_derivatives() -> None:
    def function(x):
        z = mark(x * x, Role.PRE_ACTIVATION)
        again = mark(z, Role.ACTIVATION)
        return mark(mark(x, Role.INPUT) * again, Role.LOSS)

    value, slope = tz.value_and_grad(function)(2.0)
    assert (value, slope) == (8.0, 12.0)
    assert tz.hessian(function)(2.0) == 12.0
    assert tz.jvp(function, (2.0,), (1.0,)) == (8.0, 12.0)


def test_types_print_and_compare() -> None:
    assert repr(TensorType((2, 3), np.dtype("float32"))) == "float32[2, 3]"
    assert TensorType((2,), np.dtype("int32")) == TensorType((2,), np.dtype("int32"))
