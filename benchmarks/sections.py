"""The sections of the page: what is run for each, and its table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import reference_step
from processes import (
    HERE,
    Library,
    Process,
    Times,
    Whole,
    busy_core,
    environment,
    in_turn,
    prepared,
    processes,
    whole_process,
)
from tasks import task

THREADS = (1, 2)
TIZA = [Library("Tiza", ("with_tiza.py",), threads) for threads in THREADS]
PEERS = {
    "PyTorch": ("with_torch.py",),
    "PyTorch, fused optimizer": ("with_torch.py", "fused"),
    "JAX": ("with_jax.py",),
    "JAX, shifted products": ("with_jax.py", "shifted"),
    "Keras 3 on JAX": ("with_keras.py",),
    "scikit-learn": ("with_sklearn.py",),
}
ESTIMATORS = {"Tiza": "tiza.sklearn", "scikit-learn": "sklearn.neural_network"}
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Extent:
    """How much is run: all of it, or a few samples and Tiza alone."""

    tiny: bool = False

    def libraries(self, peers: Sequence[str]) -> list[Library]:
        """Return Tiza and the peers, each with one thread and with two."""
        if self.tiny:
            return TIZA[:1]
        return [*TIZA, *(Library(name, PEERS[name], threads) for name in peers for threads in THREADS)]

    def estimators(self) -> list[Library]:
        """Return the libraries' estimators, for samples of each dtype, with one thread and with two."""
        modules = {"Tiza": ESTIMATORS["Tiza"]} if self.tiny else ESTIMATORS
        return [
            Library(f"{name}, {dtype}", ("with_estimators.py", module, dtype), threads)
            for name, module in modules.items()
            for dtype in DTYPES
            for threads in (THREADS[:1] if self.tiny else THREADS)
        ]

    def repeats(self, usual: int) -> int:
        """Return how often to measure."""
        return 1 if self.tiny else usual

    @property
    def mark(self) -> str:
        """What follows a task's name in a request."""
        return " tiny" if self.tiny else ""


@dataclass(frozen=True)
class Row:
    """What was found of one library with one number of threads."""

    library: Library
    first: float
    times: Times
    accuracy: float


def timed(extent: Extent, name: str, libraries: Sequence[Library], repeats: int) -> list[Row]:
    """Time an epoch of a task in every library."""
    of = task(name, extent.tiny)
    with processes(libraries) as running:
        answers = prepared(running, f"prepare {name}{extent.mark}")
        times = in_turn(running, f"train {of.epochs}", extent.repeats(repeats))
        return [
            Row(
                process.library, one["first"], each.scaled(1 / of.epochs), process.ask("accuracy")["accuracy"]
            )
            for process, one, each in zip(running, answers, times, strict=True)
            if each.values
        ]


def best(rows: Sequence[Row]) -> dict[str, Row]:
    """Return each library's row with the better number of threads."""
    found: dict[str, Row] = {}
    for row in rows:
        known = found.get(row.library.name)
        if known is None or row.times.median < known.times.median:
            found[row.library.name] = row
    return found


