"""The order of a network's layers, and so of its weights: Keras', farthest from the outputs first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tiza.nn.connection import Connection, Symbol, call_of, in_order
from tiza.nn.layer import Layer

Unit = int
"""A layer's call, or the call of a model within the model: the identity of its connection or scope."""


def layers_in_order(outputs: Sequence[Symbol]) -> list[Layer]:
    """Return the layers that `outputs` are made of, each once.

    A layer's depth is the longest way from one of its calls to an output. Deeper layers come first; of one
    depth, those that are met first when going from the outputs to the inputs. A model within the model
    counts as one layer, and has an order within.

    Source: the order of `layers`, and of `get_weights`, of Keras' functional models.
    """
    return list(_ordered([one for one in in_order(outputs) if isinstance(one, Connection)], outputs, 0))


def _ordered(connections: Sequence[Connection], results: Sequence[Symbol], level: int) -> Iterable[Layer]:
    """Yield the layers of connections within as many models as `level` says."""
    units = {id(one): _unit(one, level) for one in connections}
    members: dict[Unit, list[Connection]] = {}
    for one in connections:
        members.setdefault(units[id(one)], []).append(one)
    operands = {unit: _operands(unit, parts, units) for unit, parts in members.items()}
    owners = _owners(members)
    given = [id(call_of(one)) for one in results]
    roots = [units[one] for one in given if one in units]
    for owner in _by_depth(roots, operands, owners):
        own = [one for unit, parts in members.items() if owners[unit] == owner for one in parts]
        if all(len(one.scopes) <= level for one in own):
            yield own[0].layer
        else:
            yield from _ordered(own, _read_from_outside(own, connections, results), level + 1)


def _unit(one: Connection, level: int) -> Unit:
    return id(one.scopes[level]) if len(one.scopes) > level else id(one)


def _operands(unit: Unit, parts: Sequence[Connection], units: Mapping[int, Unit]) -> list[Unit]:
    """Return the units that a unit reads, each once."""
    read = (units.get(id(call_of(operand)), unit) for part in parts for operand in part.operands)
    return [one for one in dict.fromkeys(read) if one != unit]


def _owners(members: Mapping[Unit, Sequence[Connection]]) -> dict[Unit, Unit]:
    """Return for each unit the first one with the same layers: calls of one layer, or of one model."""
    found: dict[Unit, Unit] = {}
    owner_of: dict[int, Unit] = {}
    for unit, parts in members.items():
        owner = next((owner_of[id(one.layer)] for one in parts if id(one.layer) in owner_of), unit)
        found[unit] = owner
        for one in parts:
            owner_of.setdefault(id(one.layer), owner)
    return found


def _by_depth(
    roots: Sequence[Unit], operands: Mapping[Unit, Sequence[Unit]], owners: Mapping[Unit, Unit]
) -> list[Unit]:
    """Return the owners, deepest first; of one depth, in the order in which they are met."""
    met, finished = _walk(roots, operands)
    places: dict[Unit, int] = {}
    for unit in met:
        places.setdefault(owners[unit], len(places))
    depths = dict.fromkeys(met, 0)
    deepest = dict.fromkeys(places, 0)
    for unit in reversed(finished):
        depth = max(depths[unit], deepest[owners[unit]])
        deepest[owners[unit]] = depth
        for operand in operands[unit]:
            depths[operand] = max(depths[operand], depth + 1)
    return sorted(places, key=lambda owner: (-deepest[owner], places[owner]))


def _walk(
    roots: Sequence[Unit], operands: Mapping[Unit, Sequence[Unit]]
) -> tuple[dict[Unit, None], list[Unit]]:
    """Return the units as they are met from the outputs on, and as they are finished: operands first."""
    met: dict[Unit, None] = {}
    finished: list[Unit] = []
    pending = [(one, False) for one in reversed(roots)]
    while pending:
        unit, done = pending.pop()
        if done:
            finished.append(unit)
        elif unit not in met:
            met[unit] = None
            pending.append((unit, True))
            pending.extend((one, False) for one in reversed(operands[unit]))
    return met, finished


def _read_from_outside(
    own: Sequence[Connection], connections: Sequence[Connection], results: Sequence[Symbol]
) -> list[Symbol]:
    """Return the connections among `own` that others read, or that are results."""
    inside = {id(one) for one in own}
    read = [operand for one in connections if id(one) not in inside for operand in one.operands]
    return [one for one in (*read, *results) if id(call_of(one)) in inside]
