"""What one look at latents found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._results import Result
from slicednorm.stats._types import MethodUsed, Null

if TYPE_CHECKING:
    import pandas as pd


PARTS = ("location", "scale", "skewness", "kurtosis", "rest")


def scalar_names(test: str, prefix: str) -> tuple[str, ...]:
    """Return the names in a log: of the statistic, the worst slice's distance, the p-value, and its parts."""
    return tuple(f"{prefix}{test}{end}" for end in ("", "_worst", "_pvalue", *(f"_{part}" for part in PARTS)))


@dataclass(frozen=True, repr=False)
class LatentRecord(Result):
    """What one look at latents found.

    Attributes
    ----------
    test, title : str
        Name of the statistic, and its name in words.
    epoch : int or None
        Number of the epoch, as it was given.
    statistic : float
        Distance to the null, aggregated over the slices.
    pvalue : float or None
        P-value, None if none was asked for.
    worst : float
        Distance of the least normal slice; the columns count as slices too, if they are not more than the others.
    worst_column : int
        Position of the column with the largest weight in the direction of that slice.
    worst_weight : float
        Its weight there, which is 1 if the slice is the column itself.
    method : {"sequential", "cached", "monte carlo", "asymptotic"} or None
        How the p-value was found, as in `slicednorm.stats.SlicedTestResult`.
    n_resamples, law_n : int or None
        Number of null replicates, and number of their rows, as in `slicednorm.stats.SlicedTestResult`.
    n, dim : int
        Shape of the sample that was tested.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    location, scale, skewness, kurtosis, rest : float or None
        What these moments contribute to the statistic, so that one sees which is off; they add up to it. None for a
        statistic without such parts (``"ks"``, ``"sw"``, the maximum).
    direction : ndarray of shape (D,), dtype=float64
        Direction of the least normal slice, in the standardised space; its largest weight is positive.
    """

    test: str
    title: str
    epoch: int | None
    statistic: float
    pvalue: float | None
    worst: float
    worst_column: int
    worst_weight: float
    method: MethodUsed | None
    n_resamples: int | None
    law_n: int | None
    n: int
    dim: int
    null: Null
    location: float | None = None
    scale: float | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    rest: float | None = None
    direction: NDArray[np.float64] = field(compare=False, kw_only=True)

    @property
    def name(self) -> str:
        """The name of the statistic."""
        return self.test

    def to_frame(self) -> pd.DataFrame:
        """Return the record as a DataFrame of one row, whose index is the name of the statistic.

        Returns
        -------
        pandas.DataFrame
            The record, a row under the name of the statistic.
        """
        return super().to_frame().set_index("test")

    def scalars(self, prefix: str = "latents/") -> dict[str, float]:
        """Return the values for a logger: the statistic, its p-value and its parts if it has them, the worst slice's.

        Parameters
        ----------
        prefix : str, default: "latents/"
            The beginning of the names.

        Returns
        -------
        dict of str to float
            The values by name.

        Examples
        --------
        >>> import numpy as np
        >>> from slicednorm.monitor import check_latents
        >>> z = np.random.default_rng(0).standard_normal((200, 3))
        >>> sorted(check_latents(z, n_slices=16, n_resamples=99).scalars())
        ['latents/cvm', 'latents/cvm_kurtosis', 'latents/cvm_location', ... 'latents/cvm_worst']
        """
        values = (self.statistic, self.worst, self.pvalue, *(getattr(self, part) for part in PARTS))
        named = zip(scalar_names(self.test, prefix), values, strict=True)
        return {name: value for name, value in named if value is not None}
