"""Metrics: which accuracy is meant, and targets that would be repeated along the output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import ModelError, NameNotFoundError
from tiza.nn.metrics import METRICS

SCORES = np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
LABELS = np.array([1, 2, 2])


def measured(outputs: Any, targets: Any, metric: Any, loss: Any = "mse") -> float:
    model = tz.Sequential([tz.Input(outputs.shape[1:]), lambda x: x * 1.0])
    model.compile("sgd", loss, metrics=[metric])
    return float(model.evaluate(outputs, targets)[1])


def sparse(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
    return tz.losses.SparseCategoricalCrossentropy().call(y.reshape((y.shape[0],)), a)


def one_each(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
    return a[:, 0]


@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_follows_the_targets(name: str) -> None:
    assert measured(SCORES, LABELS, name, "sparse_categorical_crossentropy") == pytest.approx(2 / 3)
    assert measured(SCORES, np.eye(3)[LABELS], name) == pytest.approx(2 / 3)
    assert measured(SCORES, LABELS[:, None], name, sparse) == pytest.approx(2 / 3)
    assert measured(SCORES[:, :1], np.array([0, 0, 1]), name) == 1.0
    assert measured(SCORES[:, :1], np.array([[1], [0], [1]]), name) == pytest.approx(2 / 3)


def test_every_metric_by_name() -> None:
    expected = {
        "binary_accuracy": ((SCORES > 0.5) == (np.eye(3)[LABELS] > 0.5)).mean(),
        "categorical_accuracy": 2 / 3,
        "mean_squared_error": ((SCORES - np.eye(3)[LABELS]) ** 2).mean(),
    }
    expected["mse"] = expected["mean_squared_error"]
    for name, value in expected.items():
        assert measured(SCORES, np.eye(3)[LABELS], name) == pytest.approx(value)
    assert measured(SCORES, LABELS, "sparse_categorical_accuracy", one_each) == pytest.approx(2 / 3)
    assert set(METRICS) == {*expected, "accuracy", "acc", "sparse_categorical_accuracy"}


@pytest.mark.parametrize("name", ["binary_accuracy", "categorical_accuracy", "mse"])
def test_labels_are_never_repeated_along_the_output(name: str) -> None:
    """Three samples and three classes: (3,) against (3, 3) would go through."""
    with pytest.raises(ModelError, match=r"got targets of shape \(3,\) for outputs \(3, 3\)"):
        measured(SCORES, LABELS, name, one_each)


def test_one_hot_targets_are_no_labels() -> None:
    with pytest.raises(ModelError, match="one label a sample"):
        measured(SCORES, np.eye(3)[LABELS], "sparse_categorical_accuracy")


def test_a_function_as_metric() -> None:
    def largest_error(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
        return tz.ops.max(abs(y - a), 1)

    expected = np.abs(SCORES - np.eye(3)[LABELS]).max(axis=1).mean()
    assert measured(SCORES, np.eye(3)[LABELS], largest_error) == pytest.approx(expected)
    with pytest.raises(ModelError, match="do not average over the batch"):
        measured(SCORES, np.eye(3)[LABELS], lambda y, a: tz.ops.mean(a))


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ("accuracy", r"such as \['accuracy'\]"),
        ([3], "expected a name"),
        (["mse", "mse"], "'mse' stands for two numbers"),
        ([lambda y, a: y, lambda y, a: a], "'<lambda>' stands for two numbers"),
    ],
)
def test_bad_metrics(metrics: Any, words: str) -> None:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    with pytest.raises(ModelError, match=words):
        model.compile("sgd", "mse", metrics=metrics)


def test_unknown_name() -> None:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    with pytest.raises(NameNotFoundError, match="did you mean 'accuracy'"):
        model.compile("sgd", "mse", metrics=["acuracy"])
