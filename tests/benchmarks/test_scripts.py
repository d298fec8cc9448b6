"""The scripts of `make bench` run: a few samples, Tiza alone. How long they take is not looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def page(folder: Path, *sections: str) -> str:
    """Return the page that the sections write."""
    written = folder / "page.md"
    command = [sys.executable, ROOT / "benchmarks" / "run.py", "--tiny", "--only", ",".join(sections)]
    done = subprocess.run([*command, "--output", written], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return written.read_text(encoding="utf-8")


def test_epochs_and_products_make_a_page(tmp_path: Path) -> None:
    page(tmp_path, "A", "C")
    text = page(tmp_path, "products")  # which leaves the others where they are
    for part in (
        "- machine: ",
        "- versions: Python ",
        "## A: 784-30-10",
        "| Tiza | 1 | ",
        "## C: two convolutions",
        "| (128,512,512) | ",
        "| gradient of the kernel | ",
    ):
        assert part in text


def test_the_examples_of_the_page_are_right() -> None:
    subprocess.run([sys.executable, "-m", "doctest", ROOT / "benchmarks" / "results.py"], check=True)


def test_numbers_of_another_machine_are_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("- machine: another\n\n<!-- A -->\n\n## A\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="of another machine"):
        page(tmp_path, "products")


@pytest.mark.slow
def test_every_section_makes_a_page(tmp_path: Path) -> None:
    rest = ("compiling", "memory", "busy", "costs", "reference", "cold", "cold-images")
    text = page(tmp_path, "B", "B2", "D", "E", "F", "G", *rest)
    assert text.count("\n## ") == 13


@pytest.mark.slow
def test_estimators_make_a_page(tmp_path: Path) -> None:
    pytest.importorskip("sklearn.neural_network")
    text = page(tmp_path, "grid", "mnist", "table")
    assert text.count("\n## Estimators: ") == 3
    assert text.count("| Tiza, float32 | 1 | ") == 3
