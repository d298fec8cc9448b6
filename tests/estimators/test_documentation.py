"""docs/scikit-learn.md: its table is what the signatures and docstrings say, and its blocks run."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn.neural_network")

import readme_blocks
from tiza.sklearn import MLPClassifier, MLPRegressor
from tiza.sklearn.estimator import MultilayerPerceptron

PAGE = Path(__file__).parents[2] / "docs" / "scikit-learn.md"
HEAD = "| parameter | default | what it is |\n|---|---|---|\n"


def described(kind: type) -> dict[str, str]:
    """Return what the docstring of a class says of each argument."""
    text = inspect.getdoc(kind) or ""
    section = text.partition("Args:\n")[2].partition("\n\n")[0]
    lines = re.sub(r"\n {5,}", " ", section).splitlines()
    pairs = (line.strip().partition(": ") for line in lines)
    return {name: " ".join(what.split()) for name, _, what in pairs}


def rows() -> str:
    """Return the table of all parameters."""
    known = described(MultilayerPerceptron) | described(MLPClassifier) | described(MLPRegressor)
    parameters: dict[str, inspect.Parameter] = {}
    owners: dict[str, list[str]] = {}
    for kind in (MLPClassifier, MLPRegressor):
        for name, parameter in inspect.signature(kind).parameters.items():
            parameters.setdefault(name, parameter)
            owners.setdefault(name, []).append(kind.__name__)
    found = []
    for name, parameter in parameters.items():
        alone = f" Of `{owners[name][0]}` alone." if len(owners[name]) == 1 else ""
        found.append(f"| `{name}` | `{parameter.default!r}` | {known[name]}{alone} |\n")
    return "".join(found)


def test_every_parameter_stands_in_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(HEAD)[2].partition("\n\n")[0] + "\n" == rows()


@pytest.mark.filterwarnings("ignore")
def test_blocks_print_what_stands_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert readme_blocks.renewed(text, "en") == text


def test_no_argument_is_described_that_there_is_not() -> None:
    for kind in (MLPClassifier, MLPRegressor):
        parameters: Any = inspect.signature(kind).parameters
        assert set(described(MultilayerPerceptron)) | set(described(kind)) == set(parameters)
