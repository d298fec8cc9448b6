"""Provenance: which quantity of the network a node is, in a closed record that explanations read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a quantity is for the reader of the network."""

    INTERMEDIATE = "intermediate"
    INPUT = "input"
    TARGET = "target"
    SAMPLE_WEIGHT = "sample_weight"
    PARAMETER = "parameter"
    STATE = "state"
    SCALAR = "scalar"
    PRE_ACTIVATION = "z"
    ACTIVATION = "a"
    LOSS = "loss"
    PENALTY = "penalty"
    METRIC = "metric"
    GRADIENT = "gradient"
    TANGENT = "tangent"
    SLOT = "slot"
    UPDATE = "update"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a node comes from.

    Attributes:
        layer: path of the layer, such as `encoder.dense_1`; empty outside layers.
        role: what the quantity is.
        name: the quantity's own name within its role, such as `kernel`, `m` or `x`.
        of: the quantity that a gradient, slot or update is about.
        path: for one summand of a gradient, the quantity it came back through.
        time: step of a recurrence.
        note: what a rewriting did to this node, such as `log_softmax`.
        use: how often the layer was applied before: a shared one has more than one use.
    """

    layer: str = ""
    role: Role = Role.INTERMEDIATE
    name: str = ""
    of: Provenance | None = None
    path: str = ""
    time: int | None = None
    note: str = ""
    use: int = 0

    @property
    def is_named(self) -> bool:
        """Whether the node is a quantity a reader knows, not a step on the way to one."""
        return self.role is not Role.INTERMEDIATE

    @property
    def label(self) -> str:
        """Dotted name, such as `dense_1.kernel`, `dense_1.z` or `d loss/d dense_1.z`."""
        own = self.name or (self.role.value if self.is_named else "")
        dotted = ".".join(part for part in (self.layer, own) if part)
        at_time = f"@{self.time}" if self.time is not None else ""
        if self.of is None:
            return dotted + (f"_{self.use + 1}" if self.use else "") + at_time
        if not self.is_named:
            return ""
        through = f" via {self.path}" if self.path else ""
        if self.role is Role.GRADIENT:
            return f"d {self.name or 'loss'}/d {self.of.label}{through}{at_time}"
        if self.role is Role.TANGENT:
            return f"tangent of {self.of.label}{at_time}"
        if self.role is Role.UPDATE and self.name in ("", "new"):
            return f"new {self.of.label}{at_time}"
        return f"{self.of.label}.{self.name}{at_time}"


UNKNOWN = Provenance()
_current: ContextVar[Provenance] = ContextVar("tiza_provenance", default=UNKNOWN)


def current_provenance() -> Provenance:
    """Return the provenance that a node made here and now gets."""
    return _current.get()


@contextmanager
def provenance(**fields: Any) -> Iterator[Provenance]:
    """Give every node made inside these fields; fields not named keep their outer value.

    Example:
        >>> with provenance(layer="dense"):
        ...     current_provenance().layer
        'dense'
    """
    token = _current.set(replace(_current.get(), **fields))
    try:
        yield _current.get()
    finally:
        _current.reset(token)


@contextmanager
def layer_scope(name: str, use: int = 0) -> Iterator[Provenance]:
    """Append `name` to the layer path of every node made inside; `use` is how often it was applied before.

    A layer inside another is used as often as that.
    """
    outer = _current.get()
    layer = f"{outer.layer}.{name}" if outer.layer else name
    with provenance(layer=layer, use=use or outer.use) as inner:
        yield inner
