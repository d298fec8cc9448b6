"""A small network worked out with plain Python, right or with one mistake: shares no code with Tiza."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

ACTIVATIONS: Mapping[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "relu": lambda z: z if z > 0 else 0.0,
    "leaky_relu": lambda z: z if z > 0 else 0.2 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "arctan": math.atan,
    "linear": lambda z: z,
}
SLOPES: Mapping[str, Callable[[float], float]] = {
    "tanh": lambda z: 1 - math.tanh(z) ** 2,
    "sigmoid": lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    "relu": lambda z: 1.0 if z > 0 else 0.0,
    "leaky_relu": lambda z: 1.0 if z > 0 else 0.2,
    "elu": lambda z: 1.0 if z > 0 else math.exp(z),
    "softplus": lambda z: 1 / (1 + math.exp(-z)),
    "silu": lambda z: 1 / (1 + math.exp(-z)) * (1 + z * (1 - 1 / (1 + math.exp(-z)))),
    "arctan": lambda z: 1 / (1 + z * z),
    "linear": lambda z: 1.0,
}
RIGHT = ""
MISTAKES = (
    "derivative forgotten",
    "bias forgotten",
    "sign of delta",
    "half for whole",
    "weights transposed",
    "inputs swapped",
    "updated weight used",
    "plus for times",
    "ascending",
    "rate forgotten",
)
"""Each is made in one place alone; what comes after is right again, from what is right."""


def step(given: Mapping[str, Any], request: Any, mistake: str = RIGHT) -> dict[str, float]:
    """Return every number of a step, by the names of an exercise; a mistake is made wherever it can be.

    A number is worked out from right ones: only its own formula has the mistake.
    """
    right = step(given, request) if mistake else {}
    numbers: dict[str, float] = {}
    layers = _layers(given)
    x, y, rate = (
        list(map(float, given["x"][0])),
        list(map(float, given["y"][0])),
        float(given["learning_rate"]),
    )
    names = _names(request.sizes, request.output)
    before = x
    for at, (kernel, bias) in enumerate(layers):
        sums, units = [], names["units"][at]
        for unit in range(len(bias)):
            numbers[units[unit]["z"]] = _sum(before, kernel, bias, unit, mistake)
            sums.append(right.get(units[unit]["z"], numbers[units[unit]["z"]]))
        last = at == len(layers) - 1
        values = _outputs(sums, request.output if last else request.activation)
        for unit, value in enumerate(values):
            numbers.setdefault(units[unit]["a"], value)
        before = [right.get(units[unit]["a"], numbers[units[unit]["a"]]) for unit in range(len(values))]
    outputs = before
    loss = _loss(request.loss, outputs, y)
    numbers["E"] = loss * 2 if mistake == "half for whole" and request.loss == "quadratic" else loss
    _backward(numbers, right, layers, names, request, x, y, outputs, mistake)
    for weight, value in names["weights"](layers).items():
        gradient = right.get(f"dE/d{weight}", numbers.get(f"dE/d{weight}", math.nan))
        change = gradient if mistake == "rate forgotten" else rate * gradient
        numbers[f"{weight}'"] = value + change if mistake == "ascending" else value - change
    return numbers


def _layers(given: Mapping[str, Any]) -> list[tuple[list[list[float]], list[float]]]:
    paths = [
        path.rpartition(".")[0] for path in given if path.endswith(".kernel") and "optimizer" not in path
    ]
    return [(given[f"{path}.kernel"].tolist(), given[f"{path}.bias"].tolist()) for path in paths]


def _names(sizes: tuple[int, ...], output: str) -> dict[str, Any]:
    """Return names: units layer by layer, and the numbers of their weights."""
    units, weights, number, unit_number = [], {}, 0, 0
    for layer, (before, after) in enumerate(pairwise(sizes)):
        last = layer == len(sizes) - 2
        row = []
        for unit in range(after):
            unit_number += 1
            shown = "yhat" if after == 1 else f"yhat{unit + 1}"
            activated = shown if last else f"h{unit_number}"
            z = shown if last and output == "linear" else f"z{unit_number}"
            row.append({"z": z, "a": activated if z != shown else z, "number": unit_number})
            for source in range(before):
                number += 1
                weights[layer, source, unit] = f"w{number}"
        units.append(row)

    def values(layers: list[tuple[list[list[float]], list[float]]]) -> dict[str, float]:
        found = {name: layers[layer][0][source][unit] for (layer, source, unit), name in weights.items()}
        for layer, row in enumerate(units):
            for unit, one in enumerate(row):
                found[f"b{one['number']}"] = layers[layer][1][unit]
        return found

    return {"units": units, "weight": weights, "weights": values}


def _sum(before: list[float], kernel: list[list[float]], bias: list[float], unit: int, mistake: str) -> float:
    inputs = (
        [before[1], before[0], *before[2:]] if mistake == "inputs swapped" and len(before) > 1 else before
    )
    square = len(kernel) == len(bias)
    weights = [
        kernel[unit][at] if mistake == "weights transposed" and square else row[unit]
        for at, row in enumerate(kernel)
    ]
    if mistake == "plus for times":
        terms = [
            inputs[0] + weights[0],
            *(one * weight for one, weight in zip(inputs[1:], weights[1:], strict=True)),
        ]
    else:
        terms = [one * weight for one, weight in zip(inputs, weights, strict=True)]
    return sum(terms) + (0 if mistake == "bias forgotten" else bias[unit])


def _outputs(sums: list[float], activation: str) -> list[float]:
    if activation == "softmax":
        total = sum(math.exp(one) for one in sums)
        return [math.exp(one) / total for one in sums]
    return [ACTIVATIONS[activation](one) for one in sums]


def _loss(name: str, outputs: list[float], y: list[float]) -> float:
    squares = sum((one - target) ** 2 for one, target in zip(outputs, y, strict=True))
    match name:
        case "quadratic" | "half_squared_error":
            return squares / 2
        case "sum_squared_error":
            return squares
        case "mean_squared_error":
            return squares / len(y)
        case "binary_crossentropy":
            return -sum(
                math.log(one if target else 1 - one) for one, target in zip(outputs, y, strict=True)
            ) / len(y)
    return -sum(target * math.log(one) for one, target in zip(outputs, y, strict=True))


def _slope_of_loss(name: str, output: float, target: float, count: int) -> float:
    factor = {
        "quadratic": 1,
        "half_squared_error": 1,
        "sum_squared_error": 2,
        "mean_squared_error": 2 / count,
    }
    return factor[name] * (output - target)


def _backward(
    numbers: dict[str, float],
    right: Mapping[str, float],
    layers: list[tuple[list[list[float]], list[float]]],
    names: dict[str, Any],
    request: Any,
    x: list[float],
    y: list[float],
    outputs: list[float],
    mistake: str,
) -> None:
    def known(name: str) -> float:
        return right[name] if name in right else numbers[name]

    def delta(layer: int, unit: int) -> float:
        return known(f"delta{names['units'][layer][unit]['number']}")

    for layer in range(len(layers) - 1, -1, -1):
        last = layer == len(layers) - 1
        for unit, one in enumerate(names["units"][layer]):
            name = f"delta{one['number']}"
            z = known(one["z"])
            if last and "crossentropy" in request.loss:
                value = outputs[unit] - y[unit]
                if request.loss == "binary_crossentropy":
                    value /= len(y)
            elif last:
                back = _slope_of_loss(request.loss, outputs[unit], y[unit], len(y))
                value = back * _slope(request.output, z, mistake)
            else:
                kernel = layers[layer + 1][0]
                back = 0.0
                for after in range(len(layers[layer + 1][1])):
                    weight = kernel[unit][after]
                    if mistake == "updated weight used":
                        weight = known(f"{names['weight'][layer + 1, unit, after]}'")
                    back += weight * delta(layer + 1, after)
                value = back * _slope(request.activation, z, mistake)
            numbers[name] = -value if mistake == "sign of delta" else value
        before = x if layer == 0 else [known(one["a"]) for one in names["units"][layer - 1]]
        for unit, one in enumerate(names["units"][layer]):
            for source, value in enumerate(before):
                numbers[f"dE/d{names['weight'][layer, source, unit]}"] = value * delta(layer, unit)
            numbers[f"dE/db{one['number']}"] = delta(layer, unit)


def _slope(activation: str, z: float, mistake: str) -> float:
    return 1.0 if mistake == "derivative forgotten" else SLOPES[activation](z)
