"""The estimators' process: it fits what it is asked for with one library, and says how long that took.

Run as `with_estimators.py MODULE DTYPE`: `sklearn.neural_network` or `tiza.sklearn`, and the dtype of the
samples, in which both compute. Requests, one a line: `fit NAME`, `fit NAME tiny`; the answer has the
`seconds` of fitting, and the `score` of samples that were not fitted.
"""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits, make_friedman1
from sklearn.model_selection import GridSearchCV

from tasks import samples as samples_of
from tasks import task

GRID = {"hidden_layer_sizes": [(32,), (64,)], "alpha": [1e-4, 1e-2], "learning_rate_init": [1e-3, 1e-2]}


@dataclass(frozen=True)
class Job:
    """What is timed, and the score after it."""

    fit: Callable[[], object]
    score: Callable[[], float]


@dataclass(frozen=True)
class Estimators:
    """The estimators of one library.

    Attributes:
        module: where they are.
        dtype: of the samples.
    """

    module: Any
    dtype: str

    def grid(self, tiny: bool) -> Job:
        """Search eight classifiers of digits by three folds: 24 fits."""
        x, y = load_digits(return_X_y=True)
        rows = 60 if tiny else len(x)
        one = self.module.MLPClassifier(max_iter=2 if tiny else 50, random_state=0)
        search = GridSearchCV(one, GRID, cv=3, refit=False)
        x = (x[:rows] / 16.0).astype(self.dtype)
        return Job(lambda: search.fit(x, y[:rows]), lambda: search.best_score_)

    def mnist(self, tiny: bool) -> Job:
        """Fit MNIST for five epochs."""
        data = samples_of(task("B", tiny))
        x, test_x = data.x.astype(self.dtype), data.test_x.astype(self.dtype)
        one = self.module.MLPClassifier((128,), batch_size=128, max_iter=5, random_state=0)
        return Job(lambda: one.fit(x, data.y), lambda: one.score(test_x, data.test_y))

    def table(self, tiny: bool) -> Job:
        """Fit a regression of ten features, ended by samples held out."""
        x, y = make_friedman1(220 if tiny else 22_000, 10, noise=1.0, random_state=0)
        held = len(x) // 11
        one = self.module.MLPRegressor(
            hidden_layer_sizes=(64, 64), early_stopping=True, max_iter=2 if tiny else 60, random_state=0
        )
        x, y = x.astype(self.dtype), ((y - y.mean()) / np.std(y)).astype(self.dtype)
        return Job(lambda: one.fit(x[held:], y[held:]), lambda: one.score(x[:held], y[:held]))


def answer(job: Job) -> dict[str, float]:
    """Return how long fitting took, and the score after it."""
    start = time.perf_counter()
    job.fit()
    return {"seconds": time.perf_counter() - start, "score": float(job.score())}


def serve(estimators: Estimators) -> None:
    """Answer requests until the input ends."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        _, name, *extent = line.split()
        sys.stdout.write(json.dumps(answer(getattr(estimators, name)(extent == ["tiny"]))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(Estimators(importlib.import_module(sys.argv[1]), sys.argv[2]))
