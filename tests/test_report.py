"""`verification/report.py`: what it makes of runs, figures and comparisons with other libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import figures

SCRIPT = Path(__file__).parents[1] / "verification" / "report.py"
RUN = """\
<testsuites><testsuite name="CPython 3.11.7, everything" time="2.5">
<testcase classname="tests.a" name="good" time="1.5"/>
<testcase classname="tests.a" name="bad" time="0.5"><failure/></testcase>
</testsuite></testsuites>
"""


def report(folder: Path) -> str:
    """Return the page made of a run and of the figures in a folder."""
    runs = folder / "runs"
    runs.mkdir()
    (runs / "everything.xml").write_text(RUN, encoding="utf-8")
    page = folder / "page.md"
    options = ["--runs", runs, "--figures", folder / "figures.jsonl", "--output", page]
    subprocess.run([sys.executable, SCRIPT, *options], check=True, capture_output=True)
    return page.read_text(encoding="utf-8")


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which figures are recorded."""
    monkeypatch.setattr(figures, "FIGURES", tmp_path / "figures.jsonl")
    return tmp_path


def test_runs_and_failures(tmp_path: Path) -> None:
    page = report(tmp_path)
    assert "| CPython 3.11.7, everything | 1 | 1 | 0 | 2.5 |" in page
    assert "| CPython 3.11.7, everything | `tests.a::bad` |" in page
    assert "None was measured." in page
    assert "Agreement" not in page


def test_what_processes_compared_with_a_library_is_one_row(measured: Path) -> None:
    figures.record_figure("speed", promised="much", measured="more", note="a|b")
    for largest, strides in ((2e-15, ("1", "2")), (3e-16, ("2", "(1, 2)"))):
        figures.record_agreement(
            "Keras 3",
            "Conv2D",
            promised=1e-6,
            largest=largest,
            comparisons=4,
            options={"strides": strides, "padding": ("same",)},
        )
    figures.record_agreement("Keras 3", "Add", promised=1e-6, largest=0.0, comparisons=1, options={})
    page = report(measured)
    assert "| speed | much | more | a\\|b |" in page
    rows = page.partition("## Agreement with Keras 3\n")[2].partition("\n## ")[0].splitlines()
    assert [row for row in rows if row.startswith("| ")][2:] == [
        "| Add |  | 1 | 0.0e+00 |",
        "| Conv2D | strides 1, 2, (1, 2); padding same | 8 | 2.0e-15 |",
    ]
    assert "at most 1e-06" in page


def test_lines_of_figures_are_json(measured: Path) -> None:
    figures.record_figure("ñ", promised="1", measured="2")
    assert json.loads(figures.FIGURES.read_text(encoding="utf-8"))["name"] == "ñ"
