"""A step of a dense network worked out in plain Python, as by hand, with a slip built in where one is wanted.

It shares no code with what it is used to test: lists, loops and `math` alone.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "linear": lambda z: z,
}


def derivative(name: str, z: float, a: float) -> float:
    """Return f'(z), written with a as it is done by hand."""
    return {
        "sigmoid": a * (1 - a),
        "tanh": 1 - a * a,
        "relu": 1.0 if z > 0 else 0.0,
        "linear": 1.0,
    }[name]


@dataclass(frozen=True)
class Problem:
    """A network, one or several samples, and the step to be made."""

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    kernels: tuple[list[list[float]], ...]
    biases: tuple[list[float], ...]
    x: list[list[float]]
    y: list[list[float]]
    loss: str
    rate: float
    momentum: float = 0.0
    velocities: tuple[list[list[float]], ...] = ()

    @property
    def layers(self) -> int:
        return len(self.sizes) - 1


@dataclass(frozen=True)
class Habits:
    """How a student writes: decimals, truncated or rounded, and what he goes on with."""

    decimals: int = 4
    truncates: bool = False
    carries_printed: bool = True
    rounds_unwritten: bool = False
    writes: tuple[str, ...] = ("z", "a", "loss", "delta", "grad", "velocity", "new")


@dataclass
class Work:
    """What he wrote: names and numbers as text, in order; and where the slip first changed something."""

    habits: Habits
    lines: dict[str, str] = field(default_factory=dict)
    slipped: list[str] = field(default_factory=list)

    def note(self, kind: str, name: str, value: float, right: float | None = None) -> float:
        """Write a number down, and return the one that is gone on with."""
        if right is not None and kind in self.habits.writes and value != right:
            self.slipped.append(name)
        if kind not in self.habits.writes:
            return float(printed(value, self.habits)) if self.habits.rounds_unwritten else value
        text = printed(value, self.habits)
        self.lines[name] = text
        return float(text) if self.habits.carries_printed else value


def printed(value: float, habits: Habits) -> str:
    """Return a number with its decimals; those of a tiny one are significant digits."""
    decimals = habits.decimals
    if value and abs(value) < 10.0**-2:
        decimals += -math.floor(math.log10(abs(value))) - 2
    shifted = abs(value) * 10.0**decimals
    whole = math.floor(shifted + 1e-9) if habits.truncates else math.floor(shifted + 0.5)
    text = f"{whole:0{decimals + 1}d}"
    text = f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
    return f"-{text}" if value < 0 and whole else text


def layer_name(layer: int) -> str:
    return "dense" if layer == 0 else f"dense_{layer}"


def softmax(z: list[float]) -> list[float]:
    powers = [math.exp(one - max(z)) for one in z]
    return [one / sum(powers) for one in powers]


@dataclass(frozen=True)
class Slip:
    """A mistake: its kind, and where it is made; `unit` of -1 is every unit of the layer."""

    kind: str
    layer: int = 0
    unit: int = -1
    other: int = 0

    def at(self, kind: str, layer: int, unit: int) -> bool:
        return self.kind == kind and self.layer == layer and self.unit in (-1, unit)


NO_SLIP = Slip("")


def work_out(problem: Problem, habits: Habits, slip: Slip = NO_SLIP) -> Work:
    """Return a student's sheet."""
    return _Student(problem, habits, slip).work_out()


