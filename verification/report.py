"""Write what `make verify` ran, found and measured as a Markdown page.

It reads the JUnit files of the test runs, beside them the names of the runs that failed (`failed.txt`) and
of the interpreters that were not there (`not-found.txt`), and the figures that tests measured, one JSON
object a line: name, promised, measured and, if need be, note; or, of numbers that were compared with another
library's, library, what, promised, largest, comparisons, options.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

PACKAGES = ("tiza", "numpy", "rich", "click", "sympy", "mpmath", "keras", "jax", "pytest", "hypothesis")


@dataclass(frozen=True)
class Case:
    """One test and how it ended: passed, failed or skipped."""

    module: str
    name: str
    outcome: str
    seconds: float


@dataclass(frozen=True)
class Run:
    """One run of the tests on one interpreter."""

    name: str
    seconds: float
    cases: tuple[Case, ...]

    def count(self, outcome: str) -> int:
        """Return how many tests ended so."""
        return sum(case.outcome == outcome for case in self.cases)


@dataclass(frozen=True)
class Figure:
    """One promise and what was measured."""

    name: str
    promised: str
    measured: str
    note: str


@dataclass(frozen=True)
class Agreement:
    """How far numbers of one kind agree with those of another library.

    Attributes:
        library: which one, with its version.
        what: the kind of numbers, such as the name of a layer.
        promised: the difference that is allowed.
        largest: the largest difference.
        comparisons: arrays that were compared.
        options: the values that each option had, in the order in which they were tried.
    """

    library: str
    what: str
    promised: float
    largest: float
    comparisons: int
    options: Mapping[str, tuple[str, ...]]

    def joined(self, other: Agreement) -> Agreement:
        """Return this with what another process measured of the same."""
        names = dict.fromkeys((*self.options, *other.options))
        options = {
            name: tuple(dict.fromkeys((*self.options.get(name, ()), *other.options.get(name, ()))))
            for name in names
        }
        largest = max(self.largest, other.largest)
        comparisons = self.comparisons + other.comparisons
        return Agreement(self.library, self.what, self.promised, largest, comparisons, options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; return 1 if there was nothing to report on, else 0."""
    options = _parser().parse_args(arguments)
    runs = tuple(read_run(path) for path in sorted(options.runs.glob("*.xml")))
    page = render(
        runs,
        not_found=read_lines(options.runs / "not-found.txt"),
        unsuccessful=read_lines(options.runs / "failed.txt"),
        figures=read_figures(options.figures),
        agreements=read_agreements(options.figures),
    )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{options.output}: {len(runs)} runs\n")
    return 0 if runs else 1


def read_run(path: Path) -> Run:
    """Return the run that a JUnit file records."""
    suite = ElementTree.parse(path).getroot().find("testsuite")
    if suite is None:
        raise ValueError(f"{path}: got no <testsuite>, expected the JUnit XML that pytest writes")
    cases = tuple(_case(element) for element in suite.iter("testcase"))
    return Run(suite.get("name", path.stem), float(suite.get("time", "0")), cases)


def read_figures(path: Path) -> tuple[Figure, ...]:
    """Return the measured figures in the order of their names; none if nothing was measured."""
    figures = (
        Figure(str(row["name"]), str(row["promised"]), str(row["measured"]), str(row.get("note", "")))
        for row in _rows(path)
        if "name" in row
    )
    return tuple(sorted(figures, key=lambda figure: figure.name))


def read_agreements(path: Path) -> tuple[Agreement, ...]:
    """Return how far numbers agree with other libraries', in the order of the libraries and of what it is.

    Rows of the same are joined: tests that run in several processes measure each their part.
    """
    found: dict[tuple[str, str], Agreement] = {}
    for row in _rows(path):
        if "library" in row:
            options = {str(name): tuple(map(str, tried)) for name, tried in row["options"].items()}
            one = Agreement(
                str(row["library"]),
                str(row["what"]),
                float(row["promised"]),
                float(row["largest"]),
                int(row["comparisons"]),
                options,
            )
            key = (one.library, one.what)
            found[key] = found[key].joined(one) if key in found else one
    return tuple(one for _, one in sorted(found.items()))


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read_lines(path)]


