"""Formulas as text: `ln(x1) + x1*x2 - sin(x2)` is read into steps, never run as Python."""

from __future__ import annotations

import difflib
import inspect
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, NoReturn, TypeAlias

from tiza.errors import ExpressionError
from tiza.graph.tensor import Tensor, TensorLike, as_tensor
from tiza.ops import composite, elementwise

LONGEST_TEXT = 1000
DEEPEST_NESTING = 50
"""How many parentheses, signs and operators may be open at once."""

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "π": math.pi, "e": math.e}


@dataclass(frozen=True, slots=True)
class Number:
    """Step: push a number."""

    value: float


@dataclass(frozen=True, slots=True)
class Variable:
    """Step: push the value of a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Step: replace the last `count` values by the result of one operation, named as in `OPERATIONS`."""

    name: str
    count: int


Step: TypeAlias = Number | Variable | Operation


def _common_logarithm(x: TensorLike) -> Tensor:
    return elementwise.log(x) / elementwise.log(10.0)


def _largest(*values: TensorLike) -> TensorLike:
    return reduce(elementwise.maximum, values)


def _smallest(*values: TensorLike) -> TensorLike:
    return reduce(elementwise.minimum, values)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "+": elementwise.add,
    "-": elementwise.subtract,
    "*": elementwise.multiply,
    "/": elementwise.divide,
    "^": elementwise.power,
    "negative": elementwise.negative,
    "log": elementwise.log,
    "log10": _common_logarithm,
    "exp": elementwise.exp,
    "sqrt": elementwise.sqrt,
    "abs": elementwise.absolute,
    "sign": elementwise.sign,
    "floor": elementwise.floor,
    "sin": elementwise.sin,
    "cos": elementwise.cos,
    "tan": elementwise.tan,
    "arctan": elementwise.arctan,
    "sinh": composite.sinh,
    "cosh": composite.cosh,
    "tanh": elementwise.tanh,
    "sigmoid": elementwise.sigmoid,
    "relu": composite.relu,
    "softplus": elementwise.softplus,
    "erf": elementwise.erf,
    "max": _largest,
    "min": _smallest,
}
"""What each step emits; `log` is the natural logarithm."""

_INFIX_AND_PREFIX = ("+", "-", "*", "/", "^", "negative")
_OTHER_NAMES = {
    "ln": "log",
    "sen": "sin",
    "tg": "tan",
    "atan": "arctan",
    "arctg": "arctan",
    "senh": "sinh",
    "σ": "sigmoid",
}
FUNCTIONS: Mapping[str, str] = {
    **{name: name for name in OPERATIONS if name not in _INFIX_AND_PREFIX},
    **_OTHER_NAMES,
}
"""Names a formula may call, and the operation each stands for."""

_SEVERAL_ARGUMENTS = ("max", "min")


