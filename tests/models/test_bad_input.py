"""Bad input: one exception at the call that says what was got, what was expected and what to do."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import DataError, ModelError, NameNotFoundError

X = np.random.default_rng(0).normal(size=(6, 3))


def model_for(
    loss: Any, units: int = 3, activation: str | None = "softmax", dtype: str = "float32"
) -> tz.Sequential:
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(units, activation=activation)], dtype=dtype)
    model.compile(tz.optimizers.Adam(0.1), loss, engine="reference")
    return model


def sparse() -> tz.Sequential:
    return model_for("sparse_categorical_crossentropy")


def one_hot() -> tz.Sequential:
    return model_for("categorical_crossentropy")


def binary() -> tz.Sequential:
    return model_for("binary_crossentropy", 1, "sigmoid")


def two_sigmoids() -> tz.Sequential:
    return model_for("binary_crossentropy", 2, "sigmoid")


def regression() -> tz.Sequential:
    return model_for("mse", 1, None)


def with_value(value: float, at: tuple[int, ...] = (4, 1)) -> Any:
    x = X.copy()
    x[at] = value
    return x


def images() -> tz.Sequential:
    layers = [tz.Input((5, 4, 3)), tz.layers.Flatten(), tz.layers.Dense(3, "softmax")]
    model = tz.Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy", engine="reference")
    return model


LABELS = np.array([0, 1, 2, 0, 1, 2])
WEIGHTS = np.ones(6)

BAD = [
    (sparse, with_value(np.nan), LABELS, None, r"x: got nan at \(4, 1\) \(1 of 18 .*shape \(6, 3\), float64"),
    (sparse, with_value(-np.inf), LABELS, None, r"x: got -inf at \(4, 1\)"),
    (sparse, with_value(1e300), LABELS, None, r"x: got 1e\+300 at \(4, 1\).*too large for float32"),
    (regression, X, [0, 1, np.nan, 0, 0, 0], None, r"y: got nan at \(2,\)"),
    (regression, X, [0, 1, 1e200, 0, 0, 0], None, r"y: got 1e\+200 at \(2,\).*too large for float32"),
    (sparse, np.zeros((0, 3)), [], None, r"x: got shape \(0, 3\).*at least one"),
    (sparse, X, [], None, r"y: got shape \(0,\)"),
    (sparse, X, LABELS[:5], None, "x 6, y 5"),
    (sparse, X, 1, None, r"y: got shape \(\)"),
    (sparse, X[:, :2], LABELS, None, r"x: got shape \(6, 2\), expected \(n, 3\)"),
    (sparse, X[0], 1, None, r"x: got shape \(3,\), expected \(n, 3\); that is one sample; give x\[None\]"),
    (
        sparse,
        X[0].tolist(),
        1,
        None,
        r"x: got shape \(3,\), expected \(n, 3\); that is one sample; give \[x\]",
    ),
    (
        sparse,
        np.ma.masked_greater(X, 1.0),
        LABELS,
        None,
        r"x: 1 of 18 numbers are masked, the first at \(2, 0\)",
    ),
    (sparse, X, np.ma.masked_equal(LABELS, 1), None, r"y: 2 of 6 numbers are masked, the first at \(1,\)"),
    (regression, X, np.zeros(6), np.ma.masked_array(WEIGHTS, LABELS > 1), r"sample_weight: 2 of 6 .* masked"),
    (sparse, X.reshape(6, 3, 1), LABELS, None, r"reshape it: x.reshape\(\(-1, 3\)\)"),
    (sparse, [["a", "b", "c"]] * 6, LABELS, None, "x: got dtype <U1"),
    (
        sparse,
        [[1.0, 2.0], [3.0]],
        LABELS,
        None,
        r"x: got rows .* an array: sample 0 has shape \(2,\), sample 1 \(1,\).*pad_sequences",
    ),
    (
        sparse,
        [np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 4))],
        LABELS,
        None,
        r"sample 1 has shape \(3, 2\), sample 2 \(3, 4\); give samples of one shape\.",
    ),
    (sparse, [[[1.0], [2.0, 3.0]]], LABELS, None, r"x: got rows that do not make an array \(.*equal length"),
    (sparse, np.zeros((2, 0)), LABELS[:2], None, r"x: got shape \(2, 0\).*axis 1 has size 0"),
    (images, np.zeros((6, 3, 5, 4)), LABELS, None, r"expected \(n, 5, 4, 3\);.*np.moveaxis\(x, 1, -1\)"),
    (images, np.zeros((6, 4, 5, 3)), LABELS, None, r"expected \(n, 5, 4, 3\);.*np.transpose"),
    (images, np.zeros((6, 60)), LABELS, None, r"reshape it: x.reshape\(\(-1, 5, 4, 3\)\)"),
    (sparse, [[1.0, None, 2.0]] * 6, LABELS, None, "x: got dtype object"),
    (sparse, X + 1j, LABELS, None, "x: got dtype complex128"),
    (sparse, X, [0, 1, 3, 0, 1, 2], None, r"y: got label 3 at \(2,\), expected 0 to 2"),
    (sparse, X, [0, 1, 2, -1, 1, 2], None, r"y: got label -1 at \(3,\)"),
    (sparse, X, [0, 1, 1.5, 0, 1, 2], None, r"y: got 1.5 at \(2,\), expected whole labels"),
    (sparse, X, np.eye(3)[LABELS], None, r"y: got shape \(6, 3\), expected \(n,\).*categorical_crossentropy"),
    (one_hot, X, LABELS, None, r"y: got shape \(6,\), expected \(n, 3\).*sparse_categorical"),
    (one_hot, X, np.eye(3)[LABELS] * 2, None, r"y: got 2.0 at \(0, 0\), expected probabilities"),
    (
        one_hot,
        X,
        np.ones((6, 3)),
        None,
        r"y: got probabilities at \(0,\) that add up to 3, expected 1.*sigmoid",
    ),
    (one_hot, X, np.eye(3)[LABELS] * (LABELS < 2)[:, None], None, r"at \(2,\) that add up to 0.*weight 0"),
    (one_hot, X, np.eye(2)[LABELS % 2], None, r"y: got shape \(6, 2\), expected \(n, 3\)"),
    (binary, X, [0, 1, 1, 0, -0.1, 0], None, r"y: got -0.1 at \(4,\)"),
    (
        binary,
        X,
        [0, 1, 2, 0, 1, 0],
        None,
        r"y: got 2 at \(2,\).*two classes are 0 and 1.*one softmax unit each",
    ),
    (two_sigmoids, X, [0, 1, 1, 0, 1, 0], None, r"y: got shape \(6,\), expected \(n, 2\).*one sigmoid unit"),
    (regression, X, np.zeros((6, 6)), None, r"y: got shape \(6, 6\), expected \(n, 1\)"),
    (regression, X, np.zeros(6), WEIGHTS[:5], r"sample_weight: got shape \(5,\), expected \(6,\)"),
    (regression, X, np.zeros(6), WEIGHTS - 2, r"sample_weight: got -1.0 at \(0,\)"),
    (regression, X, np.zeros(6), WEIGHTS * np.nan, r"sample_weight: got nan at \(0,\)"),
]


@pytest.mark.parametrize(("make", "x", "y", "weight", "words"), BAD, ids=[one[-1][:40] for one in BAD])
def test_data(make: Any, x: Any, y: Any, weight: Any, words: str) -> None:
    model = make()
    state = model.state
    for call in (
        lambda: model.fit(x, y, sample_weight=weight, verbose=0),
        lambda: model.evaluate(x, y, sample_weight=weight),
        lambda: model.loss_and_gradients(x, y, sample_weight=weight),
    ):
        with pytest.raises(DataError, match=words) as caught:
            call()
        assert caught.value.__cause__ is None
    if words.startswith("x: "):
        with pytest.raises(DataError, match=words):
            model.predict(x)
    for old, new in zip(state.values(), model.state.values(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_names_suggest_the_nearest() -> None:
    model = regression()
    for arguments, words in (
        (("adm", "mse"), "optimizer: unknown name 'adm'; did you mean 'adam'"),
        (("sgd", "quadratc"), "loss: unknown name 'quadratc'; did you mean 'quadratic'"),
        (("sgd", "mse", ["acuracy"]), "metric: unknown name 'acuracy'; did you mean .*'accuracy'"),
        (("sgd", "mse", [], "referense"), "engine: unknown name 'referense'; did you mean 'reference'"),
    ):
        with pytest.raises(NameNotFoundError, match=words):
            model.compile(*arguments)


@pytest.mark.parametrize("value", [0, -1, 1.0, "2", True])
def test_counts(value: Any) -> None:
    model = regression()
    y = np.zeros(6)
    for call in (
        lambda: model.fit(X, y, batch_size=value, verbose=0),
        lambda: model.fit(X, y, epochs=value, verbose=0),
        lambda: model.evaluate(X, y, batch_size=value),
        lambda: model.predict(X, batch_size=value),
    ):
        with pytest.raises(ModelError, match=r"(batch_size|epochs): got .*expected a whole number"):
            call()
    with pytest.raises(ModelError, match="epochs: got None"):
        model.fit(X, y, epochs=None, verbose=0)  # type: ignore[arg-type]


class Frame:
    """What pandas gives: an object that becomes an array on request."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values if dtype is None else self.values.astype(dtype)


