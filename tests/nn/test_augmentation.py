"""Images moved and turned: against SciPy, against Keras, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

import tiza as tz
from keras_peer import compare
from tiza.errors import NameNotFoundError, TizaError
from tiza.nn.layer import Context
from tiza.ops import random
from tiza.ops.layout import iota
from tiza.ops.sampling import FILLINGS, bilinear_pixels, nearest_pixels

SCIPY_MODES = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "reflect": "reflect",
    "wrap": "grid-wrap",
}


def moved(layer: Any, images: Any, key: int = 1) -> Any:
    context = Context({}, True, random.key(key))
    return np.asarray(tz.evaluate(layer.call(tz.ops.constant(images), context)))


def test_every_filling_has_an_oracle() -> None:
    assert set(SCIPY_MODES) == set(FILLINGS)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    channels=st.integers(1, 3),
    filling=st.sampled_from(sorted(SCIPY_MODES)),
    order=st.sampled_from([0, 1]),
    seed=st.integers(0, 1000),
)
def test_pixels_are_those_of_scipy(
    height: int, width: int, channels: int, filling: str, order: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    images = draw.normal(size=(2, height, width, channels))
    rows, columns = (draw.uniform(-8, 12, size=(2, 3, 4)) for _ in range(2))
    read = (nearest_pixels, bilinear_pixels)[order]
    found = np.asarray(
        tz.evaluate(read(*(tz.ops.constant(one) for one in (images, rows, columns)), filling, 0.5))
    )
    for sample in range(2):
        for channel in range(channels):
            expected = ndimage.map_coordinates(
                images[sample, :, :, channel],
                [rows[sample], columns[sample]],
                order=order,
                mode=SCIPY_MODES[filling],
                cval=0.5,
            )
            np.testing.assert_allclose(found[sample, :, :, channel], expected, atol=1e-12)


def test_a_quarter_of_a_turn_counter_clockwise() -> None:
    images = np.random.default_rng(0).normal(size=(3, 5, 5, 2))
    turned = moved(tz.layers.RandomRotation((0.25, 0.25)), images)
    np.testing.assert_allclose(turned, np.rot90(images, axes=(1, 2)), atol=1e-12)


def test_a_shift_down_and_to_the_right() -> None:
    images = np.arange(1.0, 17.0).reshape(1, 4, 4, 1)
    layer = tz.layers.RandomTranslation((0.25, 0.25), (0.5, 0.5), fill_mode="constant", fill_value=-1.0)
    expected = np.full((4, 4), -1.0)
    expected[1:, 2:] = images[0, :3, :2, 0]
    np.testing.assert_allclose(moved(layer, images)[0, :, :, 0], expected, atol=1e-12)


def test_each_sample_moves_by_itself_whatever_the_batch() -> None:
    layer = tz.layers.RandomTranslation(0.4, 0.4)
    images = np.broadcast_to(np.random.default_rng(0).normal(size=(1, 6, 6, 1)), (8, 6, 6, 1))
    found = moved(layer, images)
    assert len({one.tobytes() for one in found}) == 8
    np.testing.assert_array_equal(found[:3], moved(layer, images[:3]))


@pytest.mark.parametrize("factor", [0.2, (-0.5, 0.1)])
def test_shifts_are_spread_over_their_range(factor: Any) -> None:
    low, high = (-factor, factor) if isinstance(factor, float) else factor
    layer = tz.layers.RandomTranslation(factor, 0.0)
    rows, columns = (iota((4000, 10, 1), axis, "float64") for axis in (1, 2))
    found, still = (np.asarray(tz.evaluate(one)) for one in layer.places(rows, columns, random.key(3)))
    np.testing.assert_array_equal(still, np.zeros_like(still))
    shifts = (np.arange(10.0)[None, :, None] - found)[:, 0, 0] / 10
    assert low <= shifts.min() < low + 0.01
    assert high - 0.01 < shifts.max() <= high
    assert abs(shifts.mean() - (low + high) / 2) < 5 * (high - low) / np.sqrt(12 * 4000)


def test_training_is_helped_by_the_native_engine_as_by_the_reference() -> None:
    images = np.random.default_rng(0).uniform(size=(12, 6, 6, 1)).astype("float32")
    losses = []
    for engine in ("reference", "native"):
        model = tz.Sequential(
            [
                tz.Input((6, 6, 1)),
                tz.layers.RandomTranslation(0.2, 0.2, fill_mode="constant"),
                tz.layers.RandomRotation(0.1),
                tz.layers.Flatten(),
                tz.layers.Dense(2, "softmax"),
            ]
        )
        model.compile("sgd", "sparse_categorical_crossentropy", engine=engine)
        losses.append(model.fit(images, np.arange(12) % 2, batch_size=4, epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tz.layers.RandomTranslation(1.5, 0.0), "RandomTranslation: got height_factor=1.5, expected"),
        (lambda: tz.layers.RandomTranslation(0.1, (0.3, 0.1)), "width_factor"),
        (lambda: tz.layers.RandomTranslation(0.1, (0.1,)), "a lower and an upper limit"),
        (lambda: tz.layers.RandomRotation("0.1"), "RandomRotation: got factor='0.1'"),
        (lambda: tz.layers.RandomRotation(0.1, seed=-1), "RandomRotation: seed: got -1"),
        (lambda: tz.layers.RandomRotation(0.1, fill_value=float("nan")), "fill_value=nan"),
        (
            lambda: tz.Sequential([tz.Input((28, 28)), tz.layers.RandomRotation(0.1)]).build(),
            r"layer 'random_rotation' .* expected \(batch, height, width, channels\); add the axis",
        ),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with pytest.raises(TizaError, match=message):
        make()


def test_names_are_suggested() -> None:
    with pytest.raises(NameNotFoundError, match="reflect"):
        tz.layers.RandomRotation(0.1, fill_mode="reflekt")


@pytest.mark.peers
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("filling", sorted(SCIPY_MODES))
def test_fixed_moves_are_those_of_keras(filling: str, interpolation: str, keras: Any) -> None:
    images = np.random.default_rng(0).uniform(size=(2, 6, 5, 2))
    options = {"fill_mode": filling, "interpolation": interpolation, "fill_value": 0.25}
    for name, factors in (
        # no place lies halfway between two pixels, where rounding may decide
        ("RandomTranslation", {"height_factor": (0.3, 0.3), "width_factor": (-0.22, -0.22)}),
        ("RandomRotation", {"factor": (0.1, 0.1)}),
    ):
        ours = moved(getattr(tz.layers, name)(**factors, **options), images)
        theirs = getattr(keras.layers, name)(**factors, **options)(images, training=True)
        compare(name, ours, theirs, options)
