"""How much is kept, tried and computed at once: one place for the numbers that tests turn.

What a sample is judged by depends on some of them, on others only what it costs. They are read where they are used, at
every call, so that a test that takes smaller ones sees the same lines at work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """The numbers, and what they are without a test that turns them.

    Attributes
    ----------
    full_law, least_law : int
        How many replicates a kept law is computed with, and the least that a test of any seed is judged by.
    most_resamples : int
        How many replicates a sequential p-value takes at the most.
    default_resamples : int
        Replicates where none were asked for, and no law for large n holds.
    large_n, smaller_n : int
        From how many rows on a law is that of fewer, and of how many.
    block_elements : int
        Values of a block of rows, by which a sample is read.
    kept_elements : int
        Values of a drawn sample; one of more is not kept but drawn again for every chunk of directions.
    chunk_elements : int
        Values of one chunk of projections.
    tile_rows : int
        Rows of a tile of pairs: its square fits the cache and keeps the matrix product busy.
    held_elements, passing_elements : int
        Values of the rows that are held while all the others pass by, and of those that pass, in sums over pairs.
    least_panel_rows : int
        How many rows are held, or pass, at the least.
    strip_rows : int
        Rows whose products are formed at a time for third moments: few enough for the cache, enough to keep the matrix
        product busy.
    moments_at_once : int
        Third moments that are summed in one pass over the rows (128 MB); more than 463 columns take several passes.
    most_searched_rows, least_searched_rows : int
        How many rows of a larger sample a search for a direction sees, so that a climb takes seconds, and how many
        however many columns there are.
    drawn_elements, least_drawn_rows : int
        Values of the rows, at most, that smaller samples are drawn from for their power (128 MB), and how many rows
        there are at least, however many columns they have.
    """

    full_law: int = 99_999
    least_law: int = 9_999
    most_resamples: int = 9_999
    default_resamples: int = 999
    large_n: int = 2_000
    smaller_n: int = 1_000
    block_elements: int = 1 << 20
    kept_elements: int = 1 << 27
    chunk_elements: int = 1 << 23
    tile_rows: int = 256
    held_elements: int = 1 << 24
    passing_elements: int = 1 << 20
    least_panel_rows: int = 16
    strip_rows: int = 2048
    moments_at_once: int = 1 << 24
    most_searched_rows: int = 1 << 14
    least_searched_rows: int = 1 << 12
    drawn_elements: int = 1 << 25
    least_drawn_rows: int = 1 << 14


_current = Limits()


def current() -> Limits:
    """Return the limits that hold now."""
    return _current


@contextmanager
def limits(**changes: int) -> Iterator[Limits]:
    """Have other limits hold inside, for tests: of the whole process, so that threads that compute see them as well.

    They are no setting: two threads that turn them at once turn each other's, and a process that is spawned, not
    forked, has its own.

    Examples
    --------
    >>> with limits(tile_rows=3):
    ...     current().tile_rows
    3
    >>> current().tile_rows
    256
    """
    global _current
    before = _current
    _current = replace(before, **changes)
    try:
        yield _current
    finally:
        _current = before
