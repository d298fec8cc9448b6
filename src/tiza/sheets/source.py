"""What a sheet is judged against, whoever provides it: a network with data, a lesson, a function."""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import names_of
from tiza.blackboard.notations import notation
from tiza.blackboard.targets import parse_target
from tiza.calculus.emission import renamed
from tiza.calculus.reverse import cotangents
from tiza.errors import ModelError, NameNotFoundError, ShapeError
from tiza.graph.graph import Graph
from tiza.graph.node import Node, topological_order
from tiza.graph.provenance import Provenance, Role
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tracing import trace
from tiza.lessons.calculation import Calculation, elements_of, with_formulas
from tiza.lessons.lesson import Lesson
from tiza.models.model import Model
from tiza.sheets.subject import Subject, subject_of_step


@runtime_checkable
class Source(Protocol):
    """Whatever provides an exercise."""

    @property
    def name(self) -> str:
        """What the exercise is called."""

    @property
    def naming(self) -> Mapping[str, str]:
        """The exercise's names -> targets, such as `w1` -> `dense.kernel[0,0]`."""

    def subject(self, data: Mapping[str, Any], learning_rate: float | None) -> Subject:
        """Return what a sheet is about; data and rate that its header gives count before one's own."""


@dataclass(frozen=True)
class NetworkSource:
    """A network, the data of the exercise, and names for its numbers.

    Attributes:
        model: a compiled model.
        x: one sample, or a small batch; None if the sheet gives it.
        y: its target, or theirs.
        naming: names of the exercise -> targets.
        learning_rate: rate of the step; None is the optimizer's.
        name: what the exercise is called.
    """

    model: Model
    x: object = None
    y: object = None
    naming: Mapping[str, str] = field(default_factory=dict)
    learning_rate: float | None = None
    name: str = ""

    def subject(self, data: Mapping[str, Any], learning_rate: float | None) -> Subject:
        """Return the step that a sheet is about.

        Raises:
            ModelError: data are missing.
            DataError: they do not fit.
        """
        x, y = self.x, data.get("y", self.y)
        if data.get("x") is not None:
            x = _in_axes_of(self.model.network.sample_shape, data["x"])
        missing = [name for name, one in (("x", x), ("y", y)) if one is None]
        if missing:
            raise ModelError(
                f"{' and '.join(missing)}: not given; write it into the sheet's header, such as x = (2, 3), "
                "or hand it over with the model."
            )
        given = self.learning_rate if learning_rate is None else learning_rate
        rate = self.model.learning_rate if given is None else given
        return subject_of_step(self.model.setting(_as_row(x), _as_row(y), rate), learning_rate=rate)


def _in_axes_of(shape: tuple[int, ...], given: object) -> object:
    """Return an image or a sequence as it is written on a sheet, one number after the other or in rows.

    Axes of one number need not be written; what is transposed stays as it is, for the model to refuse.

    Raises:
        ModelError: one after the other, they are too few or too many.
    """
    if len(shape) < _AXES_OF_AN_IMAGE:
        return given
    try:
        found = np.array(given, dtype=float)
    except ValueError:  # rows of different lengths
        return given
    wanted = math.prod(shape)
    if found.ndim <= 1 and found.size != wanted:
        raise ModelError(
            f"x: got {found.size} numbers, expected {wanted}, those of a sample of shape {shape}; "
            "write one after the other, x = (1, 2, …), or in rows, x = ((1, 2, …), (3, 4, …))."
        )
    longer = [one for one in found.shape if one != 1]
    is_same = found.ndim == 1 or longer == [one for one in shape if one != 1]
    return found.reshape(shape) if is_same and found.size == wanted else found


_AXES_OF_AN_IMAGE = 2


def _as_row(value: object) -> object:
    """Return one number as a row of one."""
    return [value] if isinstance(value, int | float) else value


