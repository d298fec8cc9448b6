"""Run the benchmarks and write benchmarks/RESULTS.md: machine, versions, numbers and when they were taken.

`--tiny` runs them on a few samples, Tiza alone, to see that the scripts work; `--only A,products` runs some
and leaves the page's others as they are.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from results import machine_of, renewed, sections_of, written
from sections import SECTIONS, Extent

RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("tiza", "numpy", "llvmlite", "torch", "jax", "jaxlib", "keras", "scikit-learn")


def processor() -> str:
    """Return the processor's model; the platform module knows it on some systems only."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or "unknown")


def caches() -> str:
    """Return the caches of the first core, where the system describes them."""
    found = []
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        found.append(f"L{level} {kind.lower()} {size}")
    return ", ".join(found) or "unknown"


def vectors() -> str:
    """Return the vector instructions that Tiza's code uses here."""
    from tiza.engines.native.target import host_target

    return host_target().name


def versions(packages: Iterable[str]) -> str:
    """Return the versions of the packages that are installed."""
    found = []
    for name in packages:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def load() -> str:
    """Return how many processes wanted to run, over the last 1, 5 and 15 minutes."""
    return ", ".join(f"{one:.2f}" for one in os.getloadavg())


@dataclass(frozen=True)
class Usage:
    """Seconds so far: of the clock, of all processors at work, of those at work for this program."""

    clock: float
    all: float
    own: float

    @classmethod
    def now(cls) -> Usage:
        """Return the seconds up to now; ended processes of this program are counted as its own."""
        statistics = Path("/proc/stat")
        all_seconds = 0.0
        if statistics.exists():
            user, nice, system, _, _, irq, soft_irq, steal, *_ = map(
                int, statistics.read_text().splitlines()[0].split()[1:]
            )
            all_seconds = (user + nice + system + irq + soft_irq + steal) / os.sysconf("SC_CLK_TCK")
        return cls(time.perf_counter(), all_seconds, sum(os.times()[:4]))

    def others_since(self, start: Usage) -> float:
        """Return the share of all processors that other programs took."""
        others = (self.all - start.all) - (self.own - start.own)
        return max(0.0, others / ((self.clock - start.clock) * (os.cpu_count() or 1)))


def machine() -> list[str]:
    """Return what all numbers depend on, one line of Markdown each."""
    return [
        f"- machine: {processor()}, {os.cpu_count()} cores, {vectors()}, "
        f"{platform.system()} {platform.machine()}",
        f"- caches of a core: {caches()}",
        f"- versions: Python {platform.python_version()}, {versions(PACKAGES)}",
    ]


HOW = """\
Every library runs in a process of its own, once with one thread and once with two. The processes stay
alive and are asked in turn, back and forth, so that a change of the machine's speed meets all of them.
Each first trains an epoch that is not counted (it compiles). Times are medians, with the shortest and the
longest in brackets; a number of threads that takes more than three times as long as the other is given
up, and what takes longer than half a minute is asked once. A ratio is a median over that of Tiza with its
better number of threads: below 1, Tiza is slower. Data are float32 and in memory, batches are taken by a
new permutation of all samples each epoch, no library uses a data loader; `right` is the share of test
samples that are right after all that was timed. Tiza's time is that of `fit`: checking the data, ordering
them and the mean loss are in it. The scripts are beside this page: `with_tiza.py`, `with_torch.py` and so
on, the tasks in `tasks.py`."""


def measured(name: str, extent: Extent) -> str:
    """Run a section and return it, with when that was and what else the machine did."""
    before, start = load(), Usage.now()
    lines = SECTIONS[name](extent)
    now = datetime.datetime.now(datetime.UTC)
    others = (
        f"Measured until {now:%Y-%m-%d %H:%M} UTC; load averages (1, 5, 15 minutes) {before} before; "
        f"other programs took {Usage.now().others_since(start):.0%} of the processors meanwhile."
    )
    return "\n".join([*lines, "", others])


def kept(output: Path) -> dict[str, str]:
    """Return the sections of a page of this machine and these versions; none if there is no page.

    Raises:
        SystemExit: the page is of another machine or of other versions: its numbers are not to be compared.
    """
    text = output.read_text(encoding="utf-8") if output.exists() else ""
    found = sections_of(text)
    if found and machine_of(text) != machine():
        sys.exit(
            f"{output}: of another machine or other versions; measure all sections, or give another --output"
        )
    return found


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description="Time Tiza beside other libraries.")
    parser.add_argument("--tiny", action="store_true", help="few samples, Tiza alone: do the scripts work?")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, with commas between them")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where to write")
    options = parser.parse_args()
    chosen = options.only.split(",")
    sections = {} if set(chosen) == set(SECTIONS) else kept(options.output)
    for name in chosen:
        try:
            found = measured(name, Extent(options.tiny))
        except subprocess.CalledProcessError as error:
            sys.exit(f"{error}\n{error.stderr}")
        sys.stdout.write(f"\n{found}\n")
        sys.stdout.flush()
        # at once, so that who interrupts it loses one section
        sections = renewed(sections, {name: found}, SECTIONS)
        options.output.write_text(written(machine(), HOW, sections), encoding="utf-8")


if __name__ == "__main__":
    main()
