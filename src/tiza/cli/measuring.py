"""What a model measures on samples: loss and accuracy, or errors in the units of what is predicted."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.cli.networks import targets_for
from tiza.data.tables import TablePreparation
from tiza.data.tables.targets import RegressionTarget
from tiza.models.model import Model

Array = np.ndarray[Any, Any]


def measured(model: Model, x: Array, y: Array, preparation: TablePreparation | None) -> dict[str, float]:
    """Return loss and metrics, and for quantities the errors in their own units.

    Args:
        model: a compiled model.
        x: features.
        y: labels or quantities, `(samples,)`.
        preparation: how quantities were scaled; None if nothing was.

    Raises:
        DataError: the samples do not fit the model.
    """
    targets = targets_for(model.objective.losses[0], model.network.output.shape[-1], y)
    found: dict[str, float] = model.evaluate(x, targets, return_dict=True)
    if preparation is None or not isinstance(preparation.target, RegressionTarget):
        return found
    decode = preparation.target.decode
    return {**found, **errors(decode(y), decode(model.predict(x)))}


def errors(quantities: Array, predicted: Array) -> dict[str, float]:
    """Return the mean and the root mean square of the errors, and the share of the variance explained.

    r2 = 1 - sum (y - p)^2 / sum (y - mean y)^2; it is left out if all quantities are the same.

    Example:
        >>> errors(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))["r2_score"]
        0.5
    """
    differences = predicted - quantities
    spread = float(np.square(quantities - quantities.mean()).sum())
    found = {
        "mean_absolute_error": float(np.abs(differences).mean()),
        "root_mean_squared_error": float(np.sqrt(np.square(differences).mean())),
    }
    if spread > 0.0:
        found["r2_score"] = 1.0 - float(np.square(differences).sum()) / spread
    return found


def labels_of(outputs: Array) -> Array:
    """Return the label of the likeliest class, `(samples,)`, for outputs `(samples, units)`."""
    if outputs.shape[-1] == 1:
        found: Array = (outputs[:, 0] > 0.5).astype("int64")
        return found
    likeliest: Array = outputs.argmax(axis=-1)
    return likeliest
