"""The command `demo`: what it prints is true, in both languages, and it reaches what it promises."""

from __future__ import annotations

import re
import time

import pytest
from click.testing import CliRunner

from figures import record_figure
from tiza.cli.demo import EPOCHS
from tiza.cli.main import cli
from tiza.language import use_language


def run(*arguments: str, columns: int = 100) -> str:
    with use_language("en"):
        result = CliRunner(env={"COLUMNS": str(columns)}).invoke(cli, ("demo", *arguments))
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def accuracy(shown: str) -> float:
    found = re.search(r"Test accuracy: (\d+\.\d\d) %, (\d+) of 10000", shown)
    assert found
    assert float(found[1]) == int(found[2]) / 100
    return float(found[1])


@pytest.mark.parametrize("columns", [60, 100])
def test_what_it_tells_in_english(columns: int) -> None:
    shown = run("--epochs", "1", columns=columns)
    assert all(len(line) <= columns for line in shown.splitlines() if " " in line.strip())
    text = " ".join(shown.split())
    assert text.startswith("Learning 60000 handwritten digits (MNIST) with a network 784-128-10, seed 0.")
    assert accuracy(text) > 92
    asked = re.search(
        r"One last step, on training image \d+, a (\d) that the network takes for a (\d)\. "
        r"Where does the new (\S+) come from\?",
        text,
    )
    assert asked
    assert asked[1] != asked[2]
    for heading in ("1. Forward", "2. Loss", "3. Backward, from L to the answer", "4. Update"):
        assert heading in text
    explained = re.search(r"With unrounded numbers \(float64\): (\S+)", text)
    taken = re.search(rf"The network took that step: {re.escape(asked[3])} is now (\S+)\.$", text)
    assert explained
    assert taken
    values = [float(one[1].replace("−", "-")) for one in (explained, taken)]
    assert values[0] == pytest.approx(values[1], rel=1e-3, abs=1e-6)


def test_what_it_tells_in_spanish() -> None:
    text = " ".join(run("--epochs", "1", "--language", "es").split())
    for sentence in (
        "Una red 784-128-10 aprende de 60000 dígitos escritos a mano (MNIST); semilla 0.",
        "Época 1/1 pérdida 0.",
        "dígitos que nunca vio.",
        "Filas: lo que es. Columnas: lo que dice la red.",
        "¿De dónde sale el nuevo dense_1.kernel[",
        "3. Hacia atrás, de L a la respuesta",
        "La red ya dio ese paso: ahora dense_1.kernel[",
    ):
        assert sentence in text
    for word in ("Forward", "rest:", "The ", "Learning", "accuracy"):
        assert word not in text


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_it_reaches_what_it_promises(seed: int) -> None:
    start = time.perf_counter()
    reached = accuracy(" ".join(run("--seed", str(seed)).split()))
    record_figure(
        f"tiza demo, 784-128-10, {EPOCHS} epochs, seed {seed}: test accuracy",
        promised="at least 97 %, in less than a minute",
        measured=f"{reached:.2f} %",
        note=f"{time.perf_counter() - start:.1f} s in all",
    )
    assert reached >= 97
    assert time.perf_counter() - start < 60