class _Student:
    def __init__(self, problem: Problem, habits: Habits, slip: Slip) -> None:
        self.problem = problem
        self.work = Work(habits)
        self.slip = slip
        self.rows = len(problem.x)

    def name(self, layer: int, what: str, sample: int, unit: int) -> str:
        index = f"{sample},{unit}" if self.rows > 1 else f"{unit}"
        return f"{layer_name(layer)}.{what}[{index}]"

    def work_out(self) -> Work:
        problem = self.problem
        zs: list[list[list[float]]] = []
        outputs: list[list[list[float]]] = []
        for sample in range(self.rows):
            z_row, a_row = self.forward(sample)
            zs.append(z_row)
            outputs.append(a_row)
        self.loss(outputs)
        deltas = [self.backward(sample, zs[sample], outputs[sample]) for sample in range(self.rows)]
        for layer in reversed(range(problem.layers)):
            self.update(layer, outputs, deltas)
        return self.work

    # forward

    def forward(self, sample: int) -> tuple[list[list[float]], list[list[float]]]:
        problem, before = self.problem, list(self.problem.x[sample])
        zs, outputs = [], []
        for layer in range(problem.layers):
            z = [self.z(layer, sample, unit, before) for unit in range(problem.sizes[layer + 1])]
            a = self.activation(layer, sample, z)
            zs.append(z)
            outputs.append(a)
            before = a
        return zs, outputs

    def z(self, layer: int, sample: int, unit: int, before: list[float]) -> float:
        kernel, bias = self.problem.kernels[layer], self.problem.biases[layer]
        right = sum(b * kernel[i][unit] for i, b in enumerate(before)) + bias[unit]
        found = right
        if self.slip.at("bias forgotten", layer, unit):
            found = right - bias[unit]
        if self.slip.at("transposed", layer, unit):
            found = sum(b * kernel[unit][i] for i, b in enumerate(before)) + bias[unit]
        if self.slip.at("swapped", layer, unit):
            swapped = [before[1], before[0], *before[2:]]
            found = sum(b * kernel[i][unit] for i, b in enumerate(swapped)) + bias[unit]
        if self.slip.at("term forgotten", layer, unit):
            found = right - before[self.slip.other] * kernel[self.slip.other][unit]
        if self.slip.at("sign of a term", layer, unit):
            found = right - 2 * before[self.slip.other] * kernel[self.slip.other][unit]
        if self.slip.at("plus for times forward", layer, unit):
            at = self.slip.other
            found = right - before[at] * kernel[at][unit] + before[at] + kernel[at][unit]
        found = self.pen("z", layer, unit, found)
        return self.work.note("z", self.name(layer, "z", sample, unit), found, right)

    def activation(self, layer: int, sample: int, z: list[float]) -> list[float]:
        name = self.problem.activations[layer]
        if name == "linear":
            return z
        right = softmax(z) if name == "softmax" else [ACTIVATIONS[name](one) for one in z]
        written = []
        for unit, value in enumerate(right):
            found = value
            if self.slip.at("activation forgotten", layer, unit):
                found = z[unit]
            found = self.pen("a", layer, unit, found)
            written.append(self.work.note("a", self.name(layer, "a", sample, unit), found, value))
        return written

    def pen(self, kind: str, layer: int, unit: int, value: float) -> float:
        """Return a value as a slip of the pen leaves it."""
        if self.slip.layer != layer or self.slip.unit != unit:
            return value
        if self.slip.kind == f"power of ten {kind}":
            return value / 10
        if self.slip.kind == f"digit {kind}":
            text = list(printed(value, self.work.habits))
            places = [
                at for at, one in enumerate(text) if one.isdigit() and "".join(text[: at + 1]).strip("-0.")
            ]
            if not places:
                return value
            at = places[min(self.slip.other, len(places) - 1)]
            text[at] = str((int(text[at]) + 4) % 9 + 1)
            return float("".join(text))
        return value

    # loss

    def loss(self, outputs: list[list[list[float]]]) -> None:
        right = self.loss_of(outputs, NO_SLIP)
        found = self.loss_of(outputs, self.slip)
        if self.slip.kind == "power of ten loss":
            found = right / 10
        self.work.note("loss", "loss", found, right)

    def loss_of(self, outputs: list[list[list[float]]], slip: Slip) -> float:
        problem, total = self.problem, 0.0
        log = math.log10 if slip.kind == "log10" else math.log
        for sample, target in enumerate(problem.y):
            last = outputs[sample][-1]
            pairs = list(zip(last, target, strict=True))
            if problem.loss in ("quadratic", "mse"):
                total += sum((a - y) ** 2 if slip.kind != "square forgotten" else a - y for a, y in pairs)
            elif problem.loss == "categorical_crossentropy":
                total -= sum(log(a) for a, y in pairs if y)
            else:
                total -= sum(log(a) if y else log(1 - a) for a, y in pairs)
        units = problem.sizes[-1]
        if problem.loss == "quadratic" and slip.kind != "half forgotten":
            total /= 2
        if problem.loss in ("mse", "binary_crossentropy") and slip.kind != "sum for mean":
            total /= units
        if slip.kind == "sign of loss":
            total = -total
        return total if slip.kind == "sum over samples" else total / self.rows

    # backward

    def backward(self, sample: int, zs: list[list[float]], outputs: list[list[float]]) -> list[list[float]]:
        deltas: list[list[float]] = []
        for layer in reversed(range(self.problem.layers)):
            units = range(self.problem.sizes[layer + 1])
            after = deltas[0] if deltas else []
            deltas.insert(0, [self.delta(layer, sample, unit, zs, outputs, after) for unit in units])
        return deltas

    def delta(
        self,
        layer: int,
        sample: int,
        unit: int,
        zs: list[list[float]],
        outputs: list[list[float]],
        after: list[float],
    ) -> float:
        z, a = zs[layer][unit], outputs[layer][unit]
        right = self.delta_of(layer, sample, unit, z, a, after, outputs, NO_SLIP)
        found = self.delta_of(layer, sample, unit, z, a, after, outputs, self.slip)
        found = self.pen("delta", layer, unit, found)
        return self.work.note("delta", self.name(layer, "delta", sample, unit), found, right)

    def delta_of(
        self,
        layer: int,
        sample: int,
        unit: int,
        z: float,
        a: float,
        after: list[float],
        outputs: list[list[float]],
        slip: Slip,
    ) -> float:
        problem = self.problem
        if layer == problem.layers - 1:
            back = self.missed(sample, unit, a, slip)
            if problem.loss in ("categorical_crossentropy", "binary_crossentropy"):
                return back * a * (1 - a) if slip.at("derivative too many", layer, unit) else back
        else:
            kernel = problem.kernels[layer + 1]
            if slip.kind == "updated weight" and slip.layer == layer:
                kernel = self.new_kernel(layer + 1, outputs, after)
            summands = [after[k] * kernel[unit][k] for k in range(len(after))]
            if slip.at("path forgotten", layer, unit):
                del summands[slip.other]
            if slip.at("transposed back", layer, unit):
                summands = [after[k] * kernel[k][unit] for k in range(len(after))]
            back = sum(summands)
        name = problem.activations[layer]
        slope = derivative(name, z, a)
        if slip.at("derivative forgotten", layer, unit):
            return back
        if slip.at("derivative elsewhere", layer, unit):
            slope = derivative(name, z, z) if name != "sigmoid" else z * (1 - z)
        if slip.at("derivative of a", layer, unit):
            slope = derivative(name, a, ACTIVATIONS[name](a))
        if slip.at("plus for times", layer, unit):
            return back + slope
        return back * slope

    def new_kernel(self, layer: int, outputs: list[list[float]], deltas: list[float]) -> list[list[float]]:
        kernel = self.problem.kernels[layer]
        return [
            [kernel[i][j] - self.problem.rate * outputs[layer - 1][i] * deltas[j] for j in range(len(deltas))]
            for i in range(len(kernel))
        ]

    def missed(self, sample: int, unit: int, a: float, slip: Slip) -> float:
        problem = self.problem
        missed = a - problem.y[sample][unit]
        if slip.kind == "sign of error":
            missed = -missed
        if problem.loss == "mse":
            missed *= 1 if slip.kind == "two forgotten" else 2
        if problem.loss in ("mse", "binary_crossentropy"):
            missed /= problem.sizes[-1]
        return missed / self.rows

    # update

    def update(self, layer: int, outputs: list[list[list[float]]], deltas: list[list[list[float]]]) -> None:
        sizes = self.problem.sizes
        for unit in range(sizes[layer + 1]):
            back = [deltas[sample][layer][unit] for sample in range(self.rows)]
            for at in range(sizes[layer]):
                fronts = [
                    outputs[sample][layer - 1][at] if layer else self.problem.x[sample][at]
                    for sample in range(self.rows)
                ]
                others = [
                    outputs[sample][layer - 1][at - 1] if layer else self.problem.x[sample][at - 1]
                    for sample in range(self.rows)
                ]
                right = sum(a * d for a, d in zip(fronts, back, strict=True))
                found = right
                if self.slip.at("input forgotten", layer, unit):
                    found = sum(back)
                if self.slip.at("other input", layer, unit):
                    found = sum(a * d for a, d in zip(others, back, strict=True))
                if self.slip.at("plus for times in the gradient", layer, unit):
                    found = sum(a + d for a, d in zip(fronts, back, strict=True))
                self.one_weight(
                    layer,
                    f"kernel[{at},{unit}]",
                    self.problem.kernels[layer][at][unit],
                    found,
                    right,
                    layer,
                    at,
                    unit,
                )
            self.one_weight(
                layer,
                f"bias[{unit}]",
                self.problem.biases[layer][unit],
                sum(back),
                sum(back),
                layer,
                -1,
                unit,
            )

    def one_weight(
        self, layer: int, what: str, old: float, found: float, right: float, at: int, row: int, unit: int
    ) -> None:
        name, problem, slip = f"{layer_name(layer)}.{what}", self.problem, self.slip
        gradient = self.work.note("grad", f"grad {name}", found, right)
        if not problem.momentum:
            right = old - problem.rate * gradient
            new = right
            if slip.at("ascending", layer, unit):
                new = old + problem.rate * gradient
            if slip.at("rate forgotten", layer, unit):
                new = old - gradient
            if slip.at("only the change", layer, unit):
                new = -problem.rate * gradient
            self.work.note("new", f"new {name}", new, right)
            return
        before = problem.velocities[layer][row][unit]
        right = problem.momentum * before - problem.rate * gradient
        velocity = right
        if slip.at("ascending", layer, unit):
            velocity = problem.momentum * before + problem.rate * gradient
        if slip.at("momentum forgotten", layer, unit):
            velocity = -problem.rate * gradient
        if slip.at("rate forgotten", layer, unit):
            velocity = problem.momentum * before - gradient
        owner, _, index = what.partition("[")
        kept = self.work.note(
            "velocity", f"new {layer_name(layer)}.{owner}.velocity[{index}", velocity, right
        )
        self.work.note("new", f"new {name}", old + kept, old + kept)


