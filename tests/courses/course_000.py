"""Course 000, advanced methods of data science: forward pass, losses, XOR, a tanh regression, iterations.

The slides' own homework, a step-by-step example that they link, is in `course_000_homework`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import numpy as np

import tiza as tz
from courses.small_networks import SmallNetwork, small_network
from courses.worked_example import Example, Row

Numbers = Mapping[str, float]


def cats_and_dogs(engine: str) -> Numbers:
    def network(biases: list[float]) -> SmallNetwork:
        kernels = [[[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]]
        activations = ["relu", "softmax"]
        return small_network(
            engine, activations, kernels, [[0.1, 0.2, 0.3], biases], "sparse_categorical_crossentropy"
        )

    animal, labels = tz.datasets.cats_and_dogs()
    x, y = animal[0].tolist(), int(labels[0])
    right, swapped = network([0.1, 0.2]), network([0.2, 0.1])
    z, _, logits, probabilities = right.values(x)
    return {
        **{f"z{number + 1}": value for number, value in enumerate(z)},
        **{f"logit of the {kind}": value for kind, value in zip(("cat", "dog"), logits, strict=True)},
        "probability of the dog": probabilities[1],
        "the same, output biases swapped": swapped.output(x)[1],
        "loss if it is a dog": right.loss(x, y),
        "the same in base 10": right.loss(x, y) / log(10.0),
    }


def binary_crossentropy(engine: str) -> Numbers:
    """The probabilities are given: a sigmoid turns scores into them."""
    model = tz.Sequential([tz.Input((1,)), tz.layers.Activation("sigmoid")], dtype="float64")
    model.compile("sgd", "binary_crossentropy", engine=engine)
    found: dict[str, float] = {}
    for y, p in ((0, 0.8), (1, 0.2), (0, 0.2), (1, 0.8)):
        value = float(model.evaluate([[log(p / (1.0 - p))]], [[y]]))
        found |= {f"y={y}, p={p}": value, f"y={y}, p={p}, base 10": value / log(10.0)}
    return found


def exclusive_or(engine: str) -> Numbers:
    network = small_network(
        engine, ["relu", "relu"], [[[1.0, 1.0], [1.0, 1.0]], [[1.0], [-2.0]]], [[0.0, -1.0], [0.0]]
    )
    found: dict[str, float] = {}
    for point, target in zip(*tz.datasets.xor(), strict=True):
        _, hidden, _, output = network.values(point.tolist())
        name = ",".join(f"{one:.0f}" for one in point)
        found |= {f"C({name})": hidden[0], f"D({name})": hidden[1], f"Y({name})": output[0]}
        assert output[0] == target
    return found


def convexity(engine: str) -> Numbers:
    def square(x: float) -> float:
        return float(tz.evaluate(tz.ops.constant(x) ** 2.0))

    return {
        "f(t x1 + (1 - t) x2)": square(0.5 * 1.0 + 0.5 * 2.0),
        "t f(x1) + (1 - t) f(x2)": 0.5 * square(1.0) + 0.5 * square(2.0),
    }


def graph_of_products(engine: str) -> Numbers:
    slopes = tz.grad(lambda a, b, c: c * (a + 2.0 * b), argnums=(0, 1, 2))(1.0, 2.0, 3.0)
    return {f"dL/d{name}": float(one) for name, one in zip("abc", slopes, strict=True)}


def tanh_network(engine: str, last: float = 0.8) -> SmallNetwork:
    return small_network(engine, ["tanh", "linear"], [[[0.1, 0.3], [0.2, 0.1]], [[0.5], [last]]])


def in_the_courses_order(hidden: object, output: object) -> list[float]:
    """Return the two kernels as w1 ... w6: the weights into one unit stand together."""
    return [*np.ravel(np.transpose(np.asarray(hidden))).tolist(), *np.ravel(np.asarray(output)).tolist()]


def tanh_regression(engine: str) -> Numbers:
    network = tanh_network(engine)
    x, y = [2.0, 3.0], [1.0]
    _, hidden, _, output = network.values(x)
    loss, slopes = network.loss(x, y), in_the_courses_order(*network.gradients(x, y))
    other = tanh_network(engine, last=0.4).output(x)
    network.model.fit([x], [y], verbose=0)
    weights = in_the_courses_order(*network.model.get_weights())
    return {
        "h1": hidden[0],
        "h2": hidden[1],
        "y-hat": output[0],
        "y-hat with w6 = 0.4": other[0],
        "E": loss,
        **{f"dE/dw{number}": one for number, one in enumerate(slopes, 1)},
        **{f"new w{number}": one for number, one in enumerate(weights, 1)},
    }


def iterations(engine: str) -> Numbers:
    """1000 samples, each with an input of its own, so that each one's weight counts how often it was read."""
    model = tz.Sequential(
        [tz.Input((1000,)), tz.layers.Dense(1, use_bias=False, kernel_initializer="zeros")], dtype="float64"
    )
    model.compile(tz.optimizers.SGD(100.0), lambda targets, outputs: -outputs[:, 0], engine=engine)
    samples = np.eye(1000)
    model.fit(samples, np.zeros(1000), batch_size=100, epochs=1, verbose=0)
    once = int(model.state["optimizer.iterations"])
    model.fit(samples, np.zeros(1000), batch_size=100, epochs=4, verbose=0)
    (seen,) = model.get_weights()
    return {
        "iterations of an epoch": once,
        "iterations of 5 epochs": int(model.state["optimizer.iterations"]),
        "least often that a sample was read": float(seen.min()),
        "most often that a sample was read": float(seen.max()),
    }


