"""Course 004, numerical calculus and data science: a neuron, a 2-2-1 network, four people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import tiza as tz
from courses.small_networks import SmallNetwork, small_network
from courses.worked_example import Example, Row

Numbers = Mapping[str, float]

POUNDS_AND_INCHES = (-2.0, -1.0)
"""Alice in the original data; the course's own row of her is (-1, -2)."""


def neuron(engine: str) -> Numbers:
    network = small_network(engine, ["sigmoid"], [[[0.0], [1.0]]], [[4.0]])
    return {"f(7)": network.output([2.0, 3.0])[0]}


def two_neurons(engine: str) -> Numbers:
    network = small_network(
        engine, ["sigmoid", "sigmoid"], [[[0.0, 0.0], [1.0, 1.0]], [[0.0], [1.0]]], [[0.0, 0.0], [0.0]]
    )
    _, hidden, _, output = network.values([2.0, 3.0])
    assert hidden[0] == hidden[1]
    return {"h": hidden[0], "o": output[0]}


def four_people(engine: str) -> Numbers:
    measured, sexes = tz.datasets.four_people(origin=(0, 0))
    people, _ = tz.datasets.four_people()
    names = ("Alice", "Bob", "Charlie", "Diana")
    found = {"least weight": float(measured[:, 0].min()), "least height": float(measured[:, 1].min())}
    found |= {"mean weight": float(measured[:, 0].mean()), "mean height": float(measured[:, 1].mean())}
    for name, (weight, height), female in zip(names, people, sexes, strict=True):
        found |= {f"{name}, weight": float(weight), f"{name}, height": float(height)}
        found[f"{name}, sex"] = int(female)
    return found


def network_of_ones(engine: str, first: float = 1.0) -> SmallNetwork:
    kernels = [[[first, 1.0], [1.0, 1.0]], [[1.0], [1.0]]]
    return small_network(engine, ["sigmoid", "sigmoid"], kernels, [[0.0, 0.0], [0.0]], loss="mse")


def alice(engine: str, x: Sequence[float]) -> Numbers:
    sigmoid = tz.activations.record("sigmoid").apply
    network = network_of_ones(engine)
    _, hidden, _, output = network.values(x)

    def loss(y: Any) -> Any:
        return (1.0 - y) ** 2.0

    return {
        "h": hidden[0],
        "o": output[0],
        "dL/dy": float(tz.grad(loss)(output[0])),
        "dy/dh1": float(tz.grad(lambda h: sigmoid(h + hidden[1]))(hidden[0])),
        "dh1/dw1": float(tz.grad(lambda w: sigmoid(x[0] * w + x[1]))(1.0)),
        "dL/dw1": float(network.gradients(x, [1.0])[0][0, 0]),
        "L when w1 grows by 0.1, less L": network_of_ones(engine, 1.1).loss(x, [1.0])
        - network.loss(x, [1.0]),
    }


def alice_in_pounds(engine: str) -> Numbers:
    return alice(engine, POUNDS_AND_INCHES)


def alice_in_kilograms(engine: str) -> Numbers:
    return alice(engine, np.asarray(tz.datasets.four_people().features[0]).tolist())


_SAME = ("Alice", ("-1", "-2", "1")), ("Bob", ("12", "16", "0"))
_PEOPLE = (*_SAME, ("Charlie", ("8", "11", "0")), ("Diana", ("-7", "-15", "1")))

EXAMPLES = (
    Example(
        "004", "A neuron, w = (0, 1), b = 4, x = (2, 3)", neuron, (Row("f(7)", "0.999", "0.99908894881"),)
    ),
    Example(
        "004",
        "A 2-2-1 network, w = (0, 1), b = 0, x = (2, 3)",
        two_neurons,
        (Row("h", "0.9526", "0.95257412682"), Row("o", "0.7216", "0.72163256095")),
    ),
    Example(
        "004",
        "Four people less (61, 167)",
        four_people,
        (
            *(
                Row(f"{name}, {what}", number, number)
                for name, numbers in _PEOPLE
                for what, number in zip(("weight", "height", "sex"), numbers, strict=True)
            ),
            Row("least weight", "61", "54", note="called the minimum"),
            Row("least height", "167", "152", note="called the minimum"),
            Row("mean weight", "", "64"),
            Row("mean height", "", "169.5"),
        ),
    ),
    Example(
        "004",
        "Alice by pounds and inches, x = (-2, -1), all weights 1",
        alice_in_pounds,
        (
            Row("h", "0.0474", "0.047425873178"),
            Row("o", "0.524", "0.52369517408"),
            Row("dL/dy", "-0.952", "-0.95260965183", "-0.952", "o was rounded to 3 decimals on the way"),
            Row("dy/dh1", "0.249", "0.24943853873"),
            Row("dh1/dw1", "-0.0904", "-0.090353319462", note="a formula has x1 + f' for x1 f'"),
            Row("dL/dw1", "0.0214", "0.021469535266", "0.0214290", "a product of rounded numbers"),
            Row(
                "L when w1 grows by 0.1, less L",
                "L falls",
                "0.0019673767093",
                note="L grows: its slope is positive",
            ),
        ),
    ),
    Example(
        "004",
        "Alice by the course's own row, x = (-1, -2), all weights 1",
        alice_in_kilograms,
        (
            Row("h", "", "0.047425873178"),
            Row("o", "", "0.52369517408"),
            Row("dh1/dw1", "", "-0.045176659731"),
            Row("dL/dw1", "", "0.010734767633"),
        ),
    ),
)
