"""What layers, losses, optimizers and other parts are given: an argument fits, or is refused by name."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import DTypeError, ModelError, TizaError
from tiza.models.saving.table import FAMILIES
from tiza.training import callbacks
from tiza.training.callbacks.callback import Callback

BAD_NUMBERS: tuple[Any, ...] = ("no", math.nan, {}, [1.0, 2.0])
BAD_SWITCHES: tuple[Any, ...] = ("no", math.nan, {}, 2, None)
BAD = {
    "float": (*BAD_NUMBERS, None),
    "int": (*BAD_NUMBERS, None, 1.5),
    "float | None": BAD_NUMBERS,
    "int | None": (*BAD_NUMBERS, 1.5),
    "bool": BAD_SWITCHES,
}
"""What does not fit, by what an argument is said to be."""

OTHERS: dict[str, Any] = {"filepath": "file", "filename": "file", "schedule": lambda epoch: 0.1}
"""Arguments that have no default, where 0.5 will not do."""


def parts() -> Iterator[type]:
    """Yield the class of every part that takes arguments."""
    for family in FAMILIES.values():
        yield from dict.fromkeys(family.classes())
    for one in vars(callbacks).values():
        if inspect.isclass(one) and issubclass(one, Callback):
            yield one


def usual(kind: type) -> dict[str, Any]:
    """Return arguments that fit."""
    examples = [getattr(one, "arguments", one) for one in getattr(kind, "examples", ())]
    needed = {
        name: OTHERS.get(name, 0.5)
        for name, one in inspect.signature(kind).parameters.items()
        if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    }
    return next((dict(one) for one in examples if set(needed) <= set(one)), needed)


CASES = [
    pytest.param(kind, name, BAD[one.annotation], id=f"{kind.__name__}-{name}")
    for kind in parts()
    for name, one in inspect.signature(kind).parameters.items()
    if one.annotation in BAD
]


def test_arguments_are_found() -> None:
    found = {one.id for one in CASES}
    assert {"Adam-beta_1", "Dropout-rate", "EarlyStopping-patience", "Dense-use_bias", "L2-l2"} <= found
    assert {"Huber-delta", "TopKCategoricalAccuracy-k", "Orthogonal-gain", "CosineDecay-alpha"} <= found


@pytest.mark.parametrize(("kind", "name", "bad"), CASES)
def test_what_does_not_fit_is_refused_by_name(kind: Any, name: str, bad: tuple[Any, ...]) -> None:
    kind(**usual(kind))
    for one in bad:
        with pytest.raises(TizaError, match=rf"{name.split('_')[-1]}.*expected") as caught:
            kind(**{**usual(kind), name: one})
        assert caught.value.__cause__ is None


OUT_OF_RANGE: list[tuple[Any, dict[str, Any]]] = [
    (tz.optimizers.SGD, {"learning_rate": -0.1}),
    (tz.optimizers.SGD, {"momentum": 2.0}),
    (tz.optimizers.SGD, {"clipnorm": 0.0}),
    (tz.optimizers.SGD, {"weight_decay": -1e-9}),
    (tz.optimizers.SGD, {"clipnorm": 1.0, "clipvalue": 1.0}),
    (tz.optimizers.Adam, {"beta_1": 1.0}),
    (tz.optimizers.Adam, {"beta_2": -0.1}),
    (
        tz.optimizers.schedules.ExponentialDecay,
        {"initial_learning_rate": 0.1, "decay_steps": 9, "decay_rate": -1},
    ),
    (tz.layers.Dropout, {"rate": 1.0}),
    (tz.layers.GaussianNoise, {"stddev": -1.0}),
    (tz.layers.BatchNormalization, {"momentum": 1.5}),
    (tz.layers.Normalization, {"mean": 0.0, "variance": -1.0}),
    (tz.layers.Normalization, {"variance": 1.0, "mean": math.nan}),
    (tz.layers.Rescaling, {"scale": math.inf}),
    (tz.layers.Dense, {"units": 0}),
    (tz.layers.Dense, {"units": 3, "name": 7}),
    (tz.layers.Dense, {"units": 3, "trainable": "bias"}),
    (tz.layers.Dense, {"units": 3, "trainable": [1]}),
    (tz.layers.Softmax, {"axis": "last"}),
    (tz.layers.PReLU, {"shared_axes": 1.5}),
    (tz.layers.Dropout, {"rate": 0.5, "noise_shape": 2.0}),
    (tz.initializers.Constant, {"value": "a"}),
    (tz.initializers.Constant, {"value": [[1.0], [1.0, 2.0]]}),
    (tz.regularizers.L2, {"l2": -1.0}),
    (tz.regularizers.PerSample, {"of": "l2"}),
    (tz.callbacks.CSVLogger, {"filename": None}),
    (tz.callbacks.ModelCheckpoint, {"filepath": ""}),
]


@pytest.mark.parametrize(
    ("kind", "arguments"), OUT_OF_RANGE, ids=lambda one: getattr(one, "__name__", str(one))
)
def test_what_is_out_of_range_is_refused_by_name(kind: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(TizaError, match=rf"(?s){list(arguments)[-1].rstrip('es')}.*expected"):
        kind(**arguments)


def test_names_of_weights_that_there_are_not() -> None:
    layer = tz.layers.Dense(2, trainable=["bias", "kernell"])
    with pytest.raises(ModelError, match="trainable: got the name 'kernell', expected some of kernel, bias"):
        tz.Sequential([tz.Input((3,)), layer])


def test_names_and_switches_may_be_set_later() -> None:
    layer = tz.layers.Dense(2)
    layer.name, layer.trainable = "last", ("bias",)
    assert (layer.name, layer.trains("bias"), layer.trains("kernel")) == ("last", True, False)
    with pytest.raises(ModelError, match="Dense: got trainable='no'"):
        layer.trainable = "no"
    assert layer.trainable == ("bias",)


@pytest.mark.parametrize(
    ("name", "expected"), [("l1", (0.01, 0.0)), ("l2", (0.0, 0.01)), ("l1_l2", (0.01, 0.01))]
)
def test_regularizers_by_name_have_keras_defaults(name: str, expected: tuple[float, float]) -> None:
    found = tz.layers.Dense(1, kernel_regularizer=name).kernel_regularizer
    assert isinstance(found, tz.regularizers.L1L2)
    assert (found.l1, found.l2) == expected


OF_KERAS: list[tuple[Any, str]] = [
    (lambda: tz.layers.Conv2D(2, 3, input_shape=(8, 8, 1)), r"^Conv2D: got input_shape=.*put tz\.Input"),
    (lambda: tz.layers.Dense(2, input_dim=3), r"^Dense: got input_dim=.*put tz\.Input"),
    (lambda: tz.layers.Embedding(4, 2, input_length=4), "^Embedding: got input_length=.*leave it out"),
    (lambda: tz.layers.LSTM(2, implementation=2), "^LSTM: got implementation=.*leave it out"),
    (
        lambda: tz.layers.GRU(2, return_sequence=True),
        "^GRU: argument: .*'return_sequence'; .*'return_sequences'",
    ),
    (lambda: tz.layers.Dense(2, dtype="float64"), r"^Dense: got dtype=.*tz\.Sequential\(layers, dtype="),
    (lambda: tz.layers.Dense(2, kernel_constraint=None), "^Dense: got kernel_constraint=.*leave it out"),
    (lambda: tz.Input(batch_shape=(4, 10, 3)), "^Input: got batch_shape=.*batch_size="),
    (lambda: tz.Input((None, 3)), r"^Input: shape: got \(None, 3\).*pad_sequences"),
    (lambda: tz.Input((4,), sparse=True), "^Input: argument: unknown name 'sparse'"),
]


@pytest.mark.parametrize(("make", "words"), OF_KERAS, ids=[words for _, words in OF_KERAS])
def test_arguments_of_keras_that_there_are_not(make: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        make()


def test_layers_of_ones_own_take_what_they_say() -> None:
    class Own(tz.layers.Layer):
        def __init__(self, **options: Any) -> None:
            self.options = options

        def call(self, inputs: Any, context: Any) -> Any:
            return inputs

    assert Own(input_shape=3).options == {"input_shape": 3}
    assert copy.deepcopy(Own(units=2)).options == {"units": 2}


def test_the_dtype_of_an_input_changes_nothing() -> None:
    layers = [tz.layers.Embedding(5, 2), tz.layers.Flatten()]
    given_ids, plain = (
        tz.Sequential([tz.Input((3,), dtype=dtype), *layers], seed=1) for dtype in ("int32", None)
    )
    np.testing.assert_array_equal(given_ids.predict([[1, 4, 0]]), plain.predict([[1, 4, 0]]))
    with pytest.raises(DTypeError):
        tz.Input((3,), dtype="int3")
