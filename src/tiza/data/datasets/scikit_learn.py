"""Data sets that scikit-learn holds, read from it: nothing is downloaded."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.data.datasets.dataset import Dataset
from tiza.data.extras import load_extra


def digits() -> Dataset:
    """Return small handwritten digits: features `(1797, 64)`, float64 from 0 to 16; targets `(1797,)`, int64.

    Raises:
        MissingExtraError: scikit-learn is not installed.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI repository (1998).
    """
    return _loaded("digits", "Handwritten digits, 8 by 8 grey levels from 0 to 16, row by row.")


def iris() -> Dataset:
    """Return flowers of three kinds: features `(150, 4)`, float64, centimetres; targets `(150,)`, int64.

    Raises:
        MissingExtraError: scikit-learn is not installed.

    Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7
        (1936).
    """
    return _loaded("iris", "Irises of three kinds: length and width of sepals and petals.")


def wine() -> Dataset:
    """Return chemical analyses of wines: features `(178, 13)`, float64, unscaled; targets `(178,)`, int64.

    Raises:
        MissingExtraError: scikit-learn is not installed.

    Source: S. Aeberhard, M. Forina, "Wine", UCI repository (1991).
    """
    return _loaded("wine", "Wines of three growers: thirteen measurements of very different sizes.")


def diabetes() -> Dataset:
    """Return patients and how their diabetes went on: features `(442, 10)`, targets `(442,)`, both float64.

    Features are centred, and each column's squares add up to 1, as scikit-learn gives them by default.

    Raises:
        MissingExtraError: scikit-learn is not installed.

    Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least angle regression", Annals of Statistics
    32 (2004).
    """
    return _loaded("diabetes", "Progression of diabetes after a year, from ten measurements; a regression.")


def breast_cancer() -> Dataset:
    """Return tumours, malignant or benign: features `(569, 30)`, float64, unscaled; targets `(569,)`, int64.

    Raises:
        MissingExtraError: scikit-learn is not installed.

    Source: W. Wolberg, O. Mangasarian, N. Street, W. Street, "Breast Cancer Wisconsin (Diagnostic)", UCI
    repository (1995).
    """
    return _loaded(
        "breast_cancer", "Tumours: thirty measurements of cell nuclei; malignant (0) or benign (1)."
    )


def _loaded(name: str, description: str) -> Dataset:
    found: Any = getattr(load_extra("sklearn.datasets", "scikit-learn", "sklearn"), f"load_{name}")()
    targets = np.array(found.target)
    return Dataset(
        np.array(found.data, "float64"),
        targets.astype("int64") if targets.dtype.kind in "iu" else targets.astype("float64"),
        tuple(map(str, found.feature_names)),
        tuple(map(str, getattr(found, "target_names", ()))),
        description,
    )
