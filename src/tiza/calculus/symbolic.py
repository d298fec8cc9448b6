"""Symbolic differentiation: a graph of numbers as an algebraic formula, and the formulas of its derivatives.

SymPy does the algebra; it comes with the extra `tiza[symbolic]` and is imported when it is first needed.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from tiza.calculus.expression import parse_expression
from tiza.errors import DerivativeError, MissingExtraError
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node
from tiza.graph.primitive import NoDerivative

Symbolic = Any
"""A SymPy expression; SymPy has no types of its own."""

DIGITS = 50
LARGEST_FORMULA = 2000
"""How many operations a formula may have once shared values are written out."""

_LARGEST_WORK = 10_000
"""Operations times inputs: what SymPy differentiates in a second or so."""

_WORKING_DIGITS = DIGITS + 20
_LARGEST_EXPONENT = 1024
_EXACT = (1e-12, 1e15)
_OPERAND_NAMES = ("x", "y", "z")
_COPIES = ("broadcast", "reshape", "transpose")


class SymbolicError(DerivativeError):
    """A graph that has no formula, or none of a size that can be read."""


def load_sympy() -> Any:
    """Return the module SymPy.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module("sympy")
    except ImportError:
        raise MissingExtraError(
            "symbolic derivatives need SymPy, which is not installed; run: pip install '.[symbolic]'"
        ) from None


@dataclass(frozen=True, slots=True)
class SymbolicDerivative:
    """The formula of one partial derivative.

    Attributes:
        name: the input it is taken with respect to.
        expression: the SymPy expression.
        names: the inputs it may depend on.
    """

    name: str
    expression: Symbolic
    names: tuple[str, ...]

    @property
    def formula(self) -> str:
        """The expression as text; ln is the natural logarithm."""
        return formula_text(self.expression)

    @property
    def operations(self) -> int:
        """Number of arithmetic operations that the formula, evaluated as it is written, takes."""
        return operation_count(self.expression)

    def value(self, point: tuple[float, ...]) -> Decimal:
        """Return its value with 50 digits.

        Raises:
            SymbolicError: it has no real value there.
        """
        return value_of(self.expression, dict(zip(self.names, point, strict=True)))


def symbolic_expression(graph: Graph) -> Symbolic:
    """Return the output of a graph of numbers as a SymPy expression in its inputs' names.

    Each elementwise primitive contributes the formula it states. Numbers are taken as they are written
    (0.1 is 1/10), float64's pi and e as the exact ones.

    Raises:
        MissingExtraError: SymPy is not installed.
        SymbolicError: an operation has no formula, or the formula would be too large.

    Example:
        >>> import tiza as tz
        >>> symbolic_expression(tz.trace(lambda x: tz.ops.log(x) * x, 1.0))
        x*log(x)
    """
    load_sympy()
    _check_size(graph)
    known: dict[Node, Symbolic] = {}
    for node in graph.nodes:
        known[node] = _expression_of(node, [known[one] for one in node.inputs])
    return known[graph.outputs[0]]


def symbolic_derivatives(graph: Graph) -> tuple[SymbolicDerivative, ...]:
    """Return the formula of the partial derivative of a graph of numbers with respect to each input.

    Raises:
        MissingExtraError: SymPy is not installed.
        SymbolicError: an operation has no formula, or the formula would be too large.

    Example:
        >>> import tiza as tz
        >>> [dx] = symbolic_derivatives(tz.trace(lambda x: tz.ops.log(x) * x, 1.0))
        >>> dx.formula, dx.operations
        ('ln(x) + 1', 2)
    """
    sympy = load_sympy()
    expression = symbolic_expression(graph)
    names = tuple(str(node.attributes["name"]) for node in graph.inputs)
    try:
        return tuple(SymbolicDerivative(name, expression.diff(sympy.Symbol(name)), names) for name in names)
    except RecursionError:
        raise SymbolicError("the formula is nested too deeply to be differentiated; shorten it.") from None


def operation_count(expression: Symbolic) -> int:
    """Return how many arithmetic operations a SymPy expression has."""
    return int(load_sympy().count_ops(expression))


