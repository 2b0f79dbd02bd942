"""The rank of a sample among null replicates: what may be ranked, what is a tie, and the p-value from the rank.

All p-values by replicates are (1 + #{T* ≥ T}) / (M + 1), and replicates are counted here. Two mistakes are prevented
here for every statistic. A value that is not finite has no rank: comparisons with NaN are false, so that it would be
the most extreme of all. It is an error. And values that differ by no more than the rounding of the statistic are equal:
a tie, which counts against a rejection. Otherwise, if a statistic is equal for all samples of a shape, the result would
be decided by rounding, which depends on the mean and the scale of the sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows


@dataclass(frozen=True)
class Ranking:
    """How the values of a statistic are ranked.

    Attributes
    ----------
    relative, absolute : float
        The rounding of a value T, relative·|T| + absolute. Values nearer to each other are equal. It is infinite if the
        statistic is known to be equal for all samples.
    centre : float or None
        The value that agrees with the null best, from which distances are taken; None if large values speak against the
        null and small ones do not.
    exponential_tail : bool
        Whether the upper tail under the null may be extrapolated by `tail_pvalue`.
    """

    relative: float = 0.0
    absolute: float = 0.0
    centre: float | None = None
    exponential_tail: bool = False

    def far(self, values: Any) -> Any:
        """Return how far values speak against the null."""
        return values if self.centre is None else np.abs(values - self.centre)

    def rounding(self, values: Any) -> Any:
        """Return by how much each value may be off."""
        return self.relative * np.abs(values) + self.absolute

    def reached(self, null: NDArray[Any], statistic: Any) -> NDArray[np.bool_]:
        """Return which replicates speak at least as much against the null as a statistic does.

        Raises
        ------
        SampleError
            If the statistic or a replicate is not finite.
        """
        if not np.isfinite(statistic):
            raise SampleError(f"the statistic of the sample is {statistic}, which has no rank among null replicates")
        check_replicates(null)
        return np.asarray(self.far(null) >= self.far(statistic) - self.rounding(statistic))


def check_replicates(null: NDArray[Any]) -> None:
    """Raise a SampleError unless the statistics of all null replicates are finite."""
    if not np.isfinite(null).all():
        count = int(np.size(null) - np.count_nonzero(np.isfinite(null)))
        raise SampleError(
            f"{count} of {np.size(null)} statistics of null replicates are not finite, so that there is nothing to "
            "rank the sample among; use more rows, fewer columns or another test"
        )


def rank_pvalue(reached: NDArray[np.bool_]) -> float:
    """Return (1 + #{T* ≥ T}) / (M + 1), given which of M replicates reach the sample."""
    return float(1 + np.count_nonzero(reached)) / (len(reached) + 1)


def check_statistics(values: NDArray[Any], names: tuple[str, ...], rows: Rows) -> None:
    """Raise a SampleError, which names the value to blame, unless the statistics of a sample are finite."""
    wrong = [name for name, value in zip(names, np.ravel(values), strict=True) if not np.isfinite(value)]
    if not wrong:
        return
    value, row, column = rows.largest()
    raise SampleError(
        f"{', '.join(wrong)} of x of shape ({rows.n}, {rows.dim}) overflows {rows.dtype}: the largest value, "
        f"{value:.3g}, is at {rows.called.cell(row, column)}; rescale the columns, or leave that row out",
        columns=[column],
        rows=[row],
    )
