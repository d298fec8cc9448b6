"""What a model says before it trains: features of unsuitable size, penalties that change nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.data import UnscaledFeaturesWarning
from tiza.models.model import Model

SOURCE = np.random.default_rng(0)
IMAGES = SOURCE.integers(0, 256, (40, 4, 4)).astype("uint8")
PEOPLE = tz.datasets.four_people(origin=(0, 0)).features
RIM = np.where(SOURCE.random((400, 3)) < 0.02, 1 / 255, 0.0)
TRAININGS: tuple[Callable[[Model, Any, Any], object], ...] = (
    lambda model, x, y: model.fit(x, y, verbose=0),
    lambda model, x, y: model.fit_lbfgs(x, y, max_iterations=1),
    lambda model, x, y: model.lr_find(x, y, steps=2, end=1e-6),
)


def adapted(data: Any) -> tz.layers.Layer:
    layer = tz.layers.Normalization()
    layer.adapt(data)
    return layer


def chain(front: Sequence[Any], x: Any, engine: str = "reference", dtype: str = "float32") -> Model:
    model = tz.Sequential([tz.Input(x.shape[1:]), *front, tz.layers.Dense(1)], dtype=dtype)
    model.compile(tz.optimizers.SGD(1e-12), "mse", engine=engine)
    return model


@pytest.mark.parametrize("train", TRAININGS, ids=["fit", "fit_lbfgs", "lr_find"])
@pytest.mark.parametrize(("engine", "dtype"), [("reference", "float32"), ("native", "float64")])
def test_unscaled_features_are_told_once_a_model(train: Any, engine: str, dtype: str) -> None:
    model, y = chain([], PEOPLE, engine, dtype), np.zeros(len(PEOPLE))
    with pytest.warns(
        UnscaledFeaturesWarning, match=r"x: 2 of 2 features are much larger.*Standardizer"
    ) as told:
        train(model, PEOPLE, y)
    assert told[0].filename == __file__
    train(model, PEOPLE, y)
    with pytest.warns(UnscaledFeaturesWarning):
        train(chain([], PEOPLE, engine, dtype), PEOPLE, y)


@pytest.mark.parametrize(
    ("front", "x"),
    [
        ([tz.layers.Flatten()], IMAGES),
        ([tz.layers.Reshape((16,)), tz.layers.Dropout(0.5), tz.layers.GaussianNoise(0.1)], IMAGES),
        ([], np.full((3, 2), 100.0)),
        ([], np.hstack([SOURCE.normal(size=(30, 2)), 1e-4 * SOURCE.normal(size=(30, 1))])),
    ],
    ids=["images", "images through layers that keep sizes", "one value", "one small feature"],
)
def test_features_of_unsuitable_size(front: Sequence[Any], x: Any) -> None:
    with pytest.warns(
        UnscaledFeaturesWarning, match=r"^x: \d+ of \d+ features (is|are) much (larger|smaller)"
    ):
        chain(front, x).fit(x, np.zeros(len(x)), verbose=0)


@pytest.mark.parametrize(
    ("front", "x"),
    [
        ([tz.layers.Rescaling(1 / 255), tz.layers.Flatten()], IMAGES),
        ([tz.layers.Flatten(), tz.layers.BatchNormalization()], IMAGES),
        ([tz.layers.Flatten(), tz.layers.LayerNormalization()], IMAGES),
        ([tz.layers.Flatten(), adapted(IMAGES.reshape(40, 16))], IMAGES),
        ([lambda x: x / 255.0, tz.layers.Flatten()], IMAGES),
        ([tz.layers.Activation("tanh")], PEOPLE),
        ([tz.layers.Flatten()], IMAGES / 255),
        ([], tz.data.Standardizer().fit(PEOPLE).transform(PEOPLE)),
        ([], np.eye(100)[SOURCE.integers(0, 100, 500)]),
        ([], SOURCE.integers(0, 2, (50, 4)).astype(bool)),
        ([], np.hstack([SOURCE.random((400, 3)), RIM])),
        ([], np.zeros((5, 3))),
    ],
    ids=[
        "rescaled",
        "batch",
        "layer",
        "adapted",
        "function",
        "squashed",
        "scaled images",
        "standardized",
        "one-hot",
        "booleans",
        "a dark rim",
        "zeros",
    ],
)
def test_nothing_is_said_where_there_is_nothing_to_say(front: Sequence[Any], x: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chain(front, x).fit(x, np.zeros(len(x)), verbose=0)


def test_the_input_is_named() -> None:
    left, right = tz.Input((2,)), tz.Input((3,))
    joined = tz.layers.Concatenate()([left, right])
    model = tz.Model([left, right], tz.layers.Dense(1)(joined))
    model.compile("sgd", "mse", engine="reference")
    with pytest.warns(UnscaledFeaturesWarning, match=r"^x\[1\]: 3 of 3"):
        model.fit([np.ones((4, 2)), np.full((4, 3), 1e3)], np.zeros(4), verbose=0)


def test_single_batches_are_not_judged() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chain([], PEOPLE).train_on_batch(PEOPLE[:1], [0.0])


def test_what_is_not_finite_is_named_by_who_reads_it() -> None:
    x = np.array([[np.nan, 1e9], [1.0, 2.0]])
    with pytest.raises(tz.errors.DataError, match=r"x: got nan at \(0, 0\)"):
        chain([], x).fit(x, [0.0, 1.0], verbose=0)


def test_a_warning_that_is_an_error_changes_nothing() -> None:
    model = tz.Sequential([tz.layers.Dense(1)])
    model.compile("sgd", "mse", engine="reference")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnscaledFeaturesWarning):
            model.fit(PEOPLE, np.zeros(4), verbose=0)
    with pytest.raises(tz.errors.NotBuiltError):
        model.get_weights()
    assert model.history is None


@pytest.mark.filterwarnings("ignore:x:tiza.data.unscaled.UnscaledFeaturesWarning")
@pytest.mark.parametrize(
    "train",
    [*TRAININGS, lambda model, x, y: model.train_on_batch(x, y)],
    ids=["fit", "fit_lbfgs", "lr_find", "train_on_batch"],
)
def test_penalties_on_frozen_weights_are_said_when_the_model_is_built(train: Any) -> None:
    frozen = tz.layers.Dense(2, kernel_regularizer="l2", trainable=False)
    model = tz.Sequential([frozen, tz.layers.Dense(1)])
    model.compile("sgd", "mse", engine="reference")
    with pytest.warns(UserWarning, match=r"penalties on dense\.kernel: these weights do not train") as told:
        train(model, PEOPLE, np.zeros(4))
    assert len([one for one in told if "penalties" in str(one.message)]) == 1
    assert told[0].filename == __file__


def measuring_accuracy(units: int, loss: str, activation: str | None = None) -> Model:
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(units, activation=activation)])
    model.compile("sgd", loss, metrics=["accuracy"], engine="reference")
    return model


QUANTITIES = np.array([0.3, 1.7, 2.2, -4.0])
SMALL = PEOPLE / 100


@pytest.mark.parametrize(
    ("units", "loss", "y", "words"),
    [
        (1, "mse", QUANTITIES, "same side of 0.5.*'mae' or 'r2_score'"),
        (1, "mae", [0, 1, 2, 1], "same side of 0.5"),
        (1, "huber", [1, 2, 1, 2], "same side of 0.5"),
        (2, "mse", np.stack([QUANTITIES, QUANTITIES**2], 1), "largest number at the same place"),
    ],
)
def test_accuracy_of_quantities_is_told_once(units: int, loss: str, y: Any, words: str) -> None:
    model = measuring_accuracy(units, loss)
    with pytest.warns(UserWarning, match=f"got 'accuracy' for targets that are quantities.*{words}") as told:
        model.fit(SMALL, y, verbose=0)
    assert [one.filename for one in told] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(SMALL, y, verbose=0)


@pytest.mark.parametrize(
    ("units", "loss", "activation", "y"),
    [
        (1, "mse", "sigmoid", [0, 1, 1, 0]),
        (1, "mse", None, [0, 1, 1, 0]),
        (1, "mse", "tanh", [-1, 1, 1, -1]),
        (1, "binary_crossentropy", "sigmoid", [0.1, 0.9, 0.5, 0]),
        (1, "hinge", None, [-1, 1, 1, -1]),
        (3, "mse", None, np.eye(3)[[0, 1, 2, 0]]),
        (3, "quadratic", "softmax", np.full((4, 3), 1 / 3)),
        (3, "sparse_categorical_crossentropy", "softmax", [0, 1, 2, 1]),
    ],
)
def test_accuracy_of_classes_is_not_doubted(units: int, loss: str, activation: str | None, y: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measuring_accuracy(units, loss, activation).fit(SMALL, y, verbose=0)


def test_accuracy_of_quantities_names_the_output() -> None:
    x = tz.Input((2,))
    size, kind = tz.layers.Dense(1, name="size")(x), tz.layers.Dense(1, "sigmoid", name="kind")(x)
    model = tz.Model(x, [size, kind])
    model.compile("sgd", ["mse", "bce"], [["accuracy"], ["accuracy"]], engine="reference")
    with pytest.warns(UserWarning, match="for targets of output 'size' that are quantities") as told:
        model.fit(SMALL, [QUANTITIES, [0, 1, 1, 0]], verbose=0)
    assert len(told) == 1
