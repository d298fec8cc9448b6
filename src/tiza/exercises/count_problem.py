"""How many parameters a network has: weights and biases of each layer, and all of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.exercises.calculation import Calculation, line
from tiza.exercises.drawing import Draw, own_pair
from tiza.exercises.naming import notation_of_profile
from tiza.exercises.problem import Attempts, Numbers, Problem
from tiza.exercises.request import Request
from tiza.language import translatable

MOST_FEW = 9
"""Units of a layer that is drawn, at least: up to so many are drawn where the network has few."""

_BIASES_FORGOTTEN = translatable("biases forgotten")
_BIAS_AN_INPUT = translatable("a bias for each input, not for each unit")
_ONE_BIAS = translatable("one bias for the whole layer")
_ADDED = translatable("units added, not multiplied")
_LAYER_FORGOTTEN = translatable("last layer forgotten")
_FIRST_FORGOTTEN = translatable("first layer forgotten")
_INPUTS_COUNTED = translatable("inputs counted as if they had biases")
_UNITS_COUNTED = translatable("units counted, not weights")


class CountTemplate:
    """The layers of a network, without how many units they have.

    Args:
        request: what is asked for.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.notation = notation_of_profile(request.profile)
        self.layers = len(request.sizes) - 1
        self.sizes = [f"n{at}" for at in range(self.layers + 1)]
        own = [f"P{at}" for at in range(1, self.layers + 1)]
        lines = [
            line(name, f"{{{before}}}*{{{after}}} + {{{after}}}")
            for name, before, after in zip(own, self.sizes, self.sizes[1:], strict=False)
        ]
        if self.layers > 1:
            lines.append(line("P", " + ".join(f"{{{name}}}" for name in own)))
        self._calculation = Calculation(self.sizes, lines, self.notation)
        self.names = self._calculation.names
        self.asked = self._calculation.asked

    def problem(self, numbers: Numbers) -> Problem:
        """Return the problem with its numbers."""
        return self._calculation.problem(numbers, self._attempts)

    def _attempts(self, problem: Problem, element: Element) -> Attempts:
        """Yield what common mistakes give."""
        sizes = [problem.value(self._calculation.elements[name]) for name in self.sizes]
        at = self.asked.index(element)
        if at < self.layers:
            before, after = sizes[at], sizes[at + 1]
            yield _BIASES_FORGOTTEN, before * after
            yield _BIAS_AN_INPUT, before * after + before
            yield _ONE_BIAS, before * after + 1
            yield _ADDED, before + after
            return
        right = [problem.value(one) for one in self.asked]
        yield _LAYER_FORGOTTEN, right[-1] - right[-2]
        yield _FIRST_FORGOTTEN, right[-1] - right[0]
        yield _INPUTS_COUNTED, right[-1] + sizes[0]
        yield _UNITS_COUNTED, sum(sizes)

    def draw(self, draw: Draw, variant: int, attempt: int) -> Numbers:
        """Return numbers of units: for the first variant those asked for, if they separate the mistakes."""
        asked = self.request.sizes
        if variant == 1 and attempt == 0:
            return self._numbers(asked)
        inputs, units = (tuple(one for one in _around(asked[at]) if one != asked[at]) for at in (0, 1))
        if self.layers == 1 and asked[1] == 1:
            units = (1.0,)
            inputs = tuple(float(one) for one in range(2, 400) if one != asked[0])
        first, second = own_pair(self.request.seed, f"{self.request.code} units", variant, inputs, units)
        rest = [draw.one(_around(one)) if one > 1 else 1.0 for one in asked[2:]]
        return self._numbers((first, second, *rest))

    def _numbers(self, sizes: tuple[float, ...]) -> Numbers:
        return {name: np.asarray(float(one)) for name, one in zip(self.sizes, sizes, strict=True)}

    def beside(self, numbers: Numbers, draw: Draw) -> Problem:
        """Return the problem with other sizes, but for layers of one unit."""
        other = {
            name: value if value == 1 else np.asarray(value * 10 + 3 + draw.below(1000))
            for name, value in numbers.items()
        }
        return self.problem(other)

    def is_friendly(self, problem: Problem) -> bool:
        """Return whether no two layers that stand side by side are alike."""
        sizes = [problem.value(self._calculation.elements[name]) for name in self.sizes]
        return all(before != after for before, after in pairwise(sizes))


def _around(size: int) -> tuple[float, ...]:
    """Return numbers of units like one that was asked for."""
    return tuple(float(one) for one in range(max(2, size // 2), max(2 * size, size + 15) + 1))
