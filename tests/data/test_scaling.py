"""Scaling: means and ranges, there and back, and numbers that cannot be scaled."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tiza as tz
from tiza.data.fitting import Fitter
from tiza.errors import DataError

SCALERS: list[Any] = [
    tz.data.Standardizer(),
    tz.data.Standardizer(with_mean=False),
    tz.data.Standardizer(with_std=False),
    tz.data.MinMaxScaler(),
    tz.data.MinMaxScaler((-1.0, 1.0)),
]
NUMBERS = arrays(
    "float64",
    array_shapes(min_dims=1, max_dims=3, max_side=6),
    elements=st.floats(-1e6, 1e6, allow_subnormal=False),
)


def test_every_scaler_is_tested() -> None:
    named = (getattr(tz.data, name) for name in dir(tz.data))
    fitters = {one for one in named if isinstance(one, type) and issubclass(one, Fitter)}
    assert fitters == {type(one) for one in SCALERS} | {tz.data.LabelEncoder}


@pytest.mark.parametrize("scaler", SCALERS, ids=str)
@given(NUMBERS)
def test_there_and_back(scaler: Any, x: Any) -> None:
    before = x.copy()
    scaling = scaler.fit(x)
    np.testing.assert_allclose(scaling.inverse_transform(scaling.transform(x)), x, rtol=1e-9, atol=1e-6)
    np.testing.assert_array_equal(x, before)


@given(NUMBERS)
def test_mean_0_and_deviation_1(x: Any) -> None:
    z = tz.data.Standardizer().fit(x).transform(x)
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=1e-6)
    deviation = z.std(axis=0)
    varies = x.std(axis=0) > 1e-6
    np.testing.assert_allclose(deviation[varies], 1.0, rtol=1e-6)


def test_the_deviation_of_a_sample_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = tz.data.Standardizer.fit

    def of_a_sample(self: tz.data.Standardizer, x: Any) -> tz.data.Scaling:
        scaling = right(self, x)
        return replace(scaling, scale=scaling.scale * np.sqrt(len(x) / max(len(x) - 1, 1)))

    monkeypatch.setattr(tz.data.Standardizer, "fit", of_a_sample)
    with pytest.raises(AssertionError):
        test_mean_0_and_deviation_1()


@given(NUMBERS)
def test_the_range(x: Any) -> None:
    z = tz.data.MinMaxScaler((2.0, 5.0)).fit(x).transform(x)
    np.testing.assert_allclose(z.min(axis=0), 2.0, atol=1e-9)
    varies = np.ptp(x, axis=0) > 1e-9
    np.testing.assert_allclose(z.max(axis=0)[varies], 5.0, atol=1e-9)


def test_clipping() -> None:
    scaling = tz.data.MinMaxScaler(clip=True).fit([[0.0], [10.0]])
    assert scaling.transform([[-5.0], [5.0], [20.0]]).tolist() == [[0.0], [0.5], [1.0]]


def test_the_four_people() -> None:
    """The course's kilograms and centimetres: their means are 64 and 169.5, not 61 and 167."""
    people = tz.datasets.four_people(origin=(0, 0)).features
    assert tz.data.Standardizer().fit(people).shift.tolist() == [64.0, 169.5]


def test_dtypes() -> None:
    for dtype, expected in (
        ("float32", "float32"),
        ("float64", "float64"),
        ("int64", "float64"),
        ("uint8", "float64"),
    ):
        x = np.array([[1], [3]], dtype)
        scaling = tz.data.Standardizer().fit(x)
        assert scaling.transform(x).dtype == expected
        assert scaling.transform(x).tolist() == [[-1.0], [1.0]]


@pytest.mark.parametrize("scaler", SCALERS, ids=str)
@pytest.mark.parametrize(
    ("x", "complaint"),
    [
        ([[1.0], [float("nan")]], "not finite"),
        ([["a"]], "dtype"),
        ([], "no sample"),
        ([[-1.7e308], [1.7e308]], "too large"),
    ],
)
def test_what_cannot_be_fitted(scaler: Any, x: Any, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        scaler.fit(x)


def test_what_cannot_be_transformed() -> None:
    scaling = tz.data.Standardizer().fit([[0.0, 0.0], [1e-8, 1.0]])
    with pytest.raises(DataError, match=r"shape \(1, 3\), expected \(n, 2\)"):
        scaling.transform([[1.0, 2.0, 3.0]])
    with pytest.raises(DataError, match=r"got 1e\+305 at \(0, 0\)"):
        scaling.transform([[1e305, 0.0]])
    with pytest.raises(DataError, match="feature_range"):
        tz.data.MinMaxScaler((1.0, 1.0))


def test_a_constant_feature_is_only_shifted() -> None:
    for constant in (3.0, 1e9 + 0.1, 1e-9):
        x = np.full((1000, 1), constant)
        np.testing.assert_allclose(tz.data.Standardizer().fit(x).transform(x), 0.0, atol=1e-6)


def test_unscaled_features_are_noticed() -> None:
    people = tz.datasets.four_people(origin=(0, 0)).features
    assert tz.data.unscaled_features(people).large == (0, 1)
    with pytest.warns(
        tz.data.UnscaledFeaturesWarning, match=r"2 of 2 features are much larger.*'cm'.*Standardizer"
    ):
        tz.data.warn_about_unscaled(people, names=("kg", "cm"))
    with pytest.warns(tz.data.UnscaledFeaturesWarning, match=r"1 of 2 features is much smaller .*feature 1"):
        tz.data.warn_about_unscaled([[1.0, 1e-5], [2.0, 2e-5]])


@pytest.mark.parametrize("name", sorted({**tz.datasets.OF_COURSES, **tz.datasets.MADE}))
def test_the_sets_are_scaled_well_enough(name: str) -> None:
    features = getattr(tz.datasets, name)().features
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tz.data.warn_about_unscaled(features)
        tz.data.warn_about_unscaled(tz.data.one_hot(np.arange(3000)))


@given(NUMBERS)
def test_standardized_features_are_never_unscaled(x: Any) -> None:
    z = np.where(np.abs(x) > 1e-3, tz.data.Standardizer().fit(x).transform(x), 0.0)
    assert not tz.data.unscaled_features(z).large