def rounded(number: float) -> str:
    """Return a number with three digits, or as a whole one."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def spread(times: Times) -> str:
    """Return median, least and most."""
    return f"{rounded(times.median)} ({rounded(times.least)} to {rounded(times.most)})"


def compared(rows: Sequence[Row], bars: Mapping[str, tuple[float, float]]) -> str:
    """Return how many times as long as Tiza libraries take, beside what is asked for."""
    found = best(rows)
    ours = found["Tiza"].times.median
    return "; ".join(
        f"{name} takes {found[name].times.median / ours:.2f} times as long (at least {least:g}, aim {aim:g})"
        for name, (least, aim) in bars.items()
        if name in found
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def epochs(
    title: str,
    name: str,
    peers: Sequence[str],
    unit: tuple[str, float],
    what: str,
    bars: Mapping[str, tuple[float, float]],
    repeats: int = 5,
) -> Callable[[Extent], list[str]]:
    """Return the section that times an epoch of a task."""

    def section(extent: Extent) -> list[str]:
        rows = timed(extent, name, extent.libraries(peers), repeats)
        ours = best(rows)["Tiza"].times.median
        label, factor = unit
        lines = [
            [
                row.library.name,
                str(row.library.threads),
                spread(row.times.scaled(factor)),
                f"{row.times.median / ours:.2f}",
                f"{row.first:.2f}",
                f"{100 * row.accuracy:.1f} %",
            ]
            for row in rows
        ]
        head = ("library", "threads", label, "ratio to Tiza", "first epoch with compiling, s", "right")
        verdict = compared(rows, bars)
        above = [what, "", *([f"{verdict}.", ""] if verdict else [])]
        return [f"## {title}", "", *above, *table(head, lines)]

    return section


def fits(
    title: str, name: str, what: Sequence[str], bar: tuple[float, float] | None = None
) -> Callable[[Extent], list[str]]:
    """Return the section that times fits of estimators."""

    def section(extent: Extent) -> list[str]:
        rows = fitted(extent, name)
        medians = {name: row.times.median for name, row in best(rows).items()}
        lines = [
            [
                row.library.name,
                str(row.library.threads),
                spread(row.times),
                f"{row.times.median / medians[row.library.name.replace('scikit-learn', 'Tiza')]:.2f}",
                f"{row.first:.2f}",
                f"{row.accuracy:.4f}",
            ]
            for row in rows
        ]
        asked = f" (at least {bar[0]:g}, aim {bar[1]:g})" if bar else ""
        verdict = "; ".join(
            f"{dtype}: scikit-learn takes {theirs / medians[f'Tiza, {dtype}']:.2f} times as long{asked}"
            for dtype in DTYPES
            if (theirs := medians.get(f"scikit-learn, {dtype}"))
        )
        head = ("estimators", "threads", "a fit, s", "ratio to Tiza", "first fit with compiling, s", "score")
        return [f"## {title}", "", *what, "", *([f"{verdict}.", ""] if verdict else []), *table(head, lines)]

    return section


def fitted(extent: Extent, name: str) -> list[Row]:
    """Time a task of the estimators; each says what it scores on samples that were not fitted."""
    libraries = extent.estimators()
    with processes(libraries) as running:
        answers = prepared(running, f"fit {name}{extent.mark}")
        times = in_turn(running, f"fit {name}{extent.mark}", extent.repeats(5))
    return [
        Row(library, one["seconds"], each, one["score"])
        for library, one, each in zip(libraries, answers, times, strict=True)
        if each.values
    ]


def script(name: str, *arguments: str, threads: int = 1, **variables: str) -> str:
    """Return what a script of this folder prints."""
    done = subprocess.run(
        [sys.executable, str(HERE / name), *arguments],
        capture_output=True,
        text=True,
        env=environment(threads, variables),
        cwd=HERE,
        check=True,
    )
    return done.stdout


def products(extent: Extent) -> list[str]:
    """Time matrix products of the native engine against one core's peak."""
    return [
        "## Matrix products, float32",
        "",
        "Products (rows, inner, columns) of the native engine in a loop of machine code; the peak is that of",
        "twelve independent chains of multiply-adds, measured between the products.",
        "",
        *_rates(extent, "products.py"),
        "",
        "## Convolutions, float32",
        "",
        "128 images of 13x13 pixels and 32 channels, 64 filters of 3x3, in the same way; at least 60 % of",
        "the peak is asked for.",
        "",
        *_rates(extent, "convolutions.py"),
    ]


def _rates(extent: Extent, name: str) -> list[str]:
    """Return the table of what a script says of products."""
    found = json.loads(script(name, *(["tiny"] if extent.tiny else []), threads=2))
    rows = []
    for product, rates in found.items():
        peak, one, two = (Times(rates[key]).scaled(1e-9) for key in ("peak", "1", "2"))
        share, gain = 100 * one.median / peak.median, two.median / one.median
        rows.append([product, spread(peak), spread(one), f"{share:.0f} %", spread(two), f"{gain:.2f}"])
    head = ("product", "peak of a core, GFLOP/s", "1 thread", "share of peak", "2 threads", "2 against 1")
    return table(head, rows)


@dataclass(frozen=True)
class Start:
    """A process that is timed from its start.

    Attributes:
        name: what the table calls it.
        script: what it runs.
        keeps: whether it finds the code that it compiled the time before.
    """

    name: str
    script: str
    keeps: bool = False


