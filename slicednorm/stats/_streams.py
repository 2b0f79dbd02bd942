"""Independent random streams for the directions, the replicates and the prior samples of one seed.

Every consumer has a stream of its own, keyed by what it is for, so that the numbers of replicate ``r`` do not depend on
who computes it, or in which order. A user's data often come from ``default_rng(0)``, or from a child of
``SeedSequence(0)``, and ``rng=0`` must not use those very numbers again for directions, prior or replicates. So neither
the root stream is used nor any that ``spawn`` leads to: a key of the package's own comes first.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

RNG: TypeAlias = "int | np.random.Generator | np.random.SeedSequence | None"

# A key of 80 bits; the children of a sequence are numbered from 0.
_PACKAGE = int.from_bytes(b"slicednorm", "big")

_DIRECTIONS = 1
_REPLICATE = 2
_PRIOR = 3
_CHOICE = 4
_SIZED = 5
_ORDER = 6
_BLUR = 7
_AGAIN = 8


def root_seed(rng: RNG) -> np.random.SeedSequence:
    """Return the seed sequence that ``rng`` stands for (an int, a Generator, a SeedSequence or None).

    128 bits are drawn, once, from a Generator; None takes fresh entropy from the operating system.
    """
    if rng is None:
        return np.random.SeedSequence()
    if isinstance(rng, np.random.SeedSequence):
        return rng
    if isinstance(rng, np.random.Generator):
        return np.random.SeedSequence(int.from_bytes(rng.bytes(16), "little"))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool):
        if rng < 0:
            raise ValueError(f"rng must be a non-negative integer, got {rng}")
        return np.random.SeedSequence(int(rng))
    raise TypeError(
        f"rng must be an int, a numpy Generator, a SeedSequence or None, got {type(rng).__name__}; "
        "wrap another kind of generator as numpy.random.default_rng(...)"
    )


def replay_seed(root: np.random.SeedSequence) -> int | np.random.SeedSequence:
    """Return the ``rng`` that reproduces the streams: the entropy, or the sequence if that is not all of it."""
    plain = isinstance(root.entropy, int) and not root.spawn_key and root.pool_size == 4
    return int(root.entropy) if plain else root  # type: ignore[arg-type]


def _stream(root: np.random.SeedSequence, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, _PACKAGE, *key), pool_size=root.pool_size)


def directions_stream(root: np.random.SeedSequence) -> np.random.SeedSequence:
    """Return the stream from which the directions are drawn."""
    return _stream(root, _DIRECTIONS)


def replicate_stream(root: np.random.SeedSequence, replicate: int) -> np.random.SeedSequence:
    """Return the stream of null replicate number ``replicate``."""
    return _stream(root, _REPLICATE, replicate)


def prior_stream(root: np.random.SeedSequence, replicate: int | None) -> np.random.SeedSequence:
    """Return the stream of the prior sample that goes with a replicate, or with the data (None)."""
    return _stream(root, _PRIOR) if replicate is None else _stream(root, _PRIOR, replicate)


def choice_stream(root: np.random.SeedSequence, *key: int) -> np.random.SeedSequence:
    """Return the stream that chooses among the rows of the data: once for all (no key), or for a size and a number."""
    return _stream(root, _CHOICE, *key)


def order_stream(root: np.random.SeedSequence) -> np.random.SeedSequence:
    """Return the stream of the orders in which the rows of the data are compared with their own."""
    return _stream(root, _ORDER)


def blur_stream(root: np.random.SeedSequence) -> np.random.SeedSequence:
    """Return the stream by which values are spread over the steps between them."""
    return _stream(root, _BLUR)


def again_stream(stream: np.random.SeedSequence, attempt: int) -> np.random.SeedSequence:
    """Return the stream of a further attempt at what a stream was for."""
    return _stream(stream, _AGAIN, attempt)


def sized_streams(
    root: np.random.SeedSequence, size: int, replicate: int
) -> tuple[np.random.SeedSequence, np.random.SeedSequence, np.random.SeedSequence]:
    """Return the streams of a null replicate of a size, of its prior sample, and of the prior sample of the data."""
    key = (_SIZED, size, replicate)
    return _stream(root, *key, 0), _stream(root, *key, 1), _stream(root, *key, 2)
