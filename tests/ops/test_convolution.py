"""Convolution and pooling against loops over positions and places, on random shapes and options."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tiza as tz
from tiza.errors import NameNotFoundError, ShapeError
from tiza.graph.tensor import Tensor
from tiza.ops import padding as padding_rules

Array = np.ndarray[Any, Any]
several = settings(deadline=None, max_examples=60, derandomize=True, database=None)


@dataclass(frozen=True)
class Case:
    """A convolution or pooling, an entry an axis."""

    sizes: tuple[int, ...]
    windows: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: str
    channels: int = 2
    groups: int = 1
    filters: int = 3

    def starts(self, axis: int) -> list[int]:
        """Return where the windows along an axis begin; below 0 lies what was added."""
        size, stride = self.sizes[axis], self.strides[axis]
        reach = (self.windows[axis] - 1) * self.dilations[axis] + 1
        if self.padding == "valid":
            return list(range(0, size - reach + 1, stride))
        count = math.ceil(size / stride)
        if self.padding == "causal":
            return [p * stride - (reach - 1) for p in range(count)]
        added = max((count - 1) * stride + reach - size, 0)
        return [p * stride - added // 2 for p in range(count)]

    def seen(self, position: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return the places of a window that lie inside, each with where it reads."""
        found = []
        for place in itertools.product(*map(range, self.windows)):
            at = tuple(
                self.starts(axis)[position[axis]] + place[axis] * self.dilations[axis]
                for axis in range(len(self.sizes))
            )
            if all(0 <= one < size for one, size in zip(at, self.sizes, strict=True)):
                found.append((place, at))
        return found

    @property
    def positions(self) -> tuple[int, ...]:
        return tuple(len(self.starts(axis)) for axis in range(len(self.sizes)))


@st.composite
def cases(draw: Any, paddings: tuple[str, ...], dilated: bool = True, grouped: bool = True) -> Case:
    axes = draw(st.integers(1, 2))
    numbers = st.integers(1, 3)
    sizes = tuple(draw(st.integers(1, 7)) for _ in range(axes))
    windows = tuple(draw(st.integers(1, 4)) for _ in range(axes))
    strides = tuple(draw(numbers) for _ in range(axes))
    dilations = tuple(draw(numbers) if dilated else 1 for _ in range(axes))
    groups = draw(numbers) if grouped else 1
    case = Case(
        sizes,
        windows,
        strides,
        dilations,
        draw(st.sampled_from(paddings)),
        groups * draw(st.integers(1, 2)),
        groups,
        groups * draw(st.integers(1, 2)),
    )
    assume(all(case.positions))
    return case


def inputs_of(case: Case) -> Array:
    return np.random.default_rng([1, *case.sizes]).normal(size=(2, *case.sizes, case.channels))


def kernel_of(case: Case, *last: int) -> Array:
    return np.random.default_rng([2, *case.windows]).normal(size=(*case.windows, *last))


def evaluated(function: Callable[..., Any], *arrays: Array) -> Array:
    return np.asarray(tz.evaluate(tz.trace(function, *arrays), *arrays))


def convolved(x: Array, kernel: Array, case: Case) -> Array:
    """Return the convolution, a place at a time."""
    result = np.zeros((len(x), *case.positions, case.filters))
    own, made = case.channels // case.groups, case.filters // case.groups
    for position in np.ndindex(*case.positions):
        for place, at in case.seen(position):
            for group in range(case.groups):
                read = x[(slice(None), *at, slice(group * own, (group + 1) * own))]
                columns = slice(group * made, (group + 1) * made)
                result[(slice(None), *position, columns)] += read @ kernel[(*place, slice(None), columns)]
    return result