def cold(
    title: str, what: Sequence[str], starts: Sequence[Start], threads: Sequence[int], repeats: int
) -> Callable[[Extent], list[str]]:
    """Return the section that times whole processes up to an accuracy; Tiza's that keeps nothing is first."""

    def section(extent: Extent) -> list[str]:
        if extent.tiny:
            return [f"## {title}", "", "Not run."]
        runs = _whole_processes([(one, count) for count in threads for one in starts], repeats)
        times = {each: Times([one.seconds for one in found]) for each, found in runs.items()}
        ours = min(one.median for (start, _), one in times.items() if start is starts[0])
        rows = [
            [
                start.name,
                str(count),
                spread(times[start, count]),
                f"{times[start, count].median / ours:.2f}",
                spread(Times([one.processor_seconds for one in found])),
                "; ".join(dict.fromkeys(one.printed for one in found)),
            ]
            for (start, count), found in runs.items()
        ]
        ratio = f"ratio to {starts[0].name}"
        head = ("process", "threads", "seconds", ratio, "processor seconds", "result")
        return [f"## {title}", "", *what, "", *table(head, rows)]

    return section


def _whole_processes(
    starts: Sequence[tuple[Start, int]], repeats: int
) -> dict[tuple[Start, int], list[Whole]]:
    """Run processes with so many threads each in turn, `repeats` times over and once before."""
    found: dict[tuple[Start, int], list[Whole]] = {each: [] for each in starts}
    with tempfile.TemporaryDirectory() as kept:
        for repeat in range(1 + repeats):
            for start, threads in starts if repeat % 2 == 0 else reversed(starts):
                with tempfile.TemporaryDirectory() as empty:
                    cache = kept if start.keeps else empty
                    found[start, threads].append(whole_process(start.script, threads, {"TIZA_CACHE": cache}))
    # the first round fills the file cache and the kept code
    return {each: runs[1:] for each, runs in found.items()}


def compiling(extent: Extent) -> list[str]:
    """Time compiling the step of each task."""
    rows = []
    for name in ("A", "B", "B2"):
        found = {"cold": Times(), "kept": Times()}
        for _ in range(extent.repeats(5)):
            with tempfile.TemporaryDirectory() as folder:
                for times in found.values():
                    printed = json.loads(script("compile_time.py", name, TIZA_CACHE=folder))
                    times.values.append(printed["seconds"] * 1e3)
        rows.append([name, spread(found["cold"]), spread(found["kept"])])
        if extent.tiny:
            break
    return [
        "## Compiling",
        "",
        "From a network to the program of one training step, milliseconds: traced, differentiated, lowered",
        "and made machine code, or that code read from the folder where it is kept.",
        "",
        *table(("task", "nothing kept", "kept"), rows),
    ]


def memory(extent: Extent) -> list[str]:
    """Measure the most memory that a process takes."""
    rows = []
    for library in extent.libraries(["PyTorch", "JAX", "Keras 3 on JAX"]):
        if not extent.tiny and library.threads == 1:
            continue
        with processes([library]) as (process,):
            process.ask(f"prepare B-bytes{extent.mark}")
            process.ask("train 2")
            rows.append([library.name, f"{process.ask('memory')['bytes'] / 2**20:.0f}"])
    return [
        "## Memory",
        "",
        "The most that a process holds (`ru_maxrss`) while it trains B on MNIST kept as uint8 (55 MB with",
        "the test digits); everything is counted, the interpreter and the library included.",
        "",
        *table(("library", "MiB"), rows),
    ]


def busy(extent: Extent) -> list[str]:
    """Time B while another process keeps one core busy."""
    libraries = extent.libraries(["PyTorch", "JAX"])
    steps = task("B-short", extent.tiny)
    calm: list[Times]
    with processes(libraries) as running:
        prepared(running, f"prepare B-short{extent.mark}")
        calm = in_turn(running, "train 1", extent.repeats(7))
        with busy_core():
            loaded = in_turn(running, "train 1", extent.repeats(7))
    rows = [
        [
            library.name,
            str(library.threads),
            spread(before.scaled(1e3)),
            spread(after.scaled(1e3)),
            f"{after.median / before.median:.2f}",
        ]
        for library, before, after in zip(libraries, calm, loaded, strict=True)
        if before.values and after.values
    ]
    head = ("library", "threads", "calm, ms", "one core busy, ms", "times as long")
    return [
        "## Beside another program",
        "",
        f"{-(-steps.rows // steps.batch)} steps of B, first alone, then while another process, held to one",
        f"core, keeps it busy ({os.cpu_count()} cores).",
        "",
        *table(head, rows),
    ]


