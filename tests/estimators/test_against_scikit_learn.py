"""Against scikit-learn: from the same `random_state` comes the same network, whatever a parameter is."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn.neural_network")

from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import tiza.sklearn
from tiza.sklearn.first_weights import first_weights
from tiza.sklearn.watch import Watch

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NAMES = ("MLPClassifier", "MLPRegressor")
BASE: dict[str, Any] = {"hidden_layer_sizes": (6,), "random_state": 3, "max_iter": 15}
SGD: dict[str, Any] = {"solver": "sgd", "learning_rate_init": 0.05}

OTHERS: dict[str, list[dict[str, Any]]] = {
    "hidden_layer_sizes": [
        {"hidden_layer_sizes": 4},
        {"hidden_layer_sizes": [5, 3]},
        {"hidden_layer_sizes": ()},
    ],
    "activation": [{"activation": one} for one in ("identity", "logistic", "tanh", "relu")],
    "solver": [
        SGD,
        {"solver": "lbfgs", "activation": "identity", "alpha": 1.0, "max_iter": 500, "tol": 1e-7},
    ],
    "alpha": [{"alpha": 0.0}, {"alpha": 0.5}],
    "batch_size": [{"batch_size": 32}, {"batch_size": 150}],
    "learning_rate": [
        {**SGD, "learning_rate": "invscaling"},
        {**SGD, "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2, "max_iter": 40},
    ],
    "learning_rate_init": [{"learning_rate_init": 0.02}],
    "power_t": [{**SGD, "learning_rate": "invscaling", "power_t": 0.1}],
    "max_iter": [{"max_iter": 3}],
    "shuffle": [{"shuffle": False, "batch_size": 40}],
    "random_state": [{"random_state": 11, "batch_size": 40}],
    "tol": [{"tol": 0.3, "n_iter_no_change": 3, "max_iter": 60}],
    "verbose": [{}],
    "warm_start": [{}],
    "momentum": [{**SGD, "momentum": 0.5}, {**SGD, "momentum": 0.0}],
    "nesterovs_momentum": [{**SGD, "nesterovs_momentum": False}],
    "early_stopping": [
        {"early_stopping": True},
        {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 60},
    ],
    "validation_fraction": [{"early_stopping": True, "validation_fraction": 0.3}],
    "beta_1": [{"beta_1": 0.5}],
    "beta_2": [{"beta_2": 0.9}],
    "epsilon": [{"epsilon": 0.1}],
    "n_iter_no_change": [{"n_iter_no_change": 1, "tol": 0.1, "max_iter": 60}, {"n_iter_no_change": np.inf}],
    "max_fun": [{}],
    "loss": [{"loss": "squared_error"}, {"loss": "poisson"}],
}
"""What a parameter is set to, with what belongs to it; a parameter without a line here fails the test."""


def samples(name: str) -> tuple[Any, Any]:
    """Return features and targets."""
    if name == "MLPClassifier":
        x, y = load_iris(return_X_y=True)
        return x, np.array(["setosa", "versicolor", "virginica"])[y]
    x, y = load_diabetes(return_X_y=True)
    return x[:150] * 10, y[:150] / 100


def both(name: str, parameters: dict[str, Any]) -> tuple[Any, Any]:
    """Return scikit-learn's estimator and ours."""
    given = BASE | parameters
    return getattr(neural_network, name)(**given), getattr(tiza.sklearn, name)(**given)


def assert_same(theirs: Any, ours: Any, x: Any, tolerance: float = 1e-9) -> None:
    """Check that two fitted estimators are one network with one history."""
    assert theirs.n_iter_ == ours.n_iter_
    for kind in ("coefs_", "intercepts_"):
        for one, other in zip(getattr(theirs, kind), getattr(ours, kind), strict=True):
            np.testing.assert_allclose(other, one, rtol=tolerance, atol=tolerance)
    for kind in ("loss_", "t_", "best_loss_", "best_validation_score_"):
        expected = getattr(theirs, kind)
        assert getattr(ours, kind) == (
            expected if expected is None else pytest.approx(expected, rel=tolerance)
        )
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=tolerance)
    if theirs.validation_scores_ is None:
        assert ours.validation_scores_ is None
    else:
        np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=tolerance)
    for kind in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, kind) == getattr(theirs, kind)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        if hasattr(theirs, method):
            expected, found = getattr(theirs, method)(x), getattr(ours, method)(x)
            assert found.shape == expected.shape
            assert found.dtype == expected.dtype
            if expected.dtype.kind == "f":
                np.testing.assert_allclose(found, expected, rtol=100 * tolerance, atol=tolerance)
            else:
                np.testing.assert_array_equal(found, expected)


def cases() -> list[Any]:
    """Return every parameter of both of scikit-learn's estimators, with each value it is tried with."""
    found = []
    for name in NAMES:
        for parameter in inspect.signature(getattr(neural_network, name)).parameters:
            for number, values in enumerate(OTHERS[parameter]):
                found.append(pytest.param(name, values, id=f"{name}-{parameter}-{number}"))
    return found


@pytest.mark.parametrize(("name", "parameters"), cases())
def test_same_network(name: str, parameters: dict[str, Any]) -> None:
    x, y = samples(name)
    theirs, ours = (one.fit(x, y) for one in both(name, parameters))
    if parameters.get("solver") == "lbfgs":
        # another search along the line comes to the same minimum by another way
        assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-5)
        return
    assert_same(theirs, ours, x)


