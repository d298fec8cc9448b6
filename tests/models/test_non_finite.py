"""A value that is not finite while training: where, and the weights from before that step."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import NonFiniteError
from tiza.models.model import Model

RATES = (1e4, 1e8, 1e12)


def diverging(rate: float) -> tz.Sequential:
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(4), tz.layers.Dense(1)])
    model.compile(tz.optimizers.SGD(rate), "mse")
    return model


def data() -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    return generator.normal(size=(10, 3)), generator.normal(size=10)


def check_restored(model: Model, twin: Model, error: NonFiniteError, steps_an_epoch: int) -> None:
    """Check that `model` is where `twin` is after the steps before the one that the error names."""
    found = re.match(r"epoch (\d+), step (\d+) of (\d+): ", str(error))
    assert found
    epoch, step, steps = map(int, found.groups())
    assert steps == steps_an_epoch
    done = (epoch - 1) * steps + step - 1
    assert model.state["optimizer.iterations"] == done
    x, y = data()
    if epoch > 1:
        twin.fit(x, y, batch_size=4, epochs=epoch - 1, verbose=0)
    order = twin.trainer.orders(twin.state, 10, 4, True, 1)[0]
    for at in range(step - 1):
        rows = order[at * 4 : at * 4 + 4]
        twin.fit(x[rows], y[rows], batch_size=4, shuffle=False, verbose=0)
    assert model.state.keys() == twin.state.keys()
    for ours, expected in zip(model.state.values(), twin.state.values(), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_weights_are_those_before_the_step(
    rate: float, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiza.training.trainer.SECONDS_A_RETURN", seconds)
    model = diverging(rate)
    with pytest.raises(NonFiniteError, match="restored") as caught:
        model.fit(*data(), batch_size=4, epochs=50, verbose=0)
    check_restored(model, diverging(rate), caught.value, 3)
    assert all(np.isfinite(one).all() for one in model.get_weights())


def test_a_step_too_many_is_caught() -> None:
    model = diverging(1e8)
    with pytest.raises(NonFiniteError) as caught:
        model.fit(*data(), batch_size=4, epochs=50, verbose=0)
    model._state["optimizer.iterations"] = model._state["optimizer.iterations"] - 1
    with pytest.raises(AssertionError):
        check_restored(model, diverging(1e8), caught.value, 3)


def test_the_first_node_is_named() -> None:
    model = tz.Sequential([tz.Input((1,)), lambda x: tz.ops.log(x), tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(NonFiniteError, match=r"epoch 1, step 2 of 3: .*log.* in layer function"):
        model.fit([[1.0], [-1.0], [2.0]], [0.0] * 3, batch_size=1, shuffle=False, verbose=0)


def test_a_later_step_of_a_later_epoch() -> None:
    """A loss that breaks where a weight passes a bound, which happens after known steps."""

    def bounded(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
        return tz.ops.sqrt(a - 0.45) * 0.0 + a

    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones", use_bias=False)])
    model.compile(tz.optimizers.SGD(0.1), bounded)
    # w: 1, 0.9, ... 0.5 after 5 steps; at 0.4 the root breaks, in step 7: the first of epoch 4
    with pytest.raises(NonFiniteError, match=r"epoch 4, step 1 of 2: sqrt"):
        model.fit([[1.0], [1.0]], [0.0, 0.0], batch_size=1, epochs=9, verbose=0)
    assert model.state["optimizer.iterations"] == 6
    assert model.get_weights()[0][0, 0] == pytest.approx(0.4)
    assert len(model.history.history["loss"]) == 3  # type: ignore[union-attr]


def test_an_infinite_loss_stops_too() -> None:
    def certain(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
        return tz.losses.SparseCategoricalCrossentropy().call(y, tz.ops.relu(a))

    model = tz.Sequential([tz.Input((2,)), tz.layers.Activation("relu"), tz.layers.Dense(2)])
    model.compile("sgd", certain)
    with pytest.raises(NonFiniteError, match="log"):
        model.fit(np.zeros((2, 2)), np.array([0, 1]), verbose=0)


def test_what_is_not_finite_is_predicted_and_measured_as_it_is() -> None:
    x = np.array([[0.0], [1.0]])
    model = tz.Sequential([tz.Input((1,)), tz.ops.log])
    model.compile("sgd", "mse", engine="reference")
    np.testing.assert_array_equal(model.predict(x), [[-np.inf], [0.0]])
    assert model.evaluate(x, [[0.0], [0.0]]) == np.inf
