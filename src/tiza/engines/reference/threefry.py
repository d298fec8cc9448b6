"""Threefry-2x32: random bits as a pure function of a key and a counter, the same on every engine.

The generator has no state: word `n` of a stream is the encryption of the counter `n` under the stream's key,
so that any element of a mask can be computed alone, in any order, on any machine.
"""

from typing import Any

_ROUNDS = 20
_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)  # repeated every eight rounds
_PARITY = 0x1BD11BDA  # makes the third key word differ from zero when the first two are zero


def threefry2x32(xp: Any, key0: Any, key1: Any, counter0: Any, counter1: Any) -> tuple[Any, Any]:
    """Two random words for each pair of a key and a counter: Threefry-2x32 with 20 rounds.

    Each round, with `r` its rotation: `a <- a + b;  b <- (b rotated left by r) xor a`, modulo 2^32. Before
    the first round and after every fourth, two of the three key words `key0`, `key1` and
    `key0 xor key1 xor 0x1BD11BDA`, in turn, and the number of the injection are added.

    Shapes: the four arguments are uint32 and broadcast together; both words are uint32 of the common shape.

    Errors: TypeError if an argument is not uint32.

    Source: J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as easy as
    1, 2, 3", SC11 (2011), and its reference implementation, Random123.

    >>> import numpy as np
    >>> zero = np.uint32(0)
    >>> [f"{int(word):08x}" for word in threefry2x32(np, zero, zero, zero, zero)]
    ['6b200159', '99ba4efe']
    """
    arguments = {"key0": key0, "key1": key1, "counter0": counter0, "counter1": counter1}
    words = [_word(xp, name, value) for name, value in arguments.items()]
    shape = xp.broadcast_shapes(*(word.shape for word in words))
    # NumPy warns when 0-d integers wrap, and not when arrays do: every word gets at least one axis.
    k0, k1, c0, c1 = (xp.atleast_1d(word) for word in words)
    a, b = _encrypt((k0, k1, k0 ^ k1 ^ _PARITY), c0, c1)
    return xp.reshape(a, shape), xp.reshape(b, shape)


def _encrypt(keys: tuple[Any, Any, Any], a: Any, b: Any) -> tuple[Any, Any]:
    """Words `a` and `b` after the 20 rounds and six key injections."""
    a, b = a + keys[0], b + keys[1]
    for done in range(1, _ROUNDS + 1):
        a = a + b
        b = _rotate_left(b, _ROTATIONS[(done - 1) % len(_ROTATIONS)]) ^ a
        if done % 4 == 0:
            injection = done // 4
            a = a + keys[injection % 3]
            b = b + keys[(injection + 1) % 3] + injection
    return a, b


def _rotate_left(word: Any, places: int) -> Any:
    """The 32 bits of `word` rotated left by `places`."""
    return (word << places) | (word >> (32 - places))


def _word(xp: Any, name: str, value: Any) -> Any:
    """`value` as an array, refused if it is not uint32: wider words would not wrap at 2^32."""
    word = xp.asarray(value)
    if word.dtype != xp.uint32:
        raise TypeError(
            f"threefry2x32: {name} must be uint32, not {word.dtype}; convert it with astype(uint32)"
        )
    return word
