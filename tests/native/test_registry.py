"""Every primitive on the native engine, with its own examples and variants of them, on guarded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import native_guards
from native_checks import is_supported, targets
from primitive_checks import case_name, cases, graph_of

TESTS = Path(native_guards.__file__).parent
HOST, *NARROWER = targets()


def run_script(*arguments: str) -> str:
    """Return what the script printed; its last line before a crash names what crashed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    command = [sys.executable, str(native_guards.__file__), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join([*done.stdout.splitlines()[-3:], *done.stderr.splitlines()[-30:]])
    return done.stdout


@pytest.mark.parametrize(
    ("target", "ways"),
    [
        (HOST, "by turns"),
        *(pytest.param(name, "both", marks=pytest.mark.slow) for name in (HOST, *NARROWER)),
    ],
)
def test_registry(target: str, ways: str) -> None:
    """Other sizes, other dtypes, no elements: values are right and nothing else is touched."""
    supported = sum(is_supported(graph_of(*one)) for one in cases())
    assert run_script("registry", target, ways).splitlines()[-1] == f"passed: {supported}"


def test_what_is_not_supported(record_property: pytest.RecordProperty) -> None:
    """Only loops may be missing."""
    missing = [one for one in cases() if not is_supported(graph_of(*one))]
    for primitive, example in missing:
        record_property("not on the native engine", f"{primitive.name} {case_name(example)}")
    assert all(primitive.access is None for primitive, _ in missing)


def test_random_graphs_on_guarded_memory() -> None:
    assert run_script("random", "0", "60").splitlines()[-1] == "passed: 60"


@pytest.mark.slow
def test_random_loops_on_guarded_memory() -> None:
    assert run_script("loops", "0", "24").splitlines()[-1] == "passed: 24"


@pytest.mark.slow
def test_convolutions_on_guarded_memory() -> None:
    assert run_script("convolutions", "0", "24").splitlines()[-1] == "passed: 24"


def test_indices_outside_touch_nothing() -> None:
    """They are refused; machine code that has not checked them reads nothing there."""
    assert run_script("indices").splitlines()[-1] != "passed: 0"
