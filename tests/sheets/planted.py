"""Sheets with one mistake of a known kind, made by the hand calculator."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from sheets.hand_calculator import Habits, Problem, Slip, Work, random_problem, work_out
from tiza.sheets.mistakes import Mistake

CROSS_ENTROPY = ("binary_crossentropy", "categorical_crossentropy")
SQUARES = ("quadratic", "mse")

KINDS: Mapping[str, tuple[Mistake, ...]] = {
    "derivative forgotten": (Mistake.DERIVATIVE_FORGOTTEN,),
    "derivative elsewhere": (Mistake.DERIVATIVE_ELSEWHERE,),
    "derivative of a": (Mistake.DERIVATIVE_ELSEWHERE,),
    "derivative too many": (Mistake.DERIVATIVE_TOO_MANY,),
    "activation forgotten": (Mistake.ACTIVATION_FORGOTTEN,),
    "bias forgotten": (Mistake.BIAS_FORGOTTEN,),
    "updated weight": (Mistake.UPDATED_WEIGHT,),
    "half forgotten": (Mistake.FACTOR_FORGOTTEN,),
    "two forgotten": (Mistake.FACTOR_FORGOTTEN,),
    "sum for mean": (Mistake.SUM_FOR_MEAN,),
    "sum over samples": (Mistake.SUM_FOR_MEAN,),
    "transposed": (Mistake.TRANSPOSED,),
    "transposed back": (Mistake.TRANSPOSED,),
    "swapped": (Mistake.SWAPPED,),
    "other input": (Mistake.NEIGHBOUR, Mistake.SWAPPED),
    "sign of error": (Mistake.SIGN,),
    "sign of loss": (Mistake.SIGN,),
    "sign of a term": (Mistake.SIGN_OF_TERM,),
    "ascending": (Mistake.ASCENDING,),
    "rate forgotten": (Mistake.RATE_FORGOTTEN,),
    "momentum forgotten": (Mistake.MOMENTUM_FORGOTTEN,),
    "only the change": (Mistake.ONLY_THE_CHANGE,),
    "log10": (Mistake.LOG10,),
    "square forgotten": (Mistake.SQUARE_FORGOTTEN,),
    "plus for times": (Mistake.PLUS_FOR_TIMES,),
    "plus for times forward": (Mistake.PLUS_FOR_TIMES,),
    "plus for times in the gradient": (Mistake.PLUS_FOR_TIMES,),
    "path forgotten": (Mistake.PATH_FORGOTTEN,),
    "term forgotten": (Mistake.TERM_FORGOTTEN,),
    "input forgotten": (Mistake.STOPPED_EARLY, Mistake.QUANTITY_FORGOTTEN),
    "power of ten a": (Mistake.POWER_OF_TEN,),
    "power of ten loss": (Mistake.POWER_OF_TEN,),
    "digit z": (Mistake.DIGIT,),
    "digit a": (Mistake.DIGIT,),
    "digit delta": (Mistake.DIGIT,),
}
"""The checker's names for each kind."""

_LOSS_OF = {
    "derivative too many": CROSS_ENTROPY,
    "half forgotten": ("quadratic",),
    "two forgotten": ("mse",),
    "sum for mean": ("mse",),
    "log10": CROSS_ENTROPY,
    "square forgotten": SQUARES,
}
_SQUARE = {
    "transposed": (2, 2, 2),
    "transposed back": (2, 2, 2),
    "path forgotten": (2, 3, 2),
    "sum for mean": (2, 2, 2),
}
_LAYER = {
    "swapped": 0,
    "updated weight": 0,
    "path forgotten": 0,
    "transposed back": 0,
    "derivative too many": -1,
}
_SMOOTH = ("derivative elsewhere", "derivative of a", "activation forgotten", "plus for times")
_ONE_UNIT = (
    "power of ten a",
    "digit z",
    "digit a",
    "digit delta",
    "plus for times forward",
    "term forgotten",
    "sign of a term",
    "path forgotten",
)
ALL_LINES = Habits().writes
FEW_LINES = ("z", "a", "loss", "grad", "velocity", "new")


@dataclass(frozen=True)
class Planted:
    """A mistaken sheet."""

    problem: Problem
    habits: Habits
    slip: Slip
    work: Work


def planted(kind: str, seed: int) -> Planted:
    """Return a sheet with a mistake of that kind; the first that changes something."""
    source = random.Random(f"{kind} {seed}")
    for _ in range(200):
        problem = _problem(kind, source)
        slip = _slip(kind, problem, source)
        decimals = source.choice((2, 3, 4, 5, 6))
        writes = ALL_LINES if "delta" in kind or source.random() < 0.6 else FEW_LINES
        habits = Habits(decimals, source.random() < 0.3, source.random() < 0.6, writes=writes)
        try:
            work = work_out(problem, habits, slip)
        except (ValueError, OverflowError):  # the logarithm of an output that the mistake made negative
            continue
        if work.slipped:
            return Planted(problem, habits, slip, work)
    raise AssertionError(f"{kind}: no network in which it shows")


def _problem(kind: str, source: random.Random) -> Problem:
    losses = _LOSS_OF.get(kind) or (SQUARES if "derivative" in kind else ("quadratic", "mse", *CROSS_ENTROPY))
    return random_problem(
        source,
        sizes=_SQUARE.get(kind),
        activation=source.choice(("sigmoid", "tanh")) if kind in _SMOOTH else None,
        loss=source.choice(losses),
        momentum={"momentum forgotten": True, "updated weight": False, "only the change": False}.get(kind),
        rows=3
        if kind == "sum over samples"
        else source.choice((1, 1, 1, 2))
        if kind != "updated weight"
        else 1,
    )


def _slip(kind: str, problem: Problem, source: random.Random) -> Slip:
    layers = problem.layers
    layer = _LAYER.get(kind, source.randrange(layers)) % layers
    if kind in ("derivative of a", "derivative elsewhere", "plus for times"):
        layer = source.randrange(layers - 1)
    unit = source.randrange(problem.sizes[layer + 1])
    if kind not in _ONE_UNIT and source.random() < 0.5:
        unit = -1
    others = problem.sizes[layer + 2] if kind == "path forgotten" else problem.sizes[layer]
    other = source.randrange(others) if not kind.startswith("digit") else source.randrange(1, 3)
    return Slip(kind, layer, unit, other)
