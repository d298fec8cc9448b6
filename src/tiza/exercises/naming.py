"""What a teacher calls the numbers of a network: x1, w1, b1, z1, h1, ŷ, δ1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names, origin
from tiza.blackboard.notation import Notation
from tiza.blackboard.notations import NOTATIONS
from tiza.graph.node import Node
from tiza.graph.provenance import Role

_OF_OPTIMIZERS = {"iterations": "t", "rate": "r", "velocity": "v", "accumulator": "G"}
TEACHER = Notation(
    name="exercise",
    counts_layers=True,
    first_index=1,
    letters={"kernel": "w", "bias": "b", "a": "h", "output": "ŷ", "target": "y", "loss": "E"},
).with_letters(_OF_OPTIMIZERS)
"""The notation of an exercise that asks for no course's."""
_COUNTS_WEIGHTS = frozenset(("", "metodos-avanzados", "calculo-numerico"))
"""Notations in which weights are numbered through: w1, w2 ... The others have indices."""

LayerShape = tuple[str, int, int, bool]
"""Path, inputs, units, and whether z and what the layer gives are two quantities."""


def notation_of_profile(profile: str) -> Notation:
    """Return the notation of a course, or that of a teacher if the profile is empty."""
    return NOTATIONS[profile].with_letters(_OF_OPTIMIZERS) if profile else TEACHER


def notation_of(profile: str, layers: Sequence[LayerShape]) -> Notation:
    """Return the notation of an exercise, with the names of single numbers where it has them."""
    notation = notation_of_profile(profile)
    if profile not in _COUNTS_WEIGHTS:
        return notation
    return notation.with_names(_numbered(notation, layers))


def _numbered(notation: Notation, layers: Sequence[LayerShape]) -> Mapping[str, str]:
    """Return target by name; units and weights are numbered through from input to output."""
    inputs, outputs = layers[0][1], layers[-1][2]
    names = {f"{notation.letter('x')}{at + 1}": f"x[{at}]" for at in range(inputs)}
    weight = unit = 0
    for layer, (path, before, units, has_activation) in enumerate(layers):
        last = layer == len(layers) - 1
        for at in range(units):
            unit += 1
            for source in range(before):
                weight += 1
                names[f"{notation.letter('kernel')}{weight}"] = f"{path}.kernel[{source},{at}]"
            names[f"{notation.letter('bias')}{unit}"] = f"{path}.bias[{at}]"
            output = _one_of(notation.letter("output"), at, outputs)
            z = f"{notation.letter('z')}{unit}"
            names[output if last and not has_activation else z] = f"{path}.z[{at}]"
            if has_activation:
                names[output if last else f"{notation.letter('a')}{unit}"] = f"{path}.a[{at}]"
            names[f"{notation.letter('delta')}{unit}"] = f"{path}.delta[{at}]"
    for at in range(outputs):
        names[_one_of(notation.letter("target"), at, outputs)] = f"y[{at}]"
    return names


def _one_of(letter: str, at: int, count: int) -> str:
    if count == 1:
        return letter
    return f"{letter}{'_' if letter[-1:].isalnum() and len(letter) > 1 else ''}{at + 1}"


_PLAIN = str.maketrans({"∂": "d", "δ": "delta", "η": "eta", "α": "alpha", "′": "'", "ŷ": "yhat"})


def typed_name(name: str) -> str:
    """Return a name as it can be typed: dE/dw1 for ∂E/∂w1.

    Example:
        >>> typed_name("∂E/∂w1"), typed_name("ŷ2"), typed_name("w1′")
        ('dE/dw1', 'yhat2', "w1'")
    """
    return name.translate(_PLAIN)


def sheet_names(names: Names, plain: Names) -> Mapping[str, str]:
    """Return target by every name that a sheet may use: as the exercise writes it, and as it can be typed.

    Args:
        names: the quantities in the exercise's words.
        plain: the same in the network's own.
    """
    found: dict[str, str] = {}
    for node in plain.of:
        if node.provenance.role is Role.STATE or origin(node.provenance).role is Role.LOSS:
            continue
        for element in _elements(node):
            written, target = names.element(element), plain.element(element)
            found.setdefault(written, target)
            found.setdefault(typed_name(written), target)
    loss = names.notation.loss
    return {loss: "loss", typed_name(loss): "loss", **found}


def _elements(node: Node) -> Iterator[Element]:
    for index in np.ndindex(node.tensor_type.shape):
        yield Element(node, tuple(index))