@pytest.mark.parametrize(
    "x",
    [X.tolist(), Frame(X), X.astype("float16"), X.astype("float32"), np.asfortranarray(X), X[::-1][::-1]],
    ids=["list", "frame", "float16", "float32", "Fortran", "view"],
)
def test_any_array_will_do(x: Any) -> None:
    model, twin = regression(), regression()
    y = np.arange(6.0)
    model.fit(x, Frame(y), verbose=0)
    twin.fit(np.asarray(x).astype("float32"), y, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], twin.get_weights()[0])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "int64", "uint64", "float16", "float64"])
@pytest.mark.parametrize("network", ["float32", "float64"])
def test_dtypes(dtype: str, network: str) -> None:
    whole = np.random.default_rng(1).integers(0, 2, (6, 3))
    found, expected = (model_for("sparse_categorical_crossentropy", dtype=network) for _ in range(2))
    found.fit(whole.astype(dtype), LABELS.astype("float64"), batch_size=4, verbose=0)
    expected.fit(whole.astype(network), LABELS.astype("uint8"), batch_size=4, verbose=0)
    np.testing.assert_array_equal(found.predict(whole.astype(dtype)), expected.predict(whole.astype(network)))
    assert found.predict(whole).dtype == network


def test_targets_of_one_output_are_never_repeated() -> None:
    """(n,) for an output (n, 1) means (n, 1), also where an (n, n) would go through."""
    y = np.arange(6.0)
    for loss in ("mse", "quadratic", lambda y, a: (y - a) ** 2):
        flat, column = (model_for(loss, 1, None, "float64") for _ in range(2))
        assert flat.evaluate(X, y) == column.evaluate(X, y[:, None])
        flat.fit(X, y, verbose=0)
        column.fit(X, y[:, None], verbose=0)
        np.testing.assert_array_equal(flat.get_weights()[0], column.get_weights()[0])
    residual = flat.predict(X)[:, 0] - y
    assert flat.evaluate(X, y) == pytest.approx((residual**2).mean())


