"""The distribution of a sum of weighted χ² variables plus a constant."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._distributions.contour import density, log_lower, log_tail
from slicednorm.stats._distributions.crossing import crossing
from slicednorm.stats._distributions.generating import WeightedSum

# Weights below this share of the largest do not change a digit of any probability; they are part of the constant.
_NEGLIGIBLE = 1e-12

# From so many largest weights on, the saddlepoint is the singularity to rounding.
_FAR = 1e12


class WeightedChi2:
    r"""The distribution of :math:`T = c + \sum_i \lambda_i \chi^2_{\nu_i}`, like a frozen SciPy distribution.

    Probabilities come from the cumulant generating function :math:`c s - \frac12 \sum_i \nu_i \log(1 - 2 \lambda_i s)`
    by integrating along a contour through its saddlepoint. They have a relative error of about 1e-10, in the upper tail
    however small they are.

    Parameters
    ----------
    weights : array_like of shape (m,)
        The weights λ, positive.
    degrees : array_like of shape (m,), optional
        The degrees of freedom ν, positive and not necessarily whole; 1 for all by default.
    shift : float, default: 0.0
        The constant c.

    Raises
    ------
    ValueError
        If weights or degrees are not finite and positive, or differ in number.

    References
    ----------
    Helstrom, "Calculating the distribution of a quadratic form in normal random variables", IEEE Trans. Aerosp.
    Electron. Syst. 32 (1996), for contours through a saddlepoint.

    Examples
    --------
    >>> law = WeightedChi2([1.0], [2.0])
    >>> law.sf(3.0).round(12), law.isf(1e-100).round(9)
    (np.float64(0.223130160148), np.float64(460.517018599))
    >>> law.mean(), law.var()
    (2.0, 4.0)
    """

    def __init__(self, weights: ArrayLike, degrees: ArrayLike | None = None, shift: float = 0.0) -> None:
        found = np.atleast_1d(np.asarray(weights, np.float64))
        freedom = np.ones_like(found) if degrees is None else np.atleast_1d(np.asarray(degrees, np.float64))
        if found.ndim != 1 or found.shape != freedom.shape or not found.size:
            raise ValueError(f"weights and degrees must be of one length, got shapes {found.shape} and {freedom.shape}")
        if not (np.all(np.isfinite(found)) and np.all(np.isfinite(freedom)) and math.isfinite(shift)):
            raise ValueError("weights, degrees and shift must be finite")
        if np.any(found <= 0.0) or np.any(freedom <= 0.0):
            raise ValueError("weights and degrees must be positive")
        order = np.argsort(-found, kind="stable")
        found, freedom = found[order], freedom[order]
        small = found < _NEGLIGIBLE * found[0]
        self._shift = float(shift) + float(found[small] @ freedom[small])
        self._weights, self._degrees = found[~small], freedom[~small]
        self._weights.flags.writeable = self._degrees.flags.writeable = False

    @property
    def weights(self) -> NDArray[np.float64]:
        """The weights λ, from the largest on."""
        return self._weights

    @property
    def degrees(self) -> NDArray[np.float64]:
        """The degrees of freedom ν that go with them."""
        return self._degrees

    @property
    def shift(self) -> float:
        """The constant c."""
        return self._shift

    def __repr__(self) -> str:
        return f"WeightedChi2(mean={self.mean():.6g}, std={self.std():.6g}, largest weight={self._weights[0]:.6g})"

    @cached_property
    def _generating(self) -> WeightedSum:
        return WeightedSum(self._weights, self._degrees, self._shift)

    def cumulant(self, order: int) -> float:
        r"""Return a cumulant, :math:`2^{r-1} (r-1)! \sum_i \nu_i \lambda_i^r` (plus c for the first).

        Parameters
        ----------
        order : int
            Which cumulant r, at least 1.

        Returns
        -------
        float
            The cumulant.
        """
        total = float(np.sum(self._degrees * self._weights**order))
        return 2.0 ** (order - 1) * math.factorial(order - 1) * total + (self._shift if order == 1 else 0.0)

    def mean(self) -> float:
        """Return the mean.

        Returns
        -------
        float
            The mean.
        """
        return self.cumulant(1)

    def var(self) -> float:
        """Return the variance.

        Returns
        -------
        float
            The variance.
        """
        return self.cumulant(2)

    def std(self) -> float:
        """Return the standard deviation.

        Returns
        -------
        float
            The standard deviation.
        """
        return math.sqrt(self.var())

    def support(self) -> tuple[float, float]:
        """Return the ends of the support, (c, ∞).

        Returns
        -------
        tuple of float
            The ends.
        """
        return self._shift, math.inf

    def _each(self, x: ArrayLike, function: Callable[[float], float]) -> Any:
        values = np.asarray(x, np.float64)
        found = np.array([function(float(value)) for value in values.ravel()]).reshape(values.shape)
        return found[()]

    def _log_tails(self, t: float) -> tuple[float, float]:
        """Return log P(T > t) and log P(T ≤ t): the smaller one by the contour, the other from it."""
        if math.isnan(t):
            return math.nan, math.nan
        if t <= self._shift:
            return 0.0, -math.inf
        if t == math.inf:
            return -math.inf, 0.0
        far = (t - self._shift) / float(self._weights[0])
        if far > _FAR:
            # What the leading weight alone says: the other factors do not change a digit of so large a logarithm.
            return -0.5 * far, 0.0
        if t >= self.mean():
            upper = min(0.0, log_tail(self._generating, t))
            return upper, math.log1p(-math.exp(upper))
        lower = min(0.0, log_lower(self._generating, t))
        return math.log1p(-math.exp(lower)), lower

    def sf(self, x: ArrayLike) -> Any:
        """Return P(T > x), the p-value of an observed x.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        float or ndarray
            Probabilities, in the shape of x.
        """
        return self._each(x, lambda t: math.exp(self._log_tails(t)[0]))

    def logsf(self, x: ArrayLike) -> Any:
        """Return log P(T > x), which does not underflow.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        float or ndarray
            Natural logarithms, in the shape of x.
        """
        return self._each(x, lambda t: self._log_tails(t)[0])

    def cdf(self, x: ArrayLike) -> Any:
        """Return P(T ≤ x).

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        float or ndarray
            Probabilities, in the shape of x.
        """
        return self._each(x, lambda t: math.exp(self._log_tails(t)[1]))

    def pdf(self, x: ArrayLike) -> Any:
        """Return the density.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        float or ndarray
            Densities, in the shape of x.
        """
        return self._each(x, lambda t: 0.0 if t <= self._shift or t == math.inf else density(self._generating, t))

    def _quantile(self, q: float, *, upper: bool) -> float:
        """Return t with P(T > t) = q, or with P(T ≤ t) = q."""
        if not 0.0 <= q <= 1.0:
            return math.nan
        if q in (0.0, 1.0):
            return math.inf if (q == 0.0) is upper else self._shift
        # The smaller one of the two probabilities has the digits.
        by_upper = (q < 0.5) is upper
        wanted = math.log(q) if q < 0.5 else math.log1p(-q)

        def excess(t: float) -> float:
            tails = self._log_tails(t)
            return wanted - tails[0] if by_upper else tails[1] - wanted

        return crossing(excess, self._shift, self.mean() + self.std())

    def isf(self, q: ArrayLike) -> Any:
        """Return t with P(T > t) = q, the critical value of the level q.

        Parameters
        ----------
        q : array_like
            Probabilities.

        Returns
        -------
        float or ndarray
            Values, in the shape of q.
        """
        return self._each(q, lambda p: self._quantile(p, upper=True))

    def ppf(self, q: ArrayLike) -> Any:
        """Return t with P(T ≤ t) = q.

        Parameters
        ----------
        q : array_like
            Probabilities.

        Returns
        -------
        float or ndarray
            Values, in the shape of q.
        """
        return self._each(q, lambda p: self._quantile(p, upper=False))

    def scaled(self, factor: float) -> WeightedChi2:
        """Return the distribution of T times a positive factor.

        Parameters
        ----------
        factor : float
            The factor.

        Returns
        -------
        WeightedChi2
            The distribution.
        """
        return WeightedChi2(factor * self._weights, self._degrees, factor * self._shift)

    def shifted_to(self, mean: float) -> WeightedChi2:
        """Return the distribution with another mean.

        Parameters
        ----------
        mean : float
            The mean.

        Returns
        -------
        WeightedChi2
            The distribution.
        """
        return WeightedChi2(self._weights, self._degrees, self._shift + mean - self.mean())

    def with_cumulants(self, mean: float, var: float, third: float) -> WeightedChi2:
        """Return the distribution with three other cumulants: all weights times a factor, all degrees times another.

        Parameters
        ----------
        mean, var, third : float
            Mean, variance and third cumulant, the last two positive.

        Returns
        -------
        WeightedChi2
            The distribution.
        """
        spread = var / self.var()
        larger = third / self.cumulant(3) / spread
        weights, degrees = larger * self._weights, spread / larger**2 * self._degrees
        return WeightedChi2(weights, degrees, mean - float(weights @ degrees))

    def stretched(self, mean: float, var: float, *, fewer: bool = False) -> WeightedChi2:
        """Return the distribution with another mean and variance.

        Parameters
        ----------
        mean, var : float
            Mean and variance.
        fewer : bool, default: False
            Whether the variance comes from larger and fewer terms, which keeps Σ νλ and makes it more skew, or from
            larger terms alone.

        Returns
        -------
        WeightedChi2
            The distribution.
        """
        ratio = var / self.var()
        weights = self._weights * (ratio if fewer else math.sqrt(ratio))
        degrees = self._degrees / ratio if fewer else self._degrees
        return WeightedChi2(weights, degrees, mean - float(weights @ degrees))
