"""The way back through ReLU and max pooling: what maxima say of elements, and sums made sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from native_checks import compare, targets
from tiza.calculus.reverse import gradients
from tiza.calculus.simplification import simplify
from tiza.engines.native import masked_maxima, sample_sums, scheduling
from tiza.engines.native.comparisons import compared_when_cut_off
from tiza.engines.native.kernels import Kernel
from tiza.engines.native.program import NativeProgram
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.tensor import Tensor, apply
from tiza.graph.tensor_type import Shape, TensorType, as_dtype
from tiza.ops.elementwise import cast, equal, maximum, where
from tiza.ops.layout import OVERLAP_ADD, broadcast, iota, reshape, windows
from tiza.ops.pooling import max_pooling
from tiza.ops.reduction import argmax
from tiza.ops.reduction import max as maximum_over
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, Any]
TARGETS = list(targets().values())
SPECIAL = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5, float("nan"), float("inf"), float("-inf")])


@pytest.fixture(autouse=True)
def _everything_is_large_and_shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIZA_CACHE", str(tmp_path))
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)
    monkeypatch.setattr(sample_sums, "LARGE_SAMPLE", 0)


def number(name: str, shape: Shape) -> Tensor:
    """Return an input."""
    return Tensor(input_node(name, TensorType(shape, as_dtype("float32"))))


def way_back(shape: Shape, pool: Callable[[Tensor], Tensor]) -> Graph:
    """Return the graph of pooled ReLUs, and of their gradient with its sum over all positions."""
    x = number("x", shape)
    pooled = pool(maximum(0.0, x * 1.5))
    seed = number("seed", pooled.shape)
    _, (found,) = gradients(pooled.node, [x.node], seed)
    assert found is not None
    bias = total(found, axis=tuple(range(len(shape) - 1)))
    return simplify(Graph((x.node, seed.node), (pooled.node, found.node, bias.node))).graph


def masked(graph: Graph) -> Graph:
    """Return a graph with conditions on maxima where they can be."""
    return masked_maxima.with_masked_maxima(compared_when_cut_off(graph))


def is_masked(graph: Graph) -> bool:
    """Return whether a condition on elements becomes one on maxima."""
    compared = compared_when_cut_off(graph)
    return masked_maxima.with_masked_maxima(compared).nodes != compared.nodes


def drawn(graph: Graph) -> list[Array]:
    """Return random numbers for a graph."""
    source = np.random.default_rng(0)
    return [source.normal(size=one.tensor_type.shape).astype("float32") for one in graph.inputs]


def check(graph: Graph, inputs: list[Array]) -> None:
    """Check values on every processor, and that more threads give the same bits."""
    for target in TARGETS:
        program = NativeProgram(graph, target=target)
        found = program.run(inputs)
        for one, again in zip(found, program.run(inputs, 3), strict=True):
            assert one.tobytes() == again.tobytes()
        compare(graph, inputs, found)


@pytest.mark.parametrize("channels", [3, 32])
@pytest.mark.parametrize(("sizes", "strides"), [((2, 2), (2, 2)), ((3, 2), (1, 2)), ((2, 3), (3, 3))])
def test_maxima_say_which_elements_were_above_zero(
    channels: int, sizes: tuple[int, int], strides: tuple[int, int]
) -> None:
    graph = way_back((3, 8, 7, channels), lambda x: max_pooling(x, sizes, strides))
    assert is_masked(graph)
    check(graph, drawn(graph))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays.arrays("float32", (2, 4, 4, 2), elements=SPECIAL),
    arrays.arrays("float32", (2, 2, 2, 2), elements=SPECIAL),
)
def test_equal_and_special_numbers_are_those_of_the_definition(x: Array, seed: Array) -> None:
    graph = way_back((2, 4, 4, 2), lambda x: max_pooling(x, 2))
    assert is_masked(graph)
    for found, expected in zip(
        evaluate_graph(masked(graph), [x, seed]), evaluate_graph(graph, [x, seed]), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_what_padding_adds_is_no_element() -> None:
    graph = way_back((3, 7, 7, 4), lambda x: max_pooling(x, 3, 2, "same"))
    assert not is_masked(graph)
    check(graph, drawn(graph))


def another_place(x: Tensor) -> Graph:
    """Return a way back that gives to the place before the maximum what is multiplied with a mask."""
    kept = maximum(0.0, x)
    seen = windows(kept, (1, 2), (2, 2), (2, 2))
    pooled = maximum_over(seen, (4, 5))
    places = broadcast(argmax(reshape(seen, (*pooled.shape, 4)), axis=4), seen.shape, (0, 1, 2, 3))
    place = iota(seen.shape, 4, "int32") * 2 + iota(seen.shape, 5, "int32") + 1
    seed = number("seed", pooled.shape)
    given = where(equal(place, places), broadcast(seed, seen.shape, (0, 1, 2, 3)), 0.0)
    alike = {"axes": (1, 2), "sizes": (2, 2), "strides": (2, 2), "dilations": (1, 1)}
    back = apply(OVERLAP_ADD, (given,), **alike, lengths=x.shape[1:3])
    return Graph((x.node, seed.node), (pooled.node, (back * cast(kept > 0.0, "float32")).node))


def test_a_gradient_of_other_elements_is_masked_by_those(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = another_place(number("x", (2, 6, 6, 3)))
    assert not is_masked(graph)
    inputs = drawn(graph)
    check(graph, inputs)
    monkeypatch.setattr(masked_maxima, "_counts_places", lambda *_: True)
    assert is_masked(graph)
    with pytest.raises(AssertionError):
        check(graph, inputs)


@pytest.mark.parametrize("shape", [(5, 6, 7, 33), (1, 6, 7, 8), (3, 4, 5, 6, 16)])
def test_sums_over_images_are_made_sample_by_sample(shape: Shape) -> None:
    x = number("x", shape)
    graph = Graph((x.node,), (total(x * x, axis=tuple(range(len(shape) - 1))).node,))
    program = NativeProgram(graph)
    sums = [one.shape for one in program.schedule.kernels if isinstance(one, Kernel) and one.head is not None]
    assert sums == ([(shape[0], shape[-1]), (shape[-1],)] if shape[0] > 1 else [(shape[-1],)])
    check(graph, drawn(graph))
