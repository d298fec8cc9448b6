"""What is timed: networks, data and how they are trained, the same for every library; NumPy alone."""

from __future__ import annotations

import gzip
import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int32]
Bytes = NDArray[np.uint8]

CLASSES = 10
SIDE = 28
PIXELS = SIDE * SIDE
FILTERS = (32, 64)
AFTER_FILTERS = 5 * 5 * FILTERS[1]


@dataclass(frozen=True)
class Task:
    """A network and how it is trained.

    Attributes:
        sizes: numbers of units, inputs first.
        hidden: activation of the hidden layers.
        loss: `quadratic` or `binary` (cross-entropy), both after a sigmoid, or `classes` (after a softmax).
        optimizer: `sgd` or `adam`.
        rate: learning rate.
        batch: samples a step.
        data: `mnist`, `bytes` (MNIST as uint8, scaled by the network), `moons`, `xor`, `sums` or `noise`.
        rows: how many samples; 0 takes all.
        epochs: how many make one measurement.
        shuffle: whether each epoch reads the samples in a new order.
        images: whether samples are images, and two convolutions (32 and 64 filters of 3x3), each followed by
            the maxima of 2x2, and dropout (one half) come before the dense layers.
        cell: `lstm` or `gru` if samples are sequences, of which such a layer makes the first units.
        steps: how long they are.
    """

    sizes: tuple[int, ...]
    hidden: str
    loss: str
    optimizer: str
    rate: float
    batch: int
    data: str
    rows: int = 0
    epochs: int = 1
    shuffle: bool = True
    images: bool = False
    cell: str = ""
    steps: int = 0

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of a sample: channels last, or time first."""
        if self.cell:
            return self.steps, self.sizes[0]
        return (SIDE, SIDE, 1) if self.images else self.sizes[:1]


_B = Task((784, 128, 10), "relu", "classes", "adam", 1e-3, 128, "mnist")
TASKS = {
    "A": Task((784, 30, 10), "sigmoid", "quadratic", "sgd", 3.0, 10, "mnist"),
    "B": _B,
    "B2": replace(_B, sizes=(784, 512, 512, 10)),
    "B-bytes": replace(_B, data="bytes"),
    "B-short": replace(_B, rows=100 * 128),
    "C": replace(_B, sizes=(AFTER_FILTERS, 10), rows=60 * 128, images=True),
    "D": Task((2, 16, 16, 1), "relu", "binary", "sgd", 0.1, 20, "moons", rows=1000, epochs=100),
    "E": replace(_B, sizes=(SIDE, 128, 10), cell="lstm", steps=SIDE),
    "E-short": replace(_B, sizes=(SIDE, 128, 10), cell="lstm", steps=SIDE, rows=20 * 128),
    "G": Task((8, 32, 1), "relu", "binary", "adam", 1e-3, 32, "sums", rows=100 * 32, cell="gru", steps=100),
    "F": Task((2, 2, 1), "tanh", "binary", "sgd", 0.5, 4, "xor", rows=100_000, shuffle=False),
}
COST_STEPS = 20


def task(name: str, tiny: bool = False) -> Task:
    """Return a task by name; `cost-WIDTH-BATCH` is 784-WIDTH-10 on noise. A tiny one takes few samples."""
    if name.startswith("cost-"):
        width, batch = (int(part) for part in name.split("-")[1:])
        found = replace(_B, sizes=(784, width, 10), batch=batch, data="noise", rows=COST_STEPS * batch)
    else:
        found = TASKS[name]
    return replace(found, rows=4 * found.batch + 1, epochs=1) if tiny and found.data != "noise" else found


@dataclass(frozen=True)
class Samples:
    """Inputs `(samples, features)` and labels: 0 to 9, or 0 and 1; and those to measure accuracy on."""

    x: Floats | Bytes
    y: Labels
    test_x: Floats | Bytes
    test_y: Labels

    @property
    def one_hot(self) -> Floats:
        """Labels as rows of ten numbers, one of them 1."""
        return np.eye(CLASSES, dtype=np.float32)[self.y]


def samples(of: Task) -> Samples:
    """Return the data of a task, in memory."""
    found = _rows(of)
    if not (of.images or of.cell):
        return found
    shape = (-1, *of.sample_shape)
    return replace(found, x=found.x.reshape(shape), test_x=found.test_x.reshape(shape))


def _rows(of: Task) -> Samples:
    if of.data in ("mnist", "bytes"):
        return _mnist(of)
    if of.data == "moons":
        return Samples(*_moons(of.rows, 0), *_moons(1000, 1))
    if of.data == "sums":
        return Samples(*_sums(of, 0), *_sums(replace(of, rows=1000), 1))
    if of.data == "xor":
        x = np.tile(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), (-(-of.rows // 4), 1))[: of.rows]
        y = (x[:, 0] != x[:, 1]).astype(np.int32)
        return Samples(x, y, x[:4], y[:4])
    generator = np.random.default_rng(0)
    x = generator.random((of.rows, of.sizes[0]), dtype=np.float32)
    y = generator.integers(0, CLASSES, of.rows).astype(np.int32)
    return Samples(x, y, x, y)


def _mnist(of: Task) -> Samples:
    x, y = _digits("train", of.rows, of.data == "bytes")
    return Samples(x, y, *_digits("t10k", 0, of.data == "bytes"))


def _digits(part: str, rows: int, as_bytes: bool) -> tuple[Floats | Bytes, Labels]:
    images = read_idx(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, PIXELS)[: rows or None]
    labels = read_idx(f"{part}-labels-idx1-ubyte.gz", 8)[: rows or None].astype(np.int32)
    return images if as_bytes else images.astype(np.float32) / np.float32(255), labels


def read_idx(name: str, header: int) -> Bytes:
    """Return the bytes of one of MNIST's files after its header; the files are those that ship with Tiza."""
    found = importlib.util.find_spec("tiza")
    if found is None or found.origin is None:
        raise FileNotFoundError("tiza is not installed; it holds MNIST")
    path = Path(found.origin).parent / "data" / "datasets" / "mnist" / name
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def _sums(of: Task, seed: int) -> tuple[Floats, Labels]:
    """Return sequences of noise, and whether their first features add up to more than 0."""
    x = np.random.default_rng(seed).normal(size=(of.rows, *of.sample_shape)).astype(np.float32)
    return x, (x[:, :, 0].sum(axis=1) > 0).astype(np.int32)


def _moons(count: int, seed: int) -> tuple[Floats, Labels]:
    """Return two half circles that reach into one another, with noise of 0.1."""
    generator = np.random.default_rng(seed)
    y = np.arange(count) % 2
    angle = generator.random(count) * np.pi
    x = np.where(y == 0, [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)]).T
    return (x + generator.normal(0, 0.1, x.shape)).astype(np.float32), y.astype(np.int32)
