"""The data sets that are made, and those of the courses: shapes, names, the same numbers everywhere."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.data.datasets.made import DECIMALS
from tiza.errors import DataError

ALL = {**tz.datasets.OF_COURSES, **tz.datasets.MADE}


PLANAR = [name for name, make in tz.datasets.MADE.items() if len(make(samples=1).feature_names) == 2]


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_record_is_whole(name: str) -> None:
    dataset = ALL[name]()
    x, y = dataset
    assert x is dataset.features
    assert y is dataset.targets
    assert x.dtype == "float64"
    assert x.shape == (len(y), len(dataset.feature_names))
    if dataset.class_names:
        assert y.dtype == "int64"
        assert set(y.tolist()) <= set(range(len(dataset.class_names)))
    else:
        assert y.dtype == "float64"
    assert dataset.description.endswith((".", "can."))
    assert getattr(tz.datasets, name) is ALL[name]


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_call_returns_arrays_of_its_own(name: str) -> None:
    before = ALL[name]().features.copy()
    changed = ALL[name]()
    changed.features[:] = 7.0
    changed.targets[:] = 0
    np.testing.assert_array_equal(ALL[name]().features, before)
    with pytest.raises(AttributeError):
        changed.features = before  # type: ignore[misc]


@pytest.mark.parametrize("name", sorted(tz.datasets.MADE))
def test_a_larger_set_begins_with_the_smaller(name: str) -> None:
    make = tz.datasets.MADE[name]
    small, large, other = make(samples=30), make(samples=100), make(samples=30, seed=1)
    np.testing.assert_array_equal(small.features, large.features[:30])
    np.testing.assert_array_equal(small.targets, large.targets[:30])
    assert not np.array_equal(small.features, other.features)
    assert list(inspect.signature(make).parameters)[:3] == ["samples", "noise", "seed"]


@pytest.mark.parametrize("name", sorted(tz.datasets.MADE))
def test_numbers_have_six_decimals(name: str) -> None:
    x, y = tz.datasets.MADE[name](samples=200, seed=5)
    for numbers in (x, y):
        np.testing.assert_array_equal(numbers, np.round(numbers, DECIMALS))
        assert not np.signbit(numbers[numbers == 0]).any()


@pytest.mark.parametrize("name", sorted(tz.datasets.MADE))
def test_noise_is_the_deviation(name: str) -> None:
    make = tz.datasets.MADE[name]
    clean, noisy = make(samples=4000, noise=0.0), make(samples=4000, noise=0.25)
    difference = noisy.features - clean.features if clean.class_names else noisy.targets - clean.targets
    assert difference.std() == pytest.approx(0.25, rel=0.05)
    assert difference.mean() == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("name", sorted(PLANAR))
def test_a_network_learns_what_a_line_cannot(name: str) -> None:
    """Without noise, the nearest other point has the same class: what is made can be learned."""
    x, y = tz.datasets.MADE[name](samples=400, noise=0.0)
    distances = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (y[distances.argmin(axis=1)] == y).mean() > 0.98


@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.parametrize("name", sorted(ALL))
def test_they_train(engine: str, name: str) -> None:
    dataset = ALL[name]()
    classes = len(dataset.class_names)
    last = tz.layers.Dense(classes, activation="softmax") if classes else tz.layers.Dense(1)
    model = tz.Sequential([tz.Input(dataset.features.shape[1:]), tz.layers.Dense(8, activation="tanh"), last])
    model.compile("adam", "sparse_categorical_crossentropy" if classes else "mse", engine=engine)
    losses = model.fit(dataset.features, dataset.targets, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", sorted(tz.datasets.MADE))
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"samples": 0}, "samples: got 0"),
        ({"samples": 2.5}, "samples: got 2.5"),
        ({"noise": -0.1}, "noise: got -0.1"),
        ({"noise": float("nan")}, "noise: got nan"),
        ({"seed": -1}, "seed: got -1"),
    ],
)
def test_bad_arguments(name: str, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        tz.datasets.MADE[name](**arguments)


def test_arguments_of_their_own() -> None:
    for function, arguments, complaint in (
        (tz.datasets.circles, {"factor": 2.0}, "factor: got 2.0"),
        (tz.datasets.spirals, {"classes": 1}, "classes: got 1"),
        (tz.datasets.blobs, {"classes": True}, "classes: got True"),
        (tz.datasets.four_people, {"origin": 61}, "origin: got 61"),
        (tz.datasets.four_people, {"origin": (61, "x")}, "origin: got 'x'"),
    ):
        with pytest.raises(DataError, match=complaint):
            function(**arguments)


def test_the_courses_rows() -> None:
    measured = tz.datasets.four_people(origin=(0, 0)).features
    assert measured.tolist() == [[60, 165], [73, 183], [69, 178], [54, 152]]
    people = tz.datasets.four_people()
    assert people.features.tolist() == [[-1, -2], [12, 16], [8, 11], [-7, -15]]
    assert [people.class_names[label] for label in people.targets] == ["F", "M", "M", "F"]
    x, y = tz.datasets.cats_and_dogs()
    assert (x.tolist(), y.tolist()) == ([[8, 12]], [1])
