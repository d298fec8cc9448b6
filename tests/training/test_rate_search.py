"""The search for a learning rate: what it measures, what it suggests, and that the model stays as it is."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

import tiza as tz
from network_oracles import small_data, small_model
from tiza.errors import DataError, ModelError

ENGINES = ("reference", "native")


def parabola(engine: str = "reference") -> tz.Sequential:
    """Return a model with loss (1 - w)^2 and w = 0 at first: w' = w + 2 rate (1 - w)."""
    layer = tz.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = tz.Sequential([tz.Input((1,)), layer], dtype="float64")
    model.compile("sgd", "mse", engine=engine)
    return model


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_of_a_parabola(engine: str) -> None:
    found = parabola(engine).lr_find([[1.0]], [1.0], start=0.001, end=10.0, steps=50, smoothing=0.5)
    rates = np.geomspace(0.001, 10.0, 50)
    weight, mean, losses, smoothed = 0.0, 0.0, [], []
    for step, rate in enumerate(rates, start=1):
        losses.append((1 - weight) ** 2)
        mean = 0.5 * mean + 0.5 * losses[-1]
        smoothed.append(mean / (1 - 0.5**step))
        weight += 2 * rate * (1 - weight)
        if smoothed[-1] > 4 * min(smoothed):
            break
    count = len(losses)
    np.testing.assert_allclose(found.rates, rates[:count], rtol=1e-12)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-9, atol=1e-25)
    np.testing.assert_allclose(found.smoothed, smoothed, rtol=1e-9, atol=1e-25)
    assert count < 50
    assert found.diverged_at is not None
    assert found.diverged_at == pytest.approx(rates[count - 1])
    # above 1 the steps lead away from the minimum
    assert found.diverged_at > 1.0
    lowest = int(np.argmin(smoothed)) + 1
    slopes = np.gradient(smoothed[:lowest], np.log(rates[:lowest]))
    assert found.suggestion == pytest.approx(rates[int(slopes.argmin())])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_model_stays_as_it_is(engine: str) -> None:
    x, y = small_data(20)
    model, twin = small_model(engine=engine), small_model(engine=engine)
    for one in (model, twin):
        one.fit(x, y, 6, 2, verbose=0)
    history, rate = model.history, model.learning_rate
    found = model.lr_find(x, y, batch_size=6, end=1e30, steps=40)
    assert found.diverged_at is not None
    assert all(map(math.isfinite, found.losses))
    assert (model.history, model.learning_rate) == (history, rate)
    for one in (model, twin):
        one.fit(x, y, 6, 2, verbose=0)
    for ours, expected in zip(model.state.values(), twin.state.values(), strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert model.history.history == twin.history.history  # type: ignore[union-attr]
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.suggestion = 1.0  # type: ignore[misc]


def test_a_model_without_shapes_stays_without() -> None:
    x, y = small_data(20)
    model = tz.Sequential([tz.layers.Dense(2)])
    model.compile("sgd", "mse", engine="reference")
    assert len(model.lr_find(x, y, steps=5).losses) == 5
    assert model.state == {}


def test_nothing_to_suggest() -> None:
    model = parabola()
    assert model.lr_find([[0.0]], [1.0], steps=5).suggestion is None
    assert model.lr_find([[0.0]], [1.0], steps=5).diverged_at is None


def test_bad_arguments() -> None:
    model, x, y = small_model(), *small_data()
    for options, words in (
        ({"start": 0.0}, "start=0.0"),
        ({"start": 1.0, "end": 0.1}, "end=0.1"),
        ({"steps": 1}, "steps"),
        ({"batch_size": 0}, "batch_size"),
        ({"smoothing": 1.0}, "smoothing=1.0"),
    ):
        with pytest.raises(ModelError, match=words):
            model.lr_find(x, y, **options)
    x[2, 0] = np.inf
    with pytest.raises(DataError, match="inf"):
        model.lr_find(x.astype("float32"), y)
