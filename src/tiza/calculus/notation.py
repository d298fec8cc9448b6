"""One operation on numbers as a line of text, from the formula that its primitive states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tiza.graph.node import Node

_OPERANDS = "xyzw"
_WRITTEN: Mapping[str, str] = {"**": "^", "*": "×", "-": "−", "log": "ln"}
"""How formulas are written for reading."""

_WORD = re.compile(r"\*\*|[*-]|[a-z]\w*")
_CALL_OF_ONE = re.compile(r"(\w+)\(([\w-]+)\)")
_SUBSCRIPTS = str.maketrans("-0123456789", "₋₀₁₂₃₄₅₆₇₈₉")


def formula_of(node: Node, operands: Sequence[str], spoken: bool = True) -> str:
    """Return `node` in terms of its operands' texts: `v1 + v2`, `ln v1`.

    Args:
        node: an elementwise operation.
        operands: one text an operand.
        spoken: leave out the parentheses of a function of one name: `ln v1` for `ln(v1)`.
    """
    formula = node.primitive.formula or f"{node.primitive.name}({', '.join(_OPERANDS[: len(operands)])})"
    texts = dict(zip(_OPERANDS, operands, strict=False))
    written = _WORD.sub(
        lambda word: texts.get(word.group()) or _WRITTEN.get(word.group(), word.group()), formula
    )
    if not spoken:
        return re.sub(r"\(\((−?[^()]+)\)\)", r"(\1)", written)
    call = _CALL_OF_ONE.fullmatch(written)
    return f"{call.group(1)} {call.group(2)}" if call else written


def number_text(value: float, digits: int) -> str:
    """Return a number with that many significant digits, without a minus before zero.

    Example:
        >>> number_text(-0.9589242746, 4)
        '−0.9589'
    """
    return f"{value + 0.0:.{digits}g}".replace("-", "−")


def operand_text(number: str) -> str:
    """Return a number as an operand: a negative one in parentheses."""
    return f"({number})" if number.startswith("−") else number


def with_subscripts(text: str) -> str:
    """Return `text` with the numbers of v1, v-1 ... lowered.

    Example:
        >>> with_subscripts("v-1 × v0")
        'v₋₁ × v₀'
    """
    return re.sub(r"\bv(-?[0-9]+)\b", lambda name: "v" + name.group(1).translate(_SUBSCRIPTS), text)
