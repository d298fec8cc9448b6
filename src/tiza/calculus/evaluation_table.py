"""The evaluation table: a function one operation a row, with its values, tangents and adjoints."""

from __future__ import annotations

from dataclasses import dataclass

from tiza.calculus.notation import formula_of, number_text, operand_text, with_subscripts
from tiza.calculus.plain_table import plain_table
from tiza.calculus.scalar_function import FunctionLike, Point, ScalarFunction, scalar_function
from tiza.graph.node import CONSTANT, Node

DIGITS = 8


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One value on the way from the inputs to the result.

    Attributes:
        name: `v-1`, `v0` for inputs, `v1`, `v2` ... for operations.
        expression: the input's name, or the operation in terms of earlier rows.
        value: v.
        tangents: dv/dx for each input x, from forward mode.
        adjoint: df/dv, from reverse mode.
    """

    name: str
    expression: str
    value: float
    tangents: tuple[float, ...]
    adjoint: float


@dataclass(frozen=True, slots=True)
class EvaluationTable:
    """A function's evaluation at a point, row by row.

    Attributes:
        text: the formula, or the Python function's name.
        names: the inputs' names.
        point: their values.
        rows: inputs first, then operations in evaluation order.
        result: name of the row (or the number) that is the function's value.
        value: the function's value.
    """

    text: str
    names: tuple[str, ...]
    point: tuple[float, ...]
    rows: tuple[EvaluationRow, ...]
    result: str
    value: float

    @property
    def header(self) -> tuple[str, ...]:
        """Titles of the columns of `cells`: the tangents are dv/dx, the adjoint is df/dv."""
        return ("v", "", "", *(f"∂v/∂{name}" for name in self.names), "∂f/∂v")

    def cells(self, digits: int = DIGITS, subscripts: bool = False) -> tuple[tuple[str, ...], ...]:
        """Return the rows as text.

        Args:
            digits: significant digits of the numbers.
            subscripts: write v₋₁ instead of v-1.
        """
        return tuple(self._cells(row, digits, subscripts) for row in self.rows)

    def _cells(self, row: EvaluationRow, digits: int, subscripts: bool) -> tuple[str, ...]:
        name, expression = row.name, row.expression
        if subscripts:
            # an input's own name may look like v1 and stays as it is
            own = expression in self.names
            name, expression = with_subscripts(name), expression if own else with_subscripts(expression)
        numbers = (number_text(one, digits) for one in (row.value, *row.tangents, row.adjoint))
        return (name, f"= {expression}", *numbers)

    def to_text(self, digits: int = DIGITS, subscripts: bool = False) -> str:
        """Return the table as plain text, as `str` does, with other digits or with subscripts."""
        result = with_subscripts(self.result) if subscripts else self.result
        table = plain_table(self.header, self.cells(digits, subscripts), left=2)
        return f"{table}\nf = {result} = {number_text(self.value, digits)}"

    def __str__(self) -> str:
        return self.to_text()


def evaluation_table(function: FunctionLike, at: Point) -> EvaluationTable:
    """Return the evaluation of `function` at a point, one operation a row.

    The n inputs are v_{1-n} ... v_0, the operations v_1, v_2 ... level by level: an operation comes once all
    its operands are in earlier levels, and within a level in the order of the text. Constants stand where
    they are used. Tangents come from forward mode, one pass an input; adjoints from one pass of reverse mode.

    Args:
        function: a formula's text, an `Expression`, or a Python function of numbers that returns one.
        at: name -> number, or the numbers in the order of the names.

    Raises:
        ExpressionError: the text is not a formula.
        EvaluationError: the point does not fit the names, or the function is not one of numbers.
        DomainError: a value or a derivative is not a finite real number.

    Example:
        >>> table = evaluation_table("ln(x1) + x1*x2 - sin(x2)", {"x1": 2, "x2": 5})
        >>> print(table.to_text(digits=5))
        v                          ∂v/∂x1   ∂v/∂x2   ∂f/∂v
        v-1  = x1               2       1        0     5.5
        v0   = x2               5       0        1  1.7163
        v1   = ln v-1     0.69315     0.5        0       1
        v2   = v-1 × v0        10       5        2       1
        v3   = sin v0    −0.95892       0  0.28366      −1
        v4   = v1 + v2     10.693     5.5        2       1
        v5   = v4 − v3     11.652     5.5   1.7163       1
        f = v5 = 11.652
    """
    return table_of(scalar_function(function, at).check())


def table_of(function: ScalarFunction) -> EvaluationTable:
    """Return the evaluation table of a function that `check` has passed."""
    nodes = (*function.graph.inputs, *function.order)
    first = 1 - len(function.graph.inputs)
    names = {node: f"v{first + at}" for at, node in enumerate(nodes)}
    expressions = [*function.names, *(_expression(node, names, function) for node in function.order)]
    columns = [function.numbers(function.tangent_graph(at, nodes)) for at in range(len(function.names))]
    rows = tuple(
        EvaluationRow(
            names[node],
            expression,
            function.values[node],
            tuple(column[at] for column in columns),
            function.adjoints.get(node, 0.0),
        )
        for at, (node, expression) in enumerate(zip(nodes, expressions, strict=True))
    )
    result = names.get(function.output, number_text(function.value, DIGITS))
    return EvaluationTable(function.text, function.names, function.point, rows, result, function.value)


def _expression(node: Node, names: dict[Node, str], function: ScalarFunction) -> str:
    return formula_of(node, [_operand(one, names, function) for one in node.inputs])


def _operand(node: Node, names: dict[Node, str], function: ScalarFunction) -> str:
    if node.primitive is CONSTANT:
        return operand_text(number_text(function.values[node], DIGITS))
    return names[node]
