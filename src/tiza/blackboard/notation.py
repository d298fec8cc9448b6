"""Notations: what changes in the writing of a page and in none of its numbers.

Letters, whether layers are named or counted, where indices start and which stands first, row or column
vectors, the decimal sign, and names of single numbers such as w1. Conventions that change values (a factor
1/2, sum or mean, the base of a logarithm) belong to how a model is built.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tiza.blackboard.symbols import Symbol
from tiza.errors import ModelError
from tiza.graph.provenance import Provenance, Role

DECIMAL_SIGNS = (".", ",")
_NEW = "′"
_NAME = re.compile(r"(?! )(?=.*[^\W\d_])[^\[\]=≈\n\r\t]+(?<![ ′'’])")
"""What a number may be called: a letter, no brackets or signs of equality, no spaces around it, no prime."""


@dataclass(frozen=True)
class Notation:
    """How quantities are written.

    Attributes:
        name: what it is asked for by.
        letters: letter of a quantity, by the name it has in the network: `z`, `a`, `loss`, the parameters'
            names; `delta` is the derivative by z, `output` what the network gives, `target` what it should,
            `gate z` a gate of that letter where z is that of units.
        counts_layers: whether layers are numbered from 1 instead of named by their paths.
        first_index: the index of the first unit.
        output_first: whether of two indices of a weight the unit that it leads to stands first.
        columns: whether vectors are columns, so that weights stand before what they multiply.
        decimal_sign: `.` or `,`.
        names: target by the name that a single number has, such as `w1`.
    """

    name: str = "default"
    letters: Mapping[str, str] = field(default_factory=dict)
    counts_layers: bool = False
    first_index: int = 0
    output_first: bool = False
    columns: bool = False
    decimal_sign: str = "."
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.decimal_sign not in DECIMAL_SIGNS:
            raise ModelError(f"decimal_sign: got {self.decimal_sign!r}, expected '.' or ','.")
        wrong = [one for one in self.names if not isinstance(one, str) or not _NAME.fullmatch(one)]
        if wrong:
            raise ModelError(
                f"names: got {wrong[0]!r} for a number's name, expected a short one such as 'w1'."
            )

    def with_names(self, names: Mapping[str, str]) -> Notation:
        """Return the notation with names of single numbers, such as `{"w1": "dense.kernel[0,0]"}`."""
        if not isinstance(names, Mapping):
            raise ModelError(
                f"names: got {names!r}, expected a dictionary such as {{'w1': 'dense.kernel[0,0]'}}."
            )
        return replace(self, names={**self.names, **names})

    def with_letters(self, letters: Mapping[str, str]) -> Notation:
        """Return the notation with other letters for some quantities."""
        return replace(self, letters={**self.letters, **letters})

    def letter(self, name: str) -> str:
        """Return how a quantity of that name is written."""
        if name == "initial_learning_rate" and name not in self.letters:
            return f"{self.letter('learning_rate')}0"
        return self.letters.get(name, _LETTERS.get(name, name))

    @property
    def loss(self) -> str:
        """The letter of the loss."""
        return self.letter("loss")

    def symbol(
        self, known: Provenance, slots: frozenset[str], layers: Mapping[str, int], output: str
    ) -> Symbol:
        """Return how a quantity is written, without an index.

        Args:
            known: which quantity it is.
            slots: names of what the optimizer keeps; the new value of one is marked.
            layers: number of each layer, by its path.
            output: label of the quantity that the network gives.

        Example:
            >>> z = Provenance("dense", Role.PRE_ACTIVATION)
            >>> names = (frozenset(), {"dense": 1}, "")
            >>> str(DEFAULT.symbol(Provenance("dense", Role.GRADIENT, of=z), *names))
            'dense.δ'
            >>> str(Notation(counts_layers=True).symbol(z, *names))
            'z1'
        """
        if known.role is Role.LOSS:
            return Symbol(self.loss if known.name in ("", "loss") else known.name)
        if known.role is Role.GRADIENT and known.of is not None:
            if known.of.role is Role.PRE_ACTIVATION and not known.name:
                of = known.of.name.removeprefix(Role.PRE_ACTIVATION)
                return self._in_layer(known, f"{self.letter('delta')}{of}", layers)
            inner = self.symbol(known.of, slots, layers, output)
            if inner.over:
                inner = Symbol(str(inner))
            return replace(inner, over=known.name or self.loss)
        if known.role is Role.UPDATE and known.of is not None:
            inner = self.symbol(known.of, slots, layers, output)
            if known.name in ("", "new"):
                return replace(inner, mark=_NEW)
            mark = _NEW if known.name in slots else ""
            return self._kept(inner, known.name, mark)
        if known.role is Role.SLOT and known.of is not None:
            return self._kept(self.symbol(known.of, slots, layers, output), known.name, "")
        if known.of is not None or not known.is_named:
            return Symbol(known.label)
        if self.counts_layers and known.label == output and "output" in self.letters:
            return Symbol(self.letters["output"], time=self._time(known))
        return self._in_layer(known, self._own_letter(known), layers)

    def _own_letter(self, known: Provenance) -> str:
        """Return the letter of a quantity of a layer; what enters gate i is z_i, however z is written."""
        before, entered, gate = known.name.partition(f"{Role.PRE_ACTIVATION}_")
        if known.role is Role.PRE_ACTIVATION and entered and not before:
            return f"{self.letter(Role.PRE_ACTIVATION)}_{self.gate(gate)}"
        if known.role is Role.ACTIVATION and known.name in _UNITS:
            return self.gate(known.name)
        return self.letter(known.name or known.role.value)

    def gate(self, name: str) -> str:
        """Return how a gate is written, where its letter is also that of a unit."""
        return self.letters.get(f"gate {name}", name)

    def _in_layer(self, known: Provenance, letter: str, layers: Mapping[str, int]) -> Symbol:
        """Return a letter with its layer, which use of that it is, and the step of a recurrence."""
        use = f"_{known.use + 1}" if known.use else ""
        if self.counts_layers and known.layer in layers:
            return Symbol(letter, f"{layers[known.layer]}{use}", time=self._time(known))
        path = ".".join(part for part in (known.layer, letter) if part)
        return Symbol(path + use, time=self._time(known))

    def _time(self, known: Provenance) -> str:
        """Return the step of a recurrence, counted as the notation counts; empty if there is none."""
        return "" if known.time is None else str(known.time + self.first_index)

    def _kept(self, about: Symbol, name: str, mark: str) -> Symbol:
        """Return how what an optimizer keeps of a weight is written."""
        if self.counts_layers:
            return kept_of(about, self.letter(name), mark)
        return replace(about, base=f"{about.base}.{name}", mark=mark)

    def index(self, index: tuple[int, ...], of_weight: bool) -> tuple[str, ...]:
        """Return an index as it is written."""
        return tuple(str(one + self.first_index) for one in self.in_order(index, of_weight))

    def read_index(self, written: tuple[int, ...], of_weight: bool) -> tuple[int, ...]:
        """Return the index that is written so."""
        return self.in_order(tuple(one - self.first_index for one in written), of_weight)

    def in_order(self, axes: tuple[int, ...], of_weight: bool) -> tuple[int, ...]:
        """Return what belongs to the axes of a quantity in the order in which they are written."""
        return axes[::-1] if self.output_first and of_weight and len(axes) == 2 else axes


def kept_of(about: Symbol, letter: str, mark: str) -> Symbol:
    """Return how what is kept of a quantity is written: a letter, with the quantity below it.

    Example:
        >>> str(kept_of(Symbol("w", "1", index=("2", "1")), "m", ""))
        'm_w1[2,1]'
    """
    below = f"{about.base}_{about.about}" if about.about else about.base
    return replace(about, base=letter, about=below, mark=mark)


_UNITS = (Role.PRE_ACTIVATION, Role.ACTIVATION)
"""Letters that stand for units: a gate of the same letter is another quantity."""
_LETTERS = {"loss": "L", "delta": "δ", "learning_rate": "η"}
"""Letters of every notation that has no other."""

DEFAULT = Notation()
