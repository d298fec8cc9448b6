"""Symbolic derivatives: formulas, corners, size limits, and what happens without SymPy."""

from __future__ import annotations

import importlib
import time
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.calculus.expression import parse_expression
from tiza.calculus.scalar_function import scalar_function
from tiza.calculus.symbolic import SymbolicError, symbolic_derivatives, symbolic_expression
from tiza.errors import MissingExtraError
from tiza.graph.graph import Graph
from tiza.graph.primitive import Elementwise, primitives
from tiza.graph.tensor import OPERATIONS

pytest.importorskip("sympy")


def graph_of(text: str, *point: float) -> Graph:
    return scalar_function(text, point).graph


def formulas(text: str, *point: float) -> list[str]:
    return [one.formula for one in symbolic_derivatives(graph_of(text, *point))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ln(x1) + x1*x2 - sin(x2)", ["x2 + 1/x1", "x1 - cos(x2)"]),
        ("x^3", ["3*x**2"]),
        ("0.1*x", ["1/10"]),
        ("sin(pi*x)", ["pi*cos(pi*x)"]),
        ("relu(x)", ["[x > 0]"]),
        ("abs(x)", ["sign(x)"]),
        ("ln(x)*x", ["ln(x) + 1"]),
    ],
)
def test_formulas(text: str, expected: list[str]) -> None:
    assert formulas(text, *[1.0] * len(expected)) == expected


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [("relu(x)", 0.0, 0), ("abs(x)", 0.0, 0), ("max(x, 1)", 1.0, 1), ("min(x, 1)", 1.0, 1)],
)
def test_corners_follow_the_primitives(text: str, at: float, expected: int) -> None:
    [derivative] = symbolic_derivatives(graph_of(text, at))
    assert derivative.value((at,)) == expected
    assert tz.grad(parse_expression(text))(at) == expected


ARITHMETIC = [
    one
    for one in primitives()
    if one.is_elementwise and isinstance(one.derivative, Elementwise) and one.name not in ("select", "cast")
]


@pytest.mark.parametrize("primitive", ARITHMETIC, ids=lambda one: one.name)
def test_every_formula_agrees_with_the_stated_partials(primitive: Any) -> None:
    point = (1.3, 0.7)[: len(primitive.domain)]
    function = scalar_function(lambda *x: OPERATIONS[primitive.name](*x), point)
    exact = [float(one.value(point)) for one in symbolic_derivatives(function.graph)]
    assert exact == pytest.approx(
        [function.adjoints[node] for node in function.graph.inputs], rel=1e-14, abs=1e-15
    )


def test_a_choice_is_a_piecewise_formula() -> None:
    [derivative] = symbolic_derivatives(tz.trace(lambda x: tz.ops.where(x > 1.0, x * x, 3.0 * x), 2.0))
    assert (derivative.value((2.0,)), derivative.value((0.5,))) == (4, 3)


def test_what_holds_its_operand_constant_has_no_formula() -> None:
    with pytest.raises(SymbolicError, match="stop_gradient"):
        symbolic_expression(tz.trace(lambda x: x * tz.stop_gradient(x), 2.0))


@pytest.mark.parametrize(
    "text",
    [
        "sinh(" * 40 + "x" + ")" * 40,
        "*".join(f"x{at}" for at in range(150)),
        "sin(" * 45 + "x" + ")" * 45,
        "x-sin(" * 20 + "x" + ")" * 20,
        "max(" * 30 + "x" + ",2)" * 30,
        "((((2*x)^64)^64)^64)^64",
        "1/(1 + (2*x)^(10^9))",
        "x^" * 40 + "x",
    ],
)
def test_large_formulas_end_quickly(text: str) -> None:
    names = parse_expression(text).names
    function = scalar_function(text, [0.01] * len(names))
    started = time.perf_counter()
    try:
        for one in symbolic_derivatives(function.graph):
            one.value(function.point)
    except SymbolicError as error:
        assert "use forward or reverse mode" in str(error)  # noqa: PT017 - both ends are right
    assert time.perf_counter() - started < 10.0


def test_without_sympy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[symbolic\]'"):
        symbolic_expression(tz.trace(np.sin, 1.0))
