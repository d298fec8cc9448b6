"""The evaluation table: the course's example to its digits, order of operations, leaving the domain."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tiza.calculus.evaluation_table import evaluation_table
from tiza.calculus.scalar_function import DomainError
from tiza.errors import EvaluationError

COURSE = "ln(x1) + x1*x2 - sin(x2)"


def course_function(x1: float, x2: float) -> float:
    return np.log(x1) + x1 * x2 - np.sin(x2)


@pytest.mark.parametrize("function", [COURSE, course_function])
@pytest.mark.parametrize("at", [{"x2": 5, "x1": 2}, (2, 5)])
def test_the_example_of_the_course(function: object, at: object) -> None:
    table = evaluation_table(function, at)  # type: ignore[arg-type]
    assert [(row.name, row.expression) for row in table.rows] == [
        ("v-1", "x1"),
        ("v0", "x2"),
        ("v1", "ln v-1"),
        ("v2", "v-1 × v0"),
        ("v3", "sin v0"),
        ("v4", "v1 + v2"),
        ("v5", "v4 − v3"),
    ]
    assert [round(row.value, 6) for row in table.rows] == [
        2,
        5,
        0.693147,
        10,
        -0.958924,
        10.693147,
        11.652071,
    ]
    cosine = math.cos(5)
    expected = [(1, 0), (0, 1), (0.5, 0), (5, 2), (0, cosine), (5.5, 2), (5.5, 2 - cosine)]
    np.testing.assert_allclose([row.tangents for row in table.rows], expected, rtol=1e-15)
    np.testing.assert_allclose(
        [row.adjoint for row in table.rows], [5.5, 2 - cosine, 1, 1, -1, 1, 1], rtol=1e-15
    )
    assert table.result == "v5"
    assert round(table.rows[1].adjoint, 7) == 1.7163378


def test_as_text() -> None:
    table = evaluation_table(COURSE, (2, 5))
    lines = str(table).splitlines()
    assert lines[5].split() == ["v3", "=", "sin", "v0", "−0.95892427", "0", "0.28366219", "−1"]
    assert lines[-1] == "f = v5 = 11.652071"
    assert "v₂   = v₋₁ × v₀" in table.to_text(subscripts=True)


def test_constants_are_inline_and_inputs_keep_their_names() -> None:
    table = evaluation_table("3*v1 - 2*(-1.5)", (2,))
    assert [row.expression for row in table.rows] == ["v1", "3 × v0", "2 × (−1.5)", "v1 − v2"]
    assert "= v1\n" not in table.to_text()
    assert table.cells(subscripts=True)[0][1] == "= v1"


@pytest.mark.parametrize(("function", "value"), [("x", 3.0), ("2", 2.0), (lambda x: x * 0.0 + 1.0, 1.0)])
def test_degenerate_functions(function: object, value: float) -> None:
    at = () if function == "2" else (3.0,)
    assert evaluation_table(function, at).value == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "at", "operation", "of_derivative"),
    [
        ("ln(x)", (-1,), "ln(−1)", False),
        ("2 + ln(x - 3)", (3,), "ln(0)", False),
        ("1/x", (0,), "1 / 0", False),
        ("sqrt(x)", (-4,), "sqrt(−4)", False),
        ("exp(x)", (1000,), "exp(1000)", False),
        ("sqrt(x)", (0,), "sqrt(0)", True),
        ("x^y", (-2, 3), "(−2) ^ 3", True),
        ("10**10**10*x", (1,), "10 ^ 1e+10", False),
    ],
)
def test_leaving_the_domain_names_the_operation(
    text: str, at: tuple[float, ...], operation: str, of_derivative: bool
) -> None:
    with pytest.raises(DomainError) as caught:
        evaluation_table(text, at)
    assert (caught.value.operation, caught.value.of_derivative) == (operation, of_derivative)


@pytest.mark.parametrize("at", [{"x": 1}, {"x": 1, "y": 2, "z": 3}, (1,), (1, math.nan)])
def test_a_point_that_does_not_fit_is_refused(at: object) -> None:
    with pytest.raises(EvaluationError, match="at: got"):
        evaluation_table("x*y", at)  # type: ignore[arg-type]


def test_functions_of_arrays_are_refused() -> None:
    with pytest.raises(EvaluationError, match="single numbers"):
        evaluation_table(lambda x: (x * np.ones(3)).sum(), (1.0,))
