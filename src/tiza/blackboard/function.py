"""Explaining a plain function: its value and its derivatives at a point, worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tiza.blackboard.board import Blackboard
from tiza.blackboard.explanation import explanation
from tiza.blackboard.names import names_of
from tiza.blackboard.notations import Profile, notation
from tiza.blackboard.setting import Plan, Setting
from tiza.blackboard.sharing import shared
from tiza.calculus.loops import unroll
from tiza.calculus.reverse import gradients
from tiza.calculus.stabilization import stabilize
from tiza.errors import DerivativeError
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.provenance import Provenance, Role
from tiza.graph.structure import flatten
from tiza.graph.tensor import Tensor, constant, mark
from tiza.graph.tensor_type import TensorType
from tiza.graph.tracing import argument_names, inline, trace

VALUE = "f"
"""What the value of a function is called."""


def explain(
    function: Callable[..., Any],
    *arguments: Any,
    target: str = VALUE,
    digits: int = 4,
    language: str | None = None,
    profile: Profile = None,
    names: Mapping[str, str] | None = None,
) -> Blackboard:
    """Return where the value of a function at a point comes from, or one of its derivatives.

    Args:
        function: a plain function made of operators, NumPy functions and `tz.ops`, with one float as result.
        arguments: the point: numbers or arrays.
        target: `f`, the value, or a derivative such as `df/dx1`, `grad x[0]`.
        digits: significant digits of the answer; the lines have two more, or more where needed.
        language: `"en"` or `"es"`; None is the language in force when the board is shown.
        profile: the notation; what it calls the loss is f here.
        names: names of single numbers, such as `{"a": "x[0]"}`.

    Raises:
        DerivativeError: the result is not one float.
        TraceError: the function needs a number while it is traced, for example in an `if`.
        NameNotFoundError: there is no such quantity; near ones are suggested.

    Example:
        >>> import numpy as np
        >>> import tiza as tz
        >>> def f(x1, x2):
        ...     return np.log(x1) + x1 * x2 - np.sin(x2)
        >>> print(tz.explain(f, 2, 5, target="df/dx1", language="en"))
        How does f depend on x1?    ∂f/∂x1 = 5.5    (a larger value raises f)
        ...
         [2] ∂f/∂x1 = x2 + 1/x1 = 5 + 1/2 = 5.5
        ...
    """
    writing = notation(profile).with_names(names or {}).with_letters({"loss": VALUE})
    setting = function_setting(function, arguments)
    return Blackboard(explanation(setting, target, False, digits, writing), language)


def function_setting(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Setting:
    """Return a function at a point, ready to be explained in float64.

    Raises:
        DerivativeError: the result is not one float.
    """
    values = [_as_float(one) for one in flatten(arguments)[0]]
    types = [TensorType(one.shape, one.dtype) for one in values]
    called = argument_names(function, arguments)
    inputs = tuple(
        input_node(name, type_, Provenance(role=Role.INPUT, name=name))
        for name, type_ in zip(called, types, strict=True)
    )
    structured = trace(function, *(_as_float(one) for one in arguments))
    results = inline(structured, [Tensor(one) for one in inputs])
    if len(results) != 1 or results[0].shape or not results[0].type.is_float:
        raise DerivativeError(
            f"function: gave {', '.join(repr(one.type) for one in results)}, expected one float without axes."
        )
    (output,) = stabilize((mark(results[0], Role.LOSS, "loss").node,))
    movable = [one for one in inputs if one.tensor_type.is_float]
    value, found = gradients(output, movable, constant(1, output.tensor_type.dtype))
    derived = (value, *(one.node for one in found if one is not None))
    outputs = shared(unroll(Graph(inputs, derived)).outputs)
    graph = Graph(inputs, outputs)
    names = names_of(dict.fromkeys((*inputs, *graph.nodes)), 0)
    loss = Graph(inputs, outputs[:1])
    plan = Plan(graph, (), loss, names, outputs[0], (), (), output.tensor_type.dtype, differs_in_use=False)
    return Setting(plan, tuple(values), np.dtype("float64"))


def _as_float(value: Any) -> Any:
    """Return an argument as an array; whole numbers count as quantities that can move."""
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "iuf" else array
