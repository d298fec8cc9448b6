"""The notations that a page can be written in: one for each course, and the network's own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from tiza.blackboard.notation import DEFAULT, Notation
from tiza.errors import NameNotFoundError
from tiza.graph.primitive import unknown_name

_COUNTED = Notation(
    counts_layers=True,
    first_index=1,
    letters={
        "kernel": "w",
        "recurrent_kernel": "u",
        "depthwise_kernel": "w",
        "pointwise_kernel": "q",
        "embeddings": "e",
        "bias": "b",
        "output": "ŷ",
        "target": "y",
        "iterations": "k",
        "velocity": "p",
        "accumulator": "G",
        "mu": "μ",
        "next_mu": "μ⁺",
        "product": "Π",
        "v_max": "vmax",
        "ahead": "s",
        "rate": "η",
        "change": "Δ",
        "decayed": "ω",
        "direction": "s",
        "blend": "κ",
        "u": "M",
    },
)


def _course(
    name: str, letters: Mapping[str, str], columns: bool = False, output_first: bool = False
) -> Notation:
    counted = _COUNTED.with_letters(letters)
    return replace(counted, name=name, columns=columns, output_first=output_first)


NOTATIONS: dict[str, Notation] = {
    one.name: one
    for one in (
        DEFAULT,
        # a stands before the activation and h after it; E is the error
        _course("metodos-avanzados", {"z": "a", "a": "h", "loss": "E"}, columns=True),
        # z is what a unit gives, a gate z has another letter; the rate is alpha, and w_ji leads from i to j
        _course(
            "diseno-de-redes",
            {"z": "a", "a": "z", "gate z": "g", "loss": "E", "learning_rate": "α", "rate": "α"},
            columns=True,
            output_first=True,
        ),
        # C is the cost, a what a unit gives
        _course("clase-4", {"loss": "C", "output": "a"}, columns=True, output_first=True),
        # rows: X = σ(X W + b); w_jk leads from j to k
        _course("retropropagacion", {"loss": "C"}),
        # h is what a hidden unit gives
        _course("calculo-numerico", {"a": "h", "output": "y_pred", "target": "y_true"}, columns=True),
    )
}


Profile: TypeAlias = str | Notation | None
"""What a notation may be asked for by."""


def notation(profile: Profile) -> Notation:
    """Return a notation by its name.

    Raises:
        NameNotFoundError: there is no such notation; near ones are suggested.

    Example:
        >>> notation("clase-4").loss, notation(None).loss
        ('C', 'L')
    """
    if profile is None:
        return DEFAULT
    if isinstance(profile, Notation):
        return profile
    if not isinstance(profile, str) or profile not in NOTATIONS:
        raise NameNotFoundError(unknown_name("profile", str(profile), NOTATIONS))
    return NOTATIONS[profile]