def value_of(expression: Symbolic, values: Mapping[str, float]) -> Decimal:
    """Return the value of a SymPy expression with 50 digits.

    Raises:
        SymbolicError: it has no real value there.
    """
    sympy = load_sympy()
    known: dict[Symbolic, Symbolic] = {
        sympy.Symbol(name): sympy.Float(value, _WORKING_DIGITS) for name, value in values.items()
    }
    # each distinct part once: SymPy's own evalf repeats shared parts, which takes forever on nested formulas
    for part in _parts(expression):
        if part not in known:
            found = part.func(*(known[one] for one in part.args)) if part.args else part
            exact = found.is_Rational or found.is_Boolean or not found.is_number
            known[part] = found if exact else found.evalf(_WORKING_DIGITS)
    result = known[expression]
    if not (result.is_Float or result.is_Rational):
        raise SymbolicError(f"the formula has no finite real value at {dict(values)}: got {result}.")
    with localcontext() as context:
        context.prec = DIGITS
        return +Decimal(str(sympy.Float(result, _WORKING_DIGITS)))


def _parts(expression: Symbolic) -> list[Symbolic]:
    """Return every distinct part of a SymPy expression, operands first, without recursion."""
    order: dict[Symbolic, None] = {}
    stack = [(expression, False)]
    while stack:
        part, expanded = stack.pop()
        if expanded:
            order[part] = None
        elif part not in order:
            stack.append((part, True))
            stack.extend((one, False) for one in part.args if one not in order)
    return list(order)


def formula_text(expression: Symbolic) -> str:
    """Return a SymPy expression as text that `parse_expression` reads, with ln for log."""
    printer = _printer()({"order": None})
    return str(printer.doprint(expression))


@functools.cache
def _printer() -> Any:
    """Return SymPy's printer of plain text, writing ln for the natural logarithm."""
    base = importlib.import_module("sympy.printing.str").StrPrinter

    def natural_logarithm(printer: Any, expression: Symbolic) -> str:
        return f"ln({printer.doprint(expression.args[0])})"

    return type("FormulaPrinter", (base,), {"_print_log": natural_logarithm})


def _check_size(graph: Graph) -> None:
    sizes: dict[Node, int] = {}
    for node in graph.nodes:
        sizes[node] = 1 + sum(sizes[one] for one in node.inputs)
        if sizes[node] > LARGEST_FORMULA:
            raise SymbolicError(
                f"the formula has more than {LARGEST_FORMULA} operations once shared values are written out "
                "(expression swell); use forward or reverse mode."
            )
    if sizes[graph.outputs[0]] * len(graph.inputs) > _LARGEST_WORK:
        raise SymbolicError(
            f"{len(graph.inputs)} derivatives of this formula take too long; use forward or reverse mode."
        )


def _expression_of(node: Node, operands: list[Symbolic]) -> Symbolic:
    sympy = load_sympy()
    primitive = node.primitive
    if primitive is INPUT:
        return sympy.Symbol(str(node.attributes["name"]))
    if primitive is CONSTANT:
        return _constant(node.attributes["value"].item())
    if primitive.name in _COPIES:
        return operands[0]
    if primitive.name in _conditions():
        return _conditions()[primitive.name](*operands)
    if isinstance(primitive.derivative, NoDerivative) or not (primitive.is_elementwise and primitive.formula):
        raise SymbolicError(
            f"{primitive.name} has no formula that can be differentiated; use forward or reverse mode."
        )
    names = dict(zip(_OPERAND_NAMES, operands, strict=False))
    return parse_expression(primitive.formula).fold(_algebra(), names, _number)


def _number(value: float) -> Symbolic:
    sympy = load_sympy()
    if value == int(value):
        return sympy.Integer(int(value))
    return sympy.Rational(repr(value))


def _constant(value: float | bool) -> Symbolic:
    sympy = load_sympy()
    if isinstance(value, bool):
        return sympy.true if value else sympy.false
    known = {math.pi: sympy.pi, math.e: sympy.E, 0.0: sympy.Integer(0)}
    if value in known:
        return known[value]
    return _number(value) if _EXACT[0] < abs(value) < _EXACT[1] else sympy.Float(value)


