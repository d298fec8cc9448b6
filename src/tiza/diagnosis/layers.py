"""What each layer does on the data: the sizes of signals and gradients, and its units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.blackboard.setting import Setting
from tiza.calculus.emission import ones_of
from tiza.calculus.reverse import cotangents, gradients
from tiza.diagnosis.passages import Passage, passages_of
from tiza.diagnosis.thresholds import limit
from tiza.engines.reference.evaluation import evaluate
from tiza.graph.node import Node
from tiza.graph.tensor import Tensor, constant
from tiza.nn.activations import record

Array = np.ndarray[Any, Any]

SATURATING = ("sigmoid", "tanh", "arctan", "softsign", "hard_sigmoid", "hard_tanh")
"""Activations that flatten on both sides; steepest at 0."""


@dataclass(frozen=True, slots=True)
class LayerMeasures:
    """A layer on the data.

    delta is the derivative of the loss with respect to z, for all samples and units, as one vector. Where
    `weight_factor` and `slope_factor` stand, |delta| = delta_after * weight_factor * slope_factor.

    Attributes:
        name: its path, with the number of its use where it is used again.
        activation: its name; empty if there is none, or if it is derived together with the loss.
        activation_layer: path of the layer that has it.
        units: its units, the size of the last axis.
        mean: mean of the activations over samples and units.
        deviation: their standard deviation.
        delta: |delta|, the root of the sum of squares.
        leads_to: the layers that read it next.
        delta_after: the root of the sum of squares of their deltas; None if there are none.
        weight_factor: what the way back through their weights, and through what lies between, makes of it:
            |delta_after W^T| / |delta_after|, at most the largest singular value of W. None where that is 0
            by 0, or where a part of the signal goes another way.
        slope_factor: what the slope f'(z) of the own activation makes of it, at most the largest |f'|; None
            where activation and loss are derived together.
        mean_slope: mean |f'(z)|; None as above, or if f looks along an axis.
        dead: units with f'(z) = 0 on all samples, if f is no saturating activation.
        saturated: units of a saturating activation that are flat on most samples.
        same: whether all units get and give the same, so that they stay the same.
    """

    name: str
    activation: str
    activation_layer: str
    units: int
    mean: float
    deviation: float
    delta: float
    leads_to: tuple[str, ...]
    delta_after: float | None
    weight_factor: float | None
    slope_factor: float | None
    mean_slope: float | None
    dead: int
    saturated: int
    same: bool


@dataclass(frozen=True, slots=True)
class LayersMeasured:
    """All layers.

    Attributes:
        layers: those that can be followed, in the order in which they are computed.
        left_out: paths of layers with weights whose signal has no name, such as layers of one's own.
        loss: the loss on the rows, as in a training step.
    """

    layers: tuple[LayerMeasures, ...]
    left_out: tuple[str, ...]
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class _Numbers:
    """Values of one passage, as arrays."""

    before: Array
    after: Array
    at_before: Array
    at_after: Array
    slope: Array | None


def measure_layers(setting: Setting) -> LayersMeasured:
    """Return what each layer does on the rows of a setting."""
    plan = setting.plan
    passages = passages_of(plan.loss_node)
    wanted = [node for one in passages for node in (one.before, one.after)]
    _, found = gradients(plan.loss_node, wanted, constant(1, plan.loss_node.tensor_type.dtype))
    slopes = [_slope(one) for one in passages]
    given = [one.node for one in (*found, *slopes) if one is not None]
    values = setting.record([plan.loss_node, *given])

    def value(tensor: Tensor | None, like: Node) -> Array:
        array = np.zeros(like.tensor_type.shape) if tensor is None else values[tensor.node]
        return np.asarray(array, dtype="float64")

    numbers: dict[str, _Numbers] = {}
    for at, (one, slope) in enumerate(zip(passages, slopes, strict=True)):
        numbers[one.name] = _Numbers(
            np.asarray(values[one.before], "float64"),
            np.asarray(values[one.after], "float64"),
            value(found[2 * at], one.before),
            value(found[2 * at + 1], one.after),
            None if slope is None else value(slope, one.before),
        )
    seen = {one.layer for one in passages}
    weighted = [path.rpartition(".")[0] for path in plan.weights]
    left_out = tuple(path for path in dict.fromkeys(weighted) if path not in seen)
    layers = tuple(_measured(one, numbers, one.layer in weighted) for one in passages)
    return LayersMeasured(layers, left_out, float(values[plan.loss_node]))


def _slope(passage: Passage) -> Tensor | None:
    """Return f'(z), element by element; None where f has none of its own."""
    if passage.after is passage.before or not passage.is_elementwise:
        return None
    (found,) = cotangents([passage.after], [ones_of(passage.after)], [passage.before])
    return found


def _measured(passage: Passage, numbers: Mapping[str, _Numbers], weighted: bool) -> LayerMeasures:
    own = numbers[passage.name]
    delta = _norm([own.at_before])
    after = _norm([numbers[name].at_before for name in passage.leads_to]) if passage.leads_to else None
    back = _norm([own.at_after])
    return LayerMeasures(
        passage.name,
        passage.activation,
        passage.activation_layer,
        own.before.shape[-1],
        float(own.after.mean()),
        float(own.after.std()),
        delta,
        passage.leads_to,
        after,
        _ratio(back, after) if passage.is_followed and after is not None else None,
        _slope_factor(passage, delta, back),
        None if own.slope is None else float(np.abs(own.slope).mean()),
        _dead(passage.activation, own),
        _saturated(passage.activation, own),
        weighted and _same(own),
    )


def _slope_factor(passage: Passage, delta: float, back: float) -> float | None:
    if passage.after is passage.before:
        return 1.0
    return _ratio(delta, back)


def _norm(arrays: Sequence[Array]) -> float:
    """Return the root of the sum of squares; scaled, so that squares do not vanish."""
    largest = max(float(np.abs(one).max(initial=0.0)) for one in arrays)
    if not largest or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(sum(float(np.square(one / largest).sum()) for one in arrays)))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _by_unit(values: Array) -> Array:
    """Return values as `(samples, units)`; other axes count as samples."""
    return values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values[:, None]


def _dead(activation: str, own: _Numbers) -> int:
    if own.slope is None or activation in SATURATING:
        return 0
    return int((_by_unit(own.slope) == 0.0).all(axis=0).sum())


def _saturated(activation: str, own: _Numbers) -> int:
    if own.slope is None or activation not in SATURATING:
        return 0
    flat = np.abs(_by_unit(own.slope)) < limit("flat_slope") * steepest(activation)
    return int((flat.mean(axis=0) >= limit("flat_samples")).sum())


def steepest(activation: str) -> float:
    """Return the slope at 0 of a saturating activation.

    Example:
        >>> steepest("sigmoid")
        0.25
    """
    return float(np.asarray(evaluate(record(activation).derivative([0.0])))[0])


def _same(own: _Numbers) -> bool:
    """Whether units get the same z and send back the same delta."""
    return own.before.shape[-1] > 1 and all(
        float(np.ptp(_by_unit(one), axis=1).max()) <= limit("same_units") * float(np.abs(one).max())
        for one in (own.before, own.at_before)
    )
