"""Code for a processor of the ARM family: it is made and assembled here, but there is none to run it on."""

from __future__ import annotations

import llvmlite.binding as llvm
import pytest

import tiza as tz
from native_checks import joint_graph
from tiza.calculus.simplification import simplify
from tiza.engines.engine import RUN_ONCE, StepLayout
from tiza.engines.native.library import target_machine
from tiza.engines.native.preparation import prepare
from tiza.engines.native.program import program_code
from tiza.engines.native.scheduling import schedule
from tiza.engines.native.target import NEON
from tiza.graph.graph import Graph
from tiza.graph.primitive import Primitive, primitives
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.training.step import Batch


@pytest.fixture(scope="module", autouse=True)
def arm() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


def assembled(graph: Graph, layout: StepLayout = RUN_ONCE) -> str:
    """Return a graph's code in ARM's assembly language, after its object file was made too."""
    code = program_code(schedule(prepare(graph), NEON, layout), NEON)
    module = llvm.parse_assembly(code)
    module.verify()
    machine = target_machine(NEON, jit=False)
    assert machine.emit_object(module)[:4] == b"\x7fELF"
    return str(machine.emit_assembly(module))


@pytest.mark.parametrize("primitive", [one for one in primitives() if one.examples], ids=lambda one: one.name)
def test_every_primitive_is_assembled(primitive: Primitive) -> None:
    graph, _ = joint_graph(primitive, primitive.examples)
    assert "ret" in assembled(graph)


def test_a_training_step_uses_vectors_and_the_mode_without_denormals() -> None:
    model = tz.Sequential([tz.Input((784,)), tz.layers.Dense(30, "sigmoid"), tz.layers.Dense(10, "sigmoid")])
    model.compile("sgd", "quadratic")
    single = as_dtype("float32")
    batch = Batch((TensorType((10, 784), single),), (TensorType((10, 10), single),))
    text = assembled(simplify(model.trainer.graph(batch)).graph, model.trainer.layout(batch))
    assert "fmla" in text
    assert "fpcr" in text.lower()
