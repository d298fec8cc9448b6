"""Comparisons of what a maximum cuts off: same values, and what is cut off is not kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.engines.native.comparisons import compared_when_cut_off
from tiza.engines.native.program import NativeProgram
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType, as_dtype

VALUES = [[-np.inf, -1.0, -0.0, 0.0, 1e-30, 2.0, np.inf, np.nan]]


def clipped(bound: Any, swapped: bool) -> tuple[Graph, Tensor]:
    """Return max(bound, z) and whether bound < z, for a z that is computed, and z."""
    x = Tensor(input_node("x", TensorType((1, 8), as_dtype("float32"))))
    z = x + x
    largest = tz.ops.maximum(z, bound) if swapped else tz.ops.maximum(bound, z)
    return Graph((x.node,), (largest.node, (bound < z).node)), z


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("bound", [0.0, -1.5, float("nan")])
def test_every_number_compares_as_before(bound: float, swapped: bool) -> None:
    graph, _ = clipped(tz.ops.constant(bound, "float32"), swapped)
    x = [np.array(VALUES, "float32")]
    changed = compared_when_cut_off(graph)
    for found, one, expected in zip(
        NativeProgram(graph).run(x), evaluate_graph(changed, x), evaluate_graph(graph, x), strict=True
    ):
        np.testing.assert_array_equal(one, expected)
        np.testing.assert_array_equal(found, expected)


def test_a_value_before_relu_is_not_kept() -> None:
    graph, z = clipped(tz.ops.constant(0.0, "float32"), False)
    assert z.node not in compared_when_cut_off(graph).nodes[-1].inputs
    kept = Graph(graph.inputs, (*graph.outputs, z.node))
    assert compared_when_cut_off(kept).outputs == kept.outputs


def test_another_bound_is_another_comparison() -> None:
    graph, z = clipped(tz.ops.constant(0.0, "float32"), False)
    other = (tz.ops.constant(1.0, "float32") < z).node
    kept = Graph(graph.inputs, (graph.outputs[0], other))
    assert compared_when_cut_off(kept).outputs == kept.outputs
