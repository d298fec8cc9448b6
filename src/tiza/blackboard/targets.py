"""What a student asks for, read: `dense_1.kernel[3,2]`, `dense.delta[0]`, `loss`."""

from __future__ import annotations

import re
from dataclasses import replace

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names, has_samples, is_of_weight, normal_name
from tiza.blackboard.notation import DEFAULT, Notation
from tiza.blackboard.unknown_targets import shortened, unknown_target
from tiza.errors import ModelError, NameNotFoundError, ShapeError
from tiza.graph.node import Node
from tiza.graph.provenance import Role

WHOLE_STEP = "step"
"""The target that asks for all new weights."""
_TARGET = re.compile(
    r"(?P<name>[^\[\]]+?)\s*"
    r"(?:\[\s*(?:t\s*=\s*(?P<time>\d{1,9})|(?P<step>\d{1,9}))\s*\]\s*(?(step)(?=\[)))?"
    r"(?:\[(?P<index>[^\[\]]*)\])?(?P<prime>[′']?)\s*"
)
"""A name, the step of a recurrence, an index: `lstm.h[t=3][0]`, `lstm.h[3][0]`, `dense.z[0]`."""


def parse_target(text: str, names: Names) -> Element:
    """Return the number that `text` asks for, in the words of the notation or of the network.

    Raises:
        NameNotFoundError: there is no such quantity; near names are listed.
        ShapeError: the index is missing, is not of whole numbers, or is out of range; the shape is told.
    """
    single = _single(text, names) if isinstance(text, str) else None
    if single is not None:
        return single
    match = _TARGET.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise NameNotFoundError(
            f"target: got {shortened(text)!r}, expected a name and an index, such as 'dense.kernel[0,2]' or "
            "'loss'."
        )
    asked = match["name"] + match["prime"]
    time = match["time"] or match["step"]
    at_time = "" if time is None else f"[t={int(time)}]"
    in_notation = normal_name(asked, names.notation) + at_time
    name = normal_name(asked) + at_time
    is_own = name in names.nodes and _is_before_first(match["index"], names.notation)
    if in_notation in names.spoken and not is_own:
        node = names.spoken[in_notation]
        return Element(node, _index(text, node, match["index"], names, names.notation))
    if name not in names.nodes:
        _check_step(text, normal_name(asked), names)
        whole = (WHOLE_STEP,) if names.rows else ()
        raise NameNotFoundError(unknown_target(asked + at_time, names, whole))
    return Element(names.nodes[name], _index(text, names.nodes[name], match["index"], names, DEFAULT))


def _is_before_first(written: str | None, notation: Notation) -> bool:
    """Return whether an index is none of the notation's, such as 0 where it counts from 1."""
    return any(
        int(one) < notation.first_index for one in re.findall(r"(?<![\w.-])\d{1,9}(?!\d)", written or "")
    )


def _check_step(text: str, name: str, names: Names) -> None:
    """Raise ShapeError if there is a quantity of that name at other steps of a recurrence."""
    at_steps = [node for spoken, node in names.nodes.items() if spoken.startswith(f"{name}[t=")]
    if not at_steps:
        return
    by_time = sorted(at_steps, key=lambda node: node.provenance.time or 0)
    first, last = by_time[0], by_time[-1]
    begin = names.element(Element(first, (0,) * len(first.tensor_type.shape)))
    end = names.element(Element(last, tuple(size - 1 for size in last.tensor_type.shape)))
    raise ShapeError(
        f"target: got {shortened(text)!r}, which has a value at every step: write {begin} to {end}."
    )


def _single(text: str, names: Names) -> Element | None:
    """Return the number of a name such as w1, dE/dw1 or w1', if it is one of the notation."""
    own = names.notation.names
    if not own:
        return None
    name = normal_name(text, names.notation)
    if name in own:
        return parse_target(own[name], _plain(names))
    for kind, role in _DERIVED.items():
        if name.startswith(kind) and name.removeprefix(kind) in own:
            return names.derived(parse_target(own[name.removeprefix(kind)], _plain(names)), role)
    return None


_DERIVED = {"grad ": Role.GRADIENT, "new ": Role.UPDATE}


def _plain(names: Names) -> Names:
    """Return the names in the network's own words."""
    return replace(names, notation=DEFAULT, spoken={}, single={})


def named_numbers(names: Names) -> Names:
    """Return names with those of single numbers that the notation has; of two names the last is written.

    Raises:
        NameNotFoundError: a name is given to what the network does not have.
        ShapeError: the same of an index.
        ModelError: a name is that of another number.
    """
    plain = _plain(names)
    single: dict[Element, str] = {}
    for name, target in names.notation.names.items():
        element = parse_target(target, plain)
        if _is_taken(name, element, names):
            raise ModelError(
                f"names: got {name!r} for {target}, which is the name of something else on the page; "
                "choose another."
            )
        single[element] = name
    return replace(names, single=single)


def _is_taken(name: str, element: Element, names: Names) -> bool:
    """Return whether a page calls something else just so: a number without an index, a sum, a whole step."""
    known = names.spoken.get(normal_name(name, names.notation)) or names.nodes.get(normal_name(name))
    if known is None or known is element.node:
        return bool(_RESERVED.fullmatch(name))
    return not known.tensor_type.shape


_RESERVED = re.compile(r"S\d+|step")


def _index(text: str, node: Node, written: str | None, names: Names, notation: Notation) -> tuple[int, ...]:
    """Return the index that is asked for; that of the only sample, or the only element, may be left out."""
    shape = node.tensor_type.shape
    shown = names.shown_index(node, shape)
    parts = [one.strip() for one in written.split(",")] if written and written.strip() else []
    if not parts and node.tensor_type.size == 1:
        return (0,) * len(shape)
    if not all(re.fullmatch(r"\d{1,9}", one) for one in parts):
        start = notation.first_index
        raise ShapeError(
            f"target: got {shortened(text)!r}, expected whole numbers from {start}; {_told(node, names)}."
        )
    index = notation.read_index(tuple(map(int, parts)), is_of_weight(node))
    if len(index) == len(shown) < len(shape):
        index = (0, *index)
    if len(index) != len(shape):
        raise ShapeError(f"target: got {shortened(text)!r} with {len(parts)} indices; {_told(node, names)}.")
    if not all(0 <= at < size for at, size in zip(index, shape, strict=True)):
        raise ShapeError(f"target: {shortened(text)!r} is out of range; {_told(node, names)}.")
    return index


def _told(node: Node, names: Names) -> str:
    """Return the shape of a quantity, and an index that it has."""
    shape = names.shown_index(node, node.tensor_type.shape)
    last = _bracketed(names, node, tuple(size - 1 for size in shape))
    first = _bracketed(names, node, (0,) * len(shape))
    samples = ", the sample first" if has_samples(node, names.rows) and names.rows > 1 else ""
    spoken = names.spoken or names.nodes
    name = next(spoken for spoken, one in spoken.items() if one is node)
    if not shape:
        return f"{name} is one number, without an index"
    written = names.notation.in_order(shape, is_of_weight(node))
    return f"{name} has shape {written}{samples}: write {name}{first} to {name}{last}"


def _bracketed(names: Names, node: Node, index: tuple[int, ...]) -> str:
    return f"[{','.join(names.notation.index(index, is_of_weight(node)))}]"
