"""What a process has to carry: modules and time to import, memory over many fits."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from figures import record_figure
from network_oracles import small_data, small_model

OPTIONAL = (
    "sympy",
    "mpmath",
    "matplotlib",
    "pandas",
    "sklearn",
    "jax",
    "keras",
    "onnx",
    "IPython",
)


def run(code: str, **variables: str) -> str:
    command, environment = [sys.executable, "-c", code], os.environ | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_importing_loads_no_optional_package() -> None:
    loaded = set(run("import sys, tiza; print(*sys.modules)").split())
    assert not loaded & set(OPTIONAL)
    assert "rich" not in loaded, "rich takes longer to import than Tiza: it waits for the first fit"


TIMED = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


@pytest.mark.slow
def test_time_to_import(tmp_path: Path) -> None:
    """Interleaved with NumPy alone, in fresh processes that find compiled modules, as after installing."""
    cached = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    run("import numpy, tiza", **cached)
    times: dict[str, list[float]] = {"tiza": [], "numpy": []}
    for _ in range(15):
        for module, found in times.items():
            found.append(float(run(TIMED.format(module), **cached)))
    ours, numpys = (statistics.median(times[module]) for module in ("tiza", "numpy"))
    record_figure(
        "import tiza",
        promised="aim 0.2 s",
        measured=f"{ours:.3f} s",
        note=f"median of 15 processes; import numpy alone {numpys:.3f} s",
    )
    assert ours < 2.0


def resident_kib() -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        (line,) = (line for line in file if line.startswith("VmRSS"))
    return int(line.split()[1])


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_over_many_fits() -> None:
    x, y = small_data(100)
    model = small_model()

    def fits(count: int) -> None:
        for _ in range(count):
            model.fit(x, y, batch_size=16, verbose=0)
            model.evaluate(x, y, batch_size=30)
            model.predict(x)

    fits(50)
    before = resident_kib()
    fits(500)
    grown = resident_kib() - before
    record_figure(
        "Memory over 500 fits",
        promised="small growth",
        measured=f"{grown} KiB",
        note="after 50 fits to warm up",
    )
    assert grown < 4096


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_over_many_models() -> None:
    x, y = small_data(20)
    for _ in range(20):
        small_model().fit(x, y, verbose=0)
    before = resident_kib()
    for seed in range(100):
        small_model(seed).fit(x, y, verbose=0)
    grown = resident_kib() - before
    record_figure("Memory over 100 models", promised="small growth", measured=f"{grown} KiB")
    assert grown < 8192
