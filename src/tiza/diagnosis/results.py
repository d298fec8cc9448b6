"""What comes out: the outputs, the loss beside that of a constant prediction, each class's recall."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tiza.engines.reference.evaluation import evaluate, evaluate_graph
from tiza.errors import TizaError
from tiza.graph.tensor import constant
from tiza.nn.losses import Loss
from tiza.nn.targets import CLASSES, LABELS, PROBABILITIES
from tiza.training.state import State, network_entries, values_in_order
from tiza.training.step import Objective, evaluation_graph, output_activations, prediction_graph
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]

SURE = 1e-7
"""Constant probabilities keep this distance from 0 and 1, so that their logarithms are finite."""


@dataclass(frozen=True, slots=True)
class OutputMeasures:
    """One output, and its targets.

    Attributes:
        name: path of the layer that gives it.
        activation: that of the layer; empty if linear, `?` if unknown.
        units: size of its last axis.
        loss: the name of its loss.
        lowest: smallest output.
        highest: largest output.
        spread: root mean square over units of the outputs' deviation over samples.
        lowest_target: smallest target.
        highest_target: largest target.
        target_spread: the same as `spread`, of the targets; of the codes if they are labels.
        counts: samples of each class; empty if targets are no classes.
        recalls: part of each class's samples that is recognized; None for a class without samples.
    """

    name: str
    activation: str
    units: int
    loss: str
    lowest: float
    highest: float
    spread: float
    lowest_target: float
    highest_target: float
    target_spread: float
    counts: tuple[int, ...]
    recalls: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """All outputs.

    Attributes:
        loss: of the data, without penalties on weights; None if it is not finite.
        constant_loss: of the better of mean and median of the targets, predicted for all samples; None if
            the loss takes no such outputs.
        outputs: each output.
    """

    loss: float | None
    constant_loss: float | None
    outputs: tuple[OutputMeasures, ...]

    @property
    def ratio(self) -> float | None:
        """Loss / constant prediction's loss; None if that says nothing."""
        if self.loss is None or self.constant_loss is None or not self.constant_loss > 0.0:
            return None
        return self.loss / self.constant_loss


def measure_results(objective: Objective, state: State, data: Data) -> Results:
    """Return what a network gives for data."""
    outputs = predictions(objective, state, data)
    activations = output_activations(objective.network)
    parts = zip(
        objective.network.output_names, activations, objective.losses, data.targets, outputs, strict=True
    )
    return Results(
        _finite(data_loss(objective, state, data)),
        _constant_loss(objective, data, outputs),
        tuple(_measured(*one) for one in parts),
    )


def predictions(objective: Objective, state: State, data: Data) -> list[Array]:
    """Return the network's outputs."""
    batch = data.batch(data.samples)
    weights = values_in_order(network_entries(objective.network), state)
    return evaluate_graph(prediction_graph(objective.network, batch.features), [*weights, *data.features])


def data_loss(objective: Objective, state: State, data: Data) -> float:
    """Return the loss on data as `evaluate` measures it, without penalties."""
    plain = replace(objective, metrics=((),) * len(objective.metrics))
    weights = values_in_order(network_entries(objective.network), state)
    graph = evaluation_graph(plain, data.batch(data.samples))
    with np.errstate(all="ignore"):
        measured = evaluate_graph(graph, [*weights, *data.blocks])
    # the states that layers keep stand behind
    loss, *sums = map(float, measured[: len(measured) - len(objective.network.kept_states)])
    return loss - sums[-2] / data.samples if objective.network.is_penalized else loss


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _constant_loss(objective: Objective, data: Data, outputs: list[Array]) -> float | None:
    """Return the weighted sum of the losses of the best constants."""
    total = 0.0
    for loss, weight, targets, given in zip(
        objective.losses, objective.loss_weights, data.targets, outputs, strict=True
    ):
        found = [
            value
            for one in _constants(loss, targets, given)
            if (value := _loss_of(loss, targets, one, data.weights)) is not None
        ]
        if not found:
            return None
        total += weight * min(found)
    return total


