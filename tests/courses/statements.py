"""What the courses say in words that needs care, and the parts that they name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tiza as tz
from tiza.nn.initializers import initializer
from tiza.nn.losses import loss
from tiza.nn.regularizers import regularizer
from tiza.optimizers.rules import optimizer


@dataclass(frozen=True)
class Statement:
    """A sentence of a course that is not quite so, and what holds."""

    course: str
    said: str
    right: str


STATEMENTS = (
    Statement(
        "000",
        "BCE: the lower, the higher the penalty",
        "the loss is positive: the higher it is, the worse; 1/n stands twice in its formula",
    ),
    Statement("000", "each iteration of these steps is an epoch", "an epoch is one pass over the data"),
    Statement(
        "000",
        "weights are updated while the error travels back",
        "all gradients first, then the step: else new weights meet old gradients",
    ),
    Statement("000", "convex: only one global minimum", "every local minimum is global; there may be many"),
    Statement("000", "relu'(0) = 1", "0 in course 003 and in Tiza"),
    Statement("001", "z = sigma(w^T x)", "the bias is left out, and z is before the activation elsewhere"),
    Statement(
        "001",
        "one hidden layer learns strictly linear representations",
        "only with a linear activation; one layer that is wide enough comes near any continuous function",
    ),
    Statement("001", "step 1 to step 2 is an epoch", "that is one iteration"),
    Statement("001", "L1, L2: w + lambda/2m ...", "it is added to the loss: `PerSample(L2(lambda / 2))`"),
    Statement("002", "w - (n/m) sum dC/dw", "n is eta misread: w - (eta/m) sum dC/dw"),
    Statement("003", "dC/db_i = delta_j", "dC/db_j = delta_j; the algorithm lacks its update line"),
    Statement(
        "003",
        "a deep network of sigmoid units does not learn points in the plane (not given); ReLU: 94 % in "
        "training, 90.4 % in test",
        "on `tz.datasets.circles(1000, noise=0.1)`, five hidden layers of 10, seeds 0 to 2: sigmoid below "
        "80 %, ReLU at least 94 % and 90 %",
    ),
    Statement("004", "if w1 grows, L falls", "dL/dw1 is positive: L grows"),
    Statement("004", "dh1/dw1 = x1 + f'(...)", "dh1/dw1 = x1 f'(...)"),
    Statement("004", "the four people less their minimum, (61, 167)", "the minima are 54 and 152"),
)

NAMES: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("identity", "identity", tz.activations.record),
    ("step", "binary_step", tz.activations.record),
    ("logistic, sigmoid", "sigmoid", tz.activations.record),
    ("tanh", "tanh", tz.activations.record),
    ("arctan", "arctan", tz.activations.record),
    ("ReLU", "relu", tz.activations.record),
    ("PReLU", "PReLU", lambda name: getattr(tz.layers, name)()),
    ("ELU", "elu", tz.activations.record),
    ("softplus", "softplus", tz.activations.record),
    ("softmax", "softmax", tz.activations.record),
    ("E = 1/2 sum (y-hat - y)^2", "half_squared_error", loss),
    ("C = 1/2n sum norm(y - a)^2", "quadratic", loss),
    ("MSE", "mse", loss),
    ("binary cross-entropy", "binary_crossentropy", loss),
    ("cross-entropy of the softmax", "categorical_crossentropy", loss),
    ("the sum of K binary entropies", "summed_binary_crossentropy", loss),
    ("normal", "random_normal", initializer),
    ("uniform", "random_uniform", initializer),
    ("truncated normal", "truncated_normal", initializer),
    ("orthonormal", "orthogonal", initializer),
    ("Glorot", "glorot_uniform", initializer),
    ("He", "he_normal", initializer),
    ("LeCun", "lecun_normal", initializer),
    ("GD, SGD, momentum", "sgd", optimizer),
    ("RMSprop", "rmsprop", optimizer),
    ("Adam", "adam", optimizer),
    ("L1, lasso", "l1", regularizer),
    ("L2, ridge", "l2", regularizer),
    ("elastic net", "l1_l2", regularizer),
    ("batch normalisation", "BatchNormalization", lambda name: getattr(tz.layers, name)()),
    ("dropout", "Dropout", lambda name: getattr(tz.layers, name)(0.5)),
)
"""What the courses say, Tiza's name of it, and what finds it by that name."""
