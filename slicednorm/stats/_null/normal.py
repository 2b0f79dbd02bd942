"""Standard normal samples, which the data are under the null: drawn fast, each from its own stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.rows import Rows, is_kept
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._streams import again_stream

_PAIRS = 1 << 15

# How often a replicate is drawn at most. A sample that was not refused has replicates most of which are not.
_MOST_ATTEMPTS = 100


def _float32_pairs(bits: np.random.BitGenerator, out: NDArray[np.float32]) -> None:
    """Fill ``out`` (flat) by Box and Muller's transform, one 64-bit draw for each pair.

    NumPy's ziggurat takes 7 ns a value, and generating a replicate would cost more than sorting it; this takes
    2 ns. The radius comes from 32 bits scaled as a float, whose small values are finely spaced: the tail reaches
    6.7 standard deviations.
    """
    half = (out.size + 1) // 2
    raw = bits.random_raw(half).view(np.uint32)
    radius = raw[:half].astype(np.float32)
    radius += np.float32(0.5)
    radius *= np.float32(2.0**-32)
    np.log(radius, out=radius)
    radius *= np.float32(-2.0)
    np.sqrt(radius, out=radius)
    angle = raw[half:].view(np.int32).astype(np.float32)
    angle *= np.float32(math.pi * 2.0**-31)
    np.multiply(radius, np.cos(angle), out=out[:half])
    rest = out.size - half
    np.multiply(radius[:rest], np.sin(angle[:rest]), out=out[half:])


def _filler(stream: np.random.SeedSequence, dtype: np.dtype[Any]) -> Callable[[NDArray[Any]], None]:
    """Return a function that fills a flat array with the next values of a stream."""
    bits = np.random.PCG64(stream)
    if dtype == np.float64:
        generator = np.random.Generator(bits)

        def fill(out: NDArray[Any]) -> None:
            generator.standard_normal(out=out)

    else:

        def fill(out: NDArray[Any]) -> None:
            for start in range(0, out.size, 2 * _PAIRS):
                _float32_pairs(bits, out[start : start + 2 * _PAIRS])

    return fill


class NormalRows(Rows):
    """A standard normal sample (n, D) that is drawn while it is read, and drawn again when it is read again."""

    def __init__(self, stream: np.random.SeedSequence, n: int, dim: int, dtype: np.dtype[Any]) -> None:
        # A view of one number stands in for the data: only its shape is used.
        super().__init__(np.broadcast_to(np.zeros((), dtype), (n, dim)), dtype)
        self._stream = stream

    def blocks(self) -> Iterator[tuple[int, int, NDArray[Any]]]:
        """Yield ``(start, stop, block)`` as `Rows` does."""
        fill = _filler(self._stream, self.dtype)
        for start in range(0, self.n, self._step):
            stop = min(start + self._step, self.n)
            block = np.empty((1, stop - start, self.dim), self.dtype)
            fill(block.reshape(-1))
            yield start, stop, block


def _treated(
    streams: list[np.random.SeedSequence], n: int, dim: int, dtype: np.dtype[Any], treatment: Treatment
) -> Rows:
    rows = treatment(normal_rows(streams, n, dim, dtype))
    refused = np.flatnonzero(treatment.refuses(rows))
    if not refused.size:
        return rows
    items = rows.items()
    for number in refused.tolist():
        for attempt in range(1, _MOST_ATTEMPTS):
            one = treatment(normal_rows([again_stream(streams[number], attempt)], n, dim, dtype))
            if not treatment.refuses(one)[0]:
                break
        items[number] = one.items()[0]
    return Rows(items, rows.dtype)


def normal_rows(
    streams: list[np.random.SeedSequence], n: int, dim: int, dtype: np.dtype[Any], treatment: Treatment | None = None
) -> Rows:
    """Return a batch of standard normal samples (n, D), one from each stream, in memory unless huge.

    With a treatment they have gone through it. One that a test would refuse as a sample is drawn again: a p-value is
    that of a sample, given that it is not refused.
    """
    if treatment is not None:
        return _treated(streams, n, dim, dtype, treatment)
    if not is_kept(n, dim) and len(streams) == 1:
        return NormalRows(streams[0], n, dim, dtype)
    data = np.empty((len(streams), n, dim), dtype)
    for item, stream in zip(data, streams, strict=True):
        _filler(stream, dtype)(item.reshape(-1))
    return Rows(data, dtype)
