"""Names for a network that has none of its own: units and weights counted through, as by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tiza.blackboard.names import Names
from tiza.graph.node import Node
from tiza.graph.provenance import Role

MOST_WEIGHTS = 1_000
"""Nobody counts further by hand."""


def counted_names(names: Names) -> Mapping[str, str]:
    """Return target by name: x1, w1, b1, z1, net1, δ1, h1, out1, o1; empty where nobody counts so.

    The weights of a unit stand together, one an input. `h` is what a unit gives, `o` what one of the last
    layer does, counted within it; only dense layers that follow each other have such names.
    """
    layers = list(_layers(names))
    if names.rows > 1 or not layers or sum(one.tensor_type.size for _, one in layers) > MOST_WEIGHTS:
        return {}
    found = {f"x{at + 1}": f"x[{at}]" for at in range(layers[0][1].tensor_type.shape[0])}
    weight = unit = 0
    for number, (layer, kernel) in enumerate(layers, 1):
        before, units = kernel.tensor_type.shape
        gives = "a" if _has_activation(names, layer) else "z"
        for at in range(units):
            unit += 1
            for source in range(before):
                weight += 1
                found[f"w{weight}"] = f"{layer}.kernel[{source},{at}]"
            found[f"b{unit}"] = f"{layer}.bias[{at}]"
            found |= {f"{letter}{unit}": f"{layer}.z[{at}]" for letter in ("z", "net", "Σ")}
            found |= {f"{letter}{unit}": f"{layer}.delta[{at}]" for letter in ("δ", "delta")}
            found[f"h{unit}" if number < len(layers) else f"o{at + 1}"] = f"{layer}.{gives}[{at}]"
            found[f"out{unit}"] = f"{layer}.{gives}[{at}]"
    return found


def _layers(names: Names) -> Iterator[tuple[str, Node]]:
    """Yield path and kernel of each layer as they are applied; nothing where one is not dense."""
    kernels = {
        one.provenance.layer: one
        for one in names.of
        if one.provenance.role is Role.PARAMETER and one.provenance.name == "kernel"
    }
    applied = [one for one in names.of if one.provenance.role is Role.PRE_ACTIVATION]
    paths = [one.provenance.layer for one in applied]
    chained = [kernels[one] for one in paths if one in kernels and len(kernels[one].tensor_type.shape) == 2]
    if len(chained) == len(paths) == len(set(paths)):
        yield from zip(paths, chained, strict=True)


def _has_activation(names: Names, layer: str) -> bool:
    known = (one.provenance for one in names.of)
    return any(one.role is Role.ACTIVATION and one.layer == layer and not one.name for one in known)
