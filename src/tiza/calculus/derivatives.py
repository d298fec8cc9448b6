"""One derivative, four ways: difference quotients, algebra, forward mode and reverse mode, compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from tiza.calculus.notation import number_text
from tiza.calculus.numerical import CENTRAL_STEP, FORWARD_STEP, central_difference, forward_difference
from tiza.calculus.plain_table import plain_table
from tiza.calculus.scalar_function import FunctionLike, Point, ScalarFunction, operations_of, scalar_function
from tiza.calculus.symbolic import SymbolicDerivative, SymbolicError, symbolic_derivatives
from tiza.errors import EvaluationError, MissingExtraError
from tiza.graph.graph import Graph

STEPS = tuple(float(f"1e-{exponent}") for exponent in range(1, 16))
DIGITS = 10
_ERROR_DIGITS = 2


class Method(StrEnum):
    """A way to a derivative."""

    FORWARD_DIFFERENCE = "forward difference"
    CENTRAL_DIFFERENCE = "central difference"
    SYMBOLIC = "symbolic"
    FORWARD_MODE = "forward mode"
    REVERSE_MODE = "reverse mode"


class Reference(StrEnum):
    """What errors are measured against."""

    SYMBOLIC = "the symbolic derivative, evaluated with 50 digits"
    REVERSE_MODE = "reverse mode in float64"


@dataclass(frozen=True, slots=True)
class Result:
    """All partial derivatives by one method, and what they cost.

    Attributes:
        method: which.
        partials: df/dx for each input x; nan where a difference quotient leaves the domain, empty where
            the method could not be used.
        errors: absolute error of each partial.
        evaluations: how often the function, the derivatives' formulas or the graph of a mode were evaluated.
        operations: arithmetic operations of all of these together.
        step: h of a difference quotient.
        problem: why the method could not be used.
    """

    method: Method
    partials: tuple[float, ...]
    errors: tuple[float, ...]
    evaluations: int
    operations: int
    step: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StepError:
    """The largest absolute error over the partials, for one step of the difference quotients.

    Attributes:
        step: h.
        forward: of forward differences; nan where the step leaves the domain.
        central: of central differences.
    """

    step: float
    forward: float
    central: float


@dataclass(frozen=True, slots=True)
class Derivatives:
    """The partial derivatives of a function at a point, by every method.

    Attributes:
        text: the formula, or the Python function's name.
        names: the inputs' names.
        point: their values.
        value: the function's value.
        results: one a method, in the order of `Method`.
        formulas: the formula of each partial; empty without SymPy.
        reference: what errors are measured against.
        error_by_step: errors of the difference quotients for h = 1e-1 ... 1e-15.
    """

    text: str
    names: tuple[str, ...]
    point: tuple[float, ...]
    value: float
    results: tuple[Result, ...]
    formulas: tuple[str, ...]
    reference: Reference
    error_by_step: tuple[StepError, ...]

    @property
    def partials(self) -> dict[str, float]:
        """The partial derivatives, by name, from reverse mode."""
        return dict(zip(self.names, self[Method.REVERSE_MODE].partials, strict=True))

    def __getitem__(self, method: Method | str) -> Result:
        """Return the result of one method.

        Raises:
            ValueError: there is no such method.
        """
        return self.results[list(Method).index(Method(method))]

    def __str__(self) -> str:
        parts = [
            self._heading(),
            _methods_table(self),
            f"Errors are against {self.reference}.",
            _steps_table(self),
        ]
        return "\n\n".join(part for part in parts if part)

    def _heading(self) -> str:
        where = ", ".join(
            f"{name} = {number_text(one, DIGITS)}" for name, one in zip(self.names, self.point, strict=True)
        )
        lines = [f"{self.text} = {number_text(self.value, DIGITS)}" + (f" at {where}" if where else "")]
        lines += [f"∂f/∂{name} = {text}" for name, text in zip(self.names, self.formulas, strict=False)]
        return "\n".join(lines)


def _methods_table(derivatives: Derivatives) -> str:
    header = ("method", "", "value", "error", "evaluations", "operations")
    rows = [row for result in derivatives.results for row in _method_rows(result, derivatives.names)]
    problems = [f"{result.method}: {result.problem}" for result in derivatives.results if result.problem]
    return "\n".join([plain_table(header, rows, left=2), *problems])


def _method_rows(result: Result, names: Sequence[str]) -> list[tuple[str, ...]]:
    title = (
        result.method.value if result.step is None else f"{result.method}, h = {number_text(result.step, 2)}"
    )
    if result.problem:
        return [(title, "", "-", "-", "-", "-")]
    rows: list[tuple[str, ...]] = []
    for at, (name, partial, error) in enumerate(zip(names, result.partials, result.errors, strict=True)):
        costs = ("", "") if at else (str(result.evaluations), str(result.operations))
        numbers = (finite_text(partial, DIGITS), finite_text(error, _ERROR_DIGITS))
        rows.append(("" if at else title, f"∂f/∂{name}", *numbers, *costs))
    return rows


def finite_text(value: float, digits: int) -> str:
    """Return a number as text, a dash where it is not finite."""
    return number_text(value, digits) if math.isfinite(value) else "-"


def _steps_table(derivatives: Derivatives) -> str:
    rows = [
        (number_text(row.step, 1), *(finite_text(one, _ERROR_DIGITS) for one in (row.forward, row.central)))
        for row in derivatives.error_by_step
    ]
    return plain_table(("h", "forward error", "central error"), rows) if rows else ""


def derivatives(function: FunctionLike, at: Point) -> Derivatives:
    """Return the partial derivatives of a function of numbers, by five methods, with errors and costs.

        forward difference   (f(x + h e) - f(x)) / h             n + 1 evaluations, error about h
        central difference   (f(x + h e) - f(x - h e)) / 2h      2 n evaluations, error about h^2
        symbolic             formulas from the rules of calculus  n formulas, exact until rounded
        forward mode         tangents along with the values       n runs
        reverse mode         adjoints back from the result        1 run

    Operations are those that are carried out: of the function times its evaluations, plus 3 a partial for
    x + h, the difference and the quotient (5 for central differences, which also need x - h and 2h); of the
    formulas as they are printed; of the graphs that forward and reverse mode emit, before any simplification.

    Args:
        function: a formula's text, an `Expression`, or a Python function of numbers that returns one.
        at: name -> number, or the numbers in the order of the names.

    Raises:
        ExpressionError: the text is not a formula.
        EvaluationError: the point does not fit the names, or the function is not one of numbers.
        DomainError: a value or a derivative is not a finite real number.

    Example:
        >>> found = derivatives("ln(x1) + x1*x2 - sin(x2)", {"x1": 2, "x2": 5})
        >>> {name: round(value, 7) for name, value in found.partials.items()}
        {'x1': 5.5, 'x2': 1.7163378}
    """
    return derivatives_of(scalar_function(function, at).check())


def derivatives_of(function: ScalarFunction) -> Derivatives:
    """Return the derivatives of a function that `check` has passed.

    Raises:
        EvaluationError: it has no inputs.
    """
    if not function.names:
        raise EvaluationError(f"function: {function.text!r} has no variables, expected at least one.")
    symbolic, problem = _symbolic(function)
    reverse = function.numbers(_reverse_graph(function))
    exact = _exact_values(symbolic, reverse, function.point)
    results = (
        _forward_difference(function, exact),
        _central_difference(function, exact),
        _symbolic_result(symbolic, exact, problem),
        _forward_mode(function, exact),
        _reverse_mode(function, reverse, exact),
    )
    return Derivatives(
        function.text,
        function.names,
        function.point,
        function.value,
        results,
        tuple(one.formula for one in symbolic),
        Reference.SYMBOLIC if symbolic else Reference.REVERSE_MODE,
        tuple(_step_error(function, step, exact) for step in STEPS),
    )


def _symbolic(function: ScalarFunction) -> tuple[tuple[SymbolicDerivative, ...], str]:
    """Return the formulas, or none and why."""
    try:
        found = symbolic_derivatives(function.graph)
        for one in found:
            one.value(function.point)
    except (MissingExtraError, SymbolicError) as error:
        return (), str(error)
    return found, ""


def _exact_values(
    symbolic: Sequence[SymbolicDerivative], reverse: Sequence[float], point: tuple[float, ...]
) -> tuple[Fraction, ...]:
    trusted: Sequence[Decimal | float] = [one.value(point) for one in symbolic] or reverse
    return tuple(map(Fraction, trusted))


def _errors(partials: Sequence[float], exact: Sequence[Fraction]) -> tuple[float, ...]:
    return tuple(
        float(abs(Fraction(partial) - trusted)) if math.isfinite(partial) else math.nan
        for partial, trusted in zip(partials, exact, strict=True)
    )


def _operation_count(graph: Graph) -> int:
    return len(operations_of(graph.nodes))


def _forward_difference(function: ScalarFunction, exact: Sequence[Fraction]) -> Result:
    step, count = _scaled(FORWARD_STEP, function), len(function.names)
    partials = forward_difference(function.at, function.point, step)
    evaluations = count + 1
    operations = evaluations * _operation_count(function.graph) + 3 * count
    return Result(
        Method.FORWARD_DIFFERENCE, partials, _errors(partials, exact), evaluations, operations, step
    )


def _central_difference(function: ScalarFunction, exact: Sequence[Fraction]) -> Result:
    step, count = _scaled(CENTRAL_STEP, function), len(function.names)
    partials = central_difference(function.at, function.point, step)
    evaluations = 2 * count
    operations = evaluations * _operation_count(function.graph) + 5 * count
    return Result(
        Method.CENTRAL_DIFFERENCE, partials, _errors(partials, exact), evaluations, operations, step
    )


def _scaled(step: float, function: ScalarFunction) -> float:
    """Return the step for coordinates larger than 1, which would swallow a smaller one."""
    return step * max(1.0, *map(abs, function.point))


def _symbolic_result(
    symbolic: Sequence[SymbolicDerivative], exact: Sequence[Fraction], problem: str
) -> Result:
    if not symbolic:
        return Result(Method.SYMBOLIC, (), (), 0, 0, problem=problem)
    partials = tuple(map(float, exact))
    operations = sum(one.operations for one in symbolic)
    return Result(Method.SYMBOLIC, partials, _errors(partials, exact), len(symbolic), operations)


def _forward_mode(function: ScalarFunction, exact: Sequence[Fraction]) -> Result:
    graphs = [function.tangent_graph(at, (function.output,)) for at in range(len(function.names))]
    partials = tuple(function.numbers(graph)[0] for graph in graphs)
    operations = sum(_operation_count(_with_value(function, graph)) for graph in graphs)
    return Result(Method.FORWARD_MODE, partials, _errors(partials, exact), len(graphs), operations)


def _reverse_mode(function: ScalarFunction, partials: tuple[float, ...], exact: Sequence[Fraction]) -> Result:
    operations = _operation_count(_with_value(function, _reverse_graph(function)))
    return Result(Method.REVERSE_MODE, partials, _errors(partials, exact), 1, operations)


def _reverse_graph(function: ScalarFunction) -> Graph:
    return function.adjoint_graph(function.graph.inputs)


def _with_value(function: ScalarFunction, graph: Graph) -> Graph:
    """Return the graph with the function's own value, which both modes compute along the way."""
    return Graph(graph.inputs, (function.output, *graph.outputs))


def _step_error(function: ScalarFunction, step: float, exact: Sequence[Fraction]) -> StepError:
    quotients = (forward_difference, central_difference)
    errors = (_errors(quotient(function.at, function.point, step), exact) for quotient in quotients)
    forward, central = (math.nan if any(map(math.isnan, one)) else max(one) for one in errors)
    return StepError(step, forward, central)
