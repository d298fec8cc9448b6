"""Run the benchmarks and write benchmarks/RESULTS.md: date, machine, versions, numbers."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import reference_step

RESULTS = Path(__file__).with_name("RESULTS.md")
RUNS = 3


def processor() -> str:
    """Return the processor's model; the platform module knows it on some systems only."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or "unknown")


def circumstances() -> list[str]:
    """Return what the numbers depend on, one line of Markdown each."""
    now = datetime.datetime.now(datetime.UTC)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("tiza", "numpy"))
    return [
        f"- date: {now:%Y-%m-%d %H:%M} UTC",
        f"- machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        f"- versions: Python {platform.python_version()}, {versions}",
    ]


def reference_rows() -> list[str]:
    """Return the rows of the table for the reference engine's step."""
    found = [reference_step.compare() for _ in range(RUNS)]
    return [
        f"| {number} | {one.reference * 1e3:.3f} | {one.plain * 1e3:.3f} | {one.ratio:.2f} |"
        for number, one in enumerate(found, 1)
    ]


def main() -> None:
    """Write the page."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; do not edit.",
        "",
        *circumstances(),
        "",
        "## A training step on the reference engine",
        "",
        "784-128-10, batch 128, Adam, float32, one thread; plain NumPy takes the same steps from the same",
        "weights, in turn; medians. Aim: a ratio of 2 at most.",
        "",
        "| run | reference, ms | plain NumPy, ms | ratio |",
        "| --- | --- | --- | --- |",
        *reference_rows(),
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