@dataclass(frozen=True)
class LessonSource:
    """A lesson of a course.

    Attributes:
        lesson: the lesson.
    """

    lesson: Lesson

    @property
    def name(self) -> str:
        """The lesson's name."""
        return self.lesson.name

    @property
    def naming(self) -> Mapping[str, str]:
        """The slide's names -> targets; those of a calculation are its own."""
        return {} if isinstance(self.lesson.subject, Calculation) else self.lesson.names

    def subject(self, data: Mapping[str, Any], learning_rate: float | None) -> Subject:
        """Return the lesson's step or calculation.

        Raises:
            ModelError: the lesson has no numbers, or is a calculation and the sheet gives other data.
        """
        if isinstance(self.lesson.subject, Calculation):
            if data:
                raise ModelError(
                    f"lesson {self.name!r} is a calculation without x and y; leave them out of the header."
                )
            return _calculation(self.lesson.subject, self.lesson.formulas)
        network = self.lesson.network
        x, y = _in_the_shape_of(network.x, data.get("x")), _in_the_shape_of(network.y, data.get("y"))
        model = self.lesson.model()
        rate = model.learning_rate if learning_rate is None else learning_rate
        setting = model.setting(x, y, rate)
        named = {}
        for name, target in self.lesson.names.items():
            with contextlib.suppress(NameNotFoundError):  # a slide may name what this network does not have
                named[name] = parse_target(target, setting.plan.names)
        further = with_formulas(named, self.lesson.formulas)
        formulas = {name: further[name] for name in self.lesson.formulas}
        subject = subject_of_step(setting, formulas, rate)
        return replace(subject, notation=notation(self.lesson.course.notation))


def _in_the_shape_of(own: object, given: object) -> Any:
    """Return what a sheet's header gives with the axes that the lesson's own data have, or those."""
    expected = np.array(own, dtype=float)
    if given is None:
        return expected
    try:
        found = np.array(given, dtype=float)
    except ValueError:  # rows of different lengths
        raise ModelError("x, y: the rows have different lengths; give each sample as many numbers.") from None
    return found.reshape(expected.shape) if found.size == expected.size else found


def _calculation(calculation: Calculation, formulas: Mapping[str, str]) -> Subject:
    inputs, named = elements_of(calculation)
    elements = with_formulas(named, formulas)
    numbers = tuple(np.asarray(one, "float64") for one in calculation.given.values())
    derived = elements[calculation.derived].node if calculation.derived else None
    return _of_elements(inputs, numbers, elements, derived)


def _of_elements(
    inputs: Sequence[Node],
    numbers: Sequence[Any],
    elements: Mapping[str, Element],
    derived: Node | None,
) -> Subject:
    outputs = tuple(dict.fromkeys(one.node for one in elements.values()))
    nodes = dict.fromkeys((*inputs, *topological_order(outputs)))
    return Subject(
        graph=Graph(tuple(inputs), outputs),
        numbers=tuple(numbers),
        names=names_of(nodes, 0),
        loss=derived,
        elements=elements,
    )


@dataclass(frozen=True)
class FunctionSource:
    """A function of numbers, and the point at which it is worked out.

    Attributes:
        function: made of `tiza.ops` and arithmetic; it returns one number.
        point: value of each parameter.
        naming: further names; a function has none.
        name: what the exercise is called.
    """

    function: Callable[..., Any]
    point: Sequence[float]
    naming: Mapping[str, str] = field(default_factory=dict)
    name: str = "f"

    def subject(self, data: Mapping[str, Any], learning_rate: float | None) -> Subject:
        """Return value and derivatives of the function at the point: `f`, and `df/dx1` by its parameters.

        Raises:
            ShapeError: it does not return one number.
        """
        point = [float(one) for one in np.ravel(data.get("x", self.point))]
        graph = trace(self.function, *point)
        if len(graph.outputs) != 1 or graph.outputs[0].tensor_type.size != 1:
            raise ShapeError("model: the function is expected to return one number.")
        output = renamed(Tensor(graph.outputs[0]), Provenance(role=Role.ACTIVATION, name="f"))
        names = _parameters(self.function, len(point))
        slopes = cotangents((output.node,), (constant(1.0),), graph.inputs)
        elements = {"f": Element(output.node, ()), **self._inputs(names, graph.inputs)}
        for name, slope in zip(names, slopes, strict=True):
            if slope is not None:
                elements[f"df/d{name}"] = Element(slope.node, ())
        numbers = [np.asarray(one) for one in point]
        return _of_elements(graph.inputs, numbers, elements, output.node)

    @staticmethod
    def _inputs(names: Sequence[str], inputs: Sequence[Node]) -> dict[str, Element]:
        return {name: Element(node, ()) for name, node in zip(names, inputs, strict=True)}


def _parameters(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names of a function's parameters, x1, x2 ... where it does not tell."""
    try:
        known = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        known = []
    return known if len(known) == count else [f"x{at}" for at in range(1, count + 1)]
