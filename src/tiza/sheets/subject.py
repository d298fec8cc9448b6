"""What a sheet is about: a graph with numbers, and what its quantities are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names
from tiza.blackboard.notation import DEFAULT, Notation
from tiza.blackboard.setting import Setting
from tiza.graph.graph import Graph
from tiza.graph.node import Node


@dataclass(frozen=True)
class Subject:
    """A graph with the numbers of one exercise.

    Attributes:
        graph: the computation, with everything that may be asked for among its outputs.
        numbers: value of each input.
        names: names of the quantities.
        stored: dtype that the numbers come from.
        loss: the loss, or what is differentiated; None if there is none.
        units: how many numbers a network gives for one sample.
        elements: further quantities by name.
        learning_rate: rate of the step, if it is one.
        notation: how the course writes.
    """

    graph: Graph
    numbers: tuple[Any, ...]
    names: Names
    stored: Any = np.float64
    loss: Node | None = None
    units: int = 1
    elements: Mapping[str, Element] = field(default_factory=dict)
    learning_rate: float | None = None
    notation: Notation = DEFAULT


def subject_of_step(
    setting: Setting, elements: Mapping[str, Element] | None = None, learning_rate: float | None = None
) -> Subject:
    """Return one training step of a network as a subject."""
    step, names = setting.plan.step, setting.plan.names
    further = dict.fromkeys(one.node for one in (elements or {}).values())
    return Subject(
        graph=Graph(step.inputs, (*step.outputs, *further)),
        numbers=setting.inputs,
        names=names,
        stored=setting.stored,
        loss=setting.plan.loss_node,
        units=sum(one.tensor_type.size for one in setting.plan.outputs) // names.rows,
        elements=elements or {},
        learning_rate=learning_rate,
    )