WIDTHS = (16, 64, 256, 1024, 4096)
BATCHES = (1, 16, 128)


def costs(extent: Extent) -> list[str]:
    """Time a step of 784-width-10 by width and batch."""
    libraries = extent.libraries(["PyTorch"])
    rows = []
    with processes(libraries) as running:
        for width in WIDTHS[:1] if extent.tiny else WIDTHS:
            cells = [str(width)]
            for batch in BATCHES:
                cells.append(_cost(running, f"cost-{width}-{batch}", extent.repeats(5)))
            rows.append(cells)
    head = ("width", *(f"batch {batch}" for batch in BATCHES))
    return [
        "## What a step costs",
        "",
        "784-width-10, ReLU, cross-entropy, Adam: microseconds a step, Tiza, PyTorch and (ratio), each with",
        "its better number of threads; four epochs of twenty steps are timed together, as one call of `fit`.",
        "",
        *table(head, rows),
    ]


def _cost(running: Sequence[Process], name: str, repeats: int) -> str:
    passes = 4
    of = task(name)
    prepared([process for process in running if not process.ended], f"prepare {name}")
    times = in_turn(running, f"train {passes}", repeats)
    steps = passes * (of.rows // of.batch)
    found: dict[str, float] = {}
    for process, one in zip(running, times, strict=True):
        if not one.values:
            continue
        known = found.get(process.library.name, float("inf"))
        found[process.library.name] = min(known, one.median / steps * 1e6)
    ours, *others = found.values()
    return rounded(ours) + "".join(f", {rounded(one)} ({one / ours:.1f})" for one in others)


def reference(extent: Extent) -> list[str]:
    """Time a training step on the reference engine beside plain NumPy."""
    found = [reference_step.compare(2 if extent.tiny else 60) for _ in range(extent.repeats(3))]
    rows = [
        [str(number), f"{one.reference * 1e3:.3f}", f"{one.plain * 1e3:.3f}", f"{one.ratio:.2f}"]
        for number, one in enumerate(found, 1)
    ]
    return [
        "## A training step on the reference engine",
        "",
        "784-128-10, batch 128, Adam, float32, one thread; plain NumPy takes the same steps from the same",
        "weights, in turn; medians. Aim: a ratio of 2 at most.",
        "",
        *table(("run", "reference, ms", "plain NumPy, ms", "ratio"), rows),
    ]


MILLISECONDS, MICROSECONDS = ("an epoch, ms", 1e3), ("an epoch, us", 1e6)
A_STEP = ("a step, us", 1e6 / (task("F").rows // task("F").batch))
MOST = ("PyTorch", "PyTorch, fused optimizer", "JAX", "Keras 3 on JAX")
SECTIONS: dict[str, Callable[[Extent], list[str]]] = {
    "A": epochs(
        "A: 784-30-10, sigmoid, quadratic cost, SGD, batch 10",
        "A",
        MOST,
        MILLISECONDS,
        "An epoch of MNIST.",
        {"PyTorch": (12, 20), "JAX": (3, 5)},
    ),
    "B": epochs(
        "B: 784-128-10, ReLU, cross-entropy, Adam, batch 128",
        "B",
        (*MOST, "scikit-learn"),
        MILLISECONDS,
        "An epoch of MNIST.",
        {"PyTorch": (2.5, 3.5), "JAX": (1.4, 1.8)},
    ),
    "B2": epochs(
        "B2: 784-512-512-10, as B",
        "B2",
        ("PyTorch", "PyTorch, fused optimizer", "JAX"),
        MILLISECONDS,
        "An epoch of MNIST.",
        {"PyTorch": (1.5, 2), "JAX": (1.2, 1.6)},
        5,
    ),
    "C": epochs(
        "C: two convolutions and poolings, dropout, a dense layer; ReLU, cross-entropy, Adam, batch 128",
        "C",
        ("PyTorch", "PyTorch, fused optimizer", "JAX, shifted products"),
        ("a step, ms", 1e3 / (task("C").rows // task("C").batch)),
        "28x28x1, 32 filters of 3x3, maxima of 2x2, 64 filters of 3x3, maxima of 2x2, dropout of one half, 10"
        " units, on the first digits of MNIST. JAX runs with sums of products of shifted images, its faster"
        " form: its own convolution takes some twelve times as long on this processor.",
        {"PyTorch": (2.5, 4), "JAX, shifted products": (5, 8)},
    ),
    "D": epochs(
        "D: 2-16-16-1, ReLU, binary cross-entropy, SGD, batch 20",
        "D",
        MOST,
        MICROSECONDS,
        "An epoch of 1000 points in two moons, of a hundred in one call of `fit`.",
        {"PyTorch": (60, 150), "JAX": (5, 10)},
    ),
    "E": epochs(
        "E: digits row by row, LSTM of 128, 10 units, cross-entropy, Adam, batch 128",
        "E",
        ("PyTorch", "JAX"),
        ("an epoch, s", 1.0),
        "An epoch of MNIST, each digit a sequence of 28 rows of 28 pixels.",
        {"PyTorch": (1.2, 1.6), "JAX": (3, 5)},
        3,
    ),
    "G": epochs(
        "G: sequences of 100 steps of 8 features, GRU of 32, one unit, binary cross-entropy, Adam, batch 32",
        "G",
        ("PyTorch", "PyTorch, fused optimizer", "JAX"),
        ("a step, ms", 1e3 / (task("G").rows // task("G").batch)),
        "A step, of 100 in one call of `fit`; labels say whether the first features add up to more than 0.",
        {"PyTorch": (6, 12), "JAX": (2, 4)},
    ),
    "F": epochs(
        "F: XOR, 2-2-1, tanh, binary cross-entropy, SGD, batch 4",
        "F",
        ("PyTorch", "JAX"),
        A_STEP,
        "A step on the four points, of 25 000 in one call of `fit`; at most 0.25 us, aim 0.1 us.",
        {},
        5,
    ),
    "grid": fits(
        "Estimators: GridSearchCV of 24 fits on digits",
        "grid",
        [
            "`MLPClassifier` of `tiza.sklearn` and of `sklearn.neural_network`: eight networks of 32 or 64",
            "units, three folds, 50 epochs. The ratio is that to Tiza on samples of the same dtype.",
        ],
        (5, 8),
    ),
    "mnist": fits(
        "Estimators: MLPClassifier on MNIST",
        "mnist",
        ["B by `MLPClassifier.fit`, five epochs; the score is that of the test digits."],
        (8, 8),
    ),
    "table": fits(
        "Estimators: MLPRegressor on a table",
        "table",
        [
            "20 000 rows of 10 features (Friedman's function with noise), 64 and 64 units, early stopping;",
            "the score is R^2 of 2000 more rows.",
        ],
    ),
    "products": products,
    "cold": cold(
        "From nothing to 97 % of MNIST's test digits",
        [
            "A whole process: start, import, reading the data, compiling, training 784-128-10 (Adam, batch",
            "128), the test digits after each epoch until 97 % are right.",
        ],
        [
            Start("Tiza, nothing compiled yet", "cold_with_tiza.py"),
            Start("Tiza, compiled before", "cold_with_tiza.py", keeps=True),
            Start("PyTorch", "cold_with_torch.py"),
        ],
        THREADS,
        5,
    ),
    "cold-images": cold(
        "From nothing to 99 % of MNIST's test digits, by convolutions",
        [
            "In the same way the network of C, on all digits (Adam, batch 128, its rate falling from 0.006",
            "to 0 along half a cosine of 5 epochs), the test digits after each epoch until 99 % are right.",
            "One run, after one that is not counted.",
        ],
        [
            Start("Tiza, nothing compiled yet", "images_with_tiza.py"),
            Start("PyTorch", "images_with_torch.py"),
        ],
        THREADS[-1:],
        1,
    ),
    "compiling": compiling,
    "memory": memory,
    "busy": busy,
    "costs": costs,
    "reference": reference,
}
