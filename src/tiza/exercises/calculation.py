"""A problem without a network: given numbers, and a formula for each line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import in_notation, names_of
from tiza.blackboard.notation import Notation
from tiza.calculus.emission import renamed
from tiza.exercises.naming import typed_name
from tiza.exercises.problem import Attempts, Numbers, Problem
from tiza.graph.graph import Graph
from tiza.graph.node import input_node, topological_order
from tiza.graph.provenance import Provenance, Role
from tiza.graph.tensor_type import tensor_type
from tiza.lessons.calculation import formula_with
from tiza.sheets.subject import Subject

_NUMBER = tensor_type(0.0)


@dataclass(frozen=True)
class Line:
    """A quantity that is asked for.

    Attributes:
        name: what it is called.
        formula: as text, with names in braces.
        known: which quantity it is.
    """

    name: str
    formula: str
    known: Provenance


def line(name: str, formula: str) -> Line:
    """Return a line that is no loss."""
    return Line(name, formula, Provenance(role=Role.ACTIVATION, name=name))


class Calculation:
    """Lines in numbers that are not yet given.

    Args:
        given: names of the given numbers.
        lines: what is asked for; a formula may use the lines before it.
        notation: how it is written.
        rows: samples that the loss averages over; 0 if it does not.
        units: outputs of a sample.
    """

    def __init__(
        self,
        given: Sequence[str],
        lines: Sequence[Line],
        notation: Notation,
        rows: int = 0,
        units: int = 1,
    ) -> None:
        self._inputs = {
            name: input_node(name, _NUMBER, Provenance(role=Role.INPUT, name=name)) for name in given
        }
        self.elements = {name: Element(node, ()) for name, node in self._inputs.items()}
        for one in lines:
            made = renamed(formula_with(one.formula, self.elements), one.known)
            self.elements[one.name] = Element(made.node, ())
        self.asked = tuple(self.elements[one.name] for one in lines)
        outputs = tuple(dict.fromkeys(one.node for one in self.asked))
        self._graph = Graph(tuple(self._inputs.values()), outputs)
        nodes = dict.fromkeys((*self._graph.inputs, *topological_order(outputs)))
        plain = replace(names_of(nodes, 0), rows=rows)
        self.names = in_notation(plain, notation)
        losses = (one.node for one in self.asked if one.node.provenance.role is Role.LOSS)
        self._loss = next(losses, None)
        self._units = units
        self._plain = plain

    def problem(
        self, numbers: Numbers, attempts: Callable[[Problem, Element], Attempts] | None = None
    ) -> Problem:
        """Return the problem with its numbers."""
        subject = Subject(
            graph=self._graph,
            numbers=tuple(np.asarray(numbers[name], "float64") for name in self._inputs),
            names=self._plain,
            loss=self._loss,
            units=self._units,
            elements=self._by_sheet_name(),
        )
        problem = Problem(subject, self.names, self.asked)
        return problem if attempts is None else replace(problem, attempts=attempts)

    def _by_sheet_name(self) -> Mapping[str, Element]:
        typed = {typed_name(name): one for name, one in self.elements.items()}
        return {**typed, **self.elements}
