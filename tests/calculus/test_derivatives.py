"""Derivatives four ways: the course's example, random formulas on which all ways agree, missing SymPy."""

from __future__ import annotations

import importlib
import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tiza.calculus.derivatives import Method, Reference, derivatives
from tiza.calculus.expression import parse_expression
from tiza.calculus.numerical import central_difference, forward_difference
from tiza.calculus.scalar_function import DomainError
from tiza.errors import EvaluationError

COURSE = "ln(x1) + x1*x2 - sin(x2)"


def test_the_example_of_the_course() -> None:
    found = derivatives(COURSE, {"x1": 2, "x2": 5})
    assert found.formulas == ("x2 + 1/x1", "x1 - cos(x2)")
    assert found.reference is Reference.SYMBOLIC
    exact = (5.5, 2 - math.cos(5))
    tolerance = {Method.FORWARD_DIFFERENCE: 1e-6, Method.CENTRAL_DIFFERENCE: 1e-9}
    for result in found.results:
        assert result.partials == pytest.approx(exact, rel=tolerance.get(result.method, 1e-15))
        assert max(result.errors) < tolerance.get(result.method, 1e-15)
    assert [one.evaluations for one in found.results] == [3, 4, 2, 2, 1]
    # five operations a value; x + h, the difference and the quotient, and their like for central differences
    assert found[Method.FORWARD_DIFFERENCE].operations == 3 * 5 + 2 * 3
    assert found["central difference"].operations == 4 * 5 + 2 * 5
    assert found[Method.SYMBOLIC].operations == 4


def test_errors_by_step_fall_and_then_grow() -> None:
    rows = derivatives(COURSE, (2, 5)).error_by_step
    assert [row.step for row in rows] == [float(f"1e-{one}") for one in range(1, 16)]
    assert rows[0].forward / rows[1].forward == pytest.approx(10, rel=0.1)
    assert rows[0].central / rows[1].central == pytest.approx(100, rel=0.1)
    assert rows[14].forward > rows[7].forward
    assert min(row.central for row in rows) < 1e-9


def test_a_step_that_leaves_the_domain_is_marked() -> None:
    found = derivatives("sqrt(x)", (1e-3,))
    assert math.isnan(found.error_by_step[0].central)
    assert not math.isnan(found.error_by_step[0].forward)
    assert str(found).splitlines()[-15].split() == ["0.1", "13", "-"]


def test_without_sympy_the_rest_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    found = derivatives(COURSE, (2, 5))
    assert found[Method.SYMBOLIC].partials == ()
    assert "pip install '.[symbolic]'" in str(found)
    assert found.reference is Reference.REVERSE_MODE
    assert found.partials["x1"] == 5.5


def test_no_variables_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="no variables"):
        derivatives("2 + 3", ())


def test_difference_quotients_of_a_line_are_exact() -> None:
    for quotient in (forward_difference, central_difference):
        assert quotient(lambda x: 3.0 * x[0] - x[1], (1.0, 2.0), 0.5) == (3.0, -1.0)


SMOOTH = ("sin", "cos", "tanh", "arctan", "sigmoid", "softplus", "erf", "exp")
LEAVES = st.sampled_from(["x", "y", "x1", "0.5", "2", "pi"])


def _combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    call = st.tuples(st.sampled_from(SMOOTH), parts).map(lambda one: f"{one[0]}({one[1]})")
    pair = st.tuples(parts, st.sampled_from("+-*"), parts).map(lambda one: f"({one[0]} {one[1]} {one[2]})")
    quotient = st.tuples(parts, parts).map(lambda one: f"{one[0]}/(1 + ({one[1]})^2)")
    logarithm = parts.map(lambda one: f"ln(2 + sin({one}))")
    return call | pair | quotient | logarithm | parts.map(lambda one: f"-({one})^2")


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(LEAVES, _combined, max_leaves=6),
    st.lists(st.floats(-1.5, 1.5, allow_subnormal=False), min_size=3, max_size=3),
)
def test_all_ways_agree_on_random_formulas(text: str, values: list[float]) -> None:
    at = {name: one for name, one in zip(("x", "x1", "y"), values, strict=True) if name in _names(text)}
    assume(at)
    try:
        found = derivatives(text, at)
    except DomainError:
        assume(False)
    assume(abs(found.value) < 1e3)
    assume(max(map(abs, found.partials.values())) < 1e3)
    scale = 1.0 + max(map(abs, found.partials.values())) + abs(found.value)
    assert not found[Method.SYMBOLIC].problem
    assert max(found[Method.FORWARD_MODE].errors) <= 1e-11 * scale
    assert max(found[Method.REVERSE_MODE].errors) <= 1e-11 * scale
    curvature = 1e5 if "exp" in text else 1e3
    assert max(found[Method.CENTRAL_DIFFERENCE].errors) <= 1e-7 * curvature * scale


def _names(text: str) -> tuple[str, ...]:
    return parse_expression(text).names