def _loss_of(loss: Loss, targets: Array, outputs: Array, weights: Array | None) -> float | None:
    try:
        losses = loss.call(constant(targets, targets.dtype), constant(outputs, outputs.dtype))
        weight = None if weights is None else constant(weights, weights.dtype)
        return _finite(float(evaluate(loss.over_batch.batch(losses, weight))))
    except TizaError:  # a function of the user's own may want something else
        return None


def _constants(loss: Loss, targets: Array, outputs: Array) -> Iterator[Array]:
    """Yield outputs that are the same for all samples: mean and median of the targets, in the loss' terms."""
    codes = codes_of(loss, targets, outputs)
    if codes is None:
        return
    for middle in (codes.mean(axis=0), np.median(codes, axis=0)):
        if loss.statement.targets in (CLASSES, LABELS, PROBABILITIES):
            middle = np.clip(middle, SURE, 1.0 - SURE)
        if getattr(loss, "from_logits", False):
            middle = (
                np.log(middle) if loss.statement.outputs == "softmax" else np.log(middle / (1.0 - middle))
            )
        yield np.broadcast_to(middle, outputs.shape).astype(outputs.dtype)


def codes_of(loss: Loss, targets: Array, outputs: Array) -> Array | None:
    """Return targets in the shape of the outputs, labels as one-hot codes; None if they have another."""
    if loss.statement.targets is LABELS:
        return np.eye(outputs.shape[-1])[targets]
    return targets.astype("float64") if targets.shape == outputs.shape else None


def _measured(name: str, activation: str, loss: Loss, targets: Array, outputs: Array) -> OutputMeasures:
    codes = codes_of(loss, targets, outputs)
    classes = None if codes is None else _classes(codes)
    plain = targets if codes is None else codes
    counts: tuple[int, ...] = ()
    recalls: tuple[float | None, ...] = ()
    if classes is not None:
        border = 0.0 if getattr(loss, "from_logits", False) else float(plain.min() + plain.max()) / 2.0
        counts, recalls = _recalls(classes, max(2, plain.shape[1]), _chosen(outputs, border))
    return OutputMeasures(
        name,
        activation,
        int(outputs.shape[-1]) if outputs.ndim > 1 else 1,
        loss.name or type(loss).__name__,
        float(outputs.min()),
        float(outputs.max()),
        _spread(outputs),
        float(plain.min()),
        float(plain.max()),
        _spread(plain),
        counts,
        recalls,
    )


def _spread(values: Array) -> float:
    deviations = values.astype("float64").std(axis=0)
    return float(np.sqrt(np.square(deviations).mean()))


def _classes(codes: Array) -> Array | None:
    """Return each sample's class if the targets are classes; else None."""
    if codes.ndim != 2:
        return None
    values = np.unique(codes)
    if codes.shape[1] == 1:
        if len(values) != 2 or values[1] != 1.0 or values[0] not in (-1.0, 0.0):
            return None
        found: Array = (codes[:, 0] == 1.0).astype("int64")
        return found
    if not np.isin(values, (-1.0, 0.0, 1.0)).all() or not ((codes == 1.0).sum(axis=1) == 1).all():
        return None
    largest: Array = codes.argmax(axis=1)
    return largest


def _chosen(outputs: Array, border: float) -> Array:
    """Return the class that the outputs choose."""
    if outputs.shape[1] > 1:
        largest: Array = outputs.argmax(axis=1)
        return largest
    above: Array = (outputs[:, 0] > border).astype("int64")
    return above


def _recalls(classes: Array, number: int, chosen: Array) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    counts = np.bincount(classes, minlength=number)
    right = np.bincount(classes[chosen == classes], minlength=number)
    recalls = tuple(float(hit / count) if count else None for hit, count in zip(right, counts, strict=True))
    return tuple(int(one) for one in counts), recalls