@dataclass(frozen=True)
class Expression:
    """A formula as steps on a stack of values.

    Calling it with one value a name, in the order of `names`, emits the operations of `tiza.ops`.

    Attributes:
        text: the formula as it was read.
        steps: what to do, operands first.

    Example:
        >>> import tiza as tz
        >>> product = parse_expression("x1*x2 + 1")
        >>> product.names
        ('x1', 'x2')
        >>> tz.evaluate(product(2.0, 5.0))
        11.0
    """

    text: str
    steps: tuple[Step, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables, sorted as people count: x1, x2, x10."""
        return tuple(sorted({step.name for step in self.steps if isinstance(step, Variable)}, key=_natural))

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_ONLY
        return inspect.Signature([inspect.Parameter(name, kind) for name in self.names])

    def __call__(self, *values: TensorLike) -> Tensor:
        """Return the formula applied to `values`, one a name.

        Raises:
            ExpressionError: their number differs from that of the names.
        """
        if len(values) != len(self.names):
            wanted = ", ".join(self.names) or "none"
            raise ExpressionError(
                f"{self.text!r}: got {len(values)} values, expected {len(self.names)} ({wanted})."
            )
        result: TensorLike = self.fold(OPERATIONS, dict(zip(self.names, values, strict=True)), float)
        return as_tensor(result)

    def fold(
        self,
        operations: Mapping[str, Callable[..., Any]],
        values: Mapping[str, Any],
        number: Callable[[float], Any],
    ) -> Any:
        """Return the formula in any algebra.

        Args:
            operations: what each operation of `OPERATIONS` is there.
            values: what each name stands for.
            number: how a number is written.
        """
        stack: list[Any] = []
        for step in self.steps:
            if isinstance(step, Number):
                stack.append(number(step.value))
            elif isinstance(step, Variable):
                stack.append(values[step.name])
            else:
                operands = stack[-step.count :]
                stack[-step.count :] = [operations[step.name](*operands)]
        return stack[0]

    def __str__(self) -> str:
        return self.text


def _natural(name: str) -> list[tuple[bool, int, str]]:
    parts = re.split(r"([0-9]+)", name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts if part]


def parse_expression(text: str) -> Expression:
    """Return the formula that `text` writes.

    Numbers, names (letters of any alphabet, then digits), `+ - * / ^ **`, parentheses, the constants pi and
    e, and the functions of `FUNCTIONS`: ln and log (both the natural logarithm), log10, exp, sqrt, abs, sin
    or sen, cos, tan or tg, arctan, sinh, cosh, tanh, sigmoid or σ, relu, softplus, erf, max, min. Angles are
    in radians; `-x^2` is -(x^2) and `x^y^z` is x^(y^z). The text is never run.

    Raises:
        ExpressionError: it is not such a formula, or it is too long or too deeply nested; a caret marks the
            column.

    Example:
        >>> parse_expression("2x")
        Traceback (most recent call last):
        tiza.errors.ExpressionError: column 2: expected an operator before 'x'; to multiply, write 2*x.
            2x
             ^
    """
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(
            f"the formula has {len(text)} characters, expected at most {LONGEST_TEXT}; shorten it."
        )
    return _Reader(_normalized(text)).read()


_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SIGNS = {"**": "^", "×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-"}
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<superscript>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<name>[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹][^\W⁰¹²³⁴⁵⁶⁷⁸⁹]*)"
    r"|(?P<sign>\*\*|[-+*/^(),×·⋅÷−])"
)


def _normalized(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).translate(_SUBSCRIPTS)
    return "".join(" " if one.isspace() else one for one in composed)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


@dataclass(slots=True)
class _Open:
    """Something begun that still waits for what follows: an operator, a sign, a group, a call."""

    kind: str
    name: str
    column: int
    precedence: int = 0
    arguments: int = 1


_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_PREFIX_PRECEDENCE = 3
_RIGHT_TO_LEFT = ("^",)
_SHOWN = 60


class _Reader:
    """Dijkstra's shunting yard: operators wait on a stack of their own, so nesting needs no recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps: list[Step] = []
        self.open: list[_Open] = []
        self.after_operand = False

    def read(self) -> Expression:
        tokens = [*self._tokens(), _Token("end", "", len(self.text))]
        for token, following in itertools.pairwise(tokens):
            if self.after_operand:
                self._read_after_operand(token)
            else:
                self._read_operand(token, following)
            if len(self.open) > DEEPEST_NESTING:
                self._fail(
                    token.column,
                    f"nested too deeply, expected at most {DEEPEST_NESTING} levels; simplify it.",
                )
        self._finish()
        return Expression(self.text.strip(), tuple(self.steps))

    def _tokens(self) -> Iterator[_Token]:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None or (match.lastgroup == "name" and not match.group().isidentifier()):
                self._fail(position, f"unexpected character {self.text[position]!r}.")
            position = match.end()
            found, kind = match.group(), str(match.lastgroup)
            if kind == "superscript":
                yield _Token("sign", "^", match.start())
                yield _Token("number", found.translate(_SUPERSCRIPTS), match.start())
            elif kind != "space":
                yield _Token(kind, _SIGNS.get(found, found), match.start())

    def _read_operand(self, token: _Token, following: _Token) -> None:
        if token.kind == "number":
            self._push(Number(self._finite(token)))
        elif token.kind == "name":
            self._read_name(token, following)
        elif token.text == "(":
            if self.open and self.open[-1].kind == "function":
                self.open[-1].kind = "call"
            else:
                self.open.append(_Open("group", "(", token.column))
        elif token.text in ("-", "+"):
            name = "negative" if token.text == "-" else "positive"
            self.open.append(_Open("operator", name, token.column, _PREFIX_PRECEDENCE))
        else:
            self._fail(token.column, f"expected a number, a name or '(' before {token.text!r}.")

    def _finite(self, token: _Token) -> float:
        value = float(token.text)
        if not math.isfinite(value):
            self._fail(token.column, f"the number {token.text} is too large for float64.")
        return value

    def _read_name(self, token: _Token, following: _Token) -> None:
        name = token.text
        if following.text == "(":
            if name not in FUNCTIONS:
                self._fail(token.column, f"unknown function {name!r}; {_nearest(name)}")
            self.open.append(_Open("function", name, token.column))
        elif name in FUNCTIONS:
            self._fail(token.column, f"function {name!r} without its argument; write {name}(...).")
        else:
            self._push(Number(CONSTANTS[name]) if name in CONSTANTS else Variable(name))

    def _push(self, step: Step) -> None:
        self.steps.append(step)
        self.after_operand = True

    def _read_after_operand(self, token: _Token) -> None:
        if token.text in _PRECEDENCE:
            self._reduce(_PRECEDENCE[token.text], right_to_left=token.text in _RIGHT_TO_LEFT)
            self.open.append(_Open("operator", token.text, token.column, _PRECEDENCE[token.text]))
            self.after_operand = False
        elif token.text == ",":
            self._separate(token)
        elif token.text == ")":
            self._close(token)
        else:
            before = self.text[: token.column].rstrip()
            left = re.search(r"[\w.]+$|.$", before)
            product = f"{left.group() if left else ''}*{token.text}"
            self._fail(
                token.column, f"expected an operator before {token.text!r}; to multiply, write {product}."
            )

    def _reduce(self, precedence: int = 0, right_to_left: bool = False) -> None:
        """Emit the waiting operators that bind at least as tightly as the next one."""
        while self.open and self.open[-1].kind == "operator":
            waiting = self.open[-1].precedence
            if waiting < precedence or (right_to_left and waiting == precedence):
                return
            self._emit(self.open.pop().name)

    def _emit(self, name: str) -> None:
        if name == "negative" and isinstance(self.steps[-1], Number):
            self.steps[-1] = Number(-self.steps[-1].value)
        elif name != "positive":
            self.steps.append(Operation(name, 1 if name == "negative" else 2))

    def _separate(self, token: _Token) -> None:
        self._reduce()
        if not self.open or self.open[-1].kind != "call":
            self._fail(token.column, "unexpected ','; decimals are written with a point: 2.5.")
        self.open[-1].arguments += 1
        self.after_operand = False

    def _close(self, token: _Token) -> None:
        self._reduce()
        if not self.open:
            self._fail(token.column, "')' without its '('.")
        opened = self.open.pop()
        if opened.kind == "call":
            self._call(opened)

    def _call(self, function: _Open) -> None:
        name, count = FUNCTIONS[function.name], function.arguments
        several = name in _SEVERAL_ARGUMENTS
        if (count < 2) if several else (count != 1):
            expected = "at least 2" if several else "1"
            self._fail(function.column, f"{function.name}: got {count} arguments, expected {expected}.")
        self.steps.append(Operation(name, count))

    def _finish(self) -> None:
        if not self.after_operand:
            ended = "the formula is empty" if not self.text.strip() else "the formula ends too early"
            self._fail(len(self.text.rstrip()), f"{ended}; expected a number, a name or '('.")
        self._reduce()
        if self.open:
            self._fail(self.open[-1].column, "'(' without its ')'.")

    def _fail(self, column: int, message: str) -> NoReturn:
        start = max(0, column - _SHOWN // 2)
        shown = self.text[start : start + _SHOWN]
        caret = " " * (column - start) + "^"
        raise ExpressionError(f"column {column + 1}: {message}\n    {shown}\n    {caret}")


def _nearest(name: str) -> str:
    near: Sequence[str] = difflib.get_close_matches(name.lower(), FUNCTIONS, n=1, cutoff=0.5)
    # one or two letters are near to too many names: x(2) rather means a product
    if near and (len(name) > 2 or name.lower() == near[0]):
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(FUNCTIONS)}; to multiply, write {name[:20]}*(...)."
