"""One-hot codes, binary codes, labels and class weights: there and back, and what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from tiza.errors import DataError

LABELS = st.lists(st.integers(0, 20), min_size=1, max_size=30)


@given(LABELS, st.integers(0, 5))
def test_one_hot_there_and_back(labels: list[int], more: int) -> None:
    codes = tz.data.one_hot(labels, max(labels) + 1 + more)
    assert codes.sum() == len(labels)
    assert tz.data.from_one_hot(codes).tolist() == labels


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=30), st.integers(0, 5))
def test_binary_there_and_back(labels: list[int], more: int) -> None:
    bits = max(*labels, 1).bit_length() + more
    codes = tz.data.binary_codes(labels, bits)
    assert codes.shape == (len(labels), bits)
    assert set(np.unique(codes)) <= {0.0, 1.0}
    assert tz.data.from_binary_codes(codes).tolist() == labels
    written = ["".join(str(int(digit)) for digit in code[::-1]) for code in codes]
    assert [int(one, 2) for one in written] == labels


def test_the_courses_codes() -> None:
    """Four bits, the lowest first: 3 is (1, 1, 0, 0); what the slide prints for it is 4."""
    assert tz.data.binary_codes([3, 4], 4).tolist() == [[1, 1, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("function", "values", "complaint"),
    [
        (tz.data.from_one_hot, [[0.2, 0.8]], r"\[0.2, 0.8\] at \(0,\).*argmax"),
        (tz.data.from_one_hot, [[0, 1], [1, 1]], r"\[1, 1\] at \(1,\)"),
        (tz.data.from_one_hot, [[0, 0]], "one 1 among zeros"),
        (tz.data.from_one_hot, [0, 1], r"shape \(2,\)"),
        (tz.data.from_binary_codes, [[0, 2]], r"got 2 at \(0, 1\).*codes > 0.5"),
        (tz.data.from_binary_codes, np.zeros((1, 60)), "bits: got 60"),
        (lambda labels: tz.data.binary_codes(labels, 2), [4], "label 4 at .*0 to 3"),
        (lambda labels: tz.data.binary_codes(labels, 0), [0], "bits: got 0"),
        (tz.data.binary_codes, [-1], "label -1"),
        (tz.data.binary_codes, [0.5], "got 0.5"),
    ],
)
def test_what_is_no_code(function: Any, values: Any, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        function(values)


@given(
    st.one_of(
        st.lists(st.text(max_size=3), min_size=1),
        st.lists(st.integers(-(2**60), 2**60), min_size=1),
        st.lists(st.booleans(), min_size=1),
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    )
)
def test_labels_there_and_back(values: list[Any]) -> None:
    # NumPy's texts do not keep zero characters at their end
    values = [one.rstrip("\0") if isinstance(one, str) else one for one in values]
    encoding = tz.data.LabelEncoder().fit(values)
    assert list(encoding.classes) == sorted(set(values))
    labels = encoding.transform(values)
    assert labels.dtype == "int64"
    assert labels.tolist() == [encoding.classes.index(one) for one in values]
    assert encoding.inverse_transform(labels).tolist() == values


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (["a", 1], "got 1 at 1 beside 'a'"),
        (["a", None], "got None at 1"),
        ([None, "a"], "got None at 0"),
        ([1.0, float("nan")], "not finite"),
        ([[1, 2]], r"shape \(1, 2\)"),
        ([], "shape"),
        ("a", "shape"),
        ([1 + 2j], "complex"),
    ],
)
def test_what_is_no_class(values: Any, complaint: str) -> None:
    for function in (tz.data.LabelEncoder().fit, tz.data.class_weights):
        with pytest.raises(DataError, match=complaint):
            function(values)


def test_labels_not_seen() -> None:
    encoding = tz.data.LabelEncoder().fit(["dog", "cat"])
    with pytest.raises(DataError, match=r"got 'cow' at 1, expected one of 'cat', 'dog'"):
        encoding.transform(["cat", "cow"])
    with pytest.raises(DataError, match="label 2"):
        encoding.inverse_transform([2])
    with pytest.raises(DataError, match="dtype"):
        encoding.inverse_transform(["cat"])


def test_fit_returns_what_transforms() -> None:
    for fitter in (tz.data.LabelEncoder(), tz.data.Standardizer(), tz.data.MinMaxScaler()):
        with pytest.raises(AttributeError, match=r"fit returns what transforms"):
            fitter.transform([1.0])
        with pytest.raises(AttributeError, match="no attribute 'weight'"):
            _ = fitter.weight


@given(st.lists(st.integers(0, 4), min_size=1))
def test_balanced_classes_weigh_the_same(y: list[int]) -> None:
    weights = tz.data.class_weights(y)
    totals = [weights[one] * y.count(one) for one in set(y)]
    np.testing.assert_allclose(totals, len(y) / len(set(y)))
    with pytest.raises(DataError, match="expected 'balanced'"):
        tz.data.class_weights(y, "even")
