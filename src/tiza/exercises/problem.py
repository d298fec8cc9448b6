"""A problem with its numbers: formulas, what is asked for, in which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names
from tiza.sheets.formulas import Formulas, World
from tiza.sheets.mistakes import Rank, slips
from tiza.sheets.subject import Subject
from tiza.sheets.wording import WORDING

Array = np.ndarray[Any, Any]
Numbers = Mapping[str, Array]
"""The numbers of a problem by name: of a network weights and slots by path, `x`, `y` and `learning_rate`."""

Attempts = Iterator[tuple[str, float]]
"""What a mistake is called, to be translated, and the number that it gives."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A problem with its numbers.

    Attributes:
        subject: the computation.
        names: what quantities are called.
        asked: the quantities that are asked for, each after those it depends on.
        naming: target by the name that a sheet may use; empty if names are the subject's own.
        attempts: the numbers that mistakes give for a quantity, all asked before it being right.
    """

    subject: Subject
    names: Names
    asked: tuple[Element, ...]
    naming: Mapping[str, str] = field(default_factory=dict)
    attempts: Callable[[Problem, Element], Attempts] = lambda problem, element: problem.slips(element)

    @cached_property
    def formulas(self) -> Formulas:
        """How quantities are computed."""
        return Formulas(self.subject)

    @cached_property
    def given_world(self) -> World:
        """The formulas, each asked quantity being known when the next is worked out."""
        return self.formulas.with_numbers(
            {one: self.value(one) for one in self.asked}, self.formulas.textbook
        )

    @cached_property
    def world(self) -> World:
        """The formulas, from the data alone."""
        return self.formulas.with_numbers({}, self.formulas.textbook)

    def value(self, element: Element) -> float:
        """Return a quantity's number."""
        return self.formulas.exact(element)

    @cached_property
    def loss_after(self) -> float | None:
        """The loss with all new weights; None if there are none."""
        new, loss = self.formulas.new_weights, self.subject.loss
        if not new or loss is None:
            return None
        numbers = tuple(
            self.formulas.values[new[node]] if node in new else value
            for node, value in zip(self.subject.graph.inputs, self.subject.numbers, strict=True)
        )
        return Formulas(replace(self.subject, numbers=numbers)).exact(Element(loss, ()))

    def slips(self, element: Element) -> Attempts:
        """Yield what the mistakes of a student give; a shifted decimal sign is none of them."""
        calculation = self.given_world.calculation(element)
        for slip in slips(calculation):
            if slip.rank < Rank.DECIMAL_SIGN:
                yield WORDING[slip.mistake].name, calculation.value(slip.replaced)
