"""A step of a network as a problem: forward, back, and new weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import in_notation
from tiza.blackboard.targets import parse_target
from tiza.exercises.drawing import Draw, own_pair
from tiza.exercises.naming import LayerShape, notation_of, sheet_names
from tiza.exercises.parts import ACTIVATIONS, BACKWARD, FORWARD, LINEAR, LOSSES, OPTIMIZERS, OUTPUTS, UPDATE
from tiza.exercises.problem import Array, Numbers, Problem
from tiza.exercises.request import Request
from tiza.graph.provenance import Role
from tiza.models.model import Model
from tiza.models.sequential import Sequential
from tiza.nn.layers import Dense, Input
from tiza.sheets.subject import Subject, subject_of_step
from tiza.training.state import ITERATIONS, slot_path

WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4, 1.5)
"""Sizes of weights: no 0 and no 1, which hide a factor that is missing."""
BIASES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_INPUT_SIZES = (0.2, 0.4, 0.5, 0.6, 0.8, 1.5, 2.0, 2.5, 3.0)
INPUTS = (*_INPUT_SIZES, *(-one for one in _INPUT_SIZES))
QUANTITIES = (-2.5, -2.0, -1.5, -0.8, -0.6, -0.4, 0.4, 0.6, 0.8, 1.5, 2.0, 2.5)
BOUNDED = (0.1, 0.2, 0.3, 0.7, 0.8, 0.9)
"""Targets of a unit whose output is between 0 and 1, or -1 and 1."""
MOVED = 0.01
"""Part by which numbers are moved to tell formulas that are the same from numbers that chance makes equal."""
MOST = 6.0
"""Size beyond which nothing is asked for."""
MOST_LOSS = 3.0


class StepTemplate:
    """A network without its numbers.

    Args:
        request: what is asked for.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.model = _model(request)
        inputs, outputs = request.sizes[0], request.sizes[-1]
        y = np.zeros((1, outputs))
        y[0, 0] = 1.0
        self._setting = self.model.setting(np.zeros((1, inputs)), y)
        notation = notation_of(request.profile, self.layers)
        self.plain = self._setting.plan.names
        # every number has its own name, so that w2 cannot be taken for the second layer's weights
        single = {parse_target(target, self.plain): name for name, target in notation.names.items()}
        self.names = replace(in_notation(self.plain, notation), single=single)
        self.naming = sheet_names(self.names, self.plain)
        self.asked = tuple(parse_target(one, self.plain) for one in self._targets())

    @cached_property
    def layers(self) -> tuple[LayerShape, ...]:
        """The layers."""
        sizes, request = self.request.sizes, self.request
        activations = [request.activation] * (len(sizes) - 2) + [request.output]
        paths = [path.rpartition(".")[0] for path in self.model.weight_paths if path.endswith(".kernel")]
        return tuple(
            (path, before, after, activation != LINEAR)
            for path, before, after, activation in zip(paths, sizes, sizes[1:], activations, strict=False)
        )

    def problem(self, numbers: Numbers) -> Problem:
        """Return the problem with its numbers."""
        paths = (*self._setting.plan.state, "x", "y", "learning_rate")
        inputs = tuple(
            np.asarray(numbers.get(path, before), before.dtype)
            for path, before in zip(paths, self._setting.inputs, strict=True)
        )
        rate = float(numbers["learning_rate"]) if self.request.kind == UPDATE else None
        subject = replace(self._subject, numbers=inputs, learning_rate=rate)
        return Problem(subject, self.names, self.asked, self.naming)

    @cached_property
    def _subject(self) -> Subject:
        """The step with other numbers: candidates share its graph."""
        return subject_of_step(self._setting)

    def model_with(self, numbers: Numbers) -> Model:
        """Return the network as a compiled model with these weights."""
        model = _model(self.request, float(numbers["learning_rate"]))
        model.set_weights([numbers[path] for path in model.weight_paths])
        return model

    # what is asked for

    def _targets(self) -> Iterator[str]:
        kind, layers = self.request.kind, self.layers
        for path, _, units, has_activation in layers:
            softmax = has_activation and path == layers[-1][0] and self.request.output == "softmax"
            if softmax:
                yield from (f"{path}.z[{at}]" for at in range(units))
                yield from (f"{path}.a[{at}]" for at in range(units))
                continue
            for at in range(units):
                yield f"{path}.z[{at}]"
                if has_activation:
                    yield f"{path}.a[{at}]"
        if kind == FORWARD:
            return
        yield "loss"
        changed = layers[-1:] if self._keeps and kind == UPDATE else layers
        for path, before, units, _ in reversed(changed):
            yield from (f"{path}.delta[{at}]" for at in range(units))
            yield from (f"grad {one}" for one in _weights(path, before, units))
        if kind == BACKWARD:
            return
        for path, before, units, _ in changed:
            for one in _weights(path, before, units):
                name, _, index = one.partition("[")
                yield from (f"new {name}.{slot}[{index}" for slot in self._keeps)
                yield f"new {one}"

    @property
    def _keeps(self) -> Mapping[str, tuple[float, ...]]:
        return OPTIMIZERS[self.request.optimizer].kept

    def is_told(self, path: str) -> bool:
        """Return whether the exercise tells what the optimizer keeps of a weight."""
        return path.rpartition(".")[0] == self.layers[-1][0]

    # numbers

    def draw(self, draw: Draw, variant: int, attempt: int) -> Numbers:
        """Return numbers with few digits; the first two belong to this variant alone."""
        request = self.request
        numbers: dict[str, Array] = {}
        total = sum(before * units for _, before, units, _ in self.layers)
        weights = draw.signed(WEIGHTS, total)
        for path, before, units, _ in self.layers:
            kernel = [weights.pop(0) for _ in range(before * units)]
            numbers[f"{path}.kernel"] = np.array(kernel).reshape(before, units)
            numbers[f"{path}.bias"] = np.array(draw.signed(BIASES, units))
        first, second = own_pair(request.seed, f"{request.code} x", variant, INPUTS, INPUTS)
        inputs, outputs = request.sizes[0], request.sizes[-1]
        if inputs == 1:
            numbers["x"] = np.array([[first]])
            path = self.layers[0][0]
            numbers[f"{path}.bias"][0] = BIASES[int(abs(second) * 10) % len(BIASES)]
        else:
            others = [one for one in INPUTS if abs(one) not in (abs(first), abs(second))]
            numbers["x"] = np.array([[first, second, *draw.several(others, inputs - 2)]])
        numbers["y"] = self._targets_drawn(draw, outputs)
        part = OPTIMIZERS[request.optimizer]
        numbers["learning_rate"] = np.asarray(draw.one(part.rates))
        if part.counts:
            numbers[ITERATIONS] = np.asarray(2 + draw.below(3))
        for path, before, units, _ in self.layers:
            for weight, shape in ((f"{path}.kernel", (before, units)), (f"{path}.bias", (units,))):
                for slot, sizes in part.kept.items():
                    choose = draw.signed if slot in part.signed else draw.several
                    drawn = choose(sizes, int(np.prod(shape)))
                    numbers[slot_path(slot, weight)] = np.array(drawn, dtype=float).reshape(shape)
        return numbers

    def _targets_drawn(self, draw: Draw, outputs: int) -> Array:
        if self.request.output == "softmax":
            y = np.zeros((1, outputs))
            y[0, draw.below(outputs)] = 1.0
            return y
        if LOSSES[self.request.loss].is_of_classes:
            return np.array([[float(draw.below(2)) for _ in range(outputs)]])
        choices = QUANTITIES if self.request.output == LINEAR else BOUNDED
        return np.array([draw.several(choices, outputs)])

    def beside(self, numbers: Numbers, draw: Draw) -> Problem:
        """Return the problem with every number moved a little, but for targets that are classes."""
        fixed = {ITERATIONS} | ({"y"} if LOSSES[self.request.loss].is_of_classes else set())
        moved: dict[str, Array] = {}
        for path, value in numbers.items():
            if path in fixed:
                moved[path] = value
                continue
            parts = [1 + MOVED * (draw.below(2_000_001) / 1_000_000 - 1) for _ in range(value.size)]
            moved[path] = value * np.array(parts).reshape(value.shape)
        return self.problem(moved)

    # friendliness

    def is_friendly(self, problem: Problem) -> bool:
        """Return whether no unit is saturated, no number tiny or large, and no step too long."""
        return (
            self._kinks_are_seen(problem)
            and all(self._is_friendly(problem, element) for element in problem.asked)
            and (not self.is_whole_step or self._falls(problem))
        )

    @property
    def is_whole_step(self) -> bool:
        """Whether all new weights are asked for."""
        return self.request.kind == UPDATE and not self._keeps

    def _falls(self, problem: Problem) -> bool:
        """Return whether the step makes the loss smaller: it is not too long."""
        assert problem.loss_after is not None
        assert problem.subject.loss is not None
        return problem.loss_after < problem.value(Element(problem.subject.loss, ()))

    def _is_friendly(self, problem: Problem, element: Element) -> bool:
        known, value = element.node.provenance, problem.value(element)
        least = 10.0 ** (2 - self.request.decimals)
        if known.role is Role.PRE_ACTIVATION:
            last = known.layer == self.layers[-1][0]
            most = OUTPUTS[self.request.output] if last else ACTIVATIONS[self.request.activation].most
            return 0.2 <= abs(value) <= most
        if value == 0 and known.role in (Role.ACTIVATION, Role.GRADIENT):
            return self.request.activation == "relu"
        return least <= abs(value) <= (MOST_LOSS if known.role is Role.LOSS else MOST)

    def _kinks_are_seen(self, problem: Problem) -> bool:
        """Return whether a layer with a kink has units on both sides of it, where it has several."""
        if not ACTIVATIONS[self.request.activation].is_kinked or len(self.layers) == 1:
            return True
        for path, _, units, _ in self.layers[:-1]:
            signs = {
                problem.value(one) > 0
                for one in problem.asked
                if one.node.provenance.layer == path and one.node.provenance.role is Role.PRE_ACTIVATION
            }
            if len(signs) == 1 and (units > 1 or signs == {False}):
                return False
        return True


def _model(request: Request, learning_rate: float = 0.1) -> Model:
    hidden = [Dense(units, request.activation) for units in request.sizes[1:-1]]
    last = Dense(request.sizes[-1], request.output)
    model = Sequential([Input((request.sizes[0],)), *hidden, last], dtype="float64")
    optimizer = OPTIMIZERS[request.optimizer if request.kind == UPDATE else "sgd"].make(learning_rate)
    model.compile(optimizer, request.loss)
    return model


def _weights(path: str, before: int, units: int) -> Iterator[str]:
    """Yield the weights of a layer, unit by unit, then its biases."""
    yield from (f"{path}.kernel[{source},{at}]" for at in range(units) for source in range(before))
    yield from (f"{path}.bias[{at}]" for at in range(units))
