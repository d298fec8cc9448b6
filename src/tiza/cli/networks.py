"""The network for a job: its last layer, its loss, and targets as that loss reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.cli.jobs import Job
from tiza.cli.kept_preparation import keep_preparation
from tiza.cli.parts import hidden_layers, loss_of, optimizer_of
from tiza.cli.recipes import Recipe
from tiza.data.encoding import one_hot
from tiza.errors import DataError
from tiza.language import translate
from tiza.models.sequential import Sequential
from tiza.nn.layers import Dense
from tiza.nn.losses import LOSSES, Loss
from tiza.nn.targets import CLASSES, LABELS, NON_NEGATIVE, NUMBERS

Array = np.ndarray[Any, Any]

REGRESSION_LOSS = "mean_squared_error"
TWO_CLASSES_LOSS = "binary_crossentropy"
CLASSES_LOSS = "sparse_categorical_crossentropy"


def usual_loss(classes: int) -> str:
    """Return the loss for a number of classes, 0 for quantities.

    Example:
        >>> [usual_loss(classes) for classes in (0, 2, 10)]
        ['mean_squared_error', 'binary_crossentropy', 'sparse_categorical_crossentropy']
    """
    if not classes:
        return REGRESSION_LOSS
    return TWO_CLASSES_LOSS if classes == 2 else CLASSES_LOSS


def units_for(loss: Loss, classes: int) -> int:
    """Return the units of the last layer: one for a quantity or for yes or no, else one a class."""
    if not classes:
        return 1
    one_a_class = loss.statement.targets in (LABELS, CLASSES) or loss.statement.outputs == "softmax"
    return 1 if classes == 2 and not one_a_class else classes


def activation_for(loss: Loss, classes: int) -> str:
    """Return the activation of the last layer that gives what the loss reads."""
    stated = loss.statement.outputs
    return "sigmoid" if classes and stated == "linear" else stated


def targets_for(loss: Loss, units: int, y: Array) -> Array:
    """Return labels or quantities, `(samples,)`, as the loss reads them for so many units."""
    if loss.statement.targets is LABELS or units == 1:
        return y
    return one_hot(y, units)


def _check_loss(loss: Loss, classes: int) -> None:
    """Check that a loss of classes has classes."""
    if not classes and loss.statement.targets not in (NUMBERS, NON_NEGATIVE):
        names = sorted({one.name for one in LOSSES.values() if one.statement.targets is NUMBERS})
        raise DataError(
            translate(
                "loss: got {name!r}, a loss of classes, but the target is a quantity; the losses that fit "
                "are {names}.",
                name=loss.name,
                names=", ".join(names),
            )
        )


def network_for(job: Job, recipe: Recipe) -> Sequential:
    """Return the compiled network of a recipe for a job, which carries what is known of its data.

    Raises:
        NameNotFoundError: a name is not known; the nearest is suggested.
        ModelError: two parts do not fit.
        DataError: the loss is of classes, and the target is a quantity.
    """
    classes = len(job.class_names)
    loss = loss_of(recipe.loss or usual_loss(classes))
    _check_loss(loss, classes)
    activation = recipe.output_activation or activation_for(loss, classes)
    last = Dense(units_for(loss, classes), activation=activation)
    model = Sequential([*job.front, *hidden_layers(recipe), last], seed=recipe.seed, dtype=recipe.dtype)
    metrics = ["accuracy"] if classes else []
    model.compile(optimizer_of(recipe, len(job.training)), loss, metrics, engine=recipe.engine)
    if job.preparation is not None:
        keep_preparation(model, job.preparation)
    model.class_names = job.class_names or None
    return model
