"""Where the null distribution of a test is known as a formula, and the p-value by it.

The formula is a limit in n, with corrections for n rows. The size of tests by it was measured at many shapes
(docs/results/analytic.md): it is within 4% of the level at 5%, 8% at 1% and 20% at 0.1%, plus what the simulation
itself is off, from the numbers of rows below on.
"""

from __future__ import annotations

import numpy as np

from slicednorm.distances import Distance
from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._distributions.slices import MOST_GIVEN, Slices
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._types import Aggregate, Null

# The least number of rows that was measured, and the least number from which on `method="auto"` takes the formula.
LEAST_ROWS = 50
RELIABLE_ROWS = 100

# Under the composite null a sample must have more rows than so many times its columns.
_ROWS_PER_COLUMN = 2

# Values computed for a test of the default number of directions, half a second to one and a half of one core, and the
# ends of that number.
_ELEMENTS = 82_000_000
_FEWEST, _MOST = 256, 16_384

# Why a test has no formula whatever the sample.
NO_FORMULA = "there is no null distribution as a formula"


class NoFormulaError(ValueError):
    """A test is to take a null distribution that is a formula, and has none.

    Attributes
    ----------
    why : str
        The name of the test, and why it has none.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} (method='analytic'); use method='auto', or a number for n_resamples")
        self.why = why


def analytic_slices(n: int, dim: int) -> int:
    """Return how many directions a test by the formula takes unless told otherwise.

    Their luck is what is left of the error of a p-value: it falls as 1/√k, and grows with the number of columns.

    Examples
    --------
    >>> analytic_slices(500, 4), analytic_slices(20_000, 50), analytic_slices(1_000_000, 64), analytic_slices(100, 1)
    (16384, 4096, 256, 1)
    """
    if dim == 1:
        return 1
    affordable = max(1, _ELEMENTS // n)
    return int(min(_MOST, max(_FEWEST, 1 << (affordable.bit_length() - 1))))


def why_not_measured(n: int, dim: int, null: Null) -> str | None:
    """Return why formulas were not measured for samples of a shape, None if they were."""
    if n < LEAST_ROWS:
        return f"the formula was measured from {LEAST_ROWS} rows on, and x has {n}"
    if null == "composite" and n <= _ROWS_PER_COLUMN * dim:
        return (
            f"under the composite null the formula was measured for more than {_ROWS_PER_COLUMN} rows a column, and x "
            f"has {n} rows of {dim} columns"
        )
    return None


def why_no_formula(distance: Distance, n: int, dim: int, null: Null, aggregate: Aggregate) -> str | None:
    """Return why a test has no null distribution as a formula, None if it has one."""
    if distance.quadratic is None:
        return NO_FORMULA
    if aggregate != "mean":
        return f"only the mean over slices has a null distribution as a formula, not aggregate={aggregate!r}"
    return why_not_measured(n, dim, null)


def check_analytic(distance: Distance, n: int, dim: int, null: Null, aggregate: Aggregate) -> None:
    """Raise a ValueError unless a test has a null distribution as a formula."""
    why = why_no_formula(distance, n, dim, null, aggregate)
    if why is not None:
        raise NoFormulaError(f"{distance.name}: {why}")


def analytic_holds(distance: Distance, n: int, dim: int, null: Null, aggregate: Aggregate) -> bool:
    """Return whether the size of tests by the formula is known to be right for samples of a shape."""
    return why_no_formula(distance, n, dim, null, aggregate) is None and n >= RELIABLE_ROWS


def _why_not_along(slices: Slices) -> str | None:
    """Return why a user's directions have no null distribution that can be computed, None if they have one."""
    if slices.kind is not None or slices.directions.shape[1] == 1 or slices.count == 1:
        return None
    first = slices.directions[0].astype(np.float64)
    if np.all(np.abs(slices.directions.astype(np.float64) @ first) >= (1.0 - 1e-9) * float(first @ first)):
        return "all directions are the same; pass one of them, or different ones"
    if slices.count > MOST_GIVEN and not slices.by_sphere:
        return (
            f"it takes up to {MOST_GIVEN:,} directions that are not spread like random ones, got {slices.count:,}; "
            "pass fewer, or use a number for n_resamples"
        )
    return None


def check_slices(slices: Slices) -> None:
    """Raise a ValueError unless the directions have a null distribution that can be computed."""
    why = _why_not_along(slices)
    if why is not None:
        raise ValueError(f"method='analytic': {why}")


def can_be_computed(slices: Slices) -> bool:
    """Return whether the directions have a null distribution that can be computed."""
    return _why_not_along(slices) is None


def by_formula(law: WeightedChi2, statistic: float) -> Calibration:
    """Return the p-value of a statistic by its null distribution."""
    return Calibration(pvalue=float(law.sf(statistic)), method="analytic", law=law)
