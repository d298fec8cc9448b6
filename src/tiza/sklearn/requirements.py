"""What an estimator's parameters may be, and the error that names one that may not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from tiza.errors import ModelError
from tiza.nn.activations import activation
from tiza.nn.registry import find
from tiza.optimizers.hyperparameters import DECAY, FRACTION, NOT_NEGATIVE, POSITIVE, Interval


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a parameter may be.

    Attributes:
        expected: in words.
        accepts: whether a value is that.
    """

    expected: str
    accepts: Callable[[Any], bool]


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def _is_number(value: object, interval: Interval) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and float(value) in interval


def _number(interval: Interval) -> Requirement:
    return Requirement(str(interval), lambda value: _is_number(value, interval))


def _are_sizes(value: object) -> bool:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return _is_whole(value)
    return all(map(_is_whole, value))


_SWITCH = Requirement("True or False", lambda value: isinstance(value, bool | np.bool_))
_COUNT = Requirement("a whole number of at least 1", _is_whole)

REQUIREMENTS: Mapping[str, Requirement] = {
    "hidden_layer_sizes": Requirement("a whole number of at least 1, or several", _are_sizes),
    "alpha": _number(NOT_NEGATIVE),
    "batch_size": Requirement(
        "'auto' or a whole number of at least 1", lambda value: value == "auto" or _is_whole(value)
    ),
    "learning_rate_init": _number(POSITIVE),
    "power_t": _number(NOT_NEGATIVE),
    "max_iter": _COUNT,
    "shuffle": _SWITCH,
    "tol": _number(NOT_NEGATIVE),
    "verbose": Requirement(
        "True, False or a whole number from 0 on",
        lambda value: isinstance(value, Integral | np.bool_) and int(value) >= 0,
    ),
    "warm_start": _SWITCH,
    "momentum": _number(FRACTION),
    "nesterovs_momentum": _SWITCH,
    "early_stopping": _SWITCH,
    "validation_fraction": _number(DECAY),
    "beta_1": _number(DECAY),
    "beta_2": _number(DECAY),
    "epsilon": _number(POSITIVE),
    "n_iter_no_change": Requirement(
        "a whole number of at least 1, or infinity", lambda value: _is_whole(value) or value == math.inf
    ),
    "max_fun": _COUNT,
    "dropout": _number(DECAY),
    "batch_norm": _SWITCH,
    "dtype": Requirement(
        "None, 'float32' or 'float64'",
        lambda value: value is None or (isinstance(value, str) and value in ("float32", "float64")),
    ),
}
"""By name of the parameter; those that are names of parts are looked up where the parts are listed."""

ACTIVATIONS: Mapping[str, str] = {"logistic": "sigmoid", "exp": "exponential"}
"""scikit-learn's names for what has another name here."""


def check_requirements(estimator: Any) -> None:
    """Check an estimator's parameters, but for those that data are needed for.

    Raises:
        ModelError: one may not be what it is.
        NameNotFoundError: no part has the name that was given; the nearest are suggested.
    """
    owner = type(estimator).__name__
    for name, requirement in REQUIREMENTS.items():
        value = getattr(estimator, name)
        if not requirement.accepts(value):
            raise ModelError(f"{owner}: got {name}={value!r}, expected {requirement.expected}.")
    activation(own_activation(estimator.activation))
    for name, table in (("solver", SOLVERS), ("learning_rate", LEARNING_RATES)):
        find(f"{owner}: {name}", getattr(estimator, name), table)
    whole_batch = estimator.solver == "lbfgs"
    for name in ("dropout", "batch_norm"):
        if whole_batch and getattr(estimator, name):
            raise ModelError(
                f"{owner}: got {name}={getattr(estimator, name)!r} with solver='lbfgs', which takes no steps "
                "of training; choose solver='adam' or 'sgd'."
            )


SOLVERS: Mapping[str, str] = {"lbfgs": "all samples at once", "sgd": "steps", "adam": "steps"}
LEARNING_RATES: Mapping[str, str] = {
    "constant": "the same in every step",
    "invscaling": "learning_rate_init / (samples read so far + 1)^power_t",
    "adaptive": "a fifth, each time training no longer becomes better",
}


def own_activation(name_or_function: Any) -> Any:
    """Return what an activation is called here."""
    if isinstance(name_or_function, str):
        return ACTIVATIONS.get(name_or_function, name_or_function)
    return name_or_function
