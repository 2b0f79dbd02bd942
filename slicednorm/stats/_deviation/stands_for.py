"""The sliced test that stands for one of several statistics, such as the omnibus, where its deviation is explained."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.omnibus.omnibus import OmnibusTestResult
from slicednorm.stats._hypotests.pursuit.pursuit import PursuitTestResult
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._hypotests.sliced.sliced import sliced_test
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._types import Aggregate, Method

# A sliced statistic, and how it is aggregated, that sees what a member of a test of several statistics saw; the others
# look at moments.
_SEES: dict[str, tuple[str, Aggregate]] = {
    "w2_search": ("w2", "max"),
    "ad_search": ("ad", "max"),
    "peak": ("cw", "max"),
    "gap": ("cw", "max"),
    "cramer_wold": ("cw", "mean"),
}
_SEES_MOMENTS: tuple[str, Aggregate] = ("w2", "mean")

# Of a projection that was found on other rows more than this, in standard deviations, is off.
_AGREEMENT = 1e-2


def stands_for(result: CombinedTestResult) -> tuple[str, Aggregate, NDArray[np.floating[Any]] | None]:
    """Return the sliced statistic that sees what the driver saw, its aggregate, and its directions.

    These are those from which the omnibus searched, None where they are to be drawn.
    """
    statistic, aggregate = _SEES.get(result.driver, _SEES_MOMENTS)
    of_omnibus = aggregate == "max" and isinstance(result, OmnibusTestResult)
    return statistic, aggregate, result.directions if of_omnibus else None  # type: ignore[attr-defined]  # of omnibus


def sliced_of(
    sample: Sample,
    test: SlicedTestResult | CombinedTestResult | str,
    *,
    method: Method | None,
    workers: int = 1,
    mean: ArrayLike | None,
    cov: ArrayLike | None,
) -> SlicedTestResult | str:
    """Return a test as it is, or the sliced test of the sample that stands for one of several statistics.

    Raises
    ------
    ValueError
        If a result is not of this sample.
    """
    if not isinstance(test, CombinedTestResult):
        return test
    _check_same(sample, test)
    statistic, aggregate, directions = stands_for(test)
    chosen: dict[str, Any] = {"directions": directions}
    if directions is None and aggregate == "max" and isinstance(test, PursuitTestResult):
        # With its seed these are the directions that pursuit drew.
        chosen = {"directions": "iid", "n_slices": test.n_slices}
    return sliced_test(
        sample,
        statistic,
        null=test.hypothesis,
        aggregate=aggregate,
        method=method,
        rng=test.seed,
        workers=workers,
        mean=mean,
        cov=cov,
        **chosen,
    )


def _check_same(sample: Sample, test: CombinedTestResult) -> None:
    """Raise a ValueError if a result is of a sample of another shape, or has another projection."""
    rows = sample.rows
    if (rows.n, rows.dim) != (test.n, test.dim):
        raise ValueError(
            f"x has {rows.n} rows of {rows.dim} columns, the test's sample had {test.n} of {test.dim}; "
            "pass the sample that was tested"
        )
    if isinstance(test, PursuitTestResult):
        now = np.concatenate([(block - test.centre) @ test.loadings for _, _, (block,) in rows.blocks()])
        off = float(np.abs(now - test.projection).max())
        if not off <= _AGREEMENT * max(1.0, float(np.abs(test.projection).max())):
            raise ValueError(
                f"along the direction of the test a row of x lies {off:.3g} from where it lay; pass the sample that "
                "was tested, one with a design as as_sample(x, design=...)"
            )
