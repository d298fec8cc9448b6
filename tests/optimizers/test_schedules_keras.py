"""Schedules against Keras on JAX in float64: rates, and training that follows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
import pytest

import tiza as tz
from keras_peer import compare
from schedule_examples import CASES, SCHEDULES, made
from tiza.optimizers.schedules.schedule import LearningRateSchedule

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


def in_keras(keras: Any, kind: type[LearningRateSchedule]) -> Any:
    known = getattr(keras.optimizers.schedules, kind.__name__, None)
    if known is None:
        pytest.skip("Keras has no such schedule")
    return known


@pytest.mark.parametrize("kind", SCHEDULES.values(), ids=SCHEDULES)
def test_defaults(kind: type[LearningRateSchedule], keras: Any) -> None:
    configured = in_keras(keras, kind)(**kind.examples[0]).get_config()
    for one in fields(kind):  # type: ignore[arg-type]
        if one.default is not MISSING and one.name not in kind.examples[0]:
            assert configured[one.name] == one.default


@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_rates(kind: type[LearningRateSchedule], arguments: Mapping[str, Any], keras: Any) -> None:
    theirs = in_keras(keras, kind)(**arguments)
    steps = np.arange(40)
    expected = [float(theirs(keras.ops.convert_to_tensor(step, "int32"))) for step in steps]
    compare("schedules", made(kind, arguments)(steps), expected)


@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_training(kind: type[LearningRateSchedule], arguments: Mapping[str, Any], keras: Any) -> None:
    """Adam with weight decay reads the rate twice."""
    expected = weights_after_ten_steps(keras, in_keras(keras, kind)(**arguments))
    for engine in ("reference", "native"):
        found = weights_after_ten_steps(tz, made(kind, arguments), engine=engine)
        for ours, theirs in zip(found, expected, strict=True):
            compare("weights after ten steps of a schedule", ours, theirs)


def weights_after_ten_steps(library: Any, schedule: Any, **engine: str) -> Any:
    generator = np.random.default_rng(6)
    x, y = generator.normal(size=(30, 3)), generator.normal(size=(30, 1))
    layers = [library.Input((3,)), library.layers.Dense(4, "tanh"), library.layers.Dense(1)]
    model = library.Sequential(layers, **({"dtype": "float64"} if engine else {}))
    model.set_weights([generator.normal(size=shape) for shape in ((3, 4), (4,), (4, 1), (1,))])
    model.compile(library.optimizers.AdamW(schedule, weight_decay=0.1), "mse", **engine)
    model.fit(x, y, batch_size=3, shuffle=False, verbose=0)
    return model.get_weights()
