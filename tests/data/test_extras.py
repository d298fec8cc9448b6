"""Parts that need an optional package say which extra installs it."""

from __future__ import annotations

import sys

import pytest

import tiza as tz
from tiza.errors import MissingExtraError


class Frame:
    """What looks like a DataFrame."""

    columns = ("x",)


@pytest.mark.parametrize("name", sorted(tz.datasets.OF_SCIKIT_LEARN))
def test_without_scikit_learn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r"scikit-learn.*pip install '\.\[sklearn\]'"):
        tz.datasets.OF_SCIKIT_LEARN[name]()


def test_without_narwhals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(MissingExtraError, match=r"narwhals.*pip install '\.\[tables\]'"):
        tz.data.read_table(Frame())
