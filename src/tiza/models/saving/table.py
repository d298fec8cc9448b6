"""The closed table of what a model file may name: Tiza's own parts, found where they are public."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from tiza import optimizers
from tiza.nn import initializers, layers, losses, metrics, regularizers
from tiza.nn.activations import ACTIVATIONS
from tiza.nn.initializers import Initializer
from tiza.nn.layer import Function, Layer, Masked
from tiza.nn.losses import Loss
from tiza.nn.metrics import METRICS, Metric
from tiza.nn.regularizers import Regularizer
from tiza.optimizers import schedules
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.schedules import LearningRateSchedule


@dataclass(frozen=True, slots=True)
class Family:
    """Parts of one kind.

    Attributes:
        base: what they are.
        module: where the public ones stand.
        further: those that have no public name.
    """

    base: type
    module: ModuleType
    further: tuple[type, ...] = ()

    def classes(self) -> Iterable[type]:
        """Yield the classes that an object can be made of."""
        found = [one for name, one in vars(self.module).items() if not name.startswith("_")]
        for one in (*found, *self.further):
            if inspect.isclass(one) and issubclass(one, self.base) and not inspect.isabstract(one):
                yield one


FAMILIES: dict[str, Family] = {
    "layers": Family(Layer, layers, (Function, Masked)),
    "initializers": Family(Initializer, initializers),
    "regularizers": Family(Regularizer, regularizers),
    "losses": Family(Loss, losses),
    "metrics": Family(Metric, metrics, tuple({type(make()) for make in METRICS.values()})),
    "optimizers": Family(Optimizer, optimizers),
    "schedules": Family(LearningRateSchedule, schedules),
}

PARTS: dict[str, type] = {
    f"{family}.{one.__name__}": one for family, known in FAMILIES.items() for one in known.classes()
}
"""Classes by the name that a file has for them."""

PART_NAMES: dict[type, str] = {one: name for name, one in PARTS.items()}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"activations.{name}": one for name, one in ACTIVATIONS.items()},
    **{
        f"metrics.{name}": one
        for name, one in vars(metrics).items()
        if isinstance(one, FunctionType) and one.__module__.endswith(".accuracies")
    },
}
"""Functions by the name that a file has for them."""

FUNCTION_NAMES: dict[int, str] = {id(one): name for name, one in reversed(FUNCTIONS.items())}
"""The first name of each function, by its identity."""