def test_labels_in_a_column() -> None:
    assert sparse().evaluate(X, LABELS[:, None]) == sparse().evaluate(X, LABELS)


def test_one_sample_and_a_batch_larger_than_the_data() -> None:
    model, twin = regression(), regression()
    model.fit(X[:1], [1.0], verbose=0, batch_size=1000)
    twin.fit(X[:1], [1.0], verbose=0, batch_size=1)
    np.testing.assert_array_equal(model.get_weights()[0], twin.get_weights()[0])
    assert model.predict(X[:1]).shape == (1, 1)


def test_one_feature_may_come_flat() -> None:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    np.testing.assert_array_equal(model.predict([1.0, 2.0]), model.predict([[1.0], [2.0]]))


@pytest.mark.parametrize("classes", [None, 3])
def test_one_hot(classes: int | None) -> None:
    np.testing.assert_array_equal(tz.data.one_hot(LABELS, classes), np.eye(3)[LABELS])
    for wrong, words in (([0, 1.5], "1.5"), ([-1, 0], "-1"), ([], "no sample"), ([0, np.nan], "nan")):
        with pytest.raises(DataError, match=words):
            tz.data.one_hot(wrong, classes)
    with pytest.raises(DataError, match="got label 2"):
        tz.data.one_hot(LABELS, 2)


