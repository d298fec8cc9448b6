"""Causes that show in the size of gradients from layer to layer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tiza.diagnosis.evidence import Evidence, Moment
from tiza.diagnosis.findings import Change, Finding
from tiza.diagnosis.layers import SATURATING, LayerMeasures
from tiza.diagnosis.thresholds import limit
from tiza.diagnosis.unit_causes import initializer_for


def vanishing_gradients(evidence: Evidence) -> Iterator[Finding]:
    """Find gradients that die away on the way back to the first layer."""
    now, first = ratio_of(evidence.now), ratio_of(evidence.first)
    if now is None or not 0.0 < now < limit("least_gradient") or evidence.has_learned("learned"):
        return
    curved = _followed(evidence.now)[:-1]
    flat = [one.activation_layer for one in curved if one.activation in SATURATING]
    change = Change("initializer", initializer_for(evidence.now))
    yield Finding(
        "vanishing_gradients",
        (curved[0].name,),
        {"ratio": now, "layers_passed": float(len(curved))},
        _ends(evidence.now),
        (Change("activation", "relu", tuple(flat)), Change("initializer", "he_normal"))
        if flat
        else (change,),
        later=first is None or not 0.0 < first < limit("least_gradient"),
    )


def exploding_gradients(evidence: Evidence) -> Iterator[Finding]:
    """Find gradients that grow on the way back to the first layer."""
    now, first = ratio_of(evidence.now), ratio_of(evidence.first)
    if now is None or now <= limit("most_gradient") or evidence.has_learned("learned"):
        return
    yield Finding(
        "exploding_gradients",
        (_followed(evidence.now)[0].name,),
        {"ratio": now},
        _ends(evidence.now),
        (Change("initializer", initializer_for(evidence.now)),),
        later=first is None or first <= limit("most_gradient"),
    )


def _followed(moment: Moment) -> list[LayerMeasures]:
    """Return the layers from the first one that can be followed to the end, and that end."""
    layers = {one.name: one for one in moment.layers.layers}
    read = {name for one in layers.values() for name in one.leads_to}
    firsts = [one for one in layers.values() if one.name not in read]
    longest: list[LayerMeasures] = []
    for one in firsts:
        chain = [one]
        while chain[-1].leads_to:
            chain.append(layers[chain[-1].leads_to[0]])
        if len(chain) > len(longest):
            longest = chain
    return longest


def ratio_of(moment: Moment) -> float | None:
    """Return the delta of the first layer / that of the last, each as root mean square over units."""
    chain = _followed(moment)
    if len(chain) < 2 or not chain[-1].delta:
        return None
    first, last = (one.delta / math.sqrt(one.units) for one in (chain[0], chain[-1]))
    return first / last


def _ends(moment: Moment) -> dict[str, str]:
    chain = _followed(moment)
    return {"first": chain[0].name, "last": chain[-1].name}
