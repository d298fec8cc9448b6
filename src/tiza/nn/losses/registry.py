"""Losses by name."""

from __future__ import annotations

from tiza.errors import ModelError
from tiza.nn.losses.base import FunctionLoss, Loss
from tiza.nn.losses.crossentropy import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    SparseCategoricalCrossentropy,
    SummedBinaryCrossentropy,
)
from tiza.nn.losses.divergence import KLDivergence, Poisson
from tiza.nn.losses.margins import CategoricalHinge, Hinge, SquaredHinge
from tiza.nn.losses.regression import (
    CosineSimilarity,
    HalfSquaredError,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Quadratic,
    SumSquaredError,
)
from tiza.nn.registry import find

LOSSES: dict[str, type[Loss]] = {
    one.name: one
    for one in (
        Quadratic,
        HalfSquaredError,
        SumSquaredError,
        MeanSquaredError,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredLogarithmicError,
        Huber,
        LogCosh,
        CosineSimilarity,
        BinaryCrossentropy,
        SummedBinaryCrossentropy,
        BinaryFocalCrossentropy,
        CategoricalCrossentropy,
        CategoricalFocalCrossentropy,
        SparseCategoricalCrossentropy,
        KLDivergence,
        Poisson,
        Hinge,
        SquaredHinge,
        CategoricalHinge,
    )
}

ALIASES: dict[str, str] = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
    "sse": "sum_squared_error",
}
"""Short names; the abbreviations may be written in capitals, and losses by the names of their classes."""

_NAMES: dict[str, type[Loss]] = {
    **LOSSES,
    **{alias: LOSSES[name] for alias, name in ALIASES.items()},
    **{alias.upper(): LOSSES[name] for alias, name in ALIASES.items() if len(alias) <= 4},
    **{one.__name__: one for one in LOSSES.values()},
}


def loss(name_or_object: object) -> Loss:
    """Return a loss by name, the object itself, or a function as a loss.

    Raises:
        NameNotFoundError: no loss has that name.
        ModelError: it is none of these.

    Example:
        >>> loss("mae").name
        'mean_absolute_error'
    """
    if isinstance(name_or_object, Loss):
        return name_or_object
    if isinstance(name_or_object, str):
        return find("loss", name_or_object, _NAMES)()
    if isinstance(name_or_object, type) and issubclass(name_or_object, Loss):
        return name_or_object()
    if callable(name_or_object):
        return FunctionLoss(name_or_object)
    raise ModelError(f"loss: got {name_or_object!r}, expected a name, a tz.losses object or a function.")
