"""A finding: what is wrong, where, by which numbers, and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change in how a network is made or trained.

    Attributes:
        kind: `standardize`, `learning_rate`, `optimizer`, `loss`, `activation`, `initializer` or
            `class_weight`.
        value: the new rate, or the name of what is taken instead.
        layers: paths of the layers that it is about; all that it can be about if empty.
    """

    kind: str
    value: float | str = ""
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A likely cause.

    Attributes:
        kind: which; `tiza.diagnosis.wording` has a sentence for each.
        layers: paths of the layers where it shows.
        numbers: the measured numbers that led to it, by name; None for one that is not finite.
        words: names that its sentence mentions, by name.
        changes: what to change, all together.
        later: whether it shows only after training, so that it may be an effect of what showed before.
    """

    kind: str
    layers: tuple[str, ...] = ()
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    later: bool = False
