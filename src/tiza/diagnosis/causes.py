"""The causes that are looked for, the most likely first: each reads the evidence and may find something."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tiza.diagnosis.evidence import Evidence
from tiza.diagnosis.findings import Finding
from tiza.diagnosis.gradient_causes import exploding_gradients, vanishing_gradients
from tiza.diagnosis.output_causes import (
    equal_outputs,
    flat_and_wrong,
    no_better_than_constant,
    plateau,
    rare_class,
    unreachable_targets,
    unsuitable_loss,
)
from tiza.diagnosis.rate_causes import rate_too_high, rate_too_low
from tiza.diagnosis.unit_causes import dead_units, same_units, saturated_units, unscaled_inputs

CAUSES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    unscaled_inputs,
    unreachable_targets,
    unsuitable_loss,
    same_units,
    dead_units,
    rate_too_high,
    flat_and_wrong,
    saturated_units,
    vanishing_gradients,
    exploding_gradients,
    rate_too_low,
    rare_class,
    equal_outputs,
    plateau,
    no_better_than_constant,
)
"""In the order of their likelihood: what is wrong with data and loss spoils all that follows."""


def findings_of(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what is wrong: what showed from the start first, then what came later, each by likelihood."""
    found = [one for cause in CAUSES for one in cause(evidence)]
    return tuple(sorted(found, key=lambda one: one.later))
