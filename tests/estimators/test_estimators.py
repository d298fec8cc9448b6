"""What the estimators do besides what scikit-learn's do, and how they stand among scikit-learn's tools."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn.neural_network")

from scipy.sparse import csc_array, csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tiza.sklearn
from tiza.errors import DataError, ModelError, NameNotFoundError, NonFiniteError
from tiza.language import use_language
from tiza.sklearn import MLPClassifier, MLPRegressor
from tiza.sklearn.requirements import REQUIREMENTS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ENGINES = ("native", "reference")
SMALL: dict[str, Any] = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 5}
BAD: tuple[Any, ...] = (-1, "no", None, [0], (), float("nan"), 1.5j)


def iris() -> tuple[Any, Any]:
    x, y = load_iris(return_X_y=True)
    return x, y


def weights(estimator: Any) -> list[Any]:
    return [*estimator.coefs_, *estimator.intercepts_]


@pytest.mark.parametrize("name", sorted(REQUIREMENTS))
def test_parameters_are_checked_by_name(name: str) -> None:
    x, y = iris()
    requirement = REQUIREMENTS[name]
    assert requirement.accepts(getattr(MLPClassifier(), name))
    refused = [value for value in BAD if not requirement.accepts(value)]
    assert refused
    for value in refused:
        estimator = MLPClassifier().set_params(**{name: value})
        with pytest.raises(ModelError, match=f"MLPClassifier: got {name}="):
            estimator.fit(x, y)
        assert not hasattr(estimator, "coefs_")


@pytest.mark.parametrize("parameter", ["solver", "learning_rate", "activation"])
def test_unknown_names_suggest_near_ones(parameter: str) -> None:
    near: Any = {"solver": "adm", "learning_rate": "adaptiv", "activation": "logisti"}[parameter]
    with pytest.raises(NameNotFoundError, match=near):
        MLPClassifier().set_params(**{parameter: near}).fit(*iris())


@pytest.mark.parametrize("extra", [{"dropout": 0.2}, {"batch_norm": True}])
def test_lbfgs_refuses_what_only_steps_do(extra: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=next(iter(extra))):
        MLPClassifier(solver="lbfgs", **extra).fit(*iris())
    with pytest.raises(AttributeError, match="partial_fit"):
        _ = MLPClassifier(solver="lbfgs").partial_fit
    with pytest.raises(ModelError, match="validation_data"):
        MLPClassifier(solver="lbfgs").fit(*iris(), validation_data=iris())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "extra", [{"dropout": 0.5}, {"batch_norm": True}, {"dropout": 0.2, "batch_norm": True}]
)
def test_dropout_and_batch_norm_train_and_predict(engine: str, extra: dict[str, Any]) -> None:
    x, y = iris()
    plain = MLPClassifier(**SMALL).fit(x, y)
    first, second = (MLPClassifier(**SMALL, engine=engine, **extra).fit(x, y) for _ in range(2))
    assert not np.allclose(first.coefs_[0], plain.coefs_[0])
    for one, other in zip(weights(first), weights(second), strict=True):
        np.testing.assert_array_equal(one, other)
    # nothing is drawn when the network is used
    np.testing.assert_array_equal(first.predict_proba(x), first.predict_proba(x))
    assert first.n_layers_ == 3
    assert [one.shape for one in first.coefs_] == [(4, 6), (6, 3)]
    np.testing.assert_allclose(first.model_.predict(x), first.predict_proba(x), rtol=1e-12)


def test_batch_norm_does_not_mind_the_scale_of_features() -> None:
    x, y = iris()
    parameters: dict[str, Any] = {"random_state": 0, "learning_rate_init": 0.02, "max_iter": 100}
    assert MLPClassifier(**parameters, batch_norm=True).fit(1e4 * x, y).score(1e4 * x, y) > 0.9


def test_class_weights_are_weights_of_samples() -> None:
    x, y = iris()
    names = np.array(["a", "b", "c"])[y]
    by_class = {"a": 1.0, "b": 4.0, "c": 2.0}
    ours = MLPClassifier(**SMALL, class_weight=by_class).fit(x, names)
    other = MLPClassifier(**SMALL).fit(x, names, sample_weight=[by_class[one] for one in names])
    for one, two in zip(weights(ours), weights(other), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ModelError, match="balanced"):
        MLPClassifier(class_weight="balanced").partial_fit(x, y, classes=[0, 1, 2])


def test_validation_data_are_measured_and_may_end_training() -> None:
    x, y = iris()
    held = x[::3], y[::3]
    measured = MLPClassifier(**SMALL).fit(x, y, validation_data=held)
    assert len(measured.history_["val_score"]) == measured.n_iter_ == 5
    assert measured.validation_scores_ is None
    assert measured.history_["val_score"][-1] == measured.score(*held)
    plain = MLPClassifier(**SMALL).fit(x, y)
    np.testing.assert_array_equal(measured.coefs_[0], plain.coefs_[0])
    stopped = MLPClassifier(random_state=0, early_stopping=True, n_iter_no_change=2).fit(
        x, y, validation_data=(*held, np.ones(50))
    )
    assert stopped.n_iter_ < 200
    assert stopped.best_validation_score_ == max(stopped.history_["val_score"]) == stopped.score(*held)
    assert stopped.validation_scores_ == stopped.history_["val_score"]
    for wrong in ("xy", (x,), (x[:, :2], y), (x, y[:5])):
        with pytest.raises(ValueError, match=r"validation_data|features|samples"):
            MLPClassifier(**SMALL).fit(x, y, validation_data=wrong)


@pytest.mark.parametrize("engine", ENGINES)
def test_dtype(engine: str) -> None:
    x, y = iris()
    for dtype in ("float32", "float64"):
        estimator = MLPClassifier(**SMALL, dtype=dtype, engine=engine).fit(x, y)
        assert {one.dtype for one in (*weights(estimator), estimator.predict_proba(x))} == {np.dtype(dtype)}
    with pytest.raises(DataError, match="too large for float32"):
        MLPClassifier(**SMALL, dtype="float32").fit(x * 1e300, y)


def test_activations_and_losses_of_tiza() -> None:
    x, y = iris()
    named = MLPClassifier(**SMALL, activation="gelu").fit(x, y)
    given = MLPClassifier(**SMALL, activation=tiza.nn.activations.gelu).fit(x, y)
    np.testing.assert_array_equal(named.coefs_[0], given.coefs_[0])
    robust = MLPRegressor("huber", **SMALL).fit(x, y)
    assert robust.loss_ == robust.history_["loss"][-1] > 0.0
    with pytest.raises(NameNotFoundError):
        MLPRegressor("hubert", **SMALL).fit(x, y)
    with pytest.raises(DataError, match="from 0 on"):
        MLPRegressor("poisson", **SMALL).fit(x, y - 1.0)


@pytest.mark.parametrize("container", [csr_array, csc_array])
def test_sparse_features(container: Any) -> None:
    x, y = iris()
    x = np.where(x > 2.0, x, 0.0)
    dense, sparse = (MLPClassifier(**SMALL, early_stopping=True).fit(one, y) for one in (x, container(x)))
    np.testing.assert_array_equal(dense.coefs_[0], sparse.coefs_[0])
    np.testing.assert_array_equal(dense.predict_proba(x), sparse.predict_proba(container(x)))


def test_sparse_labels_come_back_sparse() -> None:
    x, y = make_multilabel_classification(40, random_state=0)
    dense, sparse = (MLPClassifier(**SMALL).fit(x, one) for one in (y, csr_array(y)))
    np.testing.assert_array_equal(sparse.predict(x).toarray(), dense.predict(x))


@pytest.mark.parametrize("estimator", [MLPClassifier(**SMALL), MLPRegressor(**SMALL)])
def test_pickled_goes_on_the_same(estimator: Any) -> None:
    x, y = iris()
    estimator.partial_fit(x, y, **({"classes": [0, 1, 2]} if isinstance(estimator, MLPClassifier) else {}))
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(x), estimator.predict(x))
    for one in (again, estimator):
        one.partial_fit(x, y)
    for one, other in zip(weights(again), weights(estimator), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not hasattr(clone(estimator), "coefs_")


def test_grid_search_in_two_processes() -> None:
    x, y = iris()
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    grid = {"mlpclassifier__alpha": [1e-4, 1.0], "mlpclassifier__hidden_layer_sizes": [(3,), (6,)]}
    alone = GridSearchCV(pipeline, grid, cv=2).fit(x, y)
    shared = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(x, y)
    np.testing.assert_array_equal(alone.cv_results_["mean_test_score"], shared.cv_results_["mean_test_score"])


def test_predictions_are_of_the_weights_that_stand_there() -> None:
    x, y = iris()
    estimator = MLPClassifier(**SMALL).fit(x, y)
    estimator.coefs_[-1] *= 0.0
    estimator.intercepts_ = [0.0 * one for one in estimator.intercepts_]
    np.testing.assert_allclose(estimator.predict_proba(x), 1.0 / 3.0)
    estimator.coefs_ = estimator.coefs_[::-1]
    with pytest.raises(ModelError, match="coefs_"):
        estimator.predict(x)


def test_another_size_does_not_go_on() -> None:
    x, y = iris()
    estimator = MLPClassifier(**SMALL, warm_start=True).fit(x, y)
    before = [one.copy() for one in weights(estimator)]
    with pytest.raises(ModelError, match="coefs_"):
        estimator.set_params(hidden_layer_sizes=(7,)).fit(x, y)
    with pytest.raises(DataError, match="same classes"):
        estimator.set_params(hidden_layer_sizes=(6,)).fit(x[:100], y[:100])
    for one, other in zip(weights(estimator), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_partial_fit_of_unknown_classes() -> None:
    x, y = iris()
    with pytest.raises(DataError, match="first call"):
        MLPClassifier(**SMALL).partial_fit(x, y)
    estimator = MLPClassifier(**SMALL).partial_fit(x[:80], y[:80], classes=[0, 1, 2])
    assert estimator.predict_proba(x).shape == (150, 3)
    with pytest.raises(DataError, match="classes not in"):
        estimator.partial_fit(x, y + 1)
    with pytest.raises(DataError, match="same as on last call"):
        estimator.partial_fit(x, y, classes=[0, 1])
    with pytest.raises(ModelError, match="early_stopping"):
        estimator.set_params(early_stopping=True).partial_fit(x, y)


def test_a_loss_that_is_not_finite_leaves_the_estimator() -> None:
    x, y = iris()
    estimator = MLPRegressor(**SMALL, solver="sgd", learning_rate_init=1e200)
    with pytest.raises(NonFiniteError, match="learning_rate"):
        estimator.fit(x, y)
    assert not hasattr(estimator, "coefs_")
    with pytest.raises(NotFittedError):
        estimator.predict(x)


def test_ctrl_c_keeps_what_was_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = iris()
    noted = tiza.sklearn.stochastic.Descent._note

    def interrupted(self: Any, course: Any, measured: Any) -> None:
        noted(self, course, measured)
        if course.iterations == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(tiza.sklearn.stochastic.Descent, "_note", interrupted)
    with pytest.warns(UserWarning, match="interrupted"):
        estimator = MLPClassifier(random_state=0).fit(x, y)
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 4
    assert estimator.predict(x).shape == (150,)


@pytest.mark.parametrize("engine", ENGINES)
def test_explains_its_numbers(engine: str) -> None:
    x, y = iris()
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    estimator = MLPClassifier((2,), random_state=0, max_iter=3, engine=engine).fit(x, names)
    with use_language("en"):
        text = str(estimator.explain(x[0], "setosa", "dense.kernel[0,0]", update=True))
        loss = str(estimator.explain(x[:2], names[:2], "loss"))
    assert "dense.kernel" in text
    assert "ln" in loss
    assert estimator.model_.learning_rate == 0.001
    regressor = MLPRegressor(hidden_layer_sizes=(2,), random_state=0, max_iter=3, engine=engine).fit(x, y)
    with use_language("en"):
        assert "loss" in str(regressor.explain(x[0], 1.0, "loss"))
    with pytest.raises(DataError, match="purple"):
        estimator.explain(x[0], "purple", "loss")


def test_verbose_prints_a_line_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    with use_language("en"):
        MLPClassifier(**SMALL, verbose=True).fit(*iris())
        MLPClassifier(**SMALL, verbose=True, solver="lbfgs").fit(*iris())
    printed = capsys.readouterr().out
    assert printed.count("Epoch") == 10
    assert "loss" in printed
