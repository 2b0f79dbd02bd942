"""How much is cached, tried and computed at once: one place for the numbers that tests change.

Some of them decide how a sample is judged, others only what that costs. They are read where they are used, at every
call, so that a test with smaller ones runs the very lines that users run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """The numbers, with their values outside of tests.

    Attributes
    ----------
    full_law, least_law : int
        Number of replicates of a cached null distribution, and the least number that is used.
    most_resamples : int
        Number of replicates that a sequential p-value takes at most.
    default_resamples : int
        Number of replicates if none is asked for and no limiting distribution holds.
    large_n, smaller_n : int
        Number of rows beyond which the null distribution is that of fewer rows, and the number of these.
    block_elements : int
        Values of a block of rows; a sample is read in such blocks.
    kept_elements : int
        Values of a drawn sample that is kept; a larger one is drawn again for every chunk of directions.
    chunk_elements : int
        Values of one chunk of projections.
    tile_rows : int
        Rows of a tile of pairs: its square fits the cache and keeps the matrix product busy.
    held_elements, passing_elements : int
        Values of the rows that are held while all the others pass by, and of those that pass, in sums over pairs.
    least_panel_rows : int
        How many rows are held, or pass, at least.
    strip_rows : int
        Rows whose products are formed at a time for third moments: few enough for the cache, enough to keep the matrix
        product busy.
    moments_at_once : int
        Third moments that are summed in one pass over the rows (128 MB); more than 463 columns take several passes.
    most_searched_rows, least_searched_rows : int
        How many rows of a larger sample a search for a direction sees, so that a climb takes seconds, and how many it
        sees at least, however many columns there are.
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
    """Return the current limits."""
    return _current


@contextmanager
def limits(**changes: int) -> Iterator[Limits]:
    """Change the limits inside a block, for tests: in the whole process, so that its threads see them as well.

    They are not a setting for users: two threads that change them at once change each other's, and a process that is
    spawned, not forked, has its own.

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
