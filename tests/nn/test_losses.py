"""Losses: values, limits at p = 0 and 1, logits as large as 10 000, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tiza as tz
from network_oracles import LOSS_ORACLES, Array, check_loss
from tiza.errors import ModelError, NameNotFoundError
from tiza.nn.losses import LOSSES, Loss, MeanSquaredError, over_samples
from tiza.ops.reduction import sum as total

ALL = sorted(set(LOSSES.values()), key=lambda one: one.name)
CROSSENTROPIES = [one for one in ALL if hasattr(one, "from_logits")]


def network(units: int, activation: str | None, dtype: str = "float64") -> tz.Sequential:
    """Return a network whose scores are its inputs."""
    model = tz.Sequential([tz.Input((units,)), tz.layers.Dense(units, activation=activation)], dtype=dtype)
    model.set_weights([np.eye(units), np.zeros(units)])
    return model


def test_every_loss_has_an_oracle() -> None:
    assert {one.name for one in ALL} == set(LOSS_ORACLES)
    assert all(LOSSES[one.name] is one for one in ALL)


@pytest.mark.parametrize("kind", ALL, ids=lambda one: one.name)
def test_values(kind: type[Loss]) -> None:
    check_loss(kind())


@dataclass(frozen=True)
class SummedError(MeanSquaredError):
    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        return total((outputs - targets) * (outputs - targets), 1)


@dataclass(frozen=True)
class TwiceAveragedError(MeanSquaredError):
    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        return super().call(targets, outputs) / outputs.shape[0]


@pytest.mark.parametrize("faulty", [SummedError(), TwiceAveragedError()], ids=repr)
def test_a_wrong_reduction_is_caught(faulty: Loss) -> None:
    with pytest.raises(AssertionError):
        check_loss(faulty)


@pytest.mark.parametrize("kind", CROSSENTROPIES, ids=lambda one: one.name)
def test_logits_give_the_same_as_probabilities(kind: Any) -> None:
    scores = np.random.default_rng(0).normal(size=(6, 3))
    targets: Array = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    if "sparse" in kind.name:
        targets = np.array([0, 1, 2, 0, 1, 2])
    linear, active = network(3, None), network(3, kind.activation)
    linear.compile("sgd", kind(from_logits=True))
    active.compile("sgd", kind())
    assert abs(linear.evaluate(scores, targets) - active.evaluate(scores, targets)) < 1e-12
    for ours, theirs in zip(
        linear.loss_and_gradients(scores, targets)[1],
        active.loss_and_gradients(scores, targets)[1],
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("from_logits", [True, False])
def test_softmax_at_large_logits(dtype: str, sparse: bool, from_logits: bool) -> None:
    """The loss is the difference of the logits; the gradient with respect to the bias is p - y."""
    kind = tz.losses.SparseCategoricalCrossentropy if sparse else tz.losses.CategoricalCrossentropy
    model = network(3, None if from_logits else "softmax", dtype)
    model.compile("sgd", kind(from_logits=from_logits))
    scores = [[1e4, -1e4, 0.0]]
    for label, expected in ((0, 0.0), (1, 2e4), (2, 1e4)):
        target = [label] if sparse else np.eye(3)[[label]]
        value, (kernel, bias) = model.loss_and_gradients(scores, target)
        assert value == expected
        np.testing.assert_array_equal(bias, np.array([1.0, 0, 0]) - np.eye(3)[label])
        assert np.isfinite(kernel).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("from_logits", [True, False])
def test_sigmoid_at_large_logits(dtype: str, from_logits: bool) -> None:
    model = network(1, None if from_logits else "sigmoid", dtype)
    model.compile("sgd", tz.losses.BinaryCrossentropy(from_logits=from_logits))
    for score in (1e4, -1e4):
        for target in (0.0, 1.0, 0.25):
            p = float(score > 0)
            value, (kernel, bias) = model.loss_and_gradients([[score]], [target])
            assert value == pytest.approx(1e4 * ((1 - target) if score > 0 else target))
            np.testing.assert_allclose(bias, [p - target])
            np.testing.assert_allclose(kernel, [[(p - target) * score]])


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize(("target", "p", "expected"), [(0, 0, 0.0), (1, 1, 0.0), (1, 0, np.inf)])
def test_limits_at_certainty(name: str, target: float, p: float, expected: float) -> None:
    """Keras clips here; ours is the limit: 0 log 0 = 0, and the certain and wrong costs infinity."""
    loss = LOSSES[name]()
    y, a = np.array([[target, 1.0 - target]]), np.array([[p, 1.0 - p]])

    def cost(outputs: tz.Tensor) -> tz.Tensor:
        return total(loss.call(tz.ops.constant(y), outputs))

    graph = tz.trace(cost, a)
    assert tz.evaluate(graph, a) == expected
    gradient = tz.evaluate(tz.trace(tz.grad(cost), a), a)
    assert not np.isnan(gradient).any()


def test_sparse_limits_at_certainty() -> None:
    loss = tz.losses.SparseCategoricalCrossentropy()
    a = np.array([[1.0, 0.0]])
    for label, expected, slope in ((0, 0.0, [[-1.0, 0.0]]), (1, np.inf, [[0.0, -np.inf]])):

        def cost(outputs: tz.Tensor, label: int = label) -> tz.Tensor:
            return total(loss.call(tz.ops.constant(np.array([label], "int32")), outputs))

        assert tz.evaluate(tz.trace(cost, a), a) == expected
        np.testing.assert_array_equal(tz.evaluate(tz.trace(tz.grad(cost), a), a), slope)


@pytest.mark.parametrize(
    ("name", "activation", "note"),
    [
        ("categorical_crossentropy", "softmax", "log_softmax"),
        ("sparse_categorical_crossentropy", "softmax", "log_softmax"),
        ("binary_crossentropy", "sigmoid", "log_sigmoid"),
    ],
)
def test_stabilization_is_noted(name: str, activation: str, note: str) -> None:
    model = network(2, activation)
    model.compile("sgd", name)
    y = np.array([0, 1]) if "sparse" in name else np.eye(2)
    model.fit(np.eye(2), y, verbose=0)
    (graph,) = model.trainer._graphs.values()
    assert note in {node.provenance.note for node in graph.nodes}


MISFITS = [
    ("sparse_categorical_crossentropy", 2, "sigmoid", "softmax"),
    ("categorical_crossentropy", 2, None, "from_logits=True"),
    ("categorical_crossentropy", 2, "relu", "relu"),
    ("categorical_crossentropy", 1, "softmax", "one sigmoid unit"),
    ("binary_crossentropy", 1, None, "from_logits=True"),
    ("binary_crossentropy", 2, "softmax", "categorical_crossentropy"),
    (tz.losses.BinaryCrossentropy(from_logits=True), 1, "sigmoid", "remove the activation"),
    (tz.losses.CategoricalCrossentropy(from_logits=True), 2, "softmax", "remove the activation"),
]


@pytest.mark.parametrize(("loss", "units", "activation", "words"), MISFITS)
def test_a_loss_that_does_not_fit_the_output(loss: Any, units: int, activation: Any, words: str) -> None:
    model = network(units, activation)
    with pytest.raises(ModelError, match=words):
        model.compile("sgd", loss)
    with pytest.raises(ModelError, match="not compiled"):
        model.fit(np.ones((2, units)), np.zeros(2))


def test_names() -> None:
    with pytest.raises(NameNotFoundError, match="mean_squared_error"):
        network(1, None).compile("sgd", "mean_square_error")
    with pytest.raises(ModelError, match="expected a name"):
        network(1, None).compile("sgd", 3)  # type: ignore[arg-type]
    model = network(1, None)
    model.compile("sgd", MeanSquaredError)  # type: ignore[arg-type]
    assert model.evaluate([[2.0]], [0.0]) == 4.0


def test_a_function_as_loss() -> None:
    def pinball(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
        return tz.ops.maximum(0.9 * (y - a), 0.1 * (a - y))

    model = network(1, None)
    model.compile("sgd", pinball)
    assert model.evaluate([[1.0], [2.0]], [3.0, 1.0]) == pytest.approx((0.9 * 2 + 0.1) / 2)
    averaged = network(1, None)
    averaged.compile("sgd", lambda y, a: tz.ops.mean(y - a))
    with pytest.raises(ModelError, match="do not average over the batch"):
        averaged.evaluate([[1.0], [2.0]], [3.0, 1.0])


def test_over_samples_keeps_the_batch() -> None:
    values = np.arange(12.0).reshape(2, 3, 2)
    found = tz.evaluate(tz.trace(over_samples, values), values)
    np.testing.assert_array_equal(found, values.reshape(2, -1).mean(axis=1))
