"""Minimal filtering: exact in rational numbers, whatever the points."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tiza.engines.native.fast_convolutions import FILTERING
from tiza.engines.native.minimal_filtering import Matrix, both_sides, filtering, numbers

WHOLE = st.integers(-9, 9)
POINTS = st.fractions(-3, 3, max_denominator=4)


def times(matrix: Matrix, values: list[Fraction]) -> list[Fraction]:
    """Return matrix values, exactly."""
    return [sum((one * value for one, value in zip(row, values, strict=True)), Fraction(0)) for row in matrix]


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.data())
def test_outputs_are_the_filter_at_each_place(outputs: int, places: int, data: st.DataObject) -> None:
    size = outputs + places - 1
    points = data.draw(st.lists(POINTS, min_size=size - 1, max_size=size - 1, unique=True))
    values = [Fraction(one) for one in data.draw(st.lists(WHOLE, min_size=size, max_size=size))]
    weights = [Fraction(one) for one in data.draw(st.lists(WHOLE, min_size=places, max_size=places))]
    found = filtering(outputs, places, points)
    pairs = zip(times(found.filters, weights), times(found.inputs, values), strict=True)
    products = [one * other for one, other in pairs]
    expected = [sum(weights[k] * values[i + k] for k in range(places)) for i in range(outputs)]
    assert times(found.results, products) == expected
    assert found.size == size


def test_only_the_filters_matrix_is_rounded() -> None:
    """Numbers of the other two have few binary places."""
    for matrix in (FILTERING.inputs, FILTERING.results):
        assert all(Fraction(float(np.float32(float(one)))) == one for row in matrix for one in row)
    assert any(Fraction(float(np.float32(float(one)))) != one for row in FILTERING.filters for one in row)


@given(st.lists(WHOLE, min_size=9, max_size=9))
def test_both_sides_at_once(entries: list[int]) -> None:
    matrix, square = FILTERING.filters, np.array(entries, "float64").reshape(3, 3)
    exact = np.array([[float(one) for one in row] for row in matrix])
    found = numbers(both_sides(matrix)).astype("float64") @ square.ravel()
    np.testing.assert_allclose(found, (exact @ square @ exact.T).ravel(), rtol=1e-5, atol=1e-5)
