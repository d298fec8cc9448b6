"""Against scikit-learn: where names coincide, numbers do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import DataError

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def sklearn() -> Any:
    for module in ("datasets", "model_selection", "preprocessing", "utils.class_weight"):
        pytest.importorskip(f"sklearn.{module}")
    return pytest.importorskip("sklearn")


def samples() -> list[Any]:
    random = np.random.default_rng(0)
    return [
        random.normal(size=(50, 4)) * [1, 100, 1e-5, 1e8] + [0, 3, 1e-3, -1e9],
        random.integers(0, 5, (20, 3)),
        np.full((7, 2), 0.1),
        np.column_stack([np.full(30, 1e9 + 0.1), random.normal(size=30)]),
        random.normal(size=(10, 2)).astype("float32"),
    ]


@pytest.mark.parametrize(
    ("ours", "name", "arguments"),
    [
        (tz.data.Standardizer, "StandardScaler", {}),
        (tz.data.Standardizer, "StandardScaler", {"with_mean": False}),
        (tz.data.Standardizer, "StandardScaler", {"with_std": False}),
        (tz.data.MinMaxScaler, "MinMaxScaler", {}),
        (tz.data.MinMaxScaler, "MinMaxScaler", {"feature_range": (-1, 2), "clip": True}),
    ],
)
def test_scalers(ours: Any, name: str, arguments: dict[str, Any], sklearn: Any) -> None:
    for x in samples():
        theirs = getattr(sklearn.preprocessing, name)(**arguments).fit(x)
        scaling = ours(**arguments).fit(x)
        tolerance = 1e-4 if x.dtype == "float32" else 1e-7
        z = scaling.transform(x)
        assert z.dtype == theirs.transform(x).dtype
        np.testing.assert_allclose(z, theirs.transform(x), atol=tolerance)
        beyond = np.asarray(x) * 2 + 1
        np.testing.assert_allclose(
            scaling.transform(beyond), theirs.transform(beyond), rtol=1e-4, atol=tolerance
        )
        np.testing.assert_allclose(
            scaling.inverse_transform(z), theirs.inverse_transform(z), rtol=1e-4, atol=tolerance
        )


def test_labels(sklearn: Any) -> None:
    for values in (["b", "a", "b", "é"], [3, -1, 3], [True, False], [2.5, 0.5]):
        theirs = sklearn.preprocessing.LabelEncoder().fit(values)
        ours = tz.data.LabelEncoder().fit(values)
        assert list(ours.classes) == theirs.classes_.tolist()
        assert ours.transform(values).tolist() == theirs.transform(values).tolist()
        assert ours.inverse_transform([0, 1]).tolist() == theirs.inverse_transform([0, 1]).tolist()


def test_class_weights(sklearn: Any) -> None:
    random = np.random.default_rng(1)
    for y in (random.integers(0, 4, 40), random.choice(["a", "b"], 31), np.array([5, 5, 5])):
        classes = np.unique(y)
        theirs = sklearn.utils.class_weight.compute_class_weight("balanced", classes=classes, y=y)
        assert tz.data.class_weights(y) == pytest.approx(dict(zip(classes.tolist(), theirs, strict=True)))


SIZES: list[tuple[Any, Any]] = [
    (None, None),
    (0.2, None),
    (None, 0.37),
    (0.3, 0.3),
    (7, None),
    (5, 0.5),
    (0.01, None),
]


@pytest.mark.parametrize(("test_size", "train_size"), SIZES)
@pytest.mark.parametrize("rows", [10, 11, 57, 100])
def test_sizes_of_parts(test_size: Any, train_size: Any, rows: int, sklearn: Any) -> None:
    for shuffle in (True, False):
        sizes = {"test_size": test_size, "train_size": train_size, "shuffle": shuffle}
        theirs = sklearn.model_selection.train_test_split(np.arange(rows), random_state=0, **sizes)
        ours = tz.data.train_test_split(np.arange(rows), **sizes)
        assert [len(one) for one in ours] == [len(one) for one in theirs]
        if not shuffle:
            for one, other in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(one, other)


def test_stratified_parts(sklearn: Any) -> None:
    """Counts of classes agree but for classes with equal remainders, where scikit-learn draws lots."""
    random = np.random.default_rng(2)
    compared = 0
    for _ in range(200):
        counts = random.integers(2, 30, random.integers(2, 5))
        y = random.permutation(np.repeat(np.arange(len(counts)), counts))
        size = float(random.uniform(0.1, 0.6))
        try:
            theirs = sklearn.model_selection.train_test_split(y, test_size=size, stratify=y, random_state=0)
        except ValueError:
            with pytest.raises(DataError):
                tz.data.train_test_split(y, test_size=size, stratify=y)
            continue
        ours = tz.data.train_test_split(y, test_size=size, stratify=y)
        found, expected = (
            [np.bincount(part, minlength=len(counts)) for part in parts] for parts in (ours, theirs)
        )
        assert np.abs(np.array(found) - expected).max() <= 1
        compared += all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    assert compared > 120


def test_folds(sklearn: Any) -> None:
    random = np.random.default_rng(3)
    for rows in (5, 12, 53):
        y = random.choice(list("zax"), rows)
        for folds in (2, 3, 5):
            pairs: list[tuple[str, Any]] = [("KFold", None)]
            if np.unique(y, return_counts=True)[1].max() >= folds:
                pairs.append(("StratifiedKFold", y))
            for name, classes in pairs:
                theirs = list(getattr(sklearn.model_selection, name)(folds).split(y, y))
                ours = list(getattr(tz.data, name)(folds).split(y, classes))
                for one, other in zip(ours, theirs, strict=True):
                    np.testing.assert_array_equal(one[0], other[0])
                    np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("name", sorted(tz.datasets.OF_SCIKIT_LEARN))
def test_data_sets(name: str, sklearn: Any) -> None:
    dataset = tz.datasets.OF_SCIKIT_LEARN[name]()
    theirs = getattr(sklearn.datasets, f"load_{name}")()
    np.testing.assert_array_equal(dataset.features, theirs.data)
    np.testing.assert_array_equal(dataset.targets, theirs.target)
    assert dataset.features.dtype == "float64"
    assert dataset.targets.dtype == ("int64" if dataset.class_names else "float64")
    assert len(dataset.feature_names) == dataset.features.shape[1]
    assert len(dataset.class_names) == (len(np.unique(theirs.target)) if dataset.class_names else 0)
    documented = tz.datasets.OF_SCIKIT_LEARN[name].__doc__ or ""
    assert f"({', '.join(map(str, dataset.features.shape))})" in documented
