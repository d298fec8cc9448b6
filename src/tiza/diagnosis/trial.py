"""A trial: the same training with a change, from the same start, beside the training without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tiza.calculus.simplification import simplify
from tiza.diagnosis.case import Case, spread_rows
from tiza.diagnosis.changing import Setup, changed, first_state, setup_of
from tiza.diagnosis.findings import Change
from tiza.diagnosis.report import trial_text
from tiza.diagnosis.thresholds import limit
from tiza.errors import NonFiniteError
from tiza.training.state import State, network_entries, values_in_order
from tiza.training.step import Objective, evaluation_graph
from tiza.training.trainer import Data, Epochs, Returns, Trainer

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Curve:
    """The loss in the course of a training.

    Attributes:
        losses: before training and after each epoch; None where it is not finite.
        ended: what ended training before its last epoch; empty if nothing did.
    """

    losses: tuple[float | None, ...]
    ended: str = ""

    @property
    def final(self) -> float:
        """The last loss; infinite if it is not finite."""
        return math.inf if self.losses[-1] is None else self.losses[-1]


@dataclass(frozen=True, slots=True)
class Trial:
    """Two trainings from the same start, in the same order of samples.

    Both are measured by the loss that the model was compiled with, as `evaluate` does; where classes are
    weighted, with these weights.

    Attributes:
        changes: what was changed.
        epochs: passes over the data.
        batch_size: samples a step.
        seed: of both trainings.
        rows: samples that the losses are measured on.
        measured: names of the losses that both are measured by.
        before: the training without the changes.
        after: the training with them.
    """

    changes: tuple[Change, ...]
    epochs: int
    batch_size: int
    seed: int
    rows: int
    measured: tuple[str, ...]
    before: Curve
    after: Curve

    def __str__(self) -> str:
        """Return two curves, and whether the changes helped, in the current language."""
        return trial_text(self)

    @property
    def helped(self) -> bool:
        """Whether the loss ended lower with the changes, by more than a hundredth."""
        before, after = self.before.final, self.after.final
        if math.isinf(before) or math.isinf(after):
            return after < before
        return before - after > limit("helped") * abs(before)


def try_changes(case: Case, changes: Sequence[Change], epochs: int, batch_size: int) -> Trial:
    """Return what a training does without and with changes.

    Raises:
        ModelError: a change is of no known kind, or does not fit.
    """
    own = setup_of(case)
    other = changed(own, changes)
    losses = own.objective.losses
    weights = other.data.weights
    plan = Epochs(epochs, batch_size, returns=Returns.EPOCHS)
    curves = []
    for setup, made in ((own, ()), (other, tuple(changes))):
        trainer = Trainer(setup.objective, setup.optimizer, case.trainer.engine)
        measuring = replace(setup.objective, losses=losses, metrics=((),) * len(losses))
        rows = spread_rows(replace(setup.data, weights=weights), int(limit("rows")))
        measure = _measuring(measuring, rows, case)
        curves.append(_curve(trainer, setup, first_state(trainer, case, made), plan, measure))
    return Trial(
        tuple(changes),
        epochs,
        batch_size,
        case.seed,
        rows.samples,
        tuple(one.name or type(one).__name__ for one in losses),
        *curves,
    )


def _measuring(objective: Objective, rows: Data, case: Case) -> Callable[[State], float | None]:
    """Return what measures the loss of a state."""
    engine, entries = case.trainer.engine, network_entries(objective.network)
    program = engine.compile(simplify(evaluation_graph(objective, rows.batch(rows.samples))).graph)

    def measure(state: State) -> float | None:
        loss = float(engine.run(program, [*values_in_order(entries, state), *rows.blocks])[0])
        return loss if math.isfinite(loss) else None

    return measure


def _curve(
    trainer: Trainer, setup: Setup, state: State, plan: Epochs, measure: Callable[[State], float | None]
) -> Curve:
    """Return the loss before training and after each epoch."""
    losses = [measure(state)]
    rate = setup.optimizer.initial_learning_rate
    try:
        for event in trainer.train(state, setup.data, plan, lambda: rate):
            if event.ends_epoch:
                losses.append(measure(state))
    except NonFiniteError as error:
        return Curve((*losses, None), str(error))
    return Curve(tuple(losses))
