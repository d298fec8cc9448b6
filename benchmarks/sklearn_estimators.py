"""Time `tiza.sklearn` beside scikit-learn's estimators of the same names; run by hand.

`python benchmarks/sklearn_estimators.py` in an environment with both; `--tiny` tries it on a few samples.
Each library runs in processes of its own, with one thread and with two, which are asked in turn. The first
fit of each is told apart: it makes Tiza's machine code, unless a run before has left it in the cache.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from processes import Library, in_turn, processes

THREADS = (1, 2)
LIBRARIES = {
    "scikit-learn": ("with_estimators.py", "sklearn.neural_network"),
    "Tiza": ("with_estimators.py", "tiza.sklearn"),
    "Tiza, float32": ("with_estimators.py", "tiza.sklearn", "float32"),
}
TASKS = {
    "grid": "GridSearchCV of 24 fits on digits",
    "mnist": "MLPClassifier on MNIST, 784-128-10, 5 epochs",
    "table": "MLPRegressor on 20 000 rows of 10 features, early stopping",
}
HEAD = (
    "| estimators | threads | first fit, s | later fits, s | ratio | score |",
    "|---|---|---|---|---|---|",
)


def section(name: str, repeats: int, tiny: bool) -> Iterator[str]:
    """Yield the lines of a task's table; a ratio is scikit-learn's better median over this one."""
    request = f"fit {name} tiny" if tiny else f"fit {name}"
    yield from ("", f"## {TASKS[name]}", "", *HEAD)
    libraries = [Library(label, script, count) for label, script in LIBRARIES.items() for count in THREADS]
    with processes(libraries) as running:
        first = [one.ask(request) for one in running]
        times = in_turn(running, request, repeats)
    theirs = min(
        time.median for one, time in zip(libraries, times, strict=True) if one.name == "scikit-learn"
    )
    for one, answer, time in zip(libraries, first, times, strict=True):
        yield (
            f"| {one.name} | {one.threads} | {answer['seconds']:.2f} | {time.median:.2f} "
            f"({time.least:.2f} to {time.most:.2f}) | {theirs / time.median:.2f} | {answer['score']:.4f} |"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Time estimators beside scikit-learn's.")
    parser.add_argument("--tiny", action="store_true", help="few samples: do the scripts work?")
    parser.add_argument("--repeats", type=int, default=5, help="how often to measure")
    parser.add_argument("--only", default=",".join(TASKS), help="tasks, with commas between them")
    options = parser.parse_args()
    for name in options.only.split(","):
        for line in section(name, 1 if options.tiny else options.repeats, options.tiny):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
