"""Rows that stand out, and what the tests say without them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from slicednorm import stats
from slicednorm.stats._deviation.outliers import MOST_TRIED, find_outliers

from ..terminal.errors import InputError
from .findings import Findings, StandingOut
from .request import Request
from .run import examine_sample
from .sample import naming, sample_of
from .treated import residuals

# How many multiplications the search may take; a row more takes about 4 n D².
_MOST_WORK = 1e11


def _most(sample: stats.Sample) -> int | None:
    """Return how many rows are tried where the usual number of them takes too long, else None."""
    affordable = int(_MOST_WORK / (4.0 * sample.n * sample.dim**2))
    return None if affordable >= MOST_TRIED else max(1, min(affordable, sample.n // 4))


def standing_out(found: Findings, request: Request) -> StandingOut:
    """Return the rows of a tested file that stand out, and the tests without them."""
    table, design = found.table, found.design
    assert table is not None
    target: dict[str, Any] = found.target
    result = find_outliers(found.sample, null=request.null, level=request.alpha, most=_most(found.sample), **target)
    names = [table.row(int(number)) for number in result.rows]
    without: Findings | None = None
    if names:
        keep = np.setdiff1d(np.arange(len(table.array)), result.rows)
        part = table.some(keep)
        again = replace(request, mardia=False, where=False, outliers=False, each_column=False, transformations=False)
        try:
            with naming(request.path, part):
                left = None if design is None else design[keep]
                sample = sample_of(part, request.nan_policy, left, **request.treatment)
                said = residuals(sample, request, part.groups)
                without = examine_sample(sample, again, target=target, residuals=said)
        except InputError:
            # Without these rows a column may be constant.
            without = None
    steps = result.steps[: len(names)]
    return StandingOut(
        names=tuple(names),
        numbers=tuple(result.rows.tolist()),
        squared_distances=tuple(steps[:, 0].tolist()),
        pvalues=tuple(steps[:, 1].tolist()),
        without=() if without is None else without.report.tests,
        n_tried=len(result.tried),
        counted=table.labels is None,
    )
