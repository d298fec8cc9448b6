"""What every point of a sum adds, all at once: the same as read point by point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from tiza.blackboard.summands import summands
from tiza.graph.access import AccessRule, Apply, Body, Value, element_read
from tiza.graph.node import Node
from tiza.graph.primitive import access_rule


def by_point(rule: AccessRule, index: Sequence[int], operands: Sequence[Any]) -> list[float]:
    """Return the same, slowly."""

    def number(body: Body, point: Sequence[int]) -> float:
        if isinstance(body, Apply):
            return math.prod(number(one, point) for one in body.arguments)
        assert isinstance(body, Value)
        operand = operands[body.operand]
        at = element_read(rule.reads[body.operand], point, operand.shape, operands)
        return 0.0 if at is None else float(operand[at])

    return [number(rule.body, point) for point in rule.points(index)]


def node_of(function: Any, *arguments: Any) -> Node:
    """Return the node that a function ends in."""
    (output,) = tz.trace(function, *arguments).outputs
    return output


def check(node: Node, operands: Sequence[Any]) -> None:
    rule = access_rule(node)
    for index in np.ndindex(node.tensor_type.shape):
        together = summands(rule, index, operands)
        assert together is not None
        assert together.tolist() == by_point(rule, index, operands)


@settings(deadline=None)
@given(st.integers(3, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2))
def test_overlapping_windows(size: int, window: int, stride: int, dilation: int) -> None:
    if (window - 1) * dilation >= size:
        return
    x = np.arange(1.0, size + 1)

    def back(value: Any) -> Any:
        return tz.grad(lambda one: (tz.ops.windows(one, [0], [window], [stride], [dilation]) ** 2).sum())(
            value
        )

    for node in tz.trace(back, x).nodes:
        if node.primitive.name == "overlap_add":
            shape = node.inputs[0].tensor_type.shape
            check(node, [np.random.default_rng(size).normal(size=shape)])


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3))
def test_contractions(rows: int, inner: int, columns: int) -> None:
    draw = np.random.default_rng(inner)
    left, right = draw.normal(size=(rows, inner)), draw.normal(size=(inner, columns))
    check(node_of(tz.ops.matmul, left, right), [left, right])


def test_sums() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for axis in (0, 1, (0, 2), None):
        check(node_of(lambda value, axis=axis: value.sum(axis), x), [x])


def test_what_is_looked_up_is_not_read_as_an_array() -> None:
    table, at = np.ones((3, 2)), np.array([0, 2])
    graph = tz.trace(tz.grad(lambda one: (tz.ops.take(one, at, 0) ** 2).sum()), table)
    found = [node for node in graph.nodes if node.primitive.name == "scatter_add"]
    assert found
    for node in found:
        operands = [np.zeros(one.tensor_type.shape, dtype=int) for one in node.inputs]
        assert summands(access_rule(node), (0, 0), operands) is None


@pytest.mark.parametrize("length", [1, 2, 40])
def test_a_part_of_many_is_found_wherever_it_stands(length: int) -> None:
    def f(x: Any) -> Any:
        return (tz.ops.concatenate([x[at : at + 1] * float(at + 1) for at in range(length)]) ** 2)[
            length // 2
        ]

    x = np.linspace(1.0, 2.0, length)
    board = str(tz.explain(f, x, digits=8, language="en"))
    at = length // 2
    factor = f"{(at + 1) ** 2}·" if at else ""
    assert f"f = {factor}x[{at}]² = " in board
