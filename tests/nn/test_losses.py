"""Losses: values, slopes, limits at p = 0 and 1, logits as large as 10 000, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from loss_oracles import (
    Array,
    arguments_of,
    as_it_is,
    check_loss,
    evaluate_equation,
    every_case,
    example_outputs,
)
from part_tables import check_table, losses_table
from tiza.errors import DataError, ModelError, NameNotFoundError
from tiza.nn.losses import LOSSES, Loss, MeanSquaredError, Statement, over_samples
from tiza.nn.losses import loss as find_loss
from tiza.nn.losses.registry import ALIASES
from tiza.ops.elementwise import maximum, stop_gradient, where
from tiza.ops.reduction import mean
from tiza.ops.reduction import sum as total

ALL = list(LOSSES.values())
FROM_LOGITS = [one for one in ALL if "from_logits" in arguments_of(one())]
SMOOTHED = [one for one in ALL if "label_smoothing" in arguments_of(one())]
every_loss = pytest.mark.parametrize("kind", ALL, ids=lambda one: one.name)


def network(units: int, activation: str | None, dtype: str = "float64") -> tz.Sequential:
    """Return a network whose scores are its inputs."""
    model = tz.Sequential([tz.Input((units,)), tz.layers.Dense(units, activation=activation)], dtype=dtype)
    model.set_weights([np.eye(units), np.zeros(units)])
    return model


@every_loss
def test_every_loss_states_what_it_is(kind: type[Loss]) -> None:
    statement = kind.statement
    assert statement.equation
    assert LOSSES[kind.name] is kind
    assert getattr(tz.losses, kind.__name__) is kind
    assert kind.__doc__
    assert statement is not kind.__mro__[1].__dict__.get("statement")
    for name in (kind.name, kind.__name__):
        assert type(find_loss(name)) is kind


def test_every_loss_class_is_registered() -> None:
    public = {
        one
        for one in vars(tz.losses).values()
        if isinstance(one, type)
        and issubclass(one, Loss)
        and one.__dict__.get("statement")
        and one is not Loss
    }
    assert public == set(ALL)


def test_documents_list_every_loss() -> None:
    check_table("losses.md", losses_table())


@pytest.mark.parametrize("engine", ["reference", "native"])
@every_case
def test_values_and_slopes(loss: Loss, engine: str) -> None:
    check_loss(loss, engine)


@dataclass(frozen=True)
class SummedError(MeanSquaredError):
    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        return total((outputs - targets) * (outputs - targets), 1)


@dataclass(frozen=True)
class TwiceAveragedError(MeanSquaredError):
    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        return super().call(targets, outputs) / outputs.shape[0]


@dataclass(frozen=True)
class FlatHuber(tz.losses.Huber):
    """Right values, but no slope through the line."""

    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        error = outputs - targets
        size = abs(error)
        line = stop_gradient(self.delta * size - 0.5 * self.delta**2)
        return over_samples(where(size <= self.delta, 0.5 * (error * error), line))


@dataclass(frozen=True)
class WrongReductionError(MeanSquaredError):
    """The sum where the mean is stated."""

    @property
    def over_batch(self) -> Any:
        return tz.losses.SumSquaredError().over_batch


@pytest.mark.parametrize(
    "faulty", [SummedError(), TwiceAveragedError(), FlatHuber(0.3), WrongReductionError()], ids=repr
)
def test_faults_are_caught(faulty: Loss) -> None:
    with pytest.raises(AssertionError):
        check_loss(faulty)


@every_loss
@given(rows=st.integers(1, 5), units=st.integers(2, 6), seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_any_shape(kind: type[Loss], rows: int, units: int, seed: int) -> None:
    loss = kind()
    targets, outputs = example_outputs(loss, rows, units, seed)
    found = tz.evaluate(tz.trace(loss.call, targets, outputs), targets, outputs)
    assert found.shape == (rows,)
    np.testing.assert_allclose(found, evaluate_equation(loss, targets, outputs), rtol=1e-9, atol=1e-12)


@every_loss
def test_sequences_have_one_number_a_sample(kind: type[Loss]) -> None:
    """Outputs of shape (batch, time, units): the loss of a sample takes all of its times."""
    loss = kind()
    many, outputs = example_outputs(loss, rows=6, units=3)
    targets, outputs = many.reshape(2, 3, *many.shape[1:]), outputs.reshape(2, 3, 3)
    graph = tz.trace(loss.call, targets, outputs)
    assert graph.outputs[0].tensor_type.shape == (2,)
    given, out = (node.tensor_type for node in graph.inputs)
    assert loss.target_type(out, given) == given


@pytest.mark.parametrize("kind", FROM_LOGITS, ids=lambda one: one.name)
def test_logits_give_the_same_as_probabilities(kind: Any) -> None:
    targets, scores = example_outputs(kind(from_logits=True), rows=6)
    linear, active = network(3, None), network(3, kind.statement.outputs)
    linear.compile("sgd", kind(from_logits=True))
    active.compile("sgd", kind())
    assert abs(linear.evaluate(scores, targets) - active.evaluate(scores, targets)) < 1e-12
    for ours, theirs in zip(
        linear.loss_and_gradients(scores, targets)[1],
        active.loss_and_gradients(scores, targets)[1],
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("kind", SMOOTHED, ids=lambda one: one.name)
@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan"), "much"])
def test_bad_label_smoothing(kind: Any, value: Any) -> None:
    with pytest.raises(ModelError, match="label_smoothing"):
        kind(label_smoothing=value)


@pytest.mark.parametrize("value", [-1.0, float("inf"), None])
def test_bad_arguments(value: Any) -> None:
    with pytest.raises(ModelError, match="Huber: got delta="):
        tz.losses.Huber(value)
    with pytest.raises(ModelError, match="gamma="):
        tz.losses.BinaryFocalCrossentropy(gamma=value)
    with pytest.raises(ModelError, match="alpha="):
        tz.losses.CategoricalFocalCrossentropy(alpha=value)


@every_loss
def test_bad_reductions(kind: Any) -> None:
    with pytest.raises(NameNotFoundError, match="did you mean 'sum'"):
        kind(reduction="summ")


def test_sums_over_samples_do_not_depend_on_their_number() -> None:
    """The courses' E adds over samples: twice the samples, twice the error and twice the gradient."""
    y, a = np.array([[1.0], [2.0]]), np.array([[1.5], [0.0]])
    once, twice = network(1, None), network(1, None)
    for model in (once, twice):
        model.compile("sgd", "half_squared_error")
    one, (kernel, _) = once.loss_and_gradients(a, y)
    two, (doubled, _) = twice.loss_and_gradients(np.tile(a, (2, 1)), np.tile(y, (2, 1)))
    assert (one, two) == (0.5 * (0.25 + 4.0), 0.25 + 4.0)
    np.testing.assert_allclose(doubled, 2 * kernel)


