"""Course 002, class 4: automatic differentiation, digits and their codes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import tiza as tz
from courses.small_networks import small_network
from courses.worked_example import Example, Row

Numbers = Mapping[str, float]

FORMULA, POINT = "ln(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0}


def automatic_differentiation(engine: str) -> Numbers:
    table = tz.evaluation_table(FORMULA, POINT)
    rows = {row.name: row for row in table.rows}
    return {
        **{f"v{number}": rows[f"v{number}"].value for number in range(1, 6)},
        "df/dx1": rows["v-1"].adjoint,
        "df/dx2": rows["v0"].adjoint,
    }


def digits(engine: str) -> Numbers:
    (train, _), (test, _) = tz.datasets.mnist.load_data()
    return {
        "training images": len(train),
        "test images": len(test),
        "share of test images, %": 100.0 * len(test) / (len(train) + len(test)),
        "inputs": train[0].size,
    }


def quadratic_cost(engine: str) -> Numbers:
    """C = 1/2n sum |y - a|^2 with n = 2, a = (1, 0), (0, 2) and y = (0, 0), (0, 0)."""
    network = small_network(engine, ["linear"], [[[1.0, 0.0], [0.0, 1.0]]], loss="quadratic")
    return {"C": float(network.model.evaluate([[1.0, 0.0], [0.0, 2.0]], np.zeros((2, 2))))}


def codes(engine: str) -> Numbers:
    bits = tz.data.binary_codes([3, 4], bits=4)
    rows = {f"{label}": bits[at] for at, label in enumerate((3, 4))}
    return {f"bit {at} of {label}": float(bit) for label, row in rows.items() for at, bit in enumerate(row)}


EXAMPLES = (
    Example(
        "002",
        "f = ln(x1) + x1 x2 - sin(x2) at (2, 5)",
        automatic_differentiation,
        (
            Row("v1", ".693", "0.69314718056"),
            Row("v2", "10", "10"),
            Row("v3", "sin 5", "-0.95892427466"),
            Row("v4", "10.693", "10.693147181"),
            Row("v5", "11.652", "11.652071455", note="right, but not 10.693 - 0.959: sin 5 is negative"),
            Row("df/dx1", "", "5.5"),
            Row("df/dx2", "", "1.7163378145"),
        ),
    ),
    Example(
        "002",
        "MNIST",
        digits,
        (
            Row("training images", "60000", "60000"),
            Row("test images", "10000", "10000"),
            Row("share of test images, %", "20", "14.285714286", note="10 000 of 70 000"),
            Row("inputs", "784", "784"),
        ),
    ),
    Example("002", "The cost C = 1/2n sum |y - a|^2", quadratic_cost, (Row("C", "", "1.25"),)),
    Example(
        "002",
        "Four bits, the low one first",
        codes,
        (
            *(
                Row(f"bit {at} of 3", printed, exact, note="" if printed == exact else "what is printed is 4")
                for at, (printed, exact) in enumerate(zip("0010", "1100", strict=True))
            ),
            *(Row(f"bit {at} of 4", "", exact) for at, exact in enumerate("0010")),
        ),
    ),
)
