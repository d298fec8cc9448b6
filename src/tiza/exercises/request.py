"""What is asked for: kind, network, parts, seed; and the short text that an exercise is found by again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tiza.blackboard.notations import NOTATIONS
from tiza.errors import ModelError
from tiza.exercises.parts import (
    ACTIVATIONS,
    BACKWARD,
    COUNT,
    KINDS,
    LINEAR,
    LOSS,
    LOSSES,
    OPTIMIZERS,
    SOFTMAX,
    STEPS,
    UPDATE,
    USUAL_LOSS,
    loss_name,
)
from tiza.nn.registry import find

USUAL_ACTIVATION, USUAL_OPTIMIZER, USUAL_DECIMALS = "tanh", "sgd", 4
MOST_DECIMALS = 8
_FEW_LAYERS = 3
"""Layers, the input counted, beyond which a gradient is small."""
MOST_LAYERS = 4
"""Layers of weights, where numbers are asked for."""
MOST_UNITS = 6
"""Units of a layer, where numbers are asked for."""
MOST_WEIGHTS = 40
"""Weights and biases, where numbers are asked for."""
MOST_COUNTED_LAYERS = 8
MOST_COUNTED_UNITS = 10_000
MOST_SEED = 2**63
MOST_DRAWN = 20_000
"""Candidates that are drawn for one exercise."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        kind: `forward`, `backward`, `update`, `loss` or `count`.
        sizes: inputs, then units of each layer.
        activation: of the hidden units.
        output: activation of the output.
        loss: what is made small.
        optimizer: how weights change.
        profile: the notation; empty is w1, w2 ... as a teacher writes.
        decimals: places that answers are rounded to.
        seed: what numbers are drawn from.
    """

    kind: str
    sizes: tuple[int, ...]
    activation: str = USUAL_ACTIVATION
    output: str = "linear"
    loss: str = USUAL_LOSS
    optimizer: str = USUAL_OPTIMIZER
    profile: str = ""
    decimals: int = USUAL_DECIMALS
    seed: int = 1

    @property
    def net(self) -> str:
        """The sizes as they are written: `2-2-1`."""
        return "-".join(map(str, self.sizes))

    @property
    def code(self) -> str:
        """All of it as a short text, without the seed.

        Example:
            >>> requested("backward", "2-2-1", loss="mse", seed=3).code
            'backward 2-2-1 tanh loss mean_squared_error'
        """
        words = [self.kind, self.net]
        if self.kind in STEPS:
            words.append(self.activation)
        told = [
            ("loss", self.loss, USUAL_LOSS if self.kind != COUNT else self.loss),
            ("output", self.output, LOSSES[self.loss].outputs[0] if self.kind in STEPS else self.output),
            ("optimizer", self.optimizer, USUAL_OPTIMIZER if self.kind == UPDATE else self.optimizer),
            ("profile", self.profile, ""),
            ("decimals", str(self.decimals), str(USUAL_DECIMALS)),
        ]
        for name, value, usual in told:
            if value != usual:
                words += [name, value]
        return " ".join(words)


@dataclass(frozen=True)
class Code:
    """What one exercise is found by again.

    Attributes:
        request: kind, network, parts and seed.
        variant: which one of the set it is, from 1.
        draw: which candidate was taken; None searches for it, with the mistakes that are known now.

    Example:
        >>> str(Code(requested("forward", "2-2-1", seed=1), 7, 3))
        'forward 2-2-1 tanh seed 1 variant 7 draw 3'
    """

    request: Request
    variant: int = 1
    draw: int | None = None

    def __str__(self) -> str:
        draw = "" if self.draw is None else f" draw {self.draw}"
        return f"{self.request.code} seed {self.request.seed} variant {self.variant}{draw}"


def requested(
    kind: str,
    net: str = "2-2-1",
    *,
    activation: str = USUAL_ACTIVATION,
    output: str | None = None,
    loss: str | None = None,
    optimizer: str = USUAL_OPTIMIZER,
    profile: str | None = None,
    decimals: int | None = None,
    seed: int = 1,
) -> Request:
    """Return what is asked for, checked.

    Args:
        kind: `forward`, `backward`, `update`, `loss` or `count`.
        net: inputs and units of each layer: `2-2-1`.
        activation: of the hidden units.
        output: activation of the output; None is the one that the loss reads.
        loss: what is made small; None is half the squared error, for a softmax the cross-entropy.
        optimizer: how weights change, for `update`.
        profile: the notation of a course; None is w1, w2 ... as a teacher writes.
        decimals: places that answers are rounded to; None is 4, or 5 where gradients are small.
        seed: what numbers are drawn from.

    Raises:
        NameNotFoundError: a name is not known; near ones are listed.
        ModelError: a number is out of range, the network is too large, or two parts do not fit.
    """
    find("kind", kind, KINDS)
    sizes = read_net(net, kind)
    find("activation", activation, ACTIVATIONS)
    find("optimizer", optimizer, OPTIMIZERS)
    if profile:
        find("profile", profile, NOTATIONS)
    if loss is None:
        loss = "categorical_crossentropy" if output == SOFTMAX else USUAL_LOSS
    full = loss_name(loss)
    part = LOSSES[full]
    if kind in STEPS and not part.is_differentiated:
        raise ModelError(f"loss: {full} is asked for with the kind {LOSS!r} alone; choose another one.")
    if output is not None and output not in part.outputs:
        raise ModelError(f"output: got {output!r}, but {full} reads {' or '.join(part.outputs)}.")
    activation_of_output = output or part.outputs[0]
    if full == "categorical_crossentropy" and sizes[-1] == 1 and kind != COUNT:
        raise ModelError(f"net: {net} has one output, and {full} compares classes; give it two or more.")
    if decimals is None:
        squashed = not part.is_of_classes and activation_of_output != LINEAR
        small = kind in (BACKWARD, UPDATE) and (squashed or len(sizes) > _FEW_LAYERS)
        decimals = USUAL_DECIMALS + small
    _check_number("decimals", decimals, 2, MOST_DECIMALS)
    _check_number("seed", seed, 0, MOST_SEED - 1)
    return Request(
        kind, sizes, activation, activation_of_output, full, optimizer, profile or "", decimals, seed
    )


def _check_number(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ModelError(f"{name}: got {value!r}, expected a whole number from {least} to {most}.")


def read_net(net: str, kind: str) -> tuple[int, ...]:
    """Return the sizes of a network that is written `2-2-1`.

    Raises:
        ModelError: it is not written so, a layer is empty, or it is too large for exercises of that kind.

    Example:
        >>> read_net("2-3-1", "forward")
        (2, 3, 1)
    """
    if not isinstance(net, str) or not re.fullmatch(r"\d{1,9}(-\d{1,9})+", net):
        raise ModelError(f"net: got {net!r}, expected numbers of units from input to output, such as 2-2-1.")
    sizes = tuple(map(int, net.split("-")))
    if 0 in sizes:
        raise ModelError(f"net: got {net!r} with an empty layer; every layer has at least one unit.")
    layers, units = len(sizes) - 1, max(sizes)
    if kind == COUNT:
        most_layers, most_units, most_weights = MOST_COUNTED_LAYERS, MOST_COUNTED_UNITS, None
    else:
        most_layers, most_units, most_weights = MOST_LAYERS, MOST_UNITS, MOST_WEIGHTS
    if layers > most_layers or units > most_units:
        raise ModelError(
            f"net: {net} is too large for {kind}; at most {most_layers} layers of weights and "
            f"{most_units} units a layer."
        )
    weights = sum((before + 1) * after for before, after in pairwise(sizes))
    if most_weights is not None and weights > most_weights:
        raise ModelError(
            f"net: {net} has {weights} weights and biases, too many to work out by hand; "
            f"at most {most_weights}."
        )
    return sizes


_NUMBERS = ("decimals", "seed", "variant", "draw")
_KEYWORDS = ("loss", "output", "optimizer", "profile", "decimals", "seed", "variant", "draw")


def is_code(text: str) -> bool:
    """Return whether a text begins like the code of an exercise.

    Example:
        >>> is_code("forward 2-2-1 tanh seed 1 variant 7"), is_code("tanh-2-2-1")
        (True, False)
    """
    words = text.split()
    return len(words) > 1 and words[0] in KINDS and words[1][:1].isdigit()


def read_code(text: str) -> Code:
    """Return what a code asks for.

    Raises:
        ModelError: it is no code of an exercise, or has something that does not fit.
        NameNotFoundError: a name in it is not known.

    Example:
        >>> code = read_code("backward 2-2-1 sigmoid output sigmoid seed 1 variant 7 draw 0")
        >>> code.request.activation, code.request.output, code.variant, code.draw
        ('sigmoid', 'sigmoid', 7, 0)
    """
    words = text.split()
    if len(words) < 2:
        raise _no_code(text)
    kind, net, *rest = words
    found: dict[str, Any] = {}
    if rest and rest[0] not in _KEYWORDS:
        found["activation"] = rest.pop(0)
    names, values = rest[::2], rest[1::2]
    if len(names) != len(values) or not set(names) <= set(_KEYWORDS) or len(set(names)) != len(names):
        raise _no_code(text)
    found.update(zip(names, values, strict=True))
    found |= {name: _whole(name, found[name]) for name in _NUMBERS if name in found}
    variant, draw = found.pop("variant", 1), found.pop("draw", None)
    request = requested(kind, net, **found)
    _check_number("variant", variant, 1, 2**31)
    if draw is not None:
        _check_number("draw", draw, 0, MOST_DRAWN - 1)
    return Code(request, variant, draw)


def _whole(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,19}", text):
        raise ModelError(f"{name}: got {text!r}, expected a whole number.")
    return int(text)


def _no_code(text: str) -> ModelError:
    return ModelError(
        f"exercise: got {text[:80]!r}, expected a code such as 'forward 2-2-1 tanh seed 1 variant 7 draw 3', "
        "as it stands on the exercise."
    )