def test_the_courses_numbers() -> None:
    """000: the binary cross-entropies of its examples (natural logarithm), and E of its regression."""

    def cost(kind: Loss, y: list[float], a: list[float]) -> float:
        columns = [np.array(one, "float64")[:, None] for one in (y, a)]
        return float(np.mean(tz.evaluate(tz.trace(kind.call, *columns), *columns)))

    assert cost(tz.losses.BinaryCrossentropy(), [0, 1], [0.8, 0.2]) == pytest.approx(1.609438, abs=1e-6)
    assert cost(tz.losses.BinaryCrossentropy(), [0, 1], [0.2, 0.8]) == pytest.approx(0.223144, abs=1e-6)
    assert cost(tz.losses.HalfSquaredError(), [1], [0.905057]) == pytest.approx(0.00450712, abs=1e-7)
    assert cost(tz.losses.Quadratic(), [1], [0.905057]) == pytest.approx(0.00450712, abs=1e-7)


def test_the_multi_class_cost_adds_its_outputs() -> None:
    targets, outputs = example_outputs("summed_binary_crossentropy", rows=5, units=4)
    summed, averaged = (
        as_it_is(name, 4).evaluate(outputs, targets)
        for name in ("summed_binary_crossentropy", "binary_crossentropy")
    )
    assert summed == pytest.approx(4 * averaged)


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


@pytest.mark.parametrize("name", ["cosine_similarity", "kl_divergence", "log_cosh", "huber", "poisson"])
def test_no_slope_is_lost_at_zero(name: str) -> None:
    """Where targets and outputs are 0, or far apart, values and slopes are numbers."""
    loss = find_loss(name)
    for y, a in ((0.0, 0.0), (1.0, 1.0), (0.0, 1e4), (1.0, 1e-30)):
        target, output = np.full((1, 2), y), np.full((1, 2), a)

        def cost(outputs: tz.Tensor, target: Array = target) -> tz.Tensor:
            return total(loss.call(tz.ops.constant(target), outputs))

        assert np.isfinite(tz.evaluate(tz.trace(cost, output), output))
        assert np.isfinite(tz.evaluate(tz.trace(tz.grad(cost), output), output)).all()


