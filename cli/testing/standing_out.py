"""Rows that stand out, and what the tests say without them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from slicednorm.stats._deviation.outliers import find_outliers
from slicednorm.stats._sample.called import as_text

from ..terminal.errors import InputError
from .findings import Findings, StandingOut
from .request import Request
from .run import examine_sample
from .sample import naming, residuals, sample_of


def standing_out(found: Findings, request: Request) -> StandingOut:
    """Return the rows of a tested file that stand out, and the tests without them."""
    table, design = found.table, found.design
    assert table is not None
    target: dict[str, Any] = found.target
    result = find_outliers(found.sample, null=request.null, level=request.alpha, **target)
    # By the row numbers or names of the file where it has them, else counted from 0.
    names = [as_text(number if table.labels is None else table.labels[number]) for number in result.rows.tolist()]
    without: Findings | None = None
    if names:
        keep = np.setdiff1d(np.arange(len(table.array)), result.rows)
        part = table.some(keep)
        again = replace(request, mardia=False, where=False, outliers=False)
        try:
            with naming(request.path, part):
                sample = sample_of(part, request.nan_policy, None if design is None else design[keep])
                said = residuals(sample, request.design, part.groups)
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
