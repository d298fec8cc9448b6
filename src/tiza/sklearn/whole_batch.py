"""Training on all samples at once, by L-BFGS."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.models.progress import ProgressDisplay
from tiza.sklearn.architecture import Assembly
from tiza.sklearn.course import Course
from tiza.training.lbfgs import Minimum, minima
from tiza.training.state import State
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]


def minimized(
    assembly: Assembly,
    course: Course,
    data: Data,
    display: ProgressDisplay,
    max_iter: int,
    tolerance: float,
    max_evaluations: int,
) -> Minimum:
    """Train `course` until the gradient is within the tolerance, and return where that came to.

    Args:
        assembly: the network.
        course: what is trained; it changes at the end.
        data: the samples.
        display: shows the loss of each iteration.
        max_iter: the most iterations.
        tolerance: largest element of the gradient at the end.
        max_evaluations: the most evaluations of loss and gradient.

    Raises:
        NonFiniteError: the loss is not finite at the start.
    """
    paths = assembly.model.weight_paths
    program = assembly.gradient(data.batch(data.samples))

    def loss_and_gradient(point: Array) -> tuple[float, Array]:
        weights = _apart(point, paths, course.state)
        loss, *gradients = assembly.engine.run(program, [*weights.values(), *data.blocks])
        return float(loss), np.concatenate([one.reshape(-1) for one in gradients])

    start = np.concatenate([course.state[path].reshape(-1) for path in paths])
    found: Minimum | None = None
    losses = []
    for found in minima(
        loss_and_gradient,
        start,
        max_iterations=max_iter,
        tolerance=tolerance,
        max_evaluations=max_evaluations,
    ):
        if found.iterations:
            display.end_epoch(found.iterations - 1, {"loss": found.value})
            losses.append(found.value)
    assert found is not None
    course.state.update(_apart(found.x, paths, course.state))
    course.iterations = found.iterations
    for loss in losses:
        course.record(loss=loss)
    return found


def _apart(point: Array, paths: list[str], like: State) -> State:
    """Return a point as weights by path, in their shapes and dtype."""
    ends = np.cumsum([like[path].size for path in paths])[:-1]
    parts = np.split(point, ends)
    return {
        path: part.reshape(like[path].shape).astype(like[path].dtype)
        for path, part in zip(paths, parts, strict=True)
    }
