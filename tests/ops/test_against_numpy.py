"""Operations under NumPy's names do what NumPy does, on random shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from tiza import ops
from tiza.errors import DTypeError, ShapeError

several = settings(deadline=None, max_examples=60, derandomize=True, database=None)
sizes = st.integers(0, 4)
shapes = st.lists(sizes, max_size=4).map(tuple)


def array(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def same(function: Callable[..., Any], *arrays: Any, rtol: float = 1e-12) -> None:
    """Check that a function gives of traced values what it gives of arrays."""
    expected = np.asarray(function(*arrays))
    result = np.asarray(tz.evaluate(tz.trace(function, *arrays), *arrays))
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=rtol, atol=1e-12)


@st.composite
def indexed(draw: Any) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    shape = draw(shapes)
    parts: list[Any] = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        whole = st.integers(-size, size - 1) if size else st.nothing()
        bounds = st.none() | st.integers(-6, 6)
        steps = st.none() | st.integers(-3, 3).filter(bool)
        parts.append(draw(whole | whole.map(np.int64) | st.builds(slice, bounds, bounds, steps)))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), ...)
        at = parts.index(...) if all(not isinstance(one, np.ndarray) for one in parts) else 0
        if len(parts) - 1 > at:  # what follows `...` counts from the back: keep it within its axes
            parts = parts[: at + 1]
    for _ in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return shape, tuple(parts)


@several
@given(indexed())
def test_getitem(case: tuple[tuple[int, ...], tuple[Any, ...]]) -> None:
    shape, index = case
    same(lambda x: x[index], array(shape))


@several
@given(st.integers(1, 4), st.integers(1, 4), st.integers(-4, 3))
def test_getitem_after_an_ellipsis(rows: int, columns: int, at: int) -> None:
    at = max(-columns, min(at, columns - 1))
    same(lambda x: x[..., at], array((2, rows, columns)))
    same(lambda x: x[..., None, ::-1], array((rows, columns)))


def test_iteration_and_length() -> None:
    same(lambda x: sum(row * 2 for row in x), array((3, 2)))
    assert len(ops.constant(array((3, 2)))) == 3
    with pytest.raises(TypeError, match="no axes"):
        len(ops.constant(1.0))


@several
@given(shapes, st.data())
def test_broadcasting(shape: tuple[int, ...], data: Any) -> None:
    other = tuple(data.draw(st.sampled_from([1, size])) for size in shape)[
        data.draw(st.integers(0, len(shape))) :
    ]
    same(lambda x, y: x + y, array(shape), array(other, 1))
    same(lambda x, y: np.where(x > y, x, y), array(shape), array(other, 1))
    same(lambda y: np.broadcast_to(y, shape), array(other))


@several
@given(shapes, st.data())
def test_reductions(shape: tuple[int, ...], data: Any) -> None:
    axes = data.draw(st.none() | st.lists(st.integers(0, max(len(shape) - 1, 0)), unique=True).map(tuple))
    axes = None if not shape else axes
    keepdims = data.draw(st.booleans())
    x = array(shape)
    reduced = range(len(shape)) if axes is None else axes
    same(lambda x: np.sum(x, axis=axes, keepdims=keepdims), x)
    same(lambda x: np.any(x > 1, axis=axes, keepdims=keepdims), x)
    same(lambda x: np.all(x < 1, axis=axes, keepdims=keepdims), x)
    if all(shape[axis] for axis in reduced):
        same(lambda x: np.mean(x, axis=axes, keepdims=keepdims), x)
        same(lambda x: np.max(x, axis=axes, keepdims=keepdims), x)
        same(lambda x: x.min(axis=axes, keepdims=keepdims), x)
        if axes is None or len(axes) == 1:
            axis = None if axes is None else axes[0]
            same(lambda x: np.argmax(x, axis=axis), x)


@several
@given(shapes, st.data())
def test_layout(shape: tuple[int, ...], data: Any) -> None:
    rank = len(shape)
    order = data.draw(st.permutations(range(rank)))
    axis = data.draw(st.integers(-rank - 1, rank))
    x = array(shape)
    same(lambda x: np.transpose(x, order), x)
    same(lambda x: x.T, x)
    same(lambda x: np.reshape(x, (-1,)) if x.size else x, x)
    same(lambda x: np.expand_dims(x, axis), x)
    same(lambda x: np.stack([x, 2 * x], axis=axis), x)
    same(lambda x: np.squeeze(x), x)
    widths = [(data.draw(st.integers(0, 2)), data.draw(st.integers(0, 2))) for _ in shape]
    if rank:
        same(lambda x: np.pad(x, widths), x)
        same(lambda x: np.pad(x, 1), x)
        same(lambda x: np.flip(x, axis=min(axis, rank - 1)) if axis >= -rank else np.flip(x), x)
        at = min(max(axis, -rank), rank - 1)
        grown = list(shape)
        grown[at] = data.draw(sizes)
        same(lambda x, y: np.concatenate([x, y, x], axis=at), x, array(tuple(grown), 1))


def test_pad_takes_one_pair_for_all() -> None:
    same(lambda x: np.pad(x, (1, 2)), array((3,)))
    same(lambda x: np.pad(x, ((1, 2),)), array((3, 2)))
    with pytest.raises(ShapeError, match="pad_width"):
        ops.pad(array((3,)), [(1, 2), (3, 4)])


@several
@given(st.integers(1, 8), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_windows(size: int, window: int, stride: int, dilation: int) -> None:
    x = array((2, size))
    span = (window - 1) * dilation + 1

    def windows(x: Any) -> Any:
        return ops.windows(x, [1], [window], [stride], [dilation])

    if span > size:
        with pytest.raises(ShapeError, match="does not fit"):
            tz.trace(windows, x)
        return
    view = np.lib.stride_tricks.sliding_window_view(x, span, axis=1)[:, ::stride, ::dilation]
    np.testing.assert_array_equal(tz.evaluate(tz.trace(windows, x), x), view)


def test_windows_need_one_size_an_axis() -> None:
    with pytest.raises(ShapeError, match="one size"):
        ops.windows(array((3, 3)), [0, 1], [2])
    with pytest.raises(ShapeError, match="different axes"):
        ops.windows(array((3, 3)), [0, -2], [2, 2])


@several
@given(st.lists(sizes, min_size=4, max_size=4))
def test_contractions(size: list[int]) -> None:
    a, b, c, d = size
    for subscripts, first, second in [
        ("ij,jk->ik", (a, b), (b, c)),
        ("ij,kj->ki", (a, b), (c, b)),
        ("ji,jk->ik", (b, a), (b, c)),
        ("bij,bjk->bik", (d, a, b), (d, b, c)),
        ("ijk,k->ij", (a, b, c), (c,)),
        ("ijk,jk->i", (a, b, c), (b, c)),
        ("i,j->ij", (a,), (b,)),
        ("ij,ij->ij", (a, b), (a, b)),
        ("ij,ij->", (a, b), (a, b)),
        (",->", (), ()),
        ("ij,->ji", (a, b), ()),
    ]:
        same(lambda x, y, subscripts=subscripts: np.einsum(subscripts, x, y), array(first), array(second, 1))
    for first, second in [
        ((a, b), (b, c)),
        ((b,), (b, c)),
        ((a, b), (b,)),
        ((b,), (b,)),
        ((d, a, b), (d, b, c)),
    ]:
        same(lambda x, y: x @ y, array(first), array(second, 1))
        same(np.matmul, array(first), array(second, 1))
    for first, second in [((a, b), (b, c)), ((b,), (b,)), ((), (b,)), ((d, a, b), (c, b, a)), ((a, b), (b,))]:
        same(np.dot, array(first), array(second, 1))
    same(np.tensordot, array((a, b, c)), array((b, c, d), 1))
    same(lambda x, y: np.tensordot(x, y, 1), array((a, b)), array((b, c), 1))
    same(lambda x, y: np.tensordot(x, y, 0), array((a,)), array((b,), 1))
    same(lambda x, y: np.tensordot(x, y, ((0, 2), (1, 0))), array((a, b, c)), array((c, a, d), 1))


def test_contraction_errors() -> None:
    for call, message in [
        (lambda: ops.einsum("ij,jk->jk", array((2, 3)), array((3, 2))), "stands once"),
        (lambda: ops.einsum("ii,ij->j", array((2, 2)), array((2, 2))), "each once"),
        (lambda: ops.matmul(2.0, array((2, 2))), "use \\*"),
        (lambda: ops.tensordot(array((2, 2)), array((2, 2)), ((0, 1), (0,))), "equal length"),
        (lambda: array((2, 3)) @ ops.constant(array((2, 3))), "size 3 in operand 0"),
    ]:
        with pytest.raises(ShapeError, match=message):
            call()


UNARY = [
    np.exp,
    np.expm1,
    np.sin,
    np.cos,
    np.tan,
    np.arctan,
    np.tanh,
    np.sinh,
    np.cosh,
    np.floor,
    np.sign,
    np.abs,
]
UNARY += [
    np.square,
    np.negative,
    lambda x: +x,
    lambda x: -x,
    abs,
    lambda x: x**2,
    lambda x: x**3,
    lambda x: x**4,
]
UNARY += [
    lambda x: np.sqrt(abs(x)),
    lambda x: np.log(abs(x)),
    lambda x: np.log1p(abs(x)),
    lambda x: np.reciprocal(x),
]
UNARY += [lambda x: 2.0**x, lambda x: abs(x) ** -1.5, lambda x: abs(x) ** 0, lambda x: 1 / x, lambda x: 2 - x]
UNARY += [lambda x: np.clip(x, -1, 1), lambda x: np.clip(x, None, 1), lambda x: np.clip(x, -1, None)]
UNARY += [np.zeros_like, np.ones_like, lambda x: np.zeros_like(x > 0), lambda x: np.take(x, [1, 0])]
UNARY += [lambda x: np.take(x, [[1], [0]], axis=1), lambda x: x.reshape(3, 2).T.sum(0), lambda x: x.dot(x.T)]
UNARY += [
    lambda x: np.any(x),
    lambda x: np.all(x),
    lambda x: x.mean(),
    lambda x: x.max(axis=0),
    lambda x: x.argmax(1),
]
UNARY += [lambda x: x.transpose(1, 0), lambda x: x.transpose((1, 0)), lambda x: x.reshape((3, -1))]


@pytest.mark.parametrize("function", UNARY)
def test_functions_of_one_value(function: Any) -> None:
    same(function, array((2, 3)))


BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.maximum,
    np.minimum,
    np.less,
    np.less_equal,
    np.greater,
]
BINARY += [
    np.greater_equal,
    np.equal,
    np.not_equal,
    lambda x, y: (x < y) | (x > 1),
    lambda x, y: (x < y) & (y > 0),
]
BINARY += [lambda x, y: (x < y) ^ (y > 0), lambda x, y: ~(x < y), lambda x, y: x == y, lambda x, y: x != y]
BINARY += [lambda x, y: abs(x) ** y, lambda x, y: np.power(abs(x), y), lambda x, y: np.stack([x, y], -1)]
BINARY += [lambda x, y: x >= y, lambda x, y: x <= y, lambda x, y: np.concatenate([x, y]), lambda x, y: x - y]


@pytest.mark.parametrize("function", BINARY)
def test_functions_of_two_values(function: Any) -> None:
    x, y = array((2, 3)), array((2, 3), 1)
    same(function, x, y)
    same(lambda y: function(x, y), y)
    same(lambda x: function(x, y), x)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "uint32"])
def test_whole_numbers(dtype: str) -> None:
    x = np.array([[0, 1, 5], [200, 7, 3]], dtype)
    same(lambda x: x.min(axis=1), x)
    same(lambda x: x.max(), x)
    same(lambda x: np.sum(x), x)
    same(lambda x: np.sum(x > 1, axis=0), x)
    same(lambda x: x * 2 + 1, x)
    if dtype.startswith("u"):
        same(lambda x: (x >> 2) ^ (x << 1), x)
    with pytest.raises(DTypeError, match="expected one of float"):
        tz.trace(lambda x: x / 2, x)


def test_least_whole_number() -> None:
    x = np.array([3, -(2**31), 5], "int32")
    assert tz.evaluate(ops.min(x)) == -(2**31)


def test_stable_functions() -> None:
    x = np.array([[1000.0, 1001.0], [-1000.0, 0.0], [0.0, 0.0]])
    shifted = x - x.max(axis=1, keepdims=True)
    np.testing.assert_allclose(tz.evaluate(ops.softmax(x)).sum(axis=1), 1.0)
    expected = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(tz.evaluate(ops.log_softmax(x)), expected)
    np.testing.assert_allclose(tz.evaluate(ops.logsumexp(x, axis=0))[0], 1000.0)
    infinite = np.array([[-np.inf, -np.inf], [np.inf, 0.0], [-np.inf, 2.0]])
    assert tz.evaluate(ops.logsumexp(infinite)).tolist() == [-np.inf, np.inf, 2.0]
    np.testing.assert_allclose(tz.evaluate(ops.sinh(1e-10)), 1e-10, rtol=1e-15)
    assert tz.evaluate(ops.xlogy(np.array([0.0, 2.0]), np.array([0.0, np.e]))).tolist() == [0.0, 2.0]
    assert tz.evaluate(ops.relu(np.array([-1, 2], "int32"))).tolist() == [0, 2]


def test_reading_and_adding_at_indices() -> None:
    x = array((4, 3))
    at = np.array([[1, 1], [3, 0]], "int32")
    same(lambda x: np.take(x, at, axis=0), x)
    same(lambda x: np.take(x, at), x)
    expected = np.zeros((5, 3))
    np.add.at(expected, at, array((2, 2, 3)))
    np.testing.assert_allclose(tz.evaluate(ops.scatter_add(array((2, 2, 3)), at, 5)), expected)
    np.testing.assert_allclose(
        tz.evaluate(ops.scatter_add(array((3, 2)), [0, 0], 4, axis=-1)),
        np.pad(array((3, 2)).sum(1)[:, None], ((0, 0), (0, 3))),
    )
    assert tz.evaluate(ops.one_hot(np.array([2, 0], "int32"), 3)).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert tz.evaluate(ops.take(np.zeros((0, 2)), np.zeros(0, "int32"), axis=0)).shape == (0, 2)
    with pytest.raises(ValueError, match="got 4 at \\(1,\\), expected 0 to 3"):
        tz.evaluate(ops.take(x, [0, 4], axis=0))
    with pytest.raises(ValueError, match="got -1"):
        tz.evaluate(ops.scatter_add(np.ones(1), [-1], 4))
    with pytest.raises(DTypeError, match="expected int32"):
        tz.trace(lambda i: ops.take(x, i), np.array([1], "int64"))


def test_ties_go_to_the_first() -> None:
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    assert tz.evaluate(ops.argmax(x, axis=1)).tolist() == [1, 0]
    slope = tz.grad(lambda x: ops.sum(ops.max(x, axis=1)))(x)
    assert slope.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert tz.grad(lambda x: ops.min(x))(x).tolist() == [[1, 0, 0], [0, 0, 0]]
    assert tz.grad(lambda x, y: ops.maximum(x, y), argnums=(0, 1))(2.0, 2.0) == (1.0, 0.0)
    assert tz.grad(lambda x, y: ops.minimum(x, y), argnums=(0, 1))(2.0, 2.0) == (1.0, 0.0)
    assert tz.grad(ops.relu)(0.0) == 0.0
    assert np.isnan(tz.evaluate(ops.max(np.array([1.0, np.nan, 2.0]))))