def read_lines(path: Path) -> tuple[str, ...]:
    """Return the lines of a file that are not blank; none if there is no such file."""
    if not path.exists():
        return ()
    return tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def render(
    runs: Sequence[Run],
    *,
    not_found: Sequence[str],
    unsuccessful: Sequence[str],
    figures: Sequence[Figure],
    agreements: Sequence[Agreement] = (),
) -> str:
    """Return the page; a run that broke off before its tests is among the unsuccessful ones only."""
    sections = [
        "# Verification\n\nWritten by `make verify`; do not edit.",
        "## When and where\n\n" + _table(("what", "value"), _circumstances()),
        "## Runs\n\n" + _table(("run", "passed", "failed", "skipped", "seconds"), map(_run_row, runs)),
        f"Not found on this machine, so not run: {_enumeration(not_found)}.",
        f"Did not succeed: {_enumeration(unsuccessful)}.",
        *_failures(runs),
        "## Figures\n\n" + _figures(figures),
        *_agreements(agreements),
        *_modules(runs[:1]),
    ]
    return "\n\n".join(sections) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Write what make verify ran, found and measured.")
    parser.add_argument("--runs", type=Path, required=True, help="folder of JUnit files")
    parser.add_argument("--figures", type=Path, required=True, help="figures, one JSON object a line")
    parser.add_argument("--output", type=Path, required=True, help="the Markdown page to write")
    return parser


def _case(element: ElementTree.Element) -> Case:
    children = {child.tag for child in element}
    if children & {"failure", "error"}:
        outcome = "failed"
    else:
        outcome = "skipped" if "skipped" in children else "passed"
    return Case(
        module=element.get("classname", ""),
        name=element.get("name", ""),
        outcome=outcome,
        seconds=float(element.get("time", "0")),
    )


def _circumstances() -> list[tuple[str, str]]:
    now = datetime.datetime.now(datetime.UTC)
    return [
        ("date", now.strftime("%Y-%m-%d %H:%M UTC")),
        ("processor", _processor()),
        ("cores", str(os.cpu_count())),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        *((name, version) for name in PACKAGES if (version := _version(name)) is not None),
    ]


def _processor() -> str:
    """Return the processor's model; the platform module knows it on some systems only."""
    described = (line.partition(":") for line in read_lines(Path("/proc/cpuinfo")))
    models = (value.strip() for key, _, value in described if key.strip() == "model name")
    return next(models, platform.processor() or "unknown")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _enumeration(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _run_row(run: Run) -> tuple[str, ...]:
    counts = (str(run.count(outcome)) for outcome in ("passed", "failed", "skipped"))
    return (run.name, *counts, f"{run.seconds:.1f}")


def _failures(runs: Sequence[Run]) -> list[str]:
    failed = [(run.name, case) for run in runs for case in run.cases if case.outcome == "failed"]
    if not failed:
        return []
    rows = ((name, f"`{case.module}::{case.name}`") for name, case in failed)
    return ["## Failed\n\n" + _table(("run", "test"), rows)]


def _figures(figures: Sequence[Figure]) -> str:
    if not figures:
        return "None was measured."
    rows = ((figure.name, figure.promised, figure.measured, figure.note) for figure in figures)
    return _table(("what", "promised", "measured", "note"), rows)


def _agreements(agreements: Sequence[Agreement]) -> list[str]:
    """Return one table a library."""
    head = ("what", "options compared", "arrays", "largest difference")
    tables = []
    for library, group in groupby(agreements, key=lambda one: one.library):
        known = list(group)
        promised = max(one.promised for one in known)
        tables.append(
            f"## Agreement with {library}\n\n"
            "In float64. A difference is relative to the number, or to 1 if that is larger; promised is at "
            f"most {promised:g}. Of layers, values, gradients by weights and inputs, and new states are "
            "compared, on both engines.\n\n" + _table(head, map(_agreement_row, known))
        )
    return tables


def _agreement_row(one: Agreement) -> tuple[str, ...]:
    options = "; ".join(f"{name} {', '.join(tried)}" for name, tried in one.options.items())
    return (one.what, options, str(one.comparisons), f"{one.largest:.1e}")


def _modules(runs: Sequence[Run]) -> list[str]:
    """Return one table a run: its test modules, the longest first."""
    head = ("module", "tests", "seconds")
    return [f"## Tests: {run.name}\n\n" + _table(head, _module_rows(run.cases)) for run in runs]


def _module_rows(cases: Sequence[Case]) -> list[tuple[str, ...]]:
    seconds: dict[str, list[float]] = {}
    for case in cases:
        seconds.setdefault(case.module, []).append(case.seconds)
    longest_first = sorted(seconds.items(), key=lambda item: (-sum(item[1]), item[0]))
    return [(f"`{module}`", str(len(times)), f"{sum(times):.1f}") for module, times in longest_first]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