def friendly(source: random.Random, low: float = -1.5, high: float = 1.5) -> float:
    """Return a number of two decimals that is neither 0 nor 1."""
    while True:
        value = round(source.uniform(low, high), 2)
        if abs(value) > 0.15 and abs(abs(value) - 1) > 0.04:
            return value


def random_problem(
    source: random.Random,
    sizes: tuple[int, ...] | None = None,
    activation: str | None = None,
    loss: str | None = None,
    momentum: bool | None = None,
    rows: int = 1,
) -> Problem:
    """Return a small network with friendly numbers."""
    loss = loss or source.choice(("quadratic", "mse", "binary_crossentropy", "categorical_crossentropy"))
    hidden = source.choice((1, 1, 2))
    if sizes is None:
        sizes = (*(source.choice((2, 3)) for _ in range(hidden + 1)), source.choice((1, 2, 3)))
    if loss == "categorical_crossentropy" and sizes[-1] == 1:
        sizes = (*sizes[:-1], 3)
    inner = activation or source.choice(("sigmoid", "tanh", "relu"))
    last = {
        "binary_crossentropy": "sigmoid",
        "categorical_crossentropy": "softmax",
    }.get(loss) or source.choice(("linear", "sigmoid", "tanh"))
    kernels = tuple(
        [[friendly(source) for _ in range(after)] for _ in range(before)] for before, after in pairwise(sizes)
    )
    biases = tuple([friendly(source, -0.8, 0.8) for _ in range(one)] for one in sizes[1:])
    moving = source.random() < 0.4 if momentum is None else momentum
    velocities = tuple(
        [[friendly(source, -0.5, 0.5) for _ in range(after)] for _ in range(before + 1)]
        for before, after in pairwise(sizes)
    )
    return Problem(
        sizes,
        (*[inner] * (len(sizes) - 2), last),
        kernels,
        biases,
        [[friendly(source, 0.3, 2.0) for _ in range(sizes[0])] for _ in range(rows)],
        [_target(source, loss, last, sizes[-1]) for _ in range(rows)],
        loss,
        round(source.choice((0.1, 0.2, 0.3, 0.5)), 2),
        source.choice((0.5, 0.9)) if moving else 0.0,
        velocities if moving else (),
    )


def _target(source: random.Random, loss: str, last: str, units: int) -> list[float]:
    if loss == "categorical_crossentropy":
        hit = source.randrange(units)
        return [float(at == hit) for at in range(units)]
    if loss == "binary_crossentropy":
        return [float(source.random() < 0.5) for _ in range(units)]
    return [round(source.uniform(0.1, 0.9), 1) for _ in range(units)]


def without_biases(problem: Problem) -> Problem:
    return replace(problem, biases=tuple([0.0] * len(one) for one in problem.biases))
