"""The loss of a few samples, from given outputs."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.exercises.calculation import Calculation, Line, line
from tiza.exercises.drawing import Draw, own_pair
from tiza.exercises.naming import notation_of_profile
from tiza.exercises.parts import LOSSES, SOFTMAX
from tiza.exercises.problem import Array, Attempts, Numbers, Problem
from tiza.exercises.request import Request
from tiza.exercises.step_problem import MOVED, QUANTITIES
from tiza.graph.provenance import Provenance, Role
from tiza.language import translatable

SAMPLES_OF_ONE, SAMPLES_OF_SEVERAL = 3, 2
"""Samples with one output, and with several."""
PREDICTIONS = tuple(at / 10 for at in range(-29, 30) if at % 10 and at != 5)
CHANCES = tuple(at / 20 for at in range(2, 19) if at != 10)
CLASS_CHANCES = tuple(at / 100 for at in range(12, 61) if at not in (20, 25, 50))
_SAMPLE_FORGOTTEN = translatable("last sample forgotten")
_LOGARITHMS_SWAPPED = translatable("ln ŷ and ln(1 − ŷ) swapped")
_SIZE_FORGOTTEN = translatable("absolute value forgotten")
_MOST, _LEAST = 3.0, 0.02


class LossTemplate:
    """Outputs and targets without their numbers.

    Args:
        request: what is asked for.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self._part = LOSSES[request.loss]
        self.notation = notation_of_profile(request.profile)
        self.units = request.sizes[-1]
        self.samples = SAMPLES_OF_ONE if self.units == 1 else SAMPLES_OF_SEVERAL
        self.outputs = self._names(self.notation.letters.get("output", "a"))
        self.targets = self._names(self.notation.letters.get("target", "y"))
        self.own = [f"e{at + 1}" for at in range(self.samples)]
        given = [name for row in (*self.outputs, *self.targets) for name in row]
        rows = 0 if self._part.adds else self.samples
        self._calculation = Calculation(given, self._lines(), self.notation, rows, self.units)
        self.names = self._calculation.names
        self.asked = self._calculation.asked

    def _names(self, letter: str) -> list[list[str]]:
        """Return names: one row a sample."""
        mark = "_" if len(letter) > 1 else ""
        if self.units == 1:
            return [[f"{letter}{mark}{at + 1}"] for at in range(self.samples)]
        return [
            [f"{letter}{mark}{at + 1}{unit + 1}" for unit in range(self.units)] for at in range(self.samples)
        ]

    def _lines(self) -> list[Line]:
        lines = []
        for own, outputs, targets in zip(self.own, self.outputs, self.targets, strict=True):
            terms = [
                self._part.term.format(p=f"{{{output}}}", t=f"{{{target}}}")
                for output, target in zip(outputs, targets, strict=True)
            ]
            whole = " + ".join(terms)
            if self._part.means and len(terms) > 1:
                whole = f"({whole})/{len(terms)}"
            lines.append(line(own, whole))
        total = " + ".join(f"{{{one}}}" for one in self.own)
        if not self._part.adds:
            total = f"({total})/{self.samples}"
        known = Provenance(role=Role.LOSS, name="loss", note=self.request.loss)
        return [*lines, Line("loss", total, known)]

    def problem(self, numbers: Numbers) -> Problem:
        """Return the problem with its numbers."""
        return self._calculation.problem(numbers, self._attempts)

    def _attempts(self, problem: Problem, element: Element) -> Attempts:
        """Yield what common mistakes give, those of these losses besides the usual ones."""
        yield from problem.slips(element)
        at = self.asked.index(element)
        if at == self.samples:
            kept = sum(problem.value(one) for one in self.asked[: self.samples - 1])
            yield _SAMPLE_FORGOTTEN, kept if self._part.adds else kept / self.samples
            return
        pairs = [
            (problem.value(self._calculation.elements[p]), problem.value(self._calculation.elements[t]))
            for p, t in zip(self.outputs[at], self.targets[at], strict=True)
        ]
        if self.request.loss == "binary_crossentropy":
            swapped = [-math.log(1 - p if t else p) for p, t in pairs]
            yield _LOGARITHMS_SWAPPED, sum(swapped) / self.units
        if self.request.loss == "mean_absolute_error":
            yield _SIZE_FORGOTTEN, sum(p - t for p, t in pairs) / self.units

    # numbers

    def draw(self, draw: Draw, variant: int, attempt: int) -> Numbers:
        """Return outputs and targets; the first outputs of two samples belong to this variant alone."""
        outputs, targets = self._outputs_drawn(draw, variant), self._targets_drawn(draw)
        return {
            name: np.asarray(value)
            for names, values in ((self.outputs, outputs), (self.targets, targets))
            for row, numbers in zip(names, values, strict=True)
            for name, value in zip(row, numbers, strict=True)
        }

    def _outputs_drawn(self, draw: Draw, variant: int) -> list[list[float]]:
        of_classes = self.request.loss == "categorical_crossentropy"
        choices = PREDICTIONS
        if self._part.is_of_classes:
            choices = CLASS_CHANCES if of_classes else CHANCES
        firsts = own_pair(self.request.seed, f"{self.request.code} outputs", variant, choices, choices)
        others = [one for one in choices if one not in firsts]
        if not of_classes:
            rest = iter(draw.several(others, self.samples * self.units))
            return [
                [first, *(next(rest) for _ in range(self.units - 1))]
                for first in (*firsts, *(next(rest) for _ in range(self.samples - len(firsts))))
            ]
        return [_chances(first, self.units, draw) for first in firsts]

    def _targets_drawn(self, draw: Draw) -> list[list[float]]:
        if self.request.output == SOFTMAX or self.request.loss == "categorical_crossentropy":
            chosen = [draw.below(self.units) for _ in range(self.samples)]
            return [[float(at == one) for at in range(self.units)] for one in chosen]
        if not self._part.is_of_classes:
            found = draw.several(QUANTITIES, self.samples * self.units)
            return [found[at : at + self.units] for at in range(0, len(found), self.units)]
        return [[float(draw.below(2)) for _ in range(self.units)] for _ in range(self.samples)]

    def beside(self, numbers: Numbers, draw: Draw) -> Problem:
        """Return the problem with its outputs moved a little, and its targets, unless they are classes."""
        moved: dict[str, Array] = {}
        fixed = {name for row in self.targets for name in row} if self._part.is_of_classes else set()
        for name, value in numbers.items():
            part = 1 if name in fixed else 1 + MOVED * (draw.below(2_000_001) / 1_000_000 - 1)
            moved[name] = np.asarray(value * part)
        return self.problem(moved)

    def is_friendly(self, problem: Problem) -> bool:
        """Return whether both classes or both signs are there, and no loss is tiny or large."""
        if self.request.loss == "binary_crossentropy":
            targets = {
                problem.value(self._calculation.elements[name]) for row in self.targets for name in row
            }
            if len(targets) < 2:
                return False
        if self.request.loss == "mean_absolute_error":
            shown = (
                value
                for one in self.asked
                for name, value in self._attempts(problem, one)
                if name == _SIZE_FORGOTTEN
            )
            if all(value > 0 for value in shown):
                return False
        return all(_LEAST <= problem.value(one) <= _MOST for one in problem.asked)


def _chances(first: float, count: int, draw: Draw) -> list[float]:
    """Return chances in hundredths that add up to 1, the first one given."""
    left = round(100 * (1 - first))
    cuts = sorted({1 + draw.below(left - 1) for _ in range(count - 2)})
    while len(cuts) < count - 2:
        cuts = sorted({*cuts, 1 + draw.below(left - 1)})
    edges = [0, *cuts, left]
    return [first, *((after - before) / 100 for before, after in pairwise(edges))]
