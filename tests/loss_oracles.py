"""Losses again: their own equations, evaluated sample by sample, and checks that compare Tiza with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.nn.losses import LOSSES, Loss
from tiza.nn.losses import loss as find_loss
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, Any]
Names = Mapping[str, Any]


def _xlogy(x: Array, y: Array) -> Array:
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


NUMPY: Names = {
    "abs": np.abs,
    "cosh": np.cosh,
    "log": np.log,
    "max": np.max,
    "maximum": np.maximum,
    "mean": np.mean,
    "norm": np.linalg.norm,
    "sum": np.sum,
    "where": np.where,
    "xlogy": _xlogy,
}
"""What equations are made of."""


def arguments_of(loss: Loss) -> dict[str, Any]:
    return {one.name: getattr(loss, one.name) for one in fields(loss)} if is_dataclass(loss) else {}


def cases() -> Iterator[Loss]:
    """Yield every loss, with its defaults and with the arguments that it states to be worth a try."""
    for kind in LOSSES.values():
        for arguments in ({}, *kind.statement.examples):
            yield kind(**arguments)


def case_name(loss: Loss) -> str:
    default = arguments_of(type(loss)())
    changed = {name: value for name, value in arguments_of(loss).items() if value != default[name]}
    return "-".join([loss.name, *(f"{name}={value}" for name, value in changed.items())])


every_case = pytest.mark.parametrize("loss", list(cases()), ids=case_name)

TARGETS: dict[str, Callable[[np.random.Generator, tuple[int, int]], Array]] = {
    "numbers": lambda source, shape: source.normal(size=shape),
    "non-negative numbers": lambda source, shape: source.integers(0, 5, shape).astype("float64"),
    "probabilities": lambda source, shape: source.random(shape),
    "classes": lambda source, shape: source.dirichlet(np.ones(shape[1]), shape[0]),
    "labels": lambda source, shape: source.integers(0, shape[1], shape[0]).astype("int32"),
    "signs": lambda source, shape: source.choice([-1.0, 1.0], shape),
}
OUTPUTS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}


def example_outputs(of: str | Loss, rows: int = 4, units: int = 3, seed: int = 0) -> tuple[Array, Array]:
    """Return targets and outputs that a loss accepts, in float64; raw scores where it reads these."""
    loss = find_loss(of)
    source = np.random.default_rng(seed)
    scores = source.normal(size=(rows, units))
    raw = arguments_of(loss).get("from_logits", False)
    targets = TARGETS[loss.statement.targets.name](source, (rows, units))
    return targets, OUTPUTS["linear" if raw else loss.statement.outputs](scores)


def evaluate_equation(
    loss: Loss, targets: Array, outputs: Any, names: Names = NUMPY, activations: Names = OUTPUTS
) -> list[Any]:
    """Return each sample's loss by the equation that the loss states."""
    own = arguments_of(loss)
    if own.get("from_logits", False):
        outputs = activations[loss.statement.outputs](outputs)
    soft = own.get("label_smoothing", 0.0)
    if soft:
        choices = targets.shape[-1] if loss.statement.targets.name == "classes" else 2
        targets = targets * (1 - soft) + soft / choices
    equation = compile(loss.statement.equation.replace("^", "**"), loss.name, "eval")
    return [
        eval(equation, {"__builtins__": {}}, {**names, **own, "y": y, "a": a})
        for y, a in zip(targets, outputs, strict=True)
    ]


REDUCED: dict[str, Callable[[Any, Array], Any]] = {
    "mean": lambda losses, weights: (losses * weights).sum() / len(weights),
    "mean_with_sample_weight": lambda losses, weights: (losses * weights).sum() / weights.sum(),
    "sum": lambda losses, weights: (losses * weights).sum(),
    "sum_over_batch_size": lambda losses, weights: (losses * weights).sum() / len(weights),
}


def as_it_is(loss: Any, units: int, engine: str = "reference", **options: Any) -> tz.Sequential:
    """Return a compiled model whose outputs are its inputs."""
    model = tz.Sequential([tz.Input((units,)), lambda x: x * 1.0], dtype="float64")
    model.compile("sgd", loss, engine=engine, **options)
    return model


def check_loss(loss: Loss, engine: str = "reference") -> None:
    """Check the loss of every sample, its slopes, and the loss of a batch with weights."""
    targets, outputs = example_outputs(loss)
    expected = np.array(evaluate_equation(loss, targets, outputs))
    graph = tz.trace(loss.call, targets, outputs)
    np.testing.assert_allclose(tz.evaluate(graph, targets, outputs), expected, rtol=1e-10, atol=1e-13)
    check_slopes(loss, targets, outputs)
    reduced = REDUCED[arguments_of(loss).get("reduction", "mean")]
    model = as_it_is(loss, outputs.shape[1], engine)
    for weights in (np.ones(4), np.array([0.5, 0.0, 2.0, 1.25])):
        found = model.evaluate(outputs, targets, sample_weight=weights)
        assert abs(found - reduced(expected, weights)) < 1e-10 * max(1.0, abs(found))


def check_slopes(loss: Loss, targets: Array, outputs: Array) -> None:
    """Check the gradient with respect to outputs against quotients of the equation."""

    def cost(a: tz.Tensor) -> tz.Tensor:
        return total(loss.call(tz.ops.constant(targets), a))

    found = tz.evaluate(tz.trace(tz.grad(cost), outputs), outputs)
    step = 1e-6
    for at in np.ndindex(outputs.shape):
        up, down = outputs.copy(), outputs.copy()
        up[at] += step
        down[at] -= step
        difference = sum(evaluate_equation(loss, targets, up)) - sum(evaluate_equation(loss, targets, down))
        assert found[at] == pytest.approx(difference / (2 * step), rel=2e-6, abs=2e-7)
