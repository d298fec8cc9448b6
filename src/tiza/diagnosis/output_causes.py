"""Causes that show in what comes out: the loss, the range of the outputs, the classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tiza.diagnosis.evidence import Evidence
from tiza.diagnosis.findings import Change, Finding
from tiza.diagnosis.layers import steepest
from tiza.diagnosis.results import OutputMeasures, codes_of, predictions
from tiza.diagnosis.thresholds import limit
from tiza.nn.losses import Loss
from tiza.nn.targets import LABELS, NUMBERS, SIGNS


class Range(NamedTuple):
    """The numbers that an activation gives, its ends never or only just reached."""

    low: float
    high: float


RANGES: dict[str, Range] = {
    "sigmoid": Range(0.0, 1.0),
    "hard_sigmoid": Range(0.0, 1.0),
    "softmax": Range(0.0, 1.0),
    "tanh": Range(-1.0, 1.0),
    "hard_tanh": Range(-1.0, 1.0),
    "softsign": Range(-1.0, 1.0),
    "relu": Range(0.0, np.inf),
    "relu6": Range(0.0, 6.0),
    "softplus": Range(0.0, np.inf),
    "exponential": Range(0.0, np.inf),
}
"""Ranges of activations; others give any number."""


def unreachable_targets(evidence: Evidence) -> Iterator[Finding]:
    """Find targets that the last layer's activation cannot give."""
    for one, loss in _outputs(evidence):
        known = RANGES.get(one.activation)
        if known is None or loss.statement.targets not in (NUMBERS, SIGNS):
            continue
        low, high = _asked(one, loss)
        if known.low <= low and high <= known.high:
            continue
        fits = low >= -1.0 and high <= 1.0 and loss.statement.targets is NUMBERS
        yield Finding(
            "unreachable_targets",
            (one.name,),
            {
                "lowest": low,
                "highest": high,
                "low": known.low,
                "high": known.high if np.isfinite(known.high) else None,
            },
            {"activation": one.activation, "instead": "tanh" if fits else "linear"},
            (Change("activation", "tanh" if fits else "linear", (one.name,)),),
        )


def _outputs(evidence: Evidence) -> Iterator[tuple[OutputMeasures, Loss]]:
    yield from zip(evidence.now.results.outputs, evidence.case.trainer.objective.losses, strict=True)


def _asked(one: OutputMeasures, loss: Loss) -> tuple[float, float]:
    """Return the range of outputs that targets ask for; 0 stands for -1 where the loss reads signs."""
    low = -1.0 if loss.statement.targets is SIGNS else one.lowest_target
    return low, one.highest_target


def unsuitable_loss(evidence: Evidence) -> Iterator[Finding]:
    """Find softmax with a loss that is not made for it, and a softmax of a single unit."""
    for one, loss in _outputs(evidence):
        if one.activation != "softmax" or loss.statement.outputs == "softmax":
            continue
        if one.units == 1:
            yield Finding(
                "softmax_of_one",
                (one.name,),
                changes=(Change("activation", "sigmoid", (one.name,)),),
            )
        elif one.counts and not evidence.has_learned("learned_well"):
            better = "sparse_categorical_crossentropy"
            if loss.statement.targets is not LABELS:
                better = "categorical_crossentropy"
            yield Finding(
                "loss_not_for_softmax",
                (one.name,),
                {"ratio": evidence.now.results.ratio},
                {"loss": one.loss, "instead": better},
                (Change("loss", better, (one.name,)),),
            )


def flat_and_wrong(evidence: Evidence) -> Iterator[Finding]:
    """Find sigmoid outputs that are wrong and flat, where the quadratic cost hardly moves them."""
    objective = evidence.case.trainer.objective
    given = predictions(objective, evidence.case.state, evidence.rows)
    for (one, loss), targets, outputs in zip(_outputs(evidence), evidence.rows.targets, given, strict=True):
        codes = codes_of(loss, targets, outputs)
        fits = loss.statement.targets is NUMBERS and codes is not None
        if one.activation != "sigmoid" or not fits or one.lowest_target < 0.0 or one.highest_target > 1.0:
            continue
        slopes = outputs * (1.0 - outputs)
        flat = slopes < limit("flat_slope") * steepest("sigmoid")
        wrong = flat & (np.abs(outputs - codes) > 0.5)
        if wrong.mean() >= limit("wrong_and_flat"):
            yield Finding(
                "flat_and_wrong",
                (one.name,),
                {"flat": float(wrong.sum()), "outputs": float(wrong.size), "slope": float(slopes.mean())},
                {"loss": one.loss, "instead": "binary_crossentropy"},
                (Change("loss", "binary_crossentropy", (one.name,)),),
                later=evidence.case.is_trained,
            )


def rare_class(evidence: Evidence) -> Iterator[Finding]:
    """Find a class so rare that guessing the others is nearly always right, if it is not recognized."""
    for one, _ in _outputs(evidence):
        total = sum(one.counts)
        present = [at for at, count in enumerate(one.counts) if count]
        if len(present) < 2:
            continue
        rarest = min(present, key=lambda at: one.counts[at])
        share, recall = one.counts[rarest] / total, one.recalls[rarest] or 0.0
        rare = share * len(present) / 2.0 < limit("rare_class")
        if rare and (not evidence.case.is_trained or recall < limit("recall")):
            yield Finding(
                "rare_class",
                (one.name,),
                {
                    "class": float(rarest),
                    "count": float(one.counts[rarest]),
                    "rows": float(total),
                    "recognized": float(round(recall * one.counts[rarest])),
                },
                changes=(Change("class_weight", "balanced"),),
            )


def equal_outputs(evidence: Evidence) -> Iterator[Finding]:
    """Find outputs that are the same whatever the inputs are."""
    for one, _ in _outputs(evidence):
        if evidence.case.is_trained and one.spread < limit("outputs_spread") * one.target_spread:
            yield Finding(
                "equal_outputs",
                (one.name,),
                {"spread": one.spread, "target_spread": one.target_spread},
                changes=_other_optimizer(evidence),
                later=True,
            )


def _other_optimizer(evidence: Evidence) -> tuple[Change, ...]:
    """Return Adam, unless it is that already."""
    known = type(evidence.case.trainer.optimizer).__name__
    return () if known.startswith("Adam") else (Change("optimizer", "adam"),)


def plateau(evidence: Evidence) -> Iterator[Finding]:
    """Find a loss that has long stood still although it is not low."""
    losses = evidence.case.losses
    if len(losses) < limit("plateau_epochs") or evidence.has_learned("learned"):
        return
    half = losses[len(losses) // 2 :]
    if max(half) - min(half) < limit("plateau") * abs(half[-1]):
        yield Finding(
            "plateau",
            numbers={"epochs": float(len(half)), "from": half[0], "to": half[-1]},
            changes=_other_optimizer(evidence),
            later=True,
        )


def no_better_than_constant(evidence: Evidence) -> Iterator[Finding]:
    """Find a trained network whose loss is that of a constant prediction."""
    ratio, results = evidence.now.results.ratio, evidence.now.results
    if not evidence.case.is_trained or ratio is None or ratio < limit("no_better"):
        return
    yield Finding(
        "no_better_than_constant",
        numbers={"loss": results.loss or 0.0, "constant": results.constant_loss or 0.0},
        changes=_other_optimizer(evidence),
        later=True,
    )
