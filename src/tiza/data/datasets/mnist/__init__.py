"""MNIST: 70 000 images of handwritten digits, shipped as the four original IDX files."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tiza.data.datasets.idx import parse_idx
from tiza.errors import DataError

LabelledImages: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_FOLDER = Path(__file__).parent
_REMEDY = "reinstall the package: python -m pip install --force-reinstall tiza"


@dataclass(frozen=True)
class _PackedFile:
    """One shipped file and the SHA-256 of what it holds unpacked."""

    name: str
    sha256: str


_TRAIN_IMAGES = _PackedFile(
    "train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
)
_TRAIN_LABELS = _PackedFile(
    "train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
)
_TEST_IMAGES = _PackedFile(
    "t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
)
_TEST_LABELS = _PackedFile(
    "t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
)


def load_data() -> tuple[LabelledImages, LabelledImages]:
    """Return the MNIST digits as `(x_train, y_train), (x_test, y_test)`.

    Nothing is downloaded: the files are part of the package. Names, shapes and dtypes are those of
    `keras.datasets.mnist.load_data`. Each call returns new arrays, which the caller may change.

    Returns:
        Four arrays of `uint8`: `x_train` `(60000, 28, 28)` and `x_test` `(10000, 28, 28)`, grey levels from 0
        (paper) to 255 (ink), row by row; `y_train` `(60000,)` and `y_test` `(10000,)`, the digits 0 to 9.

    Raises:
        DataError: a file is missing, cannot be unpacked, or does not hold the published data (SHA-256).

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86 (1998); data by Y. LeCun, C. Cortes and C. Burges, CC BY-SA
    3.0.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, x_test.shape
        ((60000, 28, 28), (10000, 28, 28))
        >>> y_train[:5].tolist()
        [5, 0, 4, 1, 9]
    """
    return (_load(_TRAIN_IMAGES), _load(_TRAIN_LABELS)), (_load(_TEST_IMAGES), _load(_TEST_LABELS))


def _load(file: _PackedFile) -> NDArray[np.uint8]:
    content = _unpack(_FOLDER / file.name)
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise DataError(
            f"{_FOLDER / file.name}: got data with SHA-256 {digest}, expected {file.sha256}; "
            f"the file is damaged: {_REMEDY}"
        )
    return parse_idx(content, file.name)


def _unpack(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{path}: got no such file, expected a file of the package; {_REMEDY}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: got {error}, expected whole gzip data; the file is damaged: {_REMEDY}"
        ) from error
