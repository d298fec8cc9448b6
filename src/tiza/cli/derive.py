"""The command `tiza derive`: the derivatives of a formula at a point, four ways, with the work shown."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tiza.calculus.derivatives import (
    Derivatives,
    Method,
    Reference,
    Result,
    derivatives_of,
    finite_text,
)
from tiza.calculus.evaluation_table import EvaluationTable, table_of
from tiza.calculus.expression import Expression, parse_expression
from tiza.calculus.notation import number_text
from tiza.calculus.scalar_function import DomainError, ScalarFunction, scalar_function
from tiza.cli.commands import Command
from tiza.cli.output import new_console, plain_table, show_table
from tiza.cli.refusals import worded_line
from tiza.errors import ExpressionError
from tiza.language import translatable, translate

METHODS: Mapping[Method, str] = {
    Method.FORWARD_DIFFERENCE: translatable("forward difference"),
    Method.CENTRAL_DIFFERENCE: translatable("central difference"),
    Method.SYMBOLIC: translatable("symbolic"),
    Method.FORWARD_MODE: translatable("forward mode"),
    Method.REVERSE_MODE: translatable("reverse mode"),
}
REFERENCES: Mapping[Reference, str] = {
    Reference.SYMBOLIC: translatable("Errors are against the symbolic derivative, evaluated with 50 digits."),
    Reference.REVERSE_MODE: translatable("Errors are against reverse mode in float64."),
}
SINE = translatable("sin")
"""The function that languages call differently."""

_SINE = re.compile(rf"\b{SINE}\b")
DIGITS = 8
LONGEST_FORMULA = 200


# a formula may begin with a minus, which must not be taken for an option
@click.command(
    cls=Command,
    help=translatable(
        "Differentiate a formula at a point, several ways.\n\n"
        'Example: tiza derive "ln(x1) + x1*x2 - sin(x2)" x1=2 x2=5'
    ),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("formula", metavar="FORMULA")
@click.argument("values", nargs=-1, metavar="[NAME=NUMBER]...")
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def derive(formula: str, values: tuple[str, ...], as_json: bool) -> None:
    """Print value and derivatives of a formula at a point."""
    expression = _expression(formula)
    function = _function(expression, _point(expression, values))
    table, found = table_of(function), derivatives_of(function)
    if as_json:
        click.echo(json.dumps(_json(table, found), ensure_ascii=False, allow_nan=False))
    else:
        _print(new_console(), table, found)


def _expression(formula: str) -> Expression:
    try:
        expression = parse_expression(formula)
    except ExpressionError as error:
        # below the message stands the formula, with a mark where it is wrong
        raise click.UsageError("\n".join(map(worded_line, str(error).splitlines()))) from None
    if not expression.names:
        raise click.UsageError(
            translate("the formula has no variables, so there is nothing to differentiate.")
        )
    return expression


def _point(expression: Expression, values: Sequence[str]) -> dict[str, float]:
    point: dict[str, float] = {}
    for text in values:
        name, value = _assignment(text)
        if name in point:
            raise click.UsageError(translate("{name} is given twice.", name=name))
        if name not in expression.names:
            known = ", ".join(expression.names)
            raise click.UsageError(
                translate("{name} is not in the formula; it has {known}.", name=name, known=known)
            )
        point[name] = value
    missing = [name for name in expression.names if name not in point]
    if missing:
        wanted = " ".join(f"{name}=..." for name in missing)
        raise click.UsageError(translate("values are missing; add {wanted}", wanted=wanted))
    return point


def _assignment(text: str) -> tuple[str, float]:
    """Return the name and the number of `x1=2.5`; a decimal comma is taken too."""
    name, equals, written = (part.strip() for part in text.partition("="))
    try:
        value = float(written.replace(",", ".").replace("−", "-"))
    except ValueError:
        value = math.nan
    if not name or not equals or not math.isfinite(value) or "_" in written:
        raise click.UsageError(translate("got {text!r}, expected NAME=NUMBER, for example x1=2.5", text=text))
    return name, value


def _function(expression: Expression, point: Mapping[str, float]) -> ScalarFunction:
    try:
        return scalar_function(expression, point).check()
    except DomainError as error:
        raise click.UsageError(_outside(error)) from None


def _outside(error: DomainError) -> str:
    operation = error.operation
    if error.of_derivative:
        return translate("the derivative of {operation} does not exist or is infinite.", operation=operation)
    if math.isnan(error.value):
        return translate("{operation} is not a real number.", operation=operation)
    return translate("{operation} is infinite or too large.", operation=operation)


def _print(console: Console, table: EvaluationTable, found: Derivatives) -> None:
    point = ", ".join(f"{name} = {_number(one)}" for name, one in zip(table.names, table.point, strict=True))
    console.print(f"[bold]f = {escape(table.text)}[/bold]")
    console.print(translate("at {point}", point=point))
    _heading(console, translate("Evaluation, with tangents (forward mode) and adjoints (reverse mode)"))
    show_table(_evaluation(table))
    console.print(f"f = {table.result} = {_number(table.value)}\n")
    for name, formula in zip(found.names, found.formulas, strict=False):
        formula = _read(formula)
        shown = formula if len(formula) <= LONGEST_FORMULA else formula[:LONGEST_FORMULA] + "…"
        console.print(f"∂f/∂{name} = {shown}", markup=False)
    _heading(console, translate("The same derivatives, several ways"))
    show_table(_methods(found))
    for result in found.results:
        if result.problem:
            told = f"{translate(METHODS[result.method])}: {worded_line(result.problem)}"
            console.print(told, markup=False, soft_wrap=True)  # a command in it stays whole
    console.print(translate(REFERENCES[found.reference]))
    _heading(console, translate("Largest error of the difference quotients, by step h"))
    show_table(_steps(found))


def _read(formula: str) -> str:
    """Return a formula with the sine as the reader's language has it, which may be typed so too."""
    return _SINE.sub(translate(SINE), formula)


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{escape(text)}[/bold]")