@pytest.mark.parametrize(
    ("name", "activation", "note"),
    [
        ("categorical_crossentropy", "softmax", "log_softmax"),
        ("categorical_focal_crossentropy", "softmax", "log_softmax"),
        ("kl_divergence", "softmax", "log_softmax"),
        ("sparse_categorical_crossentropy", "softmax", "log_softmax"),
        ("binary_crossentropy", "sigmoid", "log_sigmoid"),
        ("summed_binary_crossentropy", "sigmoid", "log_sigmoid"),
    ],
)
def test_stabilization_is_noted(name: str, activation: str, note: str) -> None:
    model = network(2, activation)
    model.compile("sgd", name)
    y = np.array([0, 1]) if "sparse" in name else np.eye(2)
    model.fit(np.eye(2), y, verbose=0)
    (graph,) = model.trainer._graphs.values()
    assert note in {node.provenance.note for node in graph.nodes}


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
def test_zeros_and_ones_are_signs(name: str) -> None:
    a = np.array([[0.3], [-2.0], [0.8], [0.1]])
    yes = np.array([1, 0, 0, 1])
    assert as_it_is(name, 1).evaluate(a, yes) == as_it_is(name, 1).evaluate(a, 2 * yes - 1)
    for wrong, words in (([1, 0, -1, 1], "0 at .* and -1 elsewhere"), ([1, 0, 2, 1], "got 2 at")):
        with pytest.raises(DataError, match=words):
            as_it_is(name, 1).evaluate(a, wrong)


@pytest.mark.parametrize("name", [one.name for one in ALL if one.statement.targets.name.startswith("non")])
def test_negative_targets(name: str) -> None:
    with pytest.raises(DataError, match=r"got -1 at \(1,\), expected numbers from 0 on"):
        as_it_is(name, 1).evaluate([[1.0], [1.0]], [1, -1])


MISFITS = [
    ("sparse_categorical_crossentropy", 2, "sigmoid", "softmax"),
    ("categorical_crossentropy", 2, None, "from_logits=True"),
    ("categorical_crossentropy", 2, "relu", "relu"),
    ("categorical_crossentropy", 1, "softmax", "one sigmoid unit"),
    ("categorical_focal_crossentropy", 1, "softmax", "one sigmoid unit"),
    ("binary_crossentropy", 1, None, "from_logits=True"),
    ("binary_crossentropy", 2, "softmax", "categorical_crossentropy"),
    ("binary_focal_crossentropy", 2, "softmax", "categorical_crossentropy"),
    ("summed_binary_crossentropy", 2, "tanh", "from_logits=True"),
    ("kl_divergence", 2, "tanh", "set activation='softmax'.$"),
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


@every_loss
def test_every_loss_takes_the_activation_that_it_states(kind: type[Loss]) -> None:
    network(3, kind.statement.outputs).compile("sgd", kind())


def test_names() -> None:
    with pytest.raises(NameNotFoundError, match="mean_squared_error"):
        network(1, None).compile("sgd", "mean_square_error")
    with pytest.raises(NameNotFoundError, match="did you mean 'mae'"):
        network(1, None).compile("sgd", "maee")
    with pytest.raises(ModelError, match="expected a name"):
        network(1, None).compile("sgd", 3)
    model = network(1, None)
    model.compile("sgd", MeanSquaredError)
    assert model.evaluate([[2.0]], [0.0]) == 4.0


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases(alias: str) -> None:
    assert find_loss(alias) == LOSSES[ALIASES[alias]]()
    if len(alias) <= 4:
        assert find_loss(alias.upper()) == find_loss(alias)


def test_a_function_as_loss() -> None:
    def pinball(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
        return maximum(0.9 * (y - a), 0.1 * (a - y))

    model = network(1, None)
    model.compile("sgd", pinball)
    assert model.evaluate([[1.0], [2.0]], [3.0, 1.0]) == pytest.approx((0.9 * 2 + 0.1) / 2)
    averaged = network(1, None)
    averaged.compile("sgd", lambda y, a: mean(y - a))
    with pytest.raises(ModelError, match="do not average over the batch"):
        averaged.evaluate([[1.0], [2.0]], [3.0, 1.0])


class Cubed(Loss):
    """A loss of one's own, with a reduction of one's own."""

    name: ClassVar[str] = "cubed"
    statement: ClassVar[Statement] = Statement("mean(abs(y - a)^3)")

    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        return over_samples(abs(targets - outputs) ** 3)


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_a_class_as_loss(engine: str) -> None:
    check_loss(Cubed(), engine)


def test_reductions_of_one_loss() -> None:
    y, a, w = np.array([1.0, 2.0, 0.0]), np.array([[0.0], [0.0], [0.0]]), np.array([1.0, 0.5, 0.0])
    found = {
        name: as_it_is(replace(MeanSquaredError(), reduction=name), 1).evaluate(a, y, sample_weight=w)
        for name in ("mean", "sum_over_batch_size", "sum", "mean_with_sample_weight")
    }
    assert found == {"mean": 1.0, "sum_over_batch_size": 1.0, "sum": 3.0, "mean_with_sample_weight": 2.0}
    nothing = as_it_is(MeanSquaredError(reduction="mean_with_sample_weight"), 1)
    assert nothing.evaluate(a, y, sample_weight=0 * w) == 0.0


def test_over_samples_keeps_the_batch() -> None:
    values = np.arange(12.0).reshape(2, 3, 2)
    found = tz.evaluate(tz.trace(over_samples, values), values)
    np.testing.assert_array_equal(found, values.reshape(2, -1).mean(axis=1))
