"""The way of a test of several statistics: sample, whitening, statistics, replicates, judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_workers
from slicednorm.stats._calibration.method import Way
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._hypotests.combined.combine import judged
from slicednorm.stats._hypotests.combined.null import Combined, CombinedReplicates, null_pool
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.treatments import check_treatment
from slicednorm.stats._limits import current
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.whiten import Whitening, whitening_for
from slicednorm.stats._slices.directions import choose_directions
from slicednorm.stats._slices.statistics import slices_scratch
from slicednorm.stats._streams import replay_seed

Array: TypeAlias = NDArray[np.float64]

# If no number is asked for, the replicates are as many of these as take up to a minute of one core, or the fewest.
_FEWER = (499, 199, 99)
_AFFORDED = 60e9


@dataclass(frozen=True)
class Ran:
    """How a sample was tested: the fields of a `CombinedTestResult`, and what else the sample was compared by."""

    fields: dict[str, Any]
    whitening: Whitening | None
    directions: NDArray[np.floating[Any]]


def default_count(work: float) -> int:
    """Return how many replicates ``"auto"`` takes of statistics that take ``work`` nanoseconds of one core once."""
    counts = (current().default_resamples, *_FEWER)
    return next((count for count in counts if (count + 1) * work <= _AFFORDED), _FEWER[-1])


@slices_scratch()
def run_combined(test: Combined, sample: Sample, options: Options, way: Way | None) -> Ran:
    """Return what is found of a sample.

    Raises
    ------
    ValueError
        If no p-value is asked for, or one by a method that this test has not.
    """
    if way is None:
        raise ValueError(
            f"the {test.name} test is made of p-values, and has no statistic without them; leave out method=None"
        )
    if way.method in ("sequential", "asymptotic", "analytic"):
        raise ValueError(
            f"method={way.method!r} is not for the {test.name} test, whose replicates are ranked against each other: "
            "their number is fixed beforehand; use 'auto', 'cached' or 'monte carlo'"
        )
    check_workers(options.workers)
    check_treatment(test.name, sample, options.null, way)
    rows, null, root = sample.rows, options.null, options.root
    directions = choose_directions("iid", options.slices_of_replicates, rows.dim, rows.dtype, root)
    n_slices = len(directions)
    with single_threaded_blas():
        whitening = whitening_for(rows, null, options.mean, options.cov)
        observed = test.statistics(rows, whitening, null, directions)[0]
    members = test.members(rows.n, rows.dim, null, rows.dtype)
    check_statistics(observed, tuple(member.title for member in members), rows)
    own = CombinedReplicates(
        test.statistics,
        rows.n,
        rows.dim,
        rows.dtype,
        null,
        n_slices,
        test.elements(rows.n, rows.dim, n_slices),
        root,
        directions,
        sample.treatment,
    )
    count = default_count(test.work(rows.n, rows.dim, n_slices)) if way.n_resamples is None else way.n_resamples
    nulls, used = null_pool(test, way, own, count, options.workers, options.progress)
    found = judged(observed, nulls, members, used)
    fields = {
        "name": test.name,
        "title": test.title,
        "sensitive_to": test.sensitive_to,
        "n": rows.n,
        "dim": rows.dim,
        "hypothesis": null,
        "seed": replay_seed(root),
        "statistic": found.statistic,
        "calibration": found.calibration,
        "driver": found.driver,
        "members": found.members,
    }
    return Ran(fields, whitening, directions)
