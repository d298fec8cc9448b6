"""Finding a learning rate: steps with ever larger rates, and what the loss did; Smith (2017)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.engine import Rows
from tiza.training.state import State
from tiza.training.trainer import Data, Trainer

Array = np.ndarray[Any, Any]

DIVERGED = 4.0
"""The search ends when the smoothed loss is so many times the smallest."""

LEAST_FALL = 1e-3
"""Part of the first loss that it must fall by, to be said to fall."""


@dataclass(frozen=True, slots=True)
class RateSearch:
    """What the loss did while the learning rate grew from step to step.

    Attributes:
        rates: the rate of each step taken.
        losses: the loss of each step's batch, before its update.
        smoothed: the losses' exponential mean, s' = beta s + (1 - beta) loss, divided by 1 - beta^t.
        suggestion: the rate at which the smoothed loss falls fastest against log(rate); None if it never
            does.
        diverged_at: the rate at which the loss was not finite or the smoothed loss four times its smallest;
            None if that did not happen.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    diverged_at: float | None


def exponential_rates(first: float, last: float, steps: int) -> list[float]:
    """Return rates that grow by one factor from step to step.

    Example:
        >>> [round(rate, 6) for rate in exponential_rates(0.001, 0.1, 3)]
        [0.001, 0.01, 0.1]
    """
    rates: list[float] = np.geomspace(first, last, steps).tolist()
    return rates


def search_rates(
    trainer: Trainer, state: State, data: Data, batch_size: int, rates: list[float], beta: float
) -> RateSearch:
    """Take a step with each of the rates, until one diverges, from a state that stays as it is."""
    run = trainer.begin(state, data, batch_size)
    taken: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    mean, diverged = 0.0, False
    steps = _steps(trainer, state, data.samples, run.batch_size, len(rates))
    for rate, (rows, step) in zip(rates, steps, strict=True):
        run.rate[...] = rate
        done = run.session.run(rows, step, 0.0)
        loss = float(done.results[0, 0])
        if not math.isfinite(loss):
            diverged = True
        else:
            mean = beta * mean + (1.0 - beta) * loss
            taken.append(rate)
            losses.append(loss)
            smoothed.append(mean / (1.0 - beta ** len(losses)))
            diverged = smoothed[-1] > DIVERGED * min(smoothed)
        if diverged:
            return RateSearch(tuple(taken), tuple(losses), tuple(smoothed), steepest(taken, smoothed), rate)
    return RateSearch(tuple(taken), tuple(losses), tuple(smoothed), steepest(taken, smoothed), None)


def _steps(
    trainer: Trainer, state: State, samples: int, batch_size: int, count: int
) -> Iterator[tuple[Rows, int]]:
    """Yield what so many steps read, in the order in which training would read it."""
    passes = -(-count // -(-samples // batch_size))
    rows = Rows(trainer.orders(state, samples, batch_size, True, passes), batch_size)
    for step in range(count):
        yield rows, step


def steepest(rates: list[float], losses: list[float]) -> float | None:
    """Return the rate where the loss falls fastest against log(rate), before its minimum, if it ever falls.

    Example:
        >>> steepest([0.001, 0.01, 0.1, 1.0, 10.0], [1.0, 0.95, 0.4, 0.2, 2.0])
        0.1
    """
    until = int(np.argmin(losses)) + 1 if losses else 0
    if until < 2 or losses[0] - min(losses) < LEAST_FALL * abs(losses[0]):
        return None
    slopes = np.gradient(losses[:until], np.log(rates[:until]))
    return rates[int(slopes.argmin())]