def check_convolution(case: Case) -> None:
    x, kernel = inputs_of(case), kernel_of(case, case.channels // case.groups, case.filters)

    def function(x: Tensor, kernel: Tensor) -> Tensor:
        return tz.ops.convolution(x, kernel, case.strides, case.padding, case.dilations, case.groups)

    found = evaluated(function, x, kernel)
    assert found.shape == (2, *case.positions, case.filters)
    np.testing.assert_allclose(found, convolved(x, kernel, case), atol=1e-12)


@several
@given(cases(("valid", "same", "causal")))
def test_convolution(case: Case) -> None:
    check_convolution(case)


@several
@given(cases(("valid", "same"), grouped=False))
def test_depthwise_convolution(case: Case) -> None:
    x, kernel = inputs_of(case), kernel_of(case, case.channels, 2)
    found = evaluated(
        lambda x, kernel: tz.ops.depthwise_convolution(x, kernel, case.strides, case.padding, case.dilations),
        x,
        kernel,
    )
    expected = np.zeros((2, *case.positions, case.channels, 2))
    for position in np.ndindex(*case.positions):
        for place, at in case.seen(position):
            expected[(slice(None), *position)] += x[(slice(None), *at)][..., None] * kernel[place]
    np.testing.assert_allclose(found, expected.reshape(found.shape), atol=1e-12)


@several
@given(cases(("valid",), grouped=False))
def test_transposed_convolution_is_the_way_back(case: Case) -> None:
    """The inner product of y with a convolution of x is that of the transposed convolution of y with x."""
    reaches = [(window - 1) * gap + 1 for window, gap in zip(case.windows, case.dilations, strict=True)]
    sizes = tuple(
        (positions - 1) * stride + reach
        for positions, stride, reach in zip(case.positions, case.strides, reaches, strict=True)
    )
    source = np.random.default_rng(3)
    x = source.normal(size=(2, *sizes, case.channels))
    y = source.normal(size=(2, *case.positions, case.filters))
    kernel = kernel_of(case, case.channels, case.filters)
    forward = evaluated(
        lambda x, k: tz.ops.convolution(x, k, case.strides, "valid", case.dilations), x, kernel
    )
    back = evaluated(
        lambda y, k: tz.ops.transposed_convolution(y, k, case.strides, "valid", 0, case.dilations), y, kernel
    )
    assert back.shape == x.shape
    np.testing.assert_allclose((forward * y).sum(), (back * x).sum(), atol=1e-10)


@several
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4))
def test_sizes_of_a_transposed_convolution(size: int, window: int, stride: int) -> None:
    x, kernel = np.ones((1, size, 1)), np.ones((window, 1, 1))
    for padding, expected in (("valid", size * stride + max(window - stride, 0)), ("same", size * stride)):
        found = evaluated(
            lambda x, k, padding=padding: tz.ops.transposed_convolution(x, k, stride, padding), x, kernel
        )
        assert found.shape == (1, expected, 1)


def pooled(x: Array, case: Case, reduction: Callable[..., Array]) -> Array:
    """Return the pooling, a window at a time, of what lies inside."""
    result = np.zeros((len(x), *case.positions, case.channels))
    for position in np.ndindex(*case.positions):
        read = [x[(slice(None), *at)] for _, at in case.seen(position)]
        result[(slice(None), *position)] = reduction(read, axis=0)
    return result


POOLINGS = [(tz.ops.max_pooling, np.max), (tz.ops.average_pooling, np.mean)]


def check_pooling(case: Case, operation: Any, reduction: Any) -> None:
    x = inputs_of(case) - 5.0  # below 0, so that a zero that was added would be the largest
    found = evaluated(lambda x: operation(x, case.windows, case.strides, case.padding), x)
    np.testing.assert_allclose(found, pooled(x, case, reduction), atol=1e-12)


@several
@given(cases(("valid", "same"), dilated=False), st.sampled_from(POOLINGS))
def test_pooling(case: Case, pooling: Any) -> None:
    check_pooling(case, *pooling)


def test_windows_do_not_overlap_by_default() -> None:
    x = np.arange(12.0).reshape(1, 12, 1)
    np.testing.assert_array_equal(evaluated(lambda x: tz.ops.max_pooling(x, 3), x).ravel(), [2, 5, 8, 11])


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_gradient_goes_to_the_first_maximum(padding: str) -> None:
    """Of equal values the first inside: what padding adds is never chosen."""
    x = np.zeros((1, 3, 3, 1))
    back = tz.grad(lambda x: tz.ops.sum(tz.ops.max_pooling(x, 2, 2, padding)))
    found = np.asarray(tz.evaluate(tz.trace(back, x), x))[0, :, :, 0]
    expected = np.zeros((3, 3))
    expected[::2, ::2] = 1.0
    if padding == "valid":
        expected[2, :] = expected[:, 2] = 0.0
    np.testing.assert_array_equal(found, expected)