def _number(value: float) -> str:
    return number_text(value, DIGITS)


def _evaluation(table: EvaluationTable) -> Table:
    tangents = (f"∂v/∂{name}" for name in table.names)
    shown = plain_table(("v", ""), (translate("value"), *tangents, "∂f/∂v"))
    for cells in table.cells(DIGITS):
        shown.add_row(*(escape(_read(cell)) for cell in cells))
    return shown


def _methods(found: Derivatives) -> Table:
    shown = plain_table(
        (translate("method"), ""),
        ("h", translate("value"), translate("error"), translate("runs"), translate("operations")),
    )
    for result in found.results:
        for cells in _method_rows(result, found.names):
            shown.add_row(*map(escape, cells))
    return shown


def _method_rows(result: Result, names: Sequence[str]) -> list[tuple[str, ...]]:
    title = translate(METHODS[result.method])
    if result.problem:
        return [(title, "", "", "–", "–", "–", "–")]
    step = "" if result.step is None else number_text(result.step, 2)
    costs = (str(result.evaluations), str(result.operations))
    return [
        (
            "" if at else title,
            f"∂f/∂{name}",
            "" if at else step,
            finite_text(partial, DIGITS),
            finite_text(error, 2),
            *(("", "") if at else costs),
        )
        for at, (name, partial, error) in enumerate(zip(names, result.partials, result.errors, strict=True))
    ]


def _steps(found: Derivatives) -> Table:
    shown = plain_table((), ("h", translate("forward difference"), translate("central difference")))
    for row in found.error_by_step:
        shown.add_row(number_text(row.step, 1), finite_text(row.forward, 2), finite_text(row.central, 2))
    return shown


def _json(table: EvaluationTable, found: Derivatives) -> Any:
    return _without_nan(
        {
            "function": table.text,
            "point": dict(zip(table.names, table.point, strict=True)),
            "value": table.value,
            "partials": found.partials,
            "formulas": dict(zip(found.names, found.formulas, strict=False)),
            "evaluation": [asdict(row) for row in table.rows],
            "methods": [asdict(result) for result in found.results],
            "reference": found.reference.name.lower(),
            "error_by_step": [asdict(row) for row in found.error_by_step],
        }
    )


def _without_nan(value: Any) -> Any:
    """Return nested values with None for the numbers that JSON cannot write."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
