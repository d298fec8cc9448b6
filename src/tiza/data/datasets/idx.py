"""The IDX format: a magic number, the sizes of the axes, then the elements in C order."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tiza.errors import DataError

_UNSIGNED_BYTE = 0x08
_BYTES_PER_SIZE = 4


def parse_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    r"""Return the array of unsigned bytes that an IDX file holds.

    An IDX file starts with two zero bytes, one byte for the element type and one for the number of axes;
    the size of each axis follows as a big-endian 32-bit integer, then the elements, the last axis fastest.

    Args:
        content: the unpacked file.
        name: what to call the file in an error.

    Returns:
        A new, writable array whose shape is the one the file states.

    Raises:
        DataError: the file does not start as IDX, its elements are not unsigned bytes, or its length is
            not the one its sizes ask for.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits",
    section "File formats".

    Example:
        >>> parse_idx(b"\0\0\x08\x02" + b"\0\0\0\x02" + b"\0\0\0\x03" + bytes(range(6)), "example")
        array([[0, 1, 2],
               [3, 4, 5]], dtype=uint8)
    """
    axes = _number_of_axes(content, name)
    header = 4 + axes * _BYTES_PER_SIZE
    if len(content) < header:
        raise DataError(
            f"{name}: got {len(content)} bytes, expected at least {header} for an IDX header of {axes} axes; "
            "the file was cut short: get it again"
        )
    shape = tuple(int(size) for size in np.frombuffer(content, dtype=">u4", count=axes, offset=4))
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise DataError(
            f"{name}: got {len(content)} bytes, expected {expected} for shape {shape}; "
            "the file is damaged: get it again"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape).copy()


def _number_of_axes(content: bytes, name: str) -> int:
    magic = content[:4]
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != _UNSIGNED_BYTE or magic[3] == 0:
        raise DataError(
            f"{name}: got the first bytes {magic.hex(' ') or 'none'}, expected 00 00 08 and a number of axes "
            "above zero; this is not an IDX file of unsigned bytes"
        )
    return magic[3]