_BASE_10 = "the logarithm is that of base 10"
_ROUNDED = "h and y-hat were rounded to 2 decimals on the way"

EXAMPLES = (
    Example(
        "000",
        "Cats and dogs, x = (8, 12)",
        cats_and_dogs,
        (
            Row("z1", "3.3", "3.3"),
            Row("z2", "7.4", "7.4"),
            Row("z3", "11.5", "11.5"),
            Row("logit of the cat", "", "5.36"),
            Row("logit of the dog", "", "12.12"),
            Row(
                "probability of the dog",
                "0.9986",
                "0.99884211308",
                "0.99858611619",
                "the two output biases are swapped",
            ),
            Row("the same, output biases swapped", "", "0.99858611619"),
            Row(
                "loss if it is a dog",
                "0.00061",
                "0.0011585577866",
                "0.00060843828091",
                f"-log(0.9986), with swapped biases; {_BASE_10}; a line with log(0.9986) lost its sign",
            ),
            Row("the same in base 10", "", "0.00050315525"),
        ),
    ),
    Example(
        "000",
        "Binary cross-entropy",
        binary_crossentropy,
        (
            Row("y=0, p=0.8", "0.698", "1.6094379124", "0.69897000434", _BASE_10),
            Row("y=0, p=0.8, base 10", "", "0.69897000434"),
            Row("y=1, p=0.2", "0.698", "1.6094379124", "0.69897000434", _BASE_10),
            Row("y=1, p=0.2, base 10", "", "0.69897000434"),
            Row("y=0, p=0.2", "0.096", "0.22314355131", "0.096910013008", _BASE_10),
            Row("y=0, p=0.2, base 10", "", "0.096910013008"),
            Row("y=1, p=0.8", "0.096", "0.22314355131", "0.096910013008", _BASE_10),
            Row("y=1, p=0.8, base 10", "", "0.096910013008"),
        ),
    ),
    Example(
        "000",
        "XOR: C = ReLU(x1 + x2), D = ReLU(x1 + x2 - 1), Y = ReLU(C - 2 D)",
        exclusive_or,
        tuple(
            Row(f"{unit}({point})", value, value)
            for point, values in (("0,0", "000"), ("0,1", "101"), ("1,0", "101"), ("1,1", "210"))
            for unit, value in zip("CDY", values, strict=True)
        ),
    ),
    Example(
        "000",
        "Convexity of x^2 between 1 and 2, t = 0.5",
        convexity,
        (
            Row("f(t x1 + (1 - t) x2)", "0.25*9", "2.25"),
            Row("t f(x1) + (1 - t) f(x2)", "0.5*5", "2.5"),
        ),
    ),
    Example(
        "000",
        "The graph L = c e, e = a + d, d = 2 b, at a = 1, b = 2, c = 3",
        graph_of_products,
        (
            Row("dL/da", "c", "3"),
            Row("dL/db", "2c", "6"),
            Row("dL/dc", "e", "5"),
        ),
    ),
    Example(
        "000",
        "Regression by tanh, x = (2, 3), y = 1, no biases, eta = 0.5",
        tanh_regression,
        (
            Row("h1", "0.66", "0.66403677027"),
            Row("h2", "0.72", "0.7162978702"),
            Row("y-hat", "0.91", "0.90505668129"),
            Row(
                "y-hat with w6 = 0.4",
                "",
                "0.61853753321",
                note="one line prints w6 = 0.4, others 0.8",
            ),
            Row(
                "E",
                "0.00045",
                "0.0045071168835",
                "0.00405",
                "wrong by ten; the slide's rounding would give 0.00405",
            ),
            Row("dE/dw1", "-0.0508", "-0.053078552965", "-0.050796", _ROUNDED),
            Row("dE/dw2", "-0.0762", "-0.079617829447", "-0.076194", _ROUNDED),
            Row("dE/dw3", "-0.0693", "-0.073967280325", "-0.06935040", f"{_ROUNDED}, then cut off"),
            Row("dE/dw4", "-0.1040", "-0.11095092049", "-0.10402560", _ROUNDED),
            Row("dE/dw5", "-0.0594", "-0.063045854713", "-0.0594", _ROUNDED),
            Row("dE/dw6", "-0.0648", "-0.068007696979", "-0.0648", _ROUNDED),
            Row("new w1", ".1254", "0.12653927648", "0.1254", "from the rounded slope"),
            Row("new w2", ".2381", "0.23980891472", "0.2381", "from the rounded slope"),
            Row("new w3", ".3346", "0.33698364016", "0.33465", "from the rounded slope; a tie, cut off"),
            Row("new w4", ".1520", "0.15547546024", "0.1520", "from the rounded slope"),
            Row("new w5", ".5297", "0.53152292736", "0.5297", "from the rounded slope"),
            Row("new w6", ".8324", "0.83400384849", "0.8324", "from the rounded slope"),
        ),
    ),
    Example(
        "000",
        "1000 samples, batches of 100, 5 epochs",
        iterations,
        (
            Row("iterations of an epoch", "10", "10"),
            Row("iterations of 5 epochs", "", "50", note='"each iteration is an epoch": that is one pass'),
            Row("least often that a sample was read", "5", "5", within=1e-9),
            Row("most often that a sample was read", "5", "5", within=1e-9),
        ),
    ),
)
