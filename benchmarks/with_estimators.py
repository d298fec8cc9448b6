"""The estimators' process: it fits what it is asked for with one library, and says how long that took.

Run as `with_estimators.py sklearn.neural_network` or `with_estimators.py tiza.sklearn`, then perhaps a dtype
of Tiza's computation, if it is not that of the samples. Requests, one a line: `fit NAME`, `fit NAME tiny`;
the answer has `seconds` and the `score` of samples that were not fitted.
"""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_digits, make_friedman1
from sklearn.model_selection import GridSearchCV

from tasks import samples as samples_of
from tasks import task

GRID = {"hidden_layer_sizes": [(32,), (64,)], "alpha": [1e-4, 1e-2], "learning_rate_init": [1e-3, 1e-2]}


class Estimators:
    """The estimators of one library.

    Attributes:
        module: where they are.
        further: arguments that scikit-learn's do not have.
    """

    def __init__(self, module: str, dtype: str | None) -> None:
        self.module = importlib.import_module(module)
        self.further = {"dtype": dtype} if dtype else {}

    def grid(self, tiny: bool) -> Callable[[], float]:
        """Search eight classifiers of digits by three folds: 24 fits."""
        x, y = load_digits(return_X_y=True)
        rows = 60 if tiny else len(x)
        one = self.module.MLPClassifier(max_iter=2 if tiny else 50, random_state=0, **self.further)
        search = GridSearchCV(one, GRID, cv=3, refit=False)
        return lambda: float(search.fit(x[:rows] / 16.0, y[:rows]).best_score_)

    def mnist(self, tiny: bool) -> Callable[[], float]:
        """Fit MNIST for five epochs."""
        data = samples_of(task("B", tiny))
        one = self.module.MLPClassifier((128,), batch_size=128, max_iter=5, random_state=0, **self.further)
        return lambda: float(one.fit(data.x, data.y).score(data.test_x, data.test_y))

    def table(self, tiny: bool) -> Callable[[], float]:
        """Fit a regression of ten features, ended by samples held out."""
        x, y = make_friedman1(220 if tiny else 22_000, 10, noise=1.0, random_state=0)
        held = len(x) // 11
        one: Any = self.module.MLPRegressor(
            hidden_layer_sizes=(64, 64),
            early_stopping=True,
            max_iter=2 if tiny else 60,
            random_state=0,
            **self.further,
        )
        scaled = (y - y.mean()) / np.std(y)
        return lambda: float(one.fit(x[held:], scaled[held:]).score(x[:held], scaled[:held]))


def serve(estimators: Estimators) -> None:
    """Answer requests until the input ends."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        _, name, *extent = line.split()
        run = getattr(estimators, name)(extent == ["tiny"])
        start = time.perf_counter()
        score = run()
        sys.stdout.write(json.dumps({"seconds": time.perf_counter() - start, "score": score}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(Estimators(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
