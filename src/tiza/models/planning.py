"""What runs when a model trains, or when a graph is evaluated."""

from __future__ import annotations

from tiza.calculus.simplification import simplify
from tiza.engines.engine import Samples
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.report import ProgramReport, program_report
from tiza.errors import ModelError
from tiza.graph.graph import Graph
from tiza.graph.tensor_type import TensorType
from tiza.models.model import Model
from tiza.training.step import Batch


def plan(subject: Model | Graph, batch_size: int = 32) -> ProgramReport:
    """Return the kernels of a training step, or of a graph, on the native engine.

    What stands in one kernel is fused: computed at one point before the next. Only what other kernels read is
    written to memory.

    Args:
        subject: a compiled model, or a graph.
        batch_size: samples a step, for a model whose layers leave it open.

    Raises:
        ModelError: the model is not compiled, or it is neither a model nor a graph.

    Example:
        >>> import tiza as tz
        >>> left, right = tz.TensorType((2, 3), "float32"), tz.TensorType((3, 4), "float32")
        >>> print(tz.plan(tz.trace(lambda x, y: tz.ops.tanh(x @ y + 1.0), left, right)))
        phase  loops             operations  bytes  threads  computes
            0  2x4 (sum over 3)          64    104  one      contract, tanh
        1 kernel, 64 operations and 104 bytes a run, 0 bytes between kernels
    """
    if isinstance(subject, Graph):
        return program_report(NativeProgram(simplify(subject).graph))
    if not isinstance(subject, Model):
        raise ModelError(f"plan: got {subject!r}, expected a compiled model or a graph.")
    network, losses = subject.network, subject.objective.losses
    features = network.input_types(network.batch_size or batch_size)
    rows = features[0].shape[0]
    outputs = [TensorType((rows, *one.shape[1:]), network.dtype) for one in network.outputs]
    targets = [loss.target_type(one, one) for loss, one in zip(losses, outputs, strict=True)]
    batch = Batch(features, tuple(targets))
    step = simplify(subject.trainer.graph(batch)).graph
    return program_report(NativeProgram(step, subject.trainer.layout(batch), Samples(rows, rows)))