def test_a_mask_that_hides_nothing_is_no_mask() -> None:
    np.testing.assert_array_equal(sparse().predict(np.ma.masked_array(X)), sparse().predict(X))


def test_soft_labels_add_up_to_one_but_for_rounding() -> None:
    soft = np.random.default_rng(0).dirichlet([1.0, 1.0, 1.0], 6).astype("float16")
    assert np.isfinite(one_hot().evaluate(X, soft))


def test_rates_that_are_too_large_for_the_network() -> None:
    for make in (sparse, regression):
        model = make()
        state = model.state
        for call in (
            lambda model=model: setattr(model, "learning_rate", 1e300),
            lambda model=model: model.compile(tz.optimizers.SGD(1e300), "mse"),
        ):
            with pytest.raises(
                ModelError, match=r"(Adam|SGD): got learning_rate=1e\+300, .*too large for float32"
            ):
                call()
        assert model.learning_rate == 0.1
        assert all((one == model.state[path]).all() for path, one in state.items())
    wide = model_for("mse", 1, None, "float64")
    wide.learning_rate = 1e300
    assert wide.learning_rate == 1e300


def test_ends_of_a_search_and_shapes() -> None:
    with pytest.raises(ModelError, match=r"lr_find: got end=1e\+300"):
        regression().lr_find(X, np.zeros(6), end=1e300)
    for shape in (None, "a", (0,), (2.5,)):
        with pytest.raises(ModelError, match="sample shape: got"):
            tz.Sequential([tz.layers.Dense(1)]).build(shape)  # type: ignore[arg-type]


def test_an_optimizer_may_be_a_class_as_losses_are() -> None:
    model = regression()
    model.compile(tz.optimizers.Adam, tz.losses.MeanSquaredError)
    assert model.optimizer == tz.optimizers.Adam()


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "mse"])
@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], np.eye(5)[LABELS]])
def test_images_that_were_not_flattened(loss: str, labels: Any) -> None:
    model = tz.Sequential([tz.Input((4, 3)), tz.layers.Dense(5, activation="softmax")])
    model.compile("sgd", loss, engine="reference")
    with pytest.raises(DataError, match=r"the output is \(4, 5\) a sample;.*put Flatten\(\) before"):
        model.fit(np.zeros((6, 4, 3)), labels, verbose=0)


def test_another_number_of_targets_is_no_question_of_axes() -> None:
    with pytest.raises(DataError, match=r"expected \(n,\); give one whole label"):
        sparse().fit(X, np.zeros((6, 2)), verbose=0)


@pytest.mark.parametrize(
    ("make", "y"), [(sparse, LABELS[1]), (sparse, 1), (one_hot, np.eye(3)[1]), (regression, 0.5)]
)
def test_a_batch_of_one_takes_one_target(make: Any, y: Any) -> None:
    model = make()
    single = str(model.explain(X[0], y, language="en"))
    assert str(model.explain(X[:1], y, language="en")) == single
    assert str(model.explain(X[:1], np.asarray(y)[None], language="en")) == single
    with pytest.raises(DataError, match="y"):
        model.explain(X[:2], y)


@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy, copy.copy])
@pytest.mark.parametrize("make", [sparse, lambda: tz.Sequential([tz.layers.Dense(1)])])
def test_a_model_is_saved_rather_than_pickled(make: Any, copied: Any) -> None:
    with pytest.raises(ModelError, match=r"cannot be pickled or copied; write it with model\.save\("):
        copied(make())
