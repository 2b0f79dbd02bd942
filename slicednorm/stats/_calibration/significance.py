"""What the results of all tests have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._distributions.empirical import EmpiricalNull
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._results import NamedResult
from slicednorm.stats._types import MethodUsed, Null


@dataclass(frozen=True, repr=False, kw_only=True)
class SignificanceResult(NamedResult):
    """The result of any test of normality.

    Attributes
    ----------
    name, title : str
        Name of the test, and its name in words.
    sensitive_to : str
        What the test notices, in a few words; not in the ``repr``.
    statistic : float
        The test's statistic.
    has_pvalue : bool
        Whether a p-value was asked for.
    pvalue : float
        The p-value. If none was asked for, reading it raises an AttributeError; see ``has_pvalue``.
    pvalue_stderr : float or None
        The Monte Carlo standard error √(p(1 − p)/(M + 1)); None without replicates.
    pvalue_error : float or None
        The standard error by all that is drawn: the replicates and, of a sliced test, the directions. None where
        nothing is. Not in the ``repr``, which has both parts.
    tail_pvalue : float or None
        Where no replicate reaches the statistic, an extrapolation of the p-value by an exponential tail, right to
        within about half a decade, and not below a thousandth of 1/(M + 1). Else None.
    method : {"analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None
        How the p-value was found; None without one.
    law_n : int or None
        How many rows the replicates of a cached null distribution have, if fewer than the sample; else None.
    n_resamples : int or None
        Number M of replicates; None without replicates.
    n, dim : int
        The shape of the sample, without the rows left out.
    hypothesis : {"standard", "composite"}
        Null hypothesis, as it was asked for.
    seed : int, numpy.random.SeedSequence or None
        Pass it as ``rng`` to reproduce the result: an int, or the SeedSequence that was passed if an int does not say
        all of it; None if nothing was drawn.
    null : WeightedChi2 or EmpiricalNull or None
        The null distribution, with ``sf``, ``isf``, ``cdf``, ``mean``, ``var`` and ``std`` in the manner of a frozen
        SciPy distribution: a formula by ``"analytic"``, else what the replicates show; None without either.
    null_distribution : ndarray of shape (M,), dtype=float64, or None
        The statistic of every null replicate; None by ``"analytic"``.
    calibration : Calibration
        The p-value with all that it comes from; not in the ``repr``.
    """

    sensitive_to: str = field(repr=False)
    statistic: float
    n: int
    dim: int
    hypothesis: Null
    seed: int | np.random.SeedSequence | None
    calibration: Calibration = field(repr=False)

    @property
    def has_pvalue(self) -> bool:
        """Whether a p-value was asked for."""
        return self.calibration.pvalue is not None

    @property
    def pvalue(self) -> float:
        """The p-value; an AttributeError is raised if none was asked for."""
        if self.calibration.pvalue is None:
            raise AttributeError(f"{self.name} was computed without a p-value; leave out method=None for one")
        return self.calibration.pvalue

    @property
    def pvalue_stderr(self) -> float | None:
        """The Monte Carlo standard error of the p-value; None without replicates."""
        return self.calibration.pvalue_stderr

    @property
    def pvalue_error(self) -> float | None:
        """The standard error of the p-value by all that is drawn, replicates and directions; None where none is."""
        return self.pvalue_stderr

    @property
    def tail_pvalue(self) -> float | None:
        """The extrapolated p-value where no replicate reaches the statistic; else None."""
        return self.calibration.tail_pvalue

    @property
    def method(self) -> MethodUsed | None:
        """How the p-value was found; None without one."""
        return self.calibration.method

    @property
    def law_n(self) -> int | None:
        """How many rows the replicates have, if fewer than the sample; else None."""
        return self.calibration.law_n

    @property
    def n_resamples(self) -> int | None:
        """The number of replicates; None without replicates."""
        return self.calibration.n_resamples

    @property
    def null(self) -> WeightedChi2 | EmpiricalNull | None:
        """The null distribution, None if there is neither a formula nor a replicate."""
        found = self.calibration
        if found.law is not None:
            return found.law
        return EmpiricalNull(found.null_distribution) if len(found.null_distribution) else None

    @property
    def null_distribution(self) -> NDArray[np.float64] | None:
        """The statistic of every null replicate, (M,); None where the null distribution is a formula."""
        return None if self.calibration.law is not None else self.calibration.null_distribution

    def _values(self) -> list[tuple[str, Any]]:
        """Return the common values first, then those of the test itself, then arrays."""
        found = self.calibration
        own = dict(super()._values())
        common = ("name", "title", "sensitive_to", "statistic", "n", "dim", "hypothesis", "seed", "calibration")
        values = [(name, own[name]) for name in ("name", "title", "sensitive_to", "statistic")]
        values += [(name, getattr(found, name)) for name in ("pvalue", "pvalue_stderr", "tail_pvalue", "method")]
        values += [("law_n", found.law_n), ("n_resamples", found.n_resamples)]
        values += [("n", self.n), ("dim", self.dim), ("hypothesis", self.hypothesis)]
        special = [(name, value) for name, value in own.items() if name not in common]
        values += [item for item in special if not isinstance(item[1], np.ndarray)]
        values.append(("seed", self.seed))
        values += [item for item in special if isinstance(item[1], np.ndarray)]
        last = ("null_distribution", self.null_distribution) if found.law is None else ("null", found.law)
        return [*values, last]
