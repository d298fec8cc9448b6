"""Every primitive's value: against its formula in high precision, and against its access rule."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import numpy as np
import pytest

from primitive_checks import (
    case_name,
    cases,
    check_access,
    check_formula,
    check_points,
    check_type,
    draw,
    exact_operand,
    formula_value,
    graph_of,
    has_access,
    has_formula,
)
from tiza.calculus.loops import unroll
from tiza.engines.reference.array_rules import ARRAY_RULES
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.engines.reference.program import array_function
from tiza.graph.node import INPUT
from tiza.graph.primitive import Example, Primitive, Structural, primitives
from tiza.graph.tensor_type import FLOAT_DTYPES, TensorType

ALL = list(cases())
WITH_FORMULA = [(primitive, example) for primitive, example in ALL if has_formula(primitive)]
FLOATS = [
    (primitive, example)
    for primitive, example in WITH_FORMULA
    if all(operand.type.dtype == np.dtype("float64") for operand in example.operands)
    and graph_of(primitive, example).outputs[0].tensor_type.dtype == np.dtype("float64")
]


def test_every_primitive_has_a_rule() -> None:
    for primitive in primitives():
        structural = isinstance(primitive.derivative, Structural)
        assert primitive is INPUT or structural or primitive.name in ARRAY_RULES


def test_every_primitive_has_an_example() -> None:
    without = [primitive for primitive in primitives() if not primitive.examples]
    assert all(primitive is INPUT or primitive.attributes == ("position",) for primitive in without)


def test_every_rule_belongs_to_a_primitive() -> None:
    assert set(ARRAY_RULES) <= {primitive.name for primitive in primitives()}


@pytest.mark.parametrize(("primitive", "example"), ALL, ids=case_name)
def test_type_is_that_of_the_value(primitive: Primitive, example: Example) -> None:
    check_type(primitive, example)


@pytest.mark.parametrize(("primitive", "example"), [one for one in ALL if has_access(one[0])], ids=case_name)
def test_access_rule_describes_the_value(primitive: Primitive, example: Example) -> None:
    check_access(primitive, example)


@pytest.mark.parametrize(
    ("primitive", "example"), [one for one in ALL if not has_access(one[0])], ids=case_name
)
def test_loop_written_out_has_the_same_value(primitive: Primitive, example: Example) -> None:
    graph, arrays = graph_of(primitive, example), draw(primitive, example)
    for one, other in zip(evaluate_graph(graph, arrays), evaluate_graph(unroll(graph), arrays), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize(("primitive", "example"), WITH_FORMULA, ids=case_name)
def test_formula(primitive: Primitive, example: Example) -> None:
    check_formula(primitive, example)


def within(domain: tuple[float, float], points: list[float], dtype: Any) -> list[Any]:
    kept = [np.array(point, dtype)[()] for point in points]
    return [point for point in kept if domain[0] <= point <= domain[1]]


def finite_points(primitive: Primitive, dtype: Any) -> list[list[Any]]:
    """Return for each operand ordinary and extreme points of its domain."""
    limits = np.finfo(dtype)
    small = [0.0, float(limits.smallest_subnormal), float(limits.tiny), 1e-8, 0.25, 0.5, 1.0, 2.0, 3.0]
    points = [*small, 87.0, 1e4, *np.random.default_rng(1).uniform(0, 4, 12)]
    signed = [sign * point for point in points for sign in (1.0, -1.0)]
    edge = float(np.nextafter(np.array(-1.0, dtype), np.array(0.0, dtype)))
    return [within(domain, [*signed, edge], dtype) for domain in primitive.domain]


def is_defined(primitive: Primitive, elements: tuple[Any, ...]) -> bool:
    """Return whether the formula has a value, finite or infinite, at one point."""
    try:
        value = formula_value(primitive.formula, [exact_operand(one) for one in elements])
    except (ZeroDivisionError, ValueError):
        return False
    return not isinstance(value, mpmath.mpc)


@pytest.mark.parametrize("dtype", FLOAT_DTYPES, ids=str)
@pytest.mark.parametrize(
    ("primitive", "example"), [one for one in FLOATS if not one[1].attributes], ids=case_name
)
def test_points_of_the_whole_domain(primitive: Primitive, example: Example, dtype: Any) -> None:
    points = list(itertools.product(*finite_points(primitive, dtype)))
    defined = [one for one in points if is_defined(primitive, one)]
    arrays = [np.array([one[at] for one in defined], dtype) for at in range(len(primitive.domain))]
    check_points(primitive, example, arrays, 4)


def limit(primitive: Primitive, elements: tuple[float, ...]) -> float:
    """Return the limit of the formula where infinite operands grow without end; NaN if there is none."""
    with mpmath.workdps(400):
        near, far = (
            formula_value(
                primitive.formula,
                [
                    mpmath.sign(one) * mpmath.mpf(10) ** power if np.isinf(one) else mpmath.mpf(one)
                    for one in elements
                ],
            )
            for power in (6, 60)
        )
        if abs(far) > 100 and abs(far) > 1.9 * abs(near):
            return float(mpmath.sign(far)) * np.inf
        if abs(far - near) <= 1e-5:
            return float(far)
    return np.nan


@pytest.mark.parametrize(("primitive", "example"), FLOATS, ids=case_name)
def test_limits(primitive: Primitive, example: Example) -> None:
    for position, domain in enumerate(primitive.domain):
        for infinite in (one for one in (-np.inf, np.inf) if domain[0] <= one <= domain[1]):
            point = [2.5] * len(primitive.domain)
            point[position] = infinite
            types = [TensorType((1,), np.dtype("float64"))] * len(point)
            (value,) = evaluate_graph(graph_of(primitive, example, types), [np.array([one]) for one in point])
            np.testing.assert_allclose(value, [limit(primitive, tuple(point))], atol=2e-6, err_msg=str(point))


@pytest.mark.parametrize(("primitive", "example"), FLOATS, ids=case_name)
def test_nan_is_handed_on(primitive: Primitive, example: Example) -> None:
    types = [TensorType((1,), np.dtype("float64"))] * len(primitive.domain)
    graph = graph_of(primitive, example, types)
    for position in range(len(primitive.domain)):
        arrays = [np.array([np.nan if at == position else 2.5]) for at in range(len(primitive.domain))]
        assert np.isnan(evaluate_graph(graph, arrays)[0]).all()


@pytest.mark.parametrize(
    ("primitive", "example"), [one for one in ALL if one[0].is_elementwise], ids=case_name
)
def test_no_axes_and_no_elements(primitive: Primitive, example: Example) -> None:
    """Elementwise primitives take values without axes or without elements."""
    for shape in ((), (0,), (2, 0)):
        types = [TensorType(shape, operand.type.dtype) for operand in example.operands]
        graph = graph_of(primitive, example, types)
        (value,) = evaluate_graph(graph, [np.ones(shape, one.dtype) for one in types])
        assert isinstance(value, np.ndarray)
        assert (value.shape, value.dtype) == (shape, graph.outputs[0].tensor_type.dtype)
        assert callable(array_function(graph.outputs[0]))
