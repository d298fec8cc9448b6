"""Formulas as text: what is read, how it binds, and that hostile text is refused at once."""

from __future__ import annotations

import math
import time

import pytest

import tiza as tz
from tiza.calculus.expression import DEEPEST_NESTING, LONGEST_TEXT, parse_expression
from tiza.errors import ExpressionError


def value(text: str, *values: float) -> float:
    return float(tz.evaluate(parse_expression(text)(*values)))


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("ln(x1) + x1*x2 - sin(x2)", (2.0, 5.0), math.log(2) + 10 - math.sin(5)),
        ("2 - 3 - 4", (), -5),
        ("2 / 4 / 2", (), 0.25),
        ("2^3^2", (), 512),
        ("-2^2", (), -4),
        ("2^-1", (), 0.5),
        ("2 * -3", (), -6),
        ("-x^2", (3.0,), -9),
        ("--x", (3.0,), 3),
        ("+x**2", (3.0,), 9),
        ("x² − 3×x ÷ 2·4", (2.0,), -8),
        ("(1 + 2) * (3 - x)", (1.0,), 6),
        (".5 + 1. + 1e-1 + 2E2", (), 201.6),
        ("pi + π + e", (), 2 * math.pi + math.e),
        ("log(x) - ln(x)", (7.0,), 0),
        ("log10(1000)", (), 3),
        ("sen(x) + tg(x) + atan(x)", (0.5,), math.sin(0.5) + math.tan(0.5) + math.atan(0.5)),
        ("sinh(x) + cosh(x)", (0.5,), math.exp(0.5)),
        ("sigmoid(x) - σ(x)", (0.3,), 0),
        ("max(x, 2, 3) + min(x, 2) + relu(-1) + abs(-4)", (1.0,), 8),
        ("softplus(0) + erf(0)", (), math.log(2)),
        ("α_1 + ñ", (1.0, 2.0), 3),
        ("x₁ + x1", (2.0,), 4),
    ],
)
def test_a_formula_has_the_value_it_writes(text: str, values: tuple[float, ...], expected: float) -> None:
    assert value(text, *values) == pytest.approx(expected, rel=1e-14, abs=1e-15)


def test_names_are_sorted_as_people_count() -> None:
    assert parse_expression("x10 + x2 + x1 + a").names == ("a", "x1", "x2", "x10")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "empty"),
        ("x +", 4, "ends too early"),
        ("2x", 2, r"write 2\*x"),
        ("x1 x2", 4, r"write x1\*x2"),
        ("(x", 1, r"without its '\)'"),
        ("x)", 2, r"without its '\('"),
        ("x, y", 2, "decimals are written with a point"),
        ("sin x", 1, r"write sin\(...\)"),
        ("1 + seno(x)", 5, "did you mean 'sen'"),
        ("x(2)", 1, r"write x\*\("),
        ("max(x)", 1, "expected at least 2"),
        ("ln(x, 2)", 1, "got 2 arguments, expected 1"),
        ("x * / y", 5, "expected a number"),
        ("1e999", 1, "too large"),
        ("x = 2", 3, "unexpected character '='"),
        ("__import__('os')", 1, "unexpected character '_'"),
        ("x.real", 2, "unexpected character '.'"),
        ("().__class__", 2, "expected a number|unexpected"),
        ("lambda x: x", 9, "unexpected character ':'"),
        ("[x for x in y]", 1, "unexpected character"),
        ("x if y else z", 3, "expected an operator"),
        ("½", 1, "unexpected character"),
    ],
)
def test_a_caret_marks_what_cannot_be_read(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        parse_expression(text)
    first, shown, caret = str(caught.value).split("\n")
    if "unexpected" not in message or column != 2:
        assert first.startswith(f"column {column}:")
        assert caret.index("^") - (len(shown) - len(shown.lstrip()) if text.strip() else 4) == column - 1


@pytest.mark.parametrize(
    "text",
    [
        "(" * 900,
        "-" * 900 + "x",
        "sin(" * 200 + "x" + ")" * 200,
        "x^" * 400 + "x",
        "x" * (LONGEST_TEXT + 1),
        "1+" * 10**6,
    ],
)
def test_long_and_deep_text_is_refused_quickly(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionError, match=r"too deeply|characters"):
        parse_expression(text)
    assert time.perf_counter() - started < 1.0


def test_what_is_within_the_limits_is_read() -> None:
    assert value("(" * DEEPEST_NESTING + "x" + ")" * DEEPEST_NESTING, 2.0) == 2.0
    assert value("+".join(["x"] * 500), 1.0) == 500.0


def test_the_number_of_values_is_checked() -> None:
    with pytest.raises(ExpressionError, match="got 1 values, expected 2"):
        parse_expression("x*y")(1.0)


def test_an_expression_is_differentiated_like_a_function() -> None:
    assert tz.grad(parse_expression("x^2*y"), argnums=(0, 1))(3.0, 2.0) == (12.0, 9.0)
