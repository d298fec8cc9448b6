"""What is asked, and which quantities an answer has to work out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.blackboard.derivation import about_weight
from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names
from tiza.blackboard.targets import WHOLE_STEP, parse_target
from tiza.errors import ModelError
from tiza.graph.node import Node
from tiza.graph.provenance import Provenance, Role

WHOLE_WIDTH = 8
"""Weights with an axis longer than this are not all updated on the page of a whole step."""
SHOWN_WEIGHTS = 4
"""Of these, the ones that change most are."""


@dataclass(frozen=True)
class Question:
    """What is to be explained.

    Attributes:
        asked: the number that was asked for.
        root: the number whose line answers: the new weight, a gradient, or what was asked.
        gradient: the derivative of the loss with respect to what the question is about, where there is one.
        is_step: whether all new weights are asked for.
    """

    asked: Element
    root: Element
    gradient: Element | None = None
    is_step: bool = False

    @property
    def is_update(self) -> bool:
        """Whether the answer is a weight's new value."""
        return self.root not in (self.asked, self.gradient)

    def roots(self, loss: Element) -> list[Element]:
        """Return what has to be worked out; the loss, too, where something is derived from it."""
        found = [self.root] if self.gradient is None else [self.root, self.gradient]
        if self.gradient is not None or _comes_from_loss(self.root.node.provenance):
            found.append(loss)
        return list(dict.fromkeys(found))


def read_question(target: str, update: bool, names: Names, loss: Element) -> Question:
    """Return what is asked for: a weight is explained by its gradient, or by its update.

    Raises:
        ModelError: `update` is asked of what is no trained weight, or is neither True nor False.
    """
    if not isinstance(update, bool):
        raise ModelError(f"update: got {update!r}, expected True or False.")
    if isinstance(target, str) and target.strip() == WHOLE_STEP and names.rows:
        return Question(loss, loss, is_step=True)
    asked = parse_target(target, names)
    about = asked.node.provenance
    if about.role is Role.UPDATE and about.of is not None and about.name == "new":
        before = names.about(asked)
        assert before is not None
        if about.of.role is not Role.PARAMETER:
            return Question(asked, asked)
        asked, about, update = before, about.of, True
    if about.role is not Role.PARAMETER:
        if update:
            raise ModelError(
                f"update: {names.element(asked)} is no weight and has no new value; "
                "ask for a weight, such as dense.kernel[0,0], or leave update out."
            )
        return Question(asked, asked, asked if _is_slope(asked) else None)
    gradient = names.derived(asked, Role.GRADIENT)
    if not update:
        return Question(asked, gradient or asked, gradient)
    new = names.derived(asked, Role.UPDATE)
    if new is None:
        name = names.of[asked.node]
        raise ModelError(f"update: {name} is not trained, so it has no new value; leave update out.")
    return Question(asked, new, gradient)


def _is_slope(element: Element) -> bool:
    """Return whether a number is the derivative of the loss by a weight or by a feature."""
    known = element.node.provenance
    return known.role is Role.GRADIENT and known.of is not None and known.of.role in _GIVEN


_GIVEN = {Role.PARAMETER, Role.INPUT}


def _comes_from_loss(known: Provenance) -> bool:
    """Return whether a quantity is a derivative of the loss, or what becomes of a weight by it."""
    return known.role is Role.GRADIENT or (known.role is Role.UPDATE and about_weight(known))


def new_weights(names: Names, values: Mapping[Node, Any]) -> list[Element]:
    """Return the new weights that the page of a whole step shows.

    Args:
        names: the quantities of the step.
        values: recorded values, those of the new weights among them.
    """
    shown: dict[Element, Element] = {}
    for weight in names.of:
        if weight.provenance.role is not Role.PARAMETER:
            continue
        new = names.derived(Element(weight, ()), Role.UPDATE)
        if new is None or new.node not in values:
            continue
        change = np.abs(np.asarray(values[new.node]) - np.asarray(values[weight]))
        indices = list(np.ndindex(change.shape))
        if change.ndim and max(change.shape) > WHOLE_WIDTH:
            largest = sorted(indices, key=lambda index: -float(change[index]))[:SHOWN_WEIGHTS]
            indices = sorted(largest)
        shown.update((Element(weight, tuple(index)), Element(new.node, tuple(index))) for index in indices)
    if all(one in names.single for one in shown):  # w1, w2, w3, whatever their places in the kernel
        return [shown[one] for one in names.single if one in shown]
    return list(shown.values())
