"""Course 000's homework, the step-by-step example that it links; its biases are not updated.

Source: M. Mazur, "A step by step backpropagation example" (2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

import tiza as tz
from courses.small_networks import SmallNetwork, small_network
from courses.worked_example import Example, Row
from tiza.ops.reduction import sum as total

Numbers = Mapping[str, float]

INPUTS, TARGETS = [0.05, 0.10], [0.01, 0.99]
HIDDEN = [[0.15, 0.25], [0.20, 0.30]]
OUTPUT = [[0.40, 0.50], [0.45, 0.55]]
BIASES = [[0.35, 0.35], [0.60, 0.60]]
STEPS = 10_000


def network(engine: str, trainable: bool | tuple[str, ...] = ("kernel",)) -> SmallNetwork:
    """Return the homework's network; only its kernels are trained."""
    return small_network(engine, ["sigmoid", "sigmoid"], [HIDDEN, OUTPUT], BIASES, trainable=trainable)


def error_of_outputs(outputs: Any) -> Any:
    """Return the halves of the squared errors, `(2,)`."""
    return 0.5 * (tz.ops.constant(TARGETS) - outputs) ** 2.0


def outputs_of(hidden: Any) -> Any:
    """Return the outputs for what the hidden units send."""
    z = hidden @ tz.ops.constant(OUTPUT) + tz.ops.constant(BIASES[1])
    return tz.activations.record("sigmoid").apply(z)


def error_through(output: int, hidden: Any) -> Any:
    """Return one output's error as a function of what the hidden units send."""
    return error_of_outputs(outputs_of(hidden))[output]


def weights_of(kernels: list[Any]) -> list[float]:
    """Return w1 ... w8: the weights into one unit stand together."""
    return [float(one) for kernel in kernels for one in np.ravel(np.transpose(kernel))]


def one_step(engine: str) -> Numbers:
    given = network(engine)
    nets, hidden, sums, outputs = given.values(INPUTS)
    errors = tz.evaluate(error_of_outputs(np.array(outputs)))
    slopes = weights_of(given.gradients(INPUTS, TARGETS))
    (_, hidden_deltas, _, deltas) = network(engine, trainable=True).gradients(INPUTS, TARGETS)
    first, second = (float(tz.grad(partial(error_through, output))(np.array(hidden))[0]) for output in (0, 1))
    derivative = tz.activations.record("sigmoid").derivative
    error = given.loss(INPUTS, TARGETS)
    given.model.fit([INPUTS], [TARGETS], verbose=0)
    *weights, biases = given.model.get_weights()
    assert [biases.tolist(), weights[1].tolist()] == BIASES[::-1]
    kernels = [weights[0], weights[2]]
    return {
        "net h1": nets[0],
        "h1": hidden[0],
        "h2": hidden[1],
        "net o1": sums[0],
        "o1": outputs[0],
        "o2": outputs[1],
        "E o1": float(errors[0]),
        "E o2": float(errors[1]),
        "E": error,
        "dE/do1": float(tz.grad(lambda one: total(error_of_outputs(one)))(np.array(outputs))[0]),
        "do1/dnet": float(tz.evaluate(derivative(sums[0]))),
        "delta o1": float(deltas[0]),
        "dE/dw5": slopes[4],
        "dE o1/dh1": first,
        "dE o2/dh1": second,
        "dE/dh1": float(hidden_deltas[0]) / float(tz.evaluate(derivative(nets[0]))),
        "dh1/dnet": float(tz.evaluate(derivative(nets[0]))),
        "dE/dw1": slopes[0],
        **{f"new w{number}": one for number, one in enumerate(weights_of(kernels), 1)},
        "E after one step": given.loss(INPUTS, TARGETS),
    }


def many_steps(engine: str) -> Numbers:
    given = network(engine)
    given.model.fit([INPUTS], [TARGETS], epochs=STEPS, verbose=0)
    first, second = given.output(INPUTS)
    return {"E": given.loss(INPUTS, TARGETS), "o1": first, "o2": second}


def biases_too(engine: str) -> Numbers:
    given = network(engine, trainable=True)
    given.model.fit([INPUTS], [TARGETS], verbose=0)
    return {"E after one step": given.loss(INPUTS, TARGETS)}


def published(quantity: str, printed: str, exact: str, note: str = "") -> Row:
    """Return a row of the 26 numbers that Tiza gives to within 1e-8."""
    return Row(quantity, printed, exact, note=note, within=1e-8)


EXAMPLES = (
    Example(
        "000",
        "Homework: one step of a 2-2-2 network of sigmoid units, biases fixed, eta = 0.5",
        one_step,
        (
            published("net h1", "0.3775", "0.3775"),
            published("h1", "0.593269992", "0.59326999211"),
            published("h2", "0.596884378", "0.59688437826"),
            published("net o1", "1.105905967", "1.1059059671"),
            published("o1", "0.75136507", "0.75136506955"),
            published("o2", "0.772928465", "0.77292846532"),
            published("E o1", "0.274811083", "0.27481108318"),
            published("E o2", "0.023560026", "0.023560025584"),
            published("E", "0.298371109", "0.29837110876"),
            published("dE/do1", "0.74136507", "0.74136506955"),
            published("do1/dnet", "0.186815602", "0.18681560181"),
            published("delta o1", "0.138498562", "0.13849856163"),
            published("dE/dw5", "0.082167041", "0.082167040564"),
            published("dE o1/dh1", "0.055399425", "0.055399424651"),
            published("dE o2/dh1", "-0.019049119", "-0.019049118258", "the last digit is one too large"),
            published("dE/dh1", "0.036350306", "0.036350306393"),
            published("dh1/dnet", "0.241300709", "0.24130070857"),
            published("dE/dw1", "0.000438568", "0.00043856773447"),
            published("new w1", "0.149780716", "0.14978071613"),
            published("new w2", "0.19956143", "0.19956143227"),
            published("new w3", "0.24975114", "0.24975114363"),
            published("new w4", "0.29950229", "0.29950228726"),
            published("new w5", "0.35891648", "0.35891647972"),
            published("new w6", "0.408666186", "0.40866618608"),
            published("new w7", "0.511301270", "0.51130127024"),
            published("new w8", "0.561370121", "0.56137012111"),
            Row(
                "E after one step",
                "0.291027924",
                "0.29102777369",
                note="wrong from the seventh decimal on",
            ),
        ),
    ),
    Example(
        "000",
        "Homework: after 10 000 steps",
        many_steps,
        (
            Row("E", "0.0000351085", "0.00003510187783", note="its own outputs imply 0.000035085"),
            Row("o1", "0.015912196", "0.015913620444", note="wrong from the sixth decimal on"),
            Row("o2", "0.984065734", "0.98406427351", note="wrong from the sixth decimal on"),
        ),
    ),
    Example(
        "000",
        "Homework: one step that updates the biases too",
        biases_too,
        (Row("E after one step", "", "0.2804714468", within=1e-9),),
    ),
)
