"""The schedules that there are, and their rates as training follows them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.optimizers import schedules
from tiza.optimizers.schedules.schedule import LearningRateSchedule

Array = np.ndarray[Any, Any]
SCHEDULES: dict[str, type[LearningRateSchedule]] = {
    name: one
    for name, one in vars(schedules).items()
    if isinstance(one, type) and issubclass(one, LearningRateSchedule) and not inspect.isabstract(one)
}
CASES = [
    pytest.param(one, arguments, id=f"{name}-{at}")
    for name, one in SCHEDULES.items()
    for at, arguments in enumerate(one.examples)
]


def made(one: type[LearningRateSchedule], arguments: Mapping[str, Any]) -> LearningRateSchedule:
    return one(**arguments)


def rate_model(schedule: Any, engine: str, dtype: str = "float64") -> tz.Sequential:
    """Return a model whose only weight, 0 at first, grows by the rate with each step."""
    dense = tz.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = tz.Sequential([tz.Input((1,)), dense], dtype=dtype)
    model.compile(tz.optimizers.SGD(schedule), lambda y, a: -y * a, engine=engine)
    return model


def weight_of(model: tz.Sequential) -> float:
    return float(model.get_weights()[0][0, 0])


def rates_in_training(schedule: Any, engine: str, steps: int, dtype: str = "float64") -> Array:
    """Return the rate of each step, trained one step at a time."""
    model = rate_model(schedule, engine, dtype)
    rates = []
    for _ in range(steps):
        model.set_weights([np.zeros((1, 1))])
        model.fit([[1.0]], [1.0], verbose=0)
        rates.append(weight_of(model))
    return np.array(rates)
