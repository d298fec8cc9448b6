"""Every rule reaches the minimum of a convex function and lowers the loss of networks, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import tiza as tz
from native_training import check_same_state
from rule_examples import OWN_CASES
from tiza.errors import NonFiniteError
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import OPTIMIZERS
from tiza.optimizers.schedules import PolynomialDecay

Array = np.ndarray[Any, Any]
RULES = [pytest.param(one, id=name) for name, one in OPTIMIZERS.items()]
EPOCHS = 2000
RATES = (0.01, 0.1, 1.0, 10.0)


def quadratic() -> tuple[Array, Array, float]:
    """Return features, targets, and the least loss that weights can reach."""
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(20, 3)), generator.normal(size=(20, 1))
    best, *_ = np.linalg.lstsq(x, y, rcond=None)
    return x, y, float(((x @ best - y) ** 2).mean())


@pytest.mark.parametrize("rule", RULES)
def test_the_minimum_of_a_quadratic(rule: type[Optimizer]) -> None:
    """With a rate that falls to 0: rules whose steps are all of one size come no nearer than the rate."""
    x, y, least = quadratic()
    reached = []
    for rate in RATES:
        dense = tz.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        model = tz.Sequential([tz.Input((3,)), dense], dtype="float64")
        model.compile(rule(PolynomialDecay(rate, EPOCHS, 0.0), weight_decay=None), "mse")
        start = model.evaluate(x, y) - least
        try:
            model.fit(x, y, batch_size=len(x), epochs=EPOCHS, verbose=0)
        except NonFiniteError:
            continue
        reached.append((model.evaluate(x, y) - least) / start)
    assert min(reached) < 1e-5


def networks() -> list[tuple[list[Any], str, Array, Array]]:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(24, 4))
    tanh, relu = tz.layers.Dense(6, "tanh"), tz.layers.Dense(5, "relu")
    return [
        ([tanh, tz.layers.Dense(2)], "mse", x, generator.normal(size=(24, 2))),
        ([relu, tz.layers.Dense(1, "sigmoid")], "binary_crossentropy", x, generator.integers(0, 2, (24, 1))),
        (
            [tanh, relu, tz.layers.Dense(3, "softmax")],
            "sparse_categorical_crossentropy",
            x,
            generator.integers(0, 3, 24),
        ),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_three_networks_learn_the_same_on_both_engines(rule: Callable[[], Optimizer]) -> None:
    for layers, loss, x, y in networks():
        models = []
        for engine in ("native", "reference"):
            model = tz.Sequential([tz.Input((4,)), *layers], seed=2, dtype="float64")
            model.compile(rule(), loss, engine=engine)
            before = model.evaluate(x, y)
            model.fit(x, y, batch_size=12, epochs=25, verbose=0)
            assert model.evaluate(x, y) < before
            models.append(model)
        check_same_state(models[0], models[1], 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("rule", "arguments"), OWN_CASES)
def test_the_engines_agree(rule: type[Optimizer], arguments: Mapping[str, Any], dtype: str) -> None:
    """Full and partial batches, of all that a rule can do."""
    layers, loss, x, y = networks()[0]
    models = []
    for engine in ("native", "reference"):
        model = tz.Sequential([tz.Input((4,)), *layers], seed=2, dtype=dtype)
        model.compile(rule(**arguments), loss, engine=engine)
        model.fit(x, y, batch_size=7, epochs=2, verbose=0)
        models.append(model)
    check_same_state(models[0], models[1], 1e-10 if dtype == "float64" else 1e-4)
