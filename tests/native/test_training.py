"""Training on the native engine against training on the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from native_training import Remembering, check_same_state, random_model, trained
from tiza.errors import NonFiniteError
from tiza.models import model as models
from tiza.nn.losses import LOSSES
from tiza.optimizers.rules import OPTIMIZERS

Array = np.ndarray[Any, Any]
ENGINES = [name for name in models.ENGINES if name == "native"] or [
    pytest.param("native", marks=pytest.mark.skip(reason="no engine of this name"))
]


def pairs() -> list[Any]:
    """Return each loss with SGD and each optimizer with one loss, and the others if asked."""
    usual = ("mean_squared_error", "sgd")
    return [
        pytest.param(
            loss, optimizer, marks=() if usual[0] == loss or usual[1] == optimizer else pytest.mark.slow
        )
        for loss in LOSSES
        for optimizer in OPTIMIZERS
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("dtype", "epochs"),
    [
        ("float32", 1),
        ("float64", 5),
        pytest.param("float32", 5, marks=pytest.mark.slow),
        pytest.param("float64", 1, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(("loss", "optimizer"), pairs())
def test_agreement(loss: str, optimizer: str, dtype: str, epochs: int, engine: str) -> None:
    """Networks of odd widths, full and partial batches, one epoch and several."""
    layers, data, fit = random_model(250 * (epochs - 1) + len(loss) + len(optimizer), loss)
    one, report = trained(engine, layers, dtype, optimizer, loss, data, epochs=epochs, **fit)
    other, expected = trained("reference", layers, dtype, optimizer, loss, data, epochs=epochs, **fit)
    exact = dtype == "float64"
    check_same_state(one, other, 1e-12 if exact else 3e-5)
    np.testing.assert_allclose(
        report.history["loss"], expected.history["loss"], rtol=1e-10 if exact else 1e-4
    )


def plain_data(samples: int = 50, features: int = 9, units: int = 3) -> tuple[Array, Array]:
    source = np.random.default_rng(0)
    return source.normal(size=(samples, features)), source.normal(size=(samples, units))


def plain_layers(features: int = 9, units: int = 3) -> list[Any]:
    return [tz.Input((features,)), tz.layers.Dense(17, activation="tanh"), tz.layers.Dense(units)]


def check_agreement(engine: str, layers: list[Any], optimizer: Any, loss: Any, data: Any, **fit: Any) -> None:
    """Check that both engines leave the same state."""
    one, _ = trained(engine, layers, "float64", optimizer, loss, data, **fit)
    other, _ = trained("reference", layers, "float64", optimizer, loss, data, **fit)
    check_same_state(one, other, 1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_sample_weights(engine: str) -> None:
    weights = np.random.default_rng(1).uniform(0, 2, 50)
    check_agreement(
        engine, plain_layers(), "adam", "mse", plain_data(), sample_weight=weights, batch_size=7, epochs=3
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_bytes(engine: str) -> None:
    source = np.random.default_rng(2)
    data = (source.integers(0, 256, (50, 9)).astype("uint8"), source.normal(size=(50, 3)))
    layers = [tz.Input((9,)), lambda x: x / 255.0, *plain_layers()[1:]]
    check_agreement(engine, layers, "sgd", "mse", data, batch_size=8, epochs=3)


@pytest.mark.parametrize("engine", ENGINES)
def test_two_fits_go_on_as_one(engine: str) -> None:
    data = plain_data()
    once, _ = trained(engine, plain_layers(), "float32", "adam", "mse", data, batch_size=8, epochs=4)
    twice, _ = trained(engine, plain_layers(), "float32", "adam", "mse", data, batch_size=8, epochs=1)
    twice.fit(*data, batch_size=8, epochs=3, verbose=0)
    for path, value in once.state.items():
        assert value.tobytes() == twice.state[path].tobytes(), path


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_same_bits_each_time(engine: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time, and on any number of threads: the layers are large enough to be shared."""
    layers = [tz.Input((70,)), tz.layers.Dense(130, activation="relu"), tz.layers.Dense(70)]
    data = plain_data(150, 70, 70)
    fit = {"batch_size": 64, "epochs": 2}
    monkeypatch.setenv("TIZA_THREADS", "1")
    first, _ = trained(engine, layers, "float32", "adam", "mse", data, **fit)
    monkeypatch.setenv("TIZA_THREADS", str(threads))
    again, _ = trained(engine, layers, "float32", "adam", "mse", data, **fit)
    for path, value in first.state.items():
        assert value.tobytes() == again.state[path].tobytes(), path


@pytest.mark.parametrize("engine", ENGINES)
def test_a_loss_that_is_not_finite(engine: str) -> None:
    """The state is that before the bad step, and the message is the same."""
    data = plain_data()
    messages = []
    left = []
    for name in (engine, "reference"):
        model = tz.Sequential(plain_layers(), dtype="float64", seed=3)
        model.compile(tz.optimizers.SGD(1e4), "mse", engine=name)
        with pytest.raises(NonFiniteError) as error:
            model.fit(*data, batch_size=8, epochs=500, verbose=0)
        messages.append(str(error.value))
        left.append(model)
        assert all(np.isfinite(one).all() for one in model.state.values())
    assert messages[0] == messages[1]
    assert left[0].state["optimizer.iterations"] == left[1].state["optimizer.iterations"]


class Gain(tz.layers.Layer):
    """The input times one number: a float of the state without axes."""

    def weights(self, inputs: Any) -> tuple[Any, ...]:
        return (tz.layers.Weight("gain", (), tz.initializers.Ones()),)

    def call(self, inputs: Any, context: Any) -> Any:
        return inputs * context["gain"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_number_among_the_weights(engine: str) -> None:
    check_agreement(engine, [*plain_layers(), Gain()], "adam", "mse", plain_data(), batch_size=8, epochs=3)


@pytest.mark.parametrize("engine", ENGINES)
def test_slots_that_are_other_values(engine: str) -> None:
    check_agreement(engine, plain_layers(), Remembering(), "mse", plain_data(), batch_size=8, epochs=3)
