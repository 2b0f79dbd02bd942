"""What to try next, where a rejection may have a simple reason: a single row, or location and scale."""

from __future__ import annotations

from slicednorm import stats
from slicednorm.stats._deviation.location_scale import location_or_scale
from slicednorm.stats._deviation.outliers import find_outliers

from ..readers.note import Note
from ..readers.table import Table
from .findings import Findings
from .request import Request

# Rows of larger samples are not looked at one by one unless --outliers asks for it.
_MOST_VALUES = 1 << 20

# Of so many rows one stands out and the next does not.
_TRIED = 2


def hints(found: Findings, request: Request, table: Table) -> tuple[Note, ...]:
    """Return notes on what may be all that a test rejects, none unless one does."""
    if not found.report.rejects:
        return ()
    said = (_one_row(found, request, table), _location_scale(found, request))
    return tuple(note for note in said if note is not None)


def _one_row(found: Findings, request: Request, table: Table) -> Note | None:
    """Return a note on a row that lies far from all others, if it is the only one."""
    sample = found.sample
    if request.outliers or sample.n * sample.dim > _MOST_VALUES or sample.n < 2 * _TRIED:
        return None
    try:
        seen = find_outliers(sample, null=request.null, level=request.alpha, most=_TRIED, **found.target)
    except stats.SampleError:
        return None
    if len(seen.rows) != 1:
        return None
    square, chance = seen.steps[0].tolist()
    counted = " (from 0)" if table.labels is None else ""
    return Note(
        f"Row {table.row(int(seen.rows[0]))}{counted} lies far from all others (squared distance {square:.1f}; the "
        f"farthest of {sample.n:,} normal rows is as far with probability {chance:.2g}) and may alone decide the "
        "verdict: slicednorm test --outliers says what the tests say without it.",
        "outlier",
    )


def _location_scale(found: Findings, request: Request) -> Note | None:
    """Return a note where N(0, I) is rejected for location and scale alone."""
    if request.null == "composite" or request.mean is not None or request.cov is not None:
        return None
    off = location_or_scale(found.sample, level=request.alpha, rng=request.seed, workers=request.jobs)
    if off is None:
        return None
    return Note(
        f"N(0, I) is rejected for location and scale alone: means lie up to {off.farthest:.3g} standard deviations "
        f"from 0, standard deviations are {off.narrowest:.3g} to {off.widest:.3g}, and with both left open the sample "
        f"does not look unlike a normal one (cvm: p = {off.pvalue:.2g}). --null composite tests that.",
        "location-scale",
    )
