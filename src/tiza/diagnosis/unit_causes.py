"""Causes that show in what enters the network and in its units."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tiza.diagnosis.evidence import Evidence, Moment
from tiza.diagnosis.findings import Change, Finding
from tiza.diagnosis.layers import LayerMeasures
from tiza.diagnosis.thresholds import limit

RECTIFIERS = frozenset(("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "prelu", "softplus"))
"""Activations for which the variance 2 / fan_in of He et al. (2015) keeps signals at their size."""


def unscaled_inputs(evidence: Evidence) -> Iterator[Finding]:
    """Find features that are much larger or smaller than 1."""
    names = evidence.case.trainer.objective.network.input_names
    for number, one in enumerate(evidence.features):
        if not one or evidence.has_learned("learned"):
            continue
        of_these = one.large or one.small
        if not one.large and len(one.small) < limit("small_share") * len(one.sizes):
            continue
        worst = max(of_these, key=lambda place: abs(math.log(one.sizes[place])))
        yield Finding(
            "large_inputs" if one.large else "small_inputs",
            numbers={
                "count": float(len(of_these)),
                "features": float(len(one.sizes)),
                "feature": float(worst),
                "size": one.sizes[worst],
            },
            words={"input": names[number]} if len(names) > 1 else {},
            changes=(Change("standardize"),),
        )


def same_units(evidence: Evidence) -> Iterator[Finding]:
    """Find layers whose units are all the same; they stay so for ever."""
    layers = [one for one in evidence.now.layers.layers if one.same]
    if layers:
        yield Finding(
            "same_units",
            tuple(one.name for one in layers),
            {"units": float(layers[0].units)},
            changes=(Change("initializer", initializer_for(evidence.now)),),
        )


def initializer_for(moment: Moment) -> str:
    """Return the initializer that suits the hidden activations."""
    known = {one.activation for one in moment.layers.layers[:-1]}
    return "he_normal" if known & RECTIFIERS else "glorot_uniform"


def _paths(layers: list[LayerMeasures]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.activation_layer for one in layers))


def _hidden(moment: Moment) -> list[LayerMeasures]:
    return [one for one in moment.layers.layers if one.leads_to and one.activation]


def dead_units(evidence: Evidence) -> Iterator[Finding]:
    """Find layers most of whose units have slope 0 on all samples."""

    def dead(moment: Moment) -> list[LayerMeasures]:
        return [one for one in _hidden(moment) if one.dead >= limit("dead_share") * one.units]

    now, later = dead(evidence.now), not dead(evidence.first)
    if now:
        worst = max(now, key=lambda one: one.dead / one.units)
        again = Change("initializer", initializer_for(evidence.now))
        leaky = Change("activation", "leaky_relu", _paths(now))
        yield Finding(
            "dead_units",
            tuple(one.name for one in now),
            {"dead": float(worst.dead), "units": float(worst.units)},
            {"layer": worst.name, "activation": worst.activation},
            (leaky if later else again,),
            later,
        )


def saturated_units(evidence: Evidence) -> Iterator[Finding]:
    """Find hidden layers most of whose units are flat on most samples."""

    def saturated(moment: Moment) -> list[LayerMeasures]:
        return [one for one in _hidden(moment) if one.saturated >= limit("saturated_share") * one.units]

    now, later = saturated(evidence.now), not saturated(evidence.first)
    if now and not evidence.has_learned("learned"):
        worst = max(now, key=lambda one: one.saturated / one.units)
        again = Change("initializer", "glorot_uniform")
        other = Change("activation", "relu", _paths(now))
        yield Finding(
            "saturated_units",
            tuple(one.name for one in now),
            {
                "saturated": float(worst.saturated),
                "units": float(worst.units),
                "slope": worst.mean_slope or 0.0,
            },
            {"layer": worst.name, "activation": worst.activation},
            (other if later else again,),
            later,
        )
