"""How one quantity is written, apart from any format: a letter, a layer, a mark, an index."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Symbol:
    """The name of one number, or of a whole quantity if it has no index.

    Attributes:
        base: letter or name: `w`, `ŷ`, `dense.kernel`.
        layer: the layer's number, where `base` does not say which layer; else empty.
        mark: `′` for the value after a step.
        index: what stands in brackets or as a subscript.
        over: the letter of what is derived, if this is a derivative; the rest is what it is derived by.

    Example:
        >>> (
        ...     str(Symbol("w", "1", "", ("2", "3"), "C")),
        ...     str(Symbol("dense.kernel", mark="′", index=("0", "1"))),
        ... )
        ('∂C/∂w1[2,3]', 'dense.kernel′[0,1]')
    """

    base: str
    layer: str = ""
    mark: str = ""
    index: tuple[str, ...] = ()
    over: str = ""

    def __str__(self) -> str:
        index = f"[{','.join(self.index)}]" if self.index else ""
        own = f"{self.base}{self.layer}{self.mark}{index}"
        return f"∂{self.over}/∂{own}" if self.over else own