@several
@given(st.integers(1, 4), st.integers(1, 4), st.sampled_from(["bilinear", "bicubic", "lanczos3", "lanczos5"]))
def test_interpolation_keeps_constants_and_mirrors(size: int, factor: int, interpolation: str) -> None:
    x = np.random.default_rng([size, factor]).normal(size=(size, 2))

    def longer(x: Array) -> Array:
        return evaluated(lambda x: tz.ops.interpolate(x, factor, 0, interpolation), x)

    assert longer(x).shape == (size * factor, 2)
    np.testing.assert_allclose(longer(np.ones((size, 2))), 1.0)
    np.testing.assert_allclose(longer(x[::-1]), longer(x)[::-1], atol=1e-12)
    if factor == 1:
        np.testing.assert_allclose(longer(x), x, atol=1e-12)


@several
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 4), st.data())
def test_repeat(shape: list[int], times: int, data: Any) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(0).normal(size=shape)
    found = evaluated(lambda x: tz.ops.repeat(x, times, axis), x)
    np.testing.assert_array_equal(found, np.repeat(x, times, axis))


# faults


def in_front(size: int, window: int, stride: int, dilation: int) -> tuple[int, int]:
    before, after = SAME(size, window, stride, dilation)
    return after, before


SAME = padding_rules.PADDINGS["same"]


def test_an_odd_place_in_front_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    even = Case((6,), (4,), (1,), (1,), "same")
    check_convolution(even)
    check_pooling(even, *POOLINGS[1])
    monkeypatch.setitem(padding_rules.PADDINGS, "same", in_front)
    with pytest.raises(AssertionError):
        check_convolution(even)
    with pytest.raises(AssertionError):
        check_pooling(even, *POOLINGS[1])


def test_zeros_that_count_are_found() -> None:
    case = Case((5,), (2,), (2,), (1,), "same")

    def with_zeros(reduction: str) -> Callable[..., Tensor]:
        def pool(x: Tensor, windows: Any, strides: Any, padding: str) -> Tensor:
            seen = tz.ops.windows(tz.ops.pad(x, ((0, 0), (0, 1), (0, 0))), (1,), windows, strides)
            result: Tensor = getattr(tz.ops, reduction)(seen, 3)
            return result

        return pool

    for name, (_, reduction) in zip(("max", "mean"), POOLINGS, strict=True):
        with pytest.raises(AssertionError):
            check_pooling(case, with_zeros(name), reduction)


# bad input

X, K = np.ones((2, 5, 5, 4)), np.ones((3, 3, 4, 2))
REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: tz.ops.convolution(X[0], K), ShapeError, r"x of shape \(5, 5, 4\).*expected \(batch, steps"),
    (lambda: tz.ops.convolution(X[..., :3], K), ShapeError, r"3 channels.*groups=1.*expected 4 x groups"),
    (lambda: tz.ops.convolution(X, np.ones((3, 3, 2, 3)), groups=2), ShapeError, "that groups divides"),
    (lambda: tz.ops.convolution(X, K, strides=0), ShapeError, "strides: got 0"),
    (lambda: tz.ops.convolution(X, K, strides=(1, 1, 1)), ShapeError, r"strides: got \(1, 1, 1\)"),
    (lambda: tz.ops.convolution(X, K, padding="sane"), NameNotFoundError, "did you mean 'same'"),
    (lambda: tz.ops.convolution(X[:, :2], K), ShapeError, "axis 1: a window of 3.*does not fit into 2"),
    (lambda: tz.ops.transposed_convolution(X, K, padding="causal"), NameNotFoundError, "same, valid"),
    (lambda: tz.ops.transposed_convolution(X, K), ShapeError, "label 'c' has size 2.*and 4"),
    (lambda: tz.ops.max_pooling(X[0, 0], 2), ShapeError, r"got shape \(5, 4\)"),
    (lambda: tz.ops.average_pooling(X, 6), ShapeError, "a window of 6.*does not fit into 5"),
    (lambda: tz.ops.repeat(X, 0, 1), ShapeError, "got repeats=0"),
    (lambda: tz.ops.interpolate(X, 2, 1, "cubic"), NameNotFoundError, "did you mean 'bicubic'"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_does_not_fit(call: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
