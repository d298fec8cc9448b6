"""One step of the model's own optimizer: how much it changes, and the loss along its direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.blackboard.setting import Setting
from tiza.calculus.emission import zeros_of
from tiza.calculus.reverse import gradients
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.graph.tensor import constant
from tiza.training.state import Entry

Array = np.ndarray[Any, Any]

FACTORS = (*(10.0**power for power in range(-12, 0)), 0.5, 1.0, 2.0, *(10.0**power for power in range(1, 7)))
"""How many times the step is taken: half, whole and twice, and powers of ten."""


@dataclass(frozen=True, slots=True)
class WeightStep:
    """A weight in one step.

    Attributes:
        path: its path.
        weight: its norm before.
        gradient: norm of its gradient.
        update: norm of its change.
    """

    path: str
    weight: float
    gradient: float
    update: float

    @property
    def ratio(self) -> float | None:
        """Update / weight; None for a weight that is 0."""
        return self.update / self.weight if self.weight else None


@dataclass(frozen=True, slots=True)
class Along:
    """The loss when the step is taken so many times; None if it is not finite."""

    factor: float
    loss: float | None


@dataclass(frozen=True, slots=True)
class StepMeasures:
    """One step of the optimizer.

    Attributes:
        learning_rate: its rate.
        rows: samples that its gradient is from.
        loss: the loss before it, on the rows that are looked at; None if it is not finite.
        weights: what it does to each weight.
        along: the loss there when the step is taken some times, in order of size.
    """

    learning_rate: float
    rows: int
    loss: float | None
    weights: tuple[WeightStep, ...]
    along: tuple[Along, ...]

    @property
    def ratio(self) -> float | None:
        """The middle one of the ratios update / weight of kernels; None if all kernels are 0."""
        known = [one.ratio for one in self.weights if one.ratio is not None and "bias" not in one.path]
        return float(np.median(known)) if known else None

    @property
    def best(self) -> Along:
        """Where the loss is lowest; the smallest step of those that come within a thousandth of it."""
        known = [(one.factor, one.loss) for one in self.along if one.loss is not None]
        if not known or self.loss is None:
            return Along(0.0, self.loss)
        lowest = min(loss for _, loss in known)
        reach = lowest + 1e-3 * max(self.loss - lowest, 0.0)
        return next(Along(factor, loss) for factor, loss in known if loss <= reach)

    def at(self, factor: float) -> float:
        """Return the loss when the step is taken so many times; infinite if it is not finite."""
        (found,) = (one.loss for one in self.along if one.factor == factor)
        return math.inf if found is None else found


def measure_step(
    entries: Sequence[Entry], stepping: Setting, looking: Setting, learning_rate: float
) -> StepMeasures:
    """Return a step from the rows of `stepping`, its losses measured on those of `looking`.

    Both have the same state; random masks are those of this step throughout.
    """
    with np.errstate(all="ignore"):
        changes = _changes(entries, stepping)
        graph = Graph(looking.plan.step.inputs, (looking.plan.loss_node,))
        along = tuple(_along(factor, graph, looking.inputs, changes) for factor in (0.0, *FACTORS))
    here, *further = along
    return StepMeasures(
        learning_rate,
        int(stepping.inputs[len(entries)].shape[0]),
        here.loss,
        tuple(one.measured() for one in changes if one is not None),
        tuple(further),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """A trained weight before and after the step, and its gradient."""

    path: str
    before: Array
    after: Array
    gradient: Array

    def measured(self) -> WeightStep:
        norms = [_norm(one) for one in (self.before, self.gradient, self.after - self.before)]
        return WeightStep(self.path, *norms)


def _changes(entries: Sequence[Entry], setting: Setting) -> list[_Change | None]:
    """Return what the step does to each entry; None for those that the optimizer does not change."""
    plan = setting.plan
    trained = [at for at, one in enumerate(entries) if one.trainable]
    wrt = [plan.step.inputs[at] for at in trained]
    _, slopes = gradients(plan.loss_node, wrt, constant(1, plan.loss_node.tensor_type.dtype))
    found = [(zeros_of(node) if one is None else one).node for one, node in zip(slopes, wrt, strict=True)]
    graph = Graph(plan.step.inputs, (*(plan.step.outputs[at] for at in trained), *found))
    values = [np.asarray(one, "float64") for one in evaluate_graph(graph, setting.inputs)]
    changes: list[_Change | None] = [None] * len(entries)
    for at, after, slope in zip(trained, values, values[len(trained) :], strict=False):
        changes[at] = _Change(entries[at].path, np.asarray(setting.inputs[at], "float64"), after, slope)
    return changes


def _along(factor: float, graph: Graph, inputs: Sequence[Array], changes: Sequence[_Change | None]) -> Along:
    """Return the loss when the step is taken `factor` times."""
    moved = list(inputs)
    for at, one in enumerate(changes):
        if one is not None:
            new = one.before + factor * (one.after - one.before)
            moved[at] = new.astype(np.asarray(inputs[at]).dtype)
    loss = float(evaluate_graph(graph, moved)[0])
    return Along(factor, loss if math.isfinite(loss) else None)


def _norm(values: Array) -> float:
    return float(np.linalg.norm(values))
