"""The null distribution that replicates show, in the manner of a frozen SciPy distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class EmpiricalNull:
    """The distribution of M null replicates and of the sample itself, which is one of them under the null.

    Attributes
    ----------
    replicates : ndarray of shape (M,)
        The statistic of every replicate.

    Examples
    --------
    >>> law = EmpiricalNull(np.arange(1.0, 20.0))
    >>> law.sf(18.0), law.isf(0.1), law.mean()
    (np.float64(0.15), np.float64(18.0), 10.0)
    """

    replicates: NDArray[Any]

    def __repr__(self) -> str:
        return f"EmpiricalNull({len(self.replicates)} replicates, mean={self.mean():.6g}, std={self.std():.6g})"

    @cached_property
    def _sorted(self) -> NDArray[np.float64]:
        return np.sort(self.replicates.astype(np.float64))

    def sf(self, x: ArrayLike) -> Any:
        """Return (1 + #{T* ≥ x})/(M + 1), the p-value of an observed x up to ties within rounding.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        float or ndarray
            Probabilities, in the shape of x.
        """
        below = np.searchsorted(self._sorted, np.asarray(x, np.float64), side="left")
        return (1.0 + len(self._sorted) - below) / (len(self._sorted) + 1.0)

    def cdf(self, x: ArrayLike) -> Any:
        """Return #{T* < x}/(M + 1).

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        float or ndarray
            Probabilities, in the shape of x.
        """
        return 1.0 - self.sf(x)

    def isf(self, q: ArrayLike) -> Any:
        """Return the critical value of a level q: beyond it p-values are at most q. It is infinite if q < 1/(M + 1).

        Parameters
        ----------
        q : array_like
            Levels.

        Returns
        -------
        float or ndarray
            Critical values, in the shape of q.
        """
        count = np.floor(np.asarray(q, np.float64) * (len(self._sorted) + 1.0) * (1.0 + 1e-12)).astype(np.intp)
        padded = np.concatenate([self._sorted, [np.inf]])
        # The sample is one of M + 1: beyond the value are count − 1 replicates.
        return padded[np.clip(np.where(count > 0, len(self._sorted) - count, len(self._sorted)), 0, None)]

    def mean(self) -> float:
        """Return the mean.

        Returns
        -------
        float
            The mean.
        """
        return float(np.mean(self.replicates, dtype=np.float64))

    def var(self) -> float:
        """Return the variance.

        Returns
        -------
        float
            The variance, with divisor M − 1.
        """
        return float(np.var(self.replicates, ddof=1, dtype=np.float64)) if len(self.replicates) > 1 else 0.0

    def std(self) -> float:
        """Return the standard deviation.

        Returns
        -------
        float
            The standard deviation.
        """
        return float(np.sqrt(self.var()))
