"""How one quantity is written, apart from any format: a letter, a layer, a mark, an index."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DERIVATIVE = re.compile(r"∂(.+?)/∂(.+)")
OF_A_UNIT = r"([^\W\d_]+)_([^\W\d_]?\d+)"
"""A word with the unit that it is of behind it, such as net_h1: pages write that as an index."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """The name of one number, or of a whole quantity if it has no index.

    Attributes:
        base: letter or name: `w`, `ŷ`, `dense.kernel`.
        layer: the layer's number, where `base` does not say which layer, and behind an underscore which
            time it is applied, if it is not the first; else empty.
        mark: `′` for the value after a step.
        time: the step of a recurrence, counted as the notation counts; else empty.
        index: what stands in brackets or as a subscript.
        over: the letter of what is derived, if this is a derivative; the rest is what it is derived by.
        about: what this is kept of, as `m` of `w`; empty if it is nobody's.

    Example:
        >>> (
        ...     str(Symbol("w", "1", "", ("2", "3"), "C")),
        ...     str(Symbol("dense.kernel", mark="′", index=("0", "1"))),
        ... )
        ('∂C/∂w1[2,3]', 'dense.kernel′[0,1]')
        >>> str(Symbol("lstm.c", time="3", index=("0",)))
        'lstm.c[t=3][0]'
        >>> str(Symbol("m", "1", "′", ("2", "3"), about="w"))
        'm_w1′[2,3]'
    """

    base: str
    layer: str = ""
    mark: str = ""
    index: tuple[str, ...] = ()
    over: str = ""
    time: str = ""
    about: str = ""

    def __str__(self) -> str:
        index = f"[{','.join(self.index)}]" if self.index else ""
        base = f"{self.base}_{self.about}" if self.about else self.base
        own = f"{base}{self.layer}{self.mark}{self.at_time}{index}"
        return f"∂{self.over}/∂{own}" if self.over else own

    @property
    def at_time(self) -> str:
        """The step of a recurrence as text has it, in brackets."""
        return f"[t={self.time}]" if self.time else ""


def symbol_of(name: str) -> Symbol:
    """Return how a number with a name of its own is written; the name may be that of a derivative.

    Example:
        >>> symbol_of("∂f/∂x1") == Symbol("x1", over="f"), symbol_of("w1") == Symbol("w1")
        (True, True)
    """
    match = _DERIVATIVE.fullmatch(name)
    return Symbol(match[2], over=match[1]) if match else Symbol(name)
