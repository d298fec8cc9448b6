"""scikit-learn's estimators for neural networks, on Tiza: `MLPClassifier` and `MLPRegressor`.

They need the extra `sklearn`: their base classes are scikit-learn's. `docs/scikit-learn.md` tells what is as
there and what is more.
"""

from tiza.data.extras import load_extra

load_extra("sklearn.base", "scikit-learn", "sklearn")

from tiza.sklearn.classifier import MLPClassifier as MLPClassifier  # noqa: E402 - the extra is asked for first
from tiza.sklearn.regressor import MLPRegressor as MLPRegressor  # noqa: E402
