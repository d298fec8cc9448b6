"""Causes that show in one step: a learning rate that is too high or too low."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tiza.diagnosis.evidence import Evidence, Moment
from tiza.diagnosis.findings import Change, Finding
from tiza.diagnosis.steps import StepMeasures
from tiza.diagnosis.thresholds import limit


def rate_too_high(evidence: Evidence) -> Iterator[Finding]:
    """Find steps that raise the loss although smaller ones would lower it."""
    moments = [evidence.now] if evidence.start is None else [evidence.start, evidence.now]
    if evidence.has_learned("learned"):
        return
    for moment in moments:
        if _is_too_high(moment, evidence):
            step = moment.step
            yield Finding(
                "rate_too_high",
                numbers={**_numbers(step), "factor": step.best.factor},
                changes=(Change("learning_rate", step.learning_rate * step.best.factor),),
                later=moment is evidence.now and evidence.start is not None,
            )
            return


def _is_too_high(moment: Moment, evidence: Evidence) -> bool:
    step = moment.step
    if step.loss is None or step.best.loss is None or step.best.factor >= 0.5:
        return False
    rise = step.at(1.0) - step.loss
    floor = evidence.first.results.constant_loss or step.loss
    return step.best.loss < step.loss and rise > limit("rise") * max(step.loss, floor)


def rate_too_low(evidence: Evidence) -> Iterator[Finding]:
    """Find steps so small that nothing changes, although larger ones would lower the loss."""
    step, ratio = evidence.now.step, evidence.now.step.ratio
    if ratio is None or step.loss is None or step.best.loss is None or evidence.has_learned("learned"):
        return
    worth = step.loss - step.best.loss > limit("worth_falling") * abs(step.loss)
    if 0.0 < ratio < limit("slow_update") and step.best.factor >= limit("slow_factor") and worth:
        usual = limit("update_ratio") / ratio
        factor = _rounded(min(usual, step.best.factor))
        yield Finding(
            "rate_too_low",
            numbers={**_numbers(step), "factor": step.best.factor, "best": step.best.loss},
            changes=(Change("learning_rate", step.learning_rate * factor),),
        )


def _rounded(factor: float) -> float:
    """Return the power of ten nearest to a factor."""
    return float(10.0 ** round(math.log10(factor)))


def _numbers(step: StepMeasures) -> dict[str, float | None]:
    """Return what a step's sentence mentions."""
    losses = {one.factor: one.loss for one in step.along}
    return {
        "rate": step.learning_rate,
        "ratio": step.ratio,
        "loss": step.loss,
        "half": losses[0.5],
        "whole": losses[1.0],
        "double": losses[2.0],
    }
