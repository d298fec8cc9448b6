"""The update rules by name."""

from __future__ import annotations

from collections.abc import Callable

from tiza.errors import ModelError
from tiza.nn.registry import find
from tiza.optimizers.adadelta import Adadelta
from tiza.optimizers.adagrad import Adagrad
from tiza.optimizers.adam import Adam, AdamW
from tiza.optimizers.adamax import Adamax
from tiza.optimizers.lion import Lion
from tiza.optimizers.nadam import Nadam
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rmsprop import RMSprop
from tiza.optimizers.sgd import SGD

RULES = (SGD, Adagrad, Adadelta, RMSprop, Adam, AdamW, Adamax, Nadam, Lion)
OPTIMIZERS: dict[str, type[Optimizer]] = {one.__name__.lower(): one for one in RULES}


def optimizer(name_or_object: object) -> Optimizer:
    """Return an optimizer by name or by class (Keras' defaults), or the object itself.

    Raises:
        NameNotFoundError: no optimizer has that name.
        ModelError: it is neither a name nor an optimizer.
    """
    if isinstance(name_or_object, Optimizer):
        return name_or_object
    if isinstance(name_or_object, type) and name_or_object in RULES:
        return name_or_object()
    if isinstance(name_or_object, str):
        make: Callable[[], Optimizer] = find("optimizer", name_or_object.lower(), OPTIMIZERS)
        return make()
    raise ModelError(f"optimizer: got {name_or_object!r}, expected a name or a tz.optimizers object.")