@pytest.mark.parametrize("name", NAMES)
def test_signature_begins_as_theirs(name: str) -> None:
    theirs = inspect.signature(getattr(neural_network, name)).parameters
    ours = inspect.signature(getattr(tiza.sklearn, name)).parameters
    for (one, expected), (other, found) in zip(theirs.items(), ours.items(), strict=False):
        assert (one, expected.default, expected.kind) == (other, found.default, found.kind)
    assert len(ours) > len(theirs)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("solver", [{}, SGD])
def test_whole_weights_are_repetitions_as_theirs(name: str, solver: dict[str, Any]) -> None:
    x, y = samples(name)
    weights = np.random.default_rng(0).integers(0, 4, len(x)).astype("float64")
    theirs, ours = (one.fit(x, y, sample_weight=weights) for one in both(name, {"alpha": 0.3, **solver}))
    assert_same(theirs, ours, x)
    theirs, ours = (
        one.fit(x, y, sample_weight=weights)
        for one in both(name, {"early_stopping": True, "alpha": 0.0, **solver})
    )
    assert_same(theirs, ours, x)


def test_several_labels() -> None:
    x, y = make_multilabel_classification(120, n_classes=4, random_state=0)
    theirs, ours = (one.fit(x, y) for one in both("MLPClassifier", {"alpha": 0.1}))
    assert_same(theirs, ours, x)
    np.testing.assert_array_equal(theirs.classes_, ours.classes_)


def test_two_classes_and_one() -> None:
    x, y = samples("MLPClassifier")
    for kept in (["setosa", "virginica"], ["setosa"]):
        rows = np.isin(y, kept)
        theirs, ours = (one.fit(x[rows], y[rows]) for one in both("MLPClassifier", {"early_stopping": True}))
        assert_same(theirs, ours, x)


def test_several_quantities() -> None:
    x, y = samples("MLPRegressor")
    targets = np.column_stack([y, 2 * y - 1, -y])
    for parameters in ({"alpha": 0.3}, {"tol": 0.1, "n_iter_no_change": 2, "max_iter": 50}):
        theirs, ours = (one.fit(x, targets) for one in both("MLPRegressor", parameters))
        assert_same(theirs, ours, x)


@pytest.mark.parametrize("name", NAMES)
def test_fit_after_fit(name: str) -> None:
    x, y = samples(name)
    theirs, ours = both(name, {"warm_start": True, "max_iter": 8})
    for _ in range(3):
        theirs.fit(x, y)
        ours.fit(x, y)
        assert_same(theirs, ours, x)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("solver", [{}, SGD, {**SGD, "learning_rate": "invscaling"}])
def test_epoch_after_epoch(name: str, solver: dict[str, Any]) -> None:
    x, y = samples(name)
    theirs, ours = both(name, {**solver, "tol": 0.1, "n_iter_no_change": 1})
    first = {"classes": np.unique(y)} if name == "MLPClassifier" else {}
    for number, rows in enumerate(
        (slice(0, 60), slice(40, 150), slice(10, 90), slice(0, 150), slice(0, 150))
    ):
        for one in (theirs, ours):
            one.partial_fit(x[rows], y[rows], **(first if number == 0 else {}))
        assert_same(theirs, ours, x)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision(name: str) -> None:
    x, y = samples(name)
    x = x.astype("float32")
    theirs, ours = (one.fit(x, y) for one in both(name, {"max_iter": 5}))
    assert ours.coefs_[0].dtype == theirs.coefs_[0].dtype == np.dtype("float32")
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_both_engines(name: str) -> None:
    x, y = samples(name)
    theirs, ours = both(name, {"alpha": 0.2, "max_iter": 4, "batch_size": 64})
    assert_same(theirs.fit(x, y), ours.set_params(engine="reference").fit(x, y), x)


def test_planted_faults_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = samples("MLPClassifier")
    theirs, ours = both("MLPClassifier", {"n_iter_no_change": 2, "tol": 0.3, "max_iter": 60})
    assert_same(theirs.fit(x, y), ours.fit(x, y), x)

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "fewest_epochs_left", lambda self, patience: 7)
        with pytest.raises(AssertionError):
            assert_same(theirs, ours.fit(x, y), x)
    with monkeypatch.context() as patch:
        drawn = first_weights
        patch.setattr(
            "tiza.sklearn.estimator.first_weights", lambda *given: [(k, 0 * b) for k, b in drawn(*given)]
        )
        with pytest.raises(AssertionError):
            assert_same(theirs, ours.fit(x, y), x)
    assert_same(theirs, ours.fit(x, y), x)


@pytest.mark.slow
@pytest.mark.parametrize("load", [load_digits, load_iris, load_diabetes])
def test_scores_are_as_good(load: Any) -> None:
    """The median over seeds is at least theirs, but for one sample of the test set."""
    x, y = load(return_X_y=True)
    name = "MLPRegressor" if load is load_diabetes else "MLPClassifier"
    found: dict[Any, list[float]] = {neural_network: [], tiza.sklearn: []}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(5):
            train_x, test_x, train_y, test_y = train_test_split(x, y, random_state=seed)
            scaler = StandardScaler().fit(train_x)
            for module, scores in found.items():
                estimator = getattr(module, name)(random_state=seed)
                estimator.fit(scaler.transform(train_x), train_y)
                scores.append(estimator.score(scaler.transform(test_x), test_y))
    theirs, ours = (float(np.median(scores)) for scores in found.values())
    assert ours >= theirs - (1e-6 if name == "MLPRegressor" else 1.0 / len(test_y))
