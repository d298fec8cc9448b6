"""Beside one another in joblib's workers, estimators share the processors."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn.neural_network")

from joblib import Parallel, delayed, parallel_config
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

from tiza.engines.native.threads import thread_count
from tiza.sklearn import MLPClassifier


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TIZA_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


def test_a_worker_has_as_many_threads_as_joblib_gives_it() -> None:
    with parallel_config(backend="loky", inner_max_num_threads=1):
        assert Parallel(n_jobs=2)(delayed(thread_count)() for _ in range(2)) == [1, 1]


@pytest.mark.parametrize(
    ("text", "most"), [("1", 1), ("1,4", 1), ("1000000", None), ("", None), ("many", None), ("0", None)]
)
def test_omp_num_threads_is_a_limit(text: str, most: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    unlimited = thread_count()
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert thread_count() == (most or unlimited)
    monkeypatch.setenv("TIZA_THREADS", "3")
    assert thread_count() == 3


@pytest.mark.filterwarnings("ignore")
def test_a_search_finds_the_same_in_workers() -> None:
    X, y = load_iris(return_X_y=True)
    network = MLPClassifier((4,), learning_rate_init=0.05, max_iter=20, random_state=0)
    here, there = (
        GridSearchCV(network, {"alpha": [0.0, 1.0]}, cv=2, n_jobs=jobs).fit(X, y).cv_results_
        for jobs in (1, 2)
    )
    np.testing.assert_array_equal(here["mean_test_score"], there["mean_test_score"])
