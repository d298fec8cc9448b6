"""grad, value_and_grad, jvp, vjp and hessian of plain functions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza import ops
from tiza.calculus.transformations import gradient_graph
from tiza.errors import DerivativeError, ShapeError
from tiza.graph.tensor_type import FLOAT_DTYPES
from tiza.graph.tracing import trace_function


def f(x: Any, y: Any) -> Any:
    return np.log(x) + x * y - np.sin(y)


def test_argnums() -> None:
    dx, dy = 0.5 + 3.0, 2.0 - np.cos(3.0)
    assert tz.grad(f)(2.0, 3.0) == pytest.approx(dx)
    assert tz.grad(f, 1)(2.0, 3.0) == pytest.approx(dy)
    assert tz.grad(f, -1)(2.0, 3.0) == pytest.approx(dy)
    assert tz.grad(f, (1, 0))(2, 3) == pytest.approx((dy, dx))
    assert tz.value_and_grad(f, (0,))(2.0, 3.0) == (
        pytest.approx(np.log(2) + 6 - np.sin(3)),
        (pytest.approx(dx),),
    )
    with pytest.raises(DerivativeError, match="expected 0 to 1"):
        tz.grad(f, 2)(2.0, 3.0)


def test_nested_arguments_and_results() -> None:
    def loss(params: dict[str, Any], pair: tuple[Any, Any]) -> Any:
        return ops.sum((params["w"] @ pair[0] + params["layers"][0]) ** 2) * pair[1]

    params = {"w": np.eye(2), "layers": [np.ones(2)]}
    pair = (np.array([1.0, 2.0]), 3.0)
    by_params, by_pair = tz.grad(loss, (0, 1))(params, pair)
    np.testing.assert_allclose(by_params["w"], 6 * np.outer([2, 3], [1, 2]))
    np.testing.assert_allclose(by_params["layers"][0], [12, 18])
    np.testing.assert_allclose(by_pair[0], [12, 18])
    assert by_pair[1] == 13.0
    value, tangent = tz.jvp(lambda x: {"a": x * 2, "b": (x, None)}, (3.0,), (1.0,))
    assert (value, tangent) == ({"a": 6.0, "b": (3.0, None)}, {"a": 2.0, "b": (1.0, None)})
    value, pullback = tz.vjp(lambda x, y: {"p": x * y, "s": x + y}, 3.0, 4.0)
    assert value == {"p": 12.0, "s": 7.0}
    assert pullback({"p": 1, "s": 10.0}) == (14.0, 13.0)
    _, pullback = tz.vjp(lambda x: (x.argmax(), x * 2), np.ones(2))
    assert pullback((0, np.ones(2)))[0].tolist() == [2.0, 2.0]


def test_one_inside_another() -> None:
    cube = lambda x: x**3  # noqa: E731
    assert tz.grad(tz.grad(cube))(2.0) == 12.0
    assert tz.grad(tz.grad(tz.grad(tz.grad(cube))))(2.0) == 0.0
    assert tz.jvp(tz.grad(cube), (2.0,), (1.0,)) == (12.0, 12.0)
    assert tz.grad(lambda x: tz.jvp(cube, (x,), (1.0,))[1])(2.0) == 12.0
    assert tz.grad(lambda x: tz.vjp(cube, x)[1](1.0)[0])(2.0) == 12.0
    assert tz.evaluate(tz.trace(lambda x: tz.grad(cube)(x) + tz.hessian(cube)(x), 2.0), 2.0) == 24.0


def test_closures_over_traced_values() -> None:
    def outer(a: Any) -> Any:
        return tz.grad(lambda x: a * x**2)(3.0) * a

    assert tz.evaluate(tz.trace(outer, 2.0), 2.0) == 24.0
    assert tz.grad(outer)(2.0) == 24.0
    # perturbation confusion: the inner derivative does not see the outer one
    assert tz.grad(lambda x: x * tz.grad(lambda y: x + y)(1.0))(5.0) == 1.0
    assert tz.jvp(lambda x: x * tz.jvp(lambda y: x * y, (1.0,), (1.0,))[1], (3.0,), (1.0,)) == (9.0, 6.0)


def test_unused_arguments_have_zero_gradients() -> None:
    x = np.ones((2, 3), "float32")
    value, (first, second) = tz.value_and_grad(lambda x, y: ops.sum(y * 0.5), (0, 1))(x, np.ones(2))
    assert value == 1.0
    assert (first.shape, first.dtype, float(np.abs(first).max())) == ((2, 3), np.float32, 0.0)
    assert second.tolist() == [0.5, 0.5]
    assert tz.grad(lambda x: 3.0)(2.0) == 0.0
    assert tz.grad(np.floor)(2.5) == 0.0
    assert tz.grad(np.sign)(2.5) == 0.0
    assert tz.grad(lambda x: tz.stop_gradient(x) ** 2)(2.0) == 0.0
    assert tz.jvp(lambda x: (x > 1.0, 2.0), (2.0,), (1.0,)) == ((True, 2.0), (False, 0.0))
    assert tz.hessian(lambda x: ops.sum(x * 2.0))(np.ones(2)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tz.grad(lambda x: ops.sum(x))(np.arange(3)), "argument 'x' is int64.*astype"),
        (
            lambda: tz.grad(lambda x: x * 2)(np.ones(3)),
            "expected one number without axes; sum it, or use tz.vjp",
        ),
        (lambda: tz.grad(lambda x: (x, x))(1.0), "expected one number"),
        (lambda: tz.grad(lambda x: x > 1)(1.0), "result.*is bool"),
        (lambda: tz.jvp(f, (1.0, 2.0), (1.0,)), "got 1 values, expected 2"),
        (lambda: tz.jvp(lambda x: x, (np.arange(3),), (np.arange(3),)), "primal 'x' is int64"),
        (lambda: tz.vjp(f, 1.0, 2.0)[1]((1.0, 2.0)), "got 2 values, expected 1"),
        (lambda: tz.hessian(lambda x: ops.sum(x[0]))(((1.0, 2.0),)), "holds several values"),
    ],
)
def test_what_has_no_derivative_is_refused(call: Any, message: str) -> None:
    with pytest.raises(DerivativeError, match=message):
        call()


def test_tangents_are_checked_inside_a_trace_too() -> None:
    with pytest.raises(ValueError, match="expected float64\\[3\\]"):
        tz.jvp(lambda x: x * 2, (np.ones(3),), (np.ones(2),))
    with pytest.raises(ShapeError, match="expected float64\\[3\\]"):
        tz.trace(lambda x: tz.jvp(lambda x: x * 2, (x,), (np.ones(2),)), np.ones(3))


def test_hessian_against_differences() -> None:
    def function(x: Any) -> Any:
        return ops.sum(np.tanh(x @ x.T) * np.exp(x[0])) + x[0, 0] ** 3

    x = np.random.default_rng(2).normal(size=(2, 2))
    found = tz.hessian(function)(x)
    assert found.shape == (2, 2, 2, 2)
    slope, step = tz.grad(function), 1e-4
    for index in np.ndindex(2, 2):
        unit = np.zeros((2, 2))
        unit[index] = step
        expected = (8 * (slope(x + unit) - slope(x - unit)) - (slope(x + 2 * unit) - slope(x - 2 * unit))) / (
            12 * step
        )
        np.testing.assert_allclose(found[(..., *index)], expected, rtol=1e-6, atol=1e-8)
    assert tz.hessian(f, 1)(2.0, 3.0) == pytest.approx(np.sin(3.0))
    assert tz.hessian(lambda x: ops.sum(x**2))(np.zeros((0,))).shape == (0, 0)
    assert tz.hessian(lambda x: x**3)(2) == 12.0


def test_partial_functions_and_other_callables() -> None:
    assert tz.grad(functools.partial(f, y=3.0))(2.0) == pytest.approx(3.5)

    class Square:
        def __call__(self, x: Any) -> Any:
            return x * x

    assert tz.grad(Square())(3.0) == 6.0


def single(x: Any, w: Any) -> Any:
    z = np.tanh(x @ w) * 2 + 1
    a = np.where(z > 0.5, z**1.5, ops.relu(z)) + np.clip(z, 0, 1) + ops.softmax(z) + ops.log_softmax(z)
    b = np.mean(a, axis=0) + np.max(a, axis=1).mean() + ops.logsumexp(a).sum() + ops.erf(a).sum()
    total, _ = ops.scan(lambda s, e: (s * 0.5 + e, None), 0.0, b)
    return total + np.take(b, [0, 1]).sum() + np.pad(b, 1)[1] + ops.windows(b, [0], [2]).sum() / 3


def test_float32_stays_float32() -> None:
    arrays = [np.random.default_rng(1).normal(size=shape).astype("float32") for shape in ((3, 4), (4, 2))]
    graph = gradient_graph(trace_function(single, arrays), (0, 1))
    double = [node for node in graph.nodes if "float64" in repr(node.type)]
    assert double == []
    value, slopes = tz.value_and_grad(single, (0, 1))(*arrays)
    assert {one.dtype for one in (value, *slopes)} == {FLOAT_DTYPES[0]}
    exact, exact_slopes = tz.value_and_grad(single, (0, 1))(*(one.astype("float64") for one in arrays))
    np.testing.assert_allclose(value, exact, rtol=1e-5)
    for one, other in zip(slopes, exact_slopes, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=1e-4)


def test_casts_pass_derivatives_between_dtypes() -> None:
    x = np.array([1.0, 2.0], "float32")
    slope = tz.grad(lambda x: ops.sum(x.astype("float64") ** 2))(x)
    assert (slope.dtype, slope.tolist()) == (np.float32, [2.0, 4.0])
    tangent = tz.jvp(lambda x: x.astype("float64") * 2.0, (x,), (x,))[1]
    assert (tangent.dtype, tangent.tolist()) == (np.float64, [2.0, 4.0])
    assert tz.grad(lambda x: x * x.astype("int32").astype("float64"))(2.5) == 2.0


BORDERS = [
    (lambda x: x**0.0, 0.0, 0.0),
    (lambda x: x**1.0, 0.0, 1.0),
    (lambda x: x**2.0, 0.0, 0.0),
    (lambda x: x**5, 0.0, 0.0),
    (lambda x: x**5, -2.0, 80.0),
    (lambda x: x**-1, -2.0, -0.25),
    (lambda x: x**0.5, 0.0, np.inf),
    (lambda x: 0.0**x, 2.0, 0.0),
    (lambda x: 2.0**x, 0.0, np.log(2.0)),
    (lambda x: np.sqrt(x), 0.0, np.inf),
    (lambda x: np.log(x), 0.0, np.inf),
    (abs, 0.0, 0.0),
    (lambda x: ops.xlogy(x, 0.0), 0.0, 0.0),
    (lambda x: ops.softplus(x), 1e4, 1.0),
    (lambda x: ops.sigmoid(x), -1e4, 0.0),
    (lambda x: np.arctan(x), 1e200, 0.0),
    (lambda x: np.where(x > 0, 1.0 / np.where(x > 0, x, 1.0), 0.0), 0.0, 0.0),
]


@pytest.mark.parametrize(("function", "point", "expected"), BORDERS)
def test_borders_of_domains(function: Any, point: float, expected: float) -> None:
    assert tz.grad(function)(point) == pytest.approx(expected)
    assert tz.jvp(function, (point,), (1.0,))[1] == pytest.approx(expected)


def test_a_branch_that_is_not_taken_does_not_count() -> None:
    """Forward mode selects tangents; reverse mode hands an infinite cotangent to no other branch."""
    x = np.array([0.0, 4.0])
    assert tz.jvp(lambda x: np.where(x > 0, np.sqrt(x), x), (x,), (np.ones(2),))[1].tolist() == [1.0, 0.25]
    _, pullback = tz.vjp(lambda a, b: np.where(np.array([True, False]), a, b), x, x)
    first, second = pullback(np.array([np.inf, np.nan]))
    np.testing.assert_array_equal(first, [np.inf, 0.0])
    np.testing.assert_array_equal(second, [0.0, np.nan])


def test_second_derivatives_of_a_power() -> None:
    for x, y in ((2.0, 0.0), (2.0, 3.0), (1.5, -1.0), (1e-300, 0.0)):
        mixed = tz.grad(tz.grad(lambda x, y: x**y, 0), 1)(x, y)
        other = tz.grad(tz.grad(lambda x, y: x**y, 1), 0)(x, y)
        expected = x ** (y - 1) * (1 + y * np.log(x))
        assert mixed == pytest.approx(expected, rel=1e-12)
        assert other == pytest.approx(expected, rel=1e-12)


def test_gradients_of_joined_values_with_one_constant() -> None:
    def function(x: Any) -> Any:
        return ops.sum(np.concatenate([np.ones(2), x, x * 2]) * np.arange(6.0))

    assert tz.grad(function)(np.ones(2)).tolist() == [2 + 8, 3 + 10]
    assert tz.jvp(function, (np.ones(2),), (np.array([1.0, 0.0]),))[1] == 10.0


def test_no_elements() -> None:
    x = np.zeros((0, 3))
    value, slope = tz.value_and_grad(lambda x: ops.sum(np.exp(x) @ np.ones((3, 2))) + ops.sum(x[:, 1:]))(x)
    assert value == 0.0
    assert slope.shape == (0, 3)