@functools.cache
def _algebra() -> Mapping[str, Callable[..., Symbolic]]:
    """Return the operations of `parse_expression` in SymPy's algebra."""
    sympy = load_sympy()
    choices = _choices()
    plain = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "erf")
    return {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - y,
        "*": lambda x, y: x * y,
        "/": lambda x, y: x / y,
        "^": _power,
        "negative": lambda x: -x,
        "arctan": sympy.atan,
        **{name: getattr(sympy, name) for name in plain},
        **choices,
    }


@functools.cache
def _conditions() -> Mapping[str, Callable[..., Symbolic]]:
    """Return comparisons and choices, whose formulas are not arithmetic."""
    sympy = load_sympy()
    return {
        "equal": sympy.Eq,
        "less": sympy.StrictLessThan,
        "less_equal": sympy.LessThan,
        "bitwise_not": sympy.Not,
        "bitwise_and": sympy.And,
        "bitwise_or": sympy.Or,
        "select": lambda condition, x, y: sympy.Piecewise((x, condition), (y, True)),
    }


def _power(base: Symbolic, exponent: Symbolic) -> Symbolic:
    """Return base ** exponent; exponents that would make huge exact numbers become floats first."""
    sympy = load_sympy()
    if exponent.is_Integer:
        powers = [abs(one.exp) for one in base.atoms(sympy.Pow) if one.exp.is_Integer]
        bits = [max(abs(one.p), one.q).bit_length() for one in base.atoms(sympy.Rational)]
        if abs(exponent) * max([*powers, *bits, 1]) > _LARGEST_EXPONENT:
            exponent = sympy.Float(exponent, DIGITS)
    return base**exponent


@functools.cache
def _choices() -> Mapping[str, Any]:
    """Return abs, sign, floor, max and min with Tiza's derivatives, and the conditions that these use.

    SymPy's own have other values at the corner, or none: here max passes its derivative to the first of two
    equal operands, and abs has derivative 0 at 0.
    """
    sympy = load_sympy()

    def constant_derivative(_self: Symbolic, _position: int = 1) -> Symbolic:
        return sympy.Integer(0)

    def function(name: str, count: int, choose: Callable[..., Symbolic], **methods: Any) -> Any:
        def evaluate(_class: Any, *operands: Symbolic) -> Symbolic | None:
            return choose(*operands) if all(one.is_number for one in operands) else None

        rules = {"nargs": count, "eval": classmethod(evaluate), "fdiff": constant_derivative, **methods}
        return type(name, (sympy.Function,), rules)

    def condition(name: str, sign: str, holds: Callable[[Symbolic], bool]) -> Any:
        def written(self: Symbolic, printer: Any) -> str:
            return f"[{printer.doprint(self.args[0])} {sign} {printer.doprint(self.args[1])}]"

        return function(name, 2, lambda x, y: sympy.Integer(holds((x - y).evalf(DIGITS))), _sympystr=written)

    at_least = condition("at_least", ">=", lambda difference: bool(difference >= 0))
    at_most = condition("at_most", "<=", lambda difference: bool(difference <= 0))
    above = condition("above", ">", lambda difference: bool(difference > 0))
    below = condition("below", "<", lambda difference: bool(difference < 0))

    def larger_or_smaller(name: str, first: Any, second: Any) -> Any:
        def derivative(self: Symbolic, position: int = 1) -> Symbolic:
            x, y = self.args
            return first(x, y) if position == 1 else second(y, x)

        return function(name, 2, lambda x, y: x if first(x, y) else y, fdiff=derivative)

    sign = function("sign", 1, lambda x: sympy.sign(x.evalf(DIGITS)))
    floor = function("floor", 1, sympy.floor)

    def derivative_of_abs(self: Symbolic, _position: int = 1) -> Symbolic:
        return sign(self.args[0])

    return {
        "sign": sign,
        "floor": floor,
        "abs": function("abs", 1, sympy.Abs, fdiff=derivative_of_abs),
        "max": larger_or_smaller("max", at_least, above),
        "min": larger_or_smaller("min", at_most, below),
    }
