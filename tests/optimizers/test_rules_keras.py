"""Optimizers against Keras on JAX in float64: arguments, updates, steps, weights, history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import tiza as tz
from keras_peer import compare
from network_oracles import run_rule
from rule_examples import OWN_CASES, rule_examples
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import OPTIMIZERS

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

RULES = [pytest.param(one, id=name) for name, one in OPTIMIZERS.items()]


@pytest.mark.parametrize("rule", RULES)
def test_defaults(rule: type[Optimizer], keras: Any) -> None:
    configured = getattr(keras.optimizers, rule.__name__)().get_config()
    for one in fields(rule):
        expected = configured[one.name]
        assert one.default == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("rule", RULES)
def test_ten_updates(rule: type[Optimizer], keras: Any) -> None:
    generator = np.random.default_rng(4)
    w = generator.normal(size=(4, 3))
    gradients = [generator.normal(size=(4, 3)) * 10.0**exponent for exponent in (0, 0, -3, 2, -6) * 2]
    for arguments in rule_examples(rule):
        theirs = getattr(keras.optimizers, rule.__name__)(**arguments)
        variable = keras.Variable(w, dtype="float64")
        for gradient, ours in zip(gradients, run_rule(rule(**arguments), w, gradients), strict=True):
            theirs.apply([keras.ops.convert_to_tensor(gradient, "float64")], [variable])
            compare("updates", ours, variable.numpy())


def data() -> tuple[Any, Any]:
    generator = np.random.default_rng(3)
    return generator.normal(size=(10, 4)), generator.integers(0, 3, 10)


def trained(library: Any, rule: Any, **engine: str) -> tuple[Any, dict[str, list[float]]]:
    """Return a model after two epochs of a full and a partial batch, then one step, and its history."""
    x, y = data()
    generator = np.random.default_rng(5)
    weights = [generator.normal(size=shape) for shape in ((4, 5), (5,), (5, 3), (3,))]
    hidden = library.layers.Dense(5, activation="tanh")
    last = library.layers.Dense(3, activation="softmax")
    dtype = {"dtype": "float64"} if engine else {}
    model = library.Sequential([library.Input((4,)), hidden, last], **dtype)
    model.set_weights(weights)
    model.compile(rule, "sparse_categorical_crossentropy", metrics=["accuracy"], **engine)
    history = model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0)
    model.fit(x[:3], y[:3], shuffle=False, verbose=0)
    return model, history.history


@pytest.mark.parametrize(("rule", "arguments"), OWN_CASES)
def test_five_steps_and_the_history(rule: type[Optimizer], arguments: Mapping[str, Any], keras: Any) -> None:
    x, y = data()
    theirs, expected = trained(keras, getattr(keras.optimizers, rule.__name__)(**arguments))
    whole, predicted = theirs.evaluate(x, y, batch_size=4, verbose=0), theirs.predict(x, verbose=0)
    for engine in ("reference", "native"):
        ours, history = trained(tz, rule(**arguments), engine=engine)
        for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            compare("weights after five steps", one, other)
        assert history.keys() == expected.keys()
        for quantity, values in history.items():
            compare("history", values, expected[quantity])
        compare("evaluation", ours.evaluate(x, y, batch_size=4), whole)
        compare("predictions", ours.predict(x), predicted)
