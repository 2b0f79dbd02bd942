"""The null distribution of a mean over many drawn directions, from the whole sphere.

The powers of a cosine are sums of spherical harmonics, t^l = Σ_d a_ld N_d P_d(t), by the theorem of Funk and Hecke,
N_d the number of harmonics of degree d. So over all directions the null distribution has, for each degree, the
eigenvalues of one small matrix M_d, √(a_ld a_md) B_lm, each N_d times. k directions see of a degree with N_d ≪ k nearly
all, and of one with N_d ≫ k a noise of their own. In between the eigenvalues spread as those of a sample covariance
matrix do (Marchenko and Pastur). With the r × r matrices M_d and k observations,

    log det(I + tC) ≈ Σ_d N_d log det(I + t M_d H) − k log det H + k tr(H − I),
    H = (I + (t/k) Σ_d N_d (I + t M_d H)^(−1) M_d)^(−1),

whose power series in t has the traces tr C^m: all moments of the eigenvalues. A Gauss quadrature with these moments
stands for them. Its nodes are the largest eigenvalues where they stand out.
"""

from __future__ import annotations

import math

import numpy as np

from slicednorm.distances._quadratic.form import Floats
from slicednorm.stats._distributions.components import main_components
from slicednorm.stats._distributions.remainder import with_remainder
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2

# Degrees with a smaller share of the sum of squares are noise of the directions.
_NEGLIGIBLE = 1e-8

# Nodes of the quadrature of the eigenvalues of one parity; and where it ends if they are fewer.
_NODES = 7
_EXHAUSTED = 1e-11
_ROUNDING = 1e-3

# How many components of B are looked at, for some directions and for all.
_MOST_COMPONENTS, _MOST_OF_ALL = 8, 12

# Eigenvalues below this share of the largest are rounding.
_NOTHING = 1e-9


def multiplicity(degree: int, dim: int) -> float:
    """Return the number of independent spherical harmonics of a degree in D ≥ 2 dimensions.

    Examples
    --------
    >>> [multiplicity(degree, 3) for degree in range(4)]
    [1.0, 3.0, 5.0, 7.0]
    """
    from scipy import special

    found = special.comb(dim + degree - 1, degree) - (special.comb(dim + degree - 3, degree - 2) if degree > 1 else 0.0)
    return float(round(found)) if found < 1e15 else float(found)


def harmonic_share(orders: Floats, degree: int, dim: int) -> Floats:
    """Return a_ld, the mean of t^l P_d(t) over the cosines t of independent directions, for l − d even and l ≥ d."""
    from scipy import special

    log = special.gammaln(orders + 1.0) + math.lgamma(0.5 * dim) - orders * math.log(2.0)
    log = log - special.gammaln(0.5 * (orders - degree) + 1.0) - special.gammaln(0.5 * (orders + degree + dim))
    return np.asarray(np.exp(log))


def power_means(dim: int, most: int) -> Floats:
    """Return the means of ρ^p, p = 0..most, over pairs of independent directions.

    Examples
    --------
    >>> power_means(5, 4).round(6)
    array([1.      , 0.      , 0.2     , 0.      , 0.085714])
    """
    found = np.zeros(most + 1)
    found[::2] = harmonic_share(np.arange(0.0, most + 1.0, 2.0), 0, dim)
    return found


def drawn_power_means(dim: int, n_slices: int, orthogonal: bool, most: int) -> Floats:
    """Return what the means of ρ^p over all pairs of k drawn directions, themselves included, are on the average.

    Directions of one orthogonal block have the cosine 0.
    """
    # Full blocks, and the last one that may be cut.
    full, rest = divmod(n_slices, dim)
    within = full * dim * (dim - 1) + rest * (rest - 1) if orthogonal else 0
    others = (n_slices * (n_slices - 1.0) - within) / n_slices**2
    found = others * power_means(dim, most) + 1.0 / n_slices
    found[0] = 1.0
    found[1::2] = 1.0 / n_slices
    return found


def _by_degree(rows: Floats, first: int, dim: int) -> tuple[Floats, Floats]:
    """Return the matrices M_d in the space of the components, (degrees, r, r), and how many harmonics each has.

    It ends where the degrees have no share of the sum of squares.
    """
    orders = first + 2.0 * np.arange(len(rows))
    total = rows.T @ rows
    found: list[Floats] = []
    counts: list[float] = []
    for degree in range(1 if first == 1 else 0, int(orders[-1]) + 1, 2):
        at = orders >= max(degree, 1)
        part = (rows[at].T * harmonic_share(orders[at], degree, dim)) @ rows[at]
        many = multiplicity(degree, dim)
        found.append(part)
        counts.append(many)
        if many * float(np.vdot(part, part)) < _NEGLIGIBLE * float(np.vdot(total, total)):
            break
    return np.array(found), np.array(counts)


def whole_sphere_law(matrix: Floats, dim: int) -> WeightedChi2:
    """Return the limiting distribution of n·T over all directions, D ≥ 1.

    Parameters
    ----------
    matrix : ndarray of shape (L, L)
        B, with the orders that the null leaves.
    dim : int
        Number of columns; the sphere of one dimension has two points.
    """
    means = power_means(dim, 2 * len(matrix))
    weights, degrees = [], []
    for first in (1, 2):
        part = matrix[first - 1 :: 2, first - 1 :: 2]
        if not part.any():
            continue
        rows = main_components(part, np.sqrt(means[2 * first :: 4]), _MOST_OF_ALL)
        parts, counts = _by_degree(rows, first, dim)
        values = np.linalg.eigvalsh(parts)
        often = np.repeat(counts[:, np.newaxis], values.shape[1], axis=1)
        real = (values > _NOTHING * values.max()) & (often > 0.0)
        weights.append(values[real])
        degrees.append(often[real])
    at = np.arange(1, len(matrix) + 1)
    variance = 2.0 * float(np.sum(matrix * matrix * means[at[:, np.newaxis] + at]))
    return with_remainder(np.concatenate(weights), np.concatenate(degrees), float(np.trace(matrix)), variance)


def _moments(parts: Floats, counts: Floats, ridge: Floats, k: int, most: int, *, even: int = 0) -> Floats:
    """Return tr C, ..., tr C^most by the power series of H.

    ``ridge`` is Σ N_d M_d of the degrees that are noise: N_d is infinite there, so that (I + t M_d H)^(−1) is I.
    ``even`` is how many of the first parts the directions see exactly evenly. These do not disturb each other: their H
    is that of the others.
    """
    r = ridge.shape[0]
    # With x = −t all coefficients are positive: H = (I − xS)^(−1), S = (1/k) Σ N_d G_d, G_d = (I − x M_d H)^(−1) M_d.
    h, s = np.zeros((most, r, r)), np.zeros((most, r, r))
    h_even, s_even = np.zeros((most, r, r)), np.zeros((most, r, r))
    g = np.zeros((most, len(parts), r, r))
    traces = np.empty(most)
    h[0] = h_even[0] = np.eye(r)
    for i in range(most):
        if i:
            h[i] = sum(s[j] @ h[i - 1 - j] for j in range(i))
            h_even[i] = sum((s[j] - s_even[j]) @ h_even[i - 1 - j] for j in range(i))
            g[i, even:] = parts[even:] @ sum(h[j] @ g[i - 1 - j, even:] for j in range(i))
            g[i, :even] = parts[:even] @ sum(h_even[j] @ g[i - 1 - j, :even] for j in range(i))
        else:
            g[0] = parts
        s_even[i] = np.tensordot(counts[:even], g[i, :even], 1) / k
        s[i] = np.tensordot(counts, g[i], 1) / k + (ridge / k if i == 0 else 0.0)
        # tr C^(i + 1) is the coefficient of Σ_d N_d tr(G_d H_d).
        later = sum(float(np.sum(s_even[j] * (h_even - h)[i - j].T)) for j in range(i + 1))
        traces[i] = k * (sum(float(np.sum(s[j] * h[i - j].T)) for j in range(i + 1)) + later)
    return traces


def _in_blocks(parts: Floats, counts: Floats, k: int, dim: int) -> tuple[Floats, Floats]:
    """Return the parts with that of degree 1 as k directions in orthogonal blocks see it.

    Every full block has a direction along each of D axes. One that is cut has them along some alone, which count for
    more than the others.
    """
    full, rest = divmod(k, dim)
    seen = np.array([full + 1.0, float(full)]) * dim / k
    first = seen[:, np.newaxis, np.newaxis] * parts[0]
    return np.concatenate([first, parts[1:]]), np.concatenate([[rest, dim - rest], counts[1:]])


def gauss_nodes(moments: Floats) -> tuple[Floats, Floats]:
    """Return nodes and weights with Σ w x^i = moments[i], i = 0..2q − 1, by Chebyshev's algorithm; fewer if those do.

    Examples
    --------
    >>> nodes, weights = gauss_nodes(np.array([2.0, 4.0, 10.0, 28.0]))
    >>> nodes.round(12), weights.round(12)
    (array([1., 3.]), array([1., 1.]))
    """
    scale = float(moments[1] / moments[0])
    m = (moments / scale ** np.arange(len(moments))).astype(np.longdouble)
    count = len(m) // 2
    alpha, beta = [m[1] / m[0]], [m[0]]
    before, now = np.zeros_like(m), m.copy()
    for i in range(1, count):
        following = np.zeros_like(m)
        for j in range(i, len(m) - i):
            following[j] = now[j + 1] - alpha[-1] * now[j] - beta[-1] * before[j]
        next_beta = following[i] / now[i - 1]
        if not next_beta > _EXHAUSTED * alpha[0] ** 2:
            break
        beta.append(next_beta)
        alpha.append(following[i + 1] / following[i] - now[i] / now[i - 1])
        before, now = now, following
    off = np.sqrt(np.array(beta[1:], np.float64))
    jacobi = np.diag(np.array(alpha, np.float64)) + np.diag(off, 1) + np.diag(off, -1)
    values, vectors = np.linalg.eigh(jacobi)
    return values * scale, float(moments[0]) * vectors[0] ** 2


def sphere_law(matrix: Floats, dim: int, n_slices: int, orthogonal: bool) -> WeightedChi2:
    """Return the limiting distribution of n·T over k drawn directions.

    Parameters
    ----------
    matrix : ndarray of shape (L, L)
        B, with the orders that the null leaves.
    dim : int
        Number of columns, at least 2.
    n_slices : int
        Number k of directions.
    orthogonal : bool
        Whether they are drawn in orthogonal blocks.
    """
    means = drawn_power_means(dim, n_slices, orthogonal, 2 * len(matrix))
    weights, degrees = [], []
    for first in (1, 2):
        part = matrix[first - 1 :: 2, first - 1 :: 2]
        if not part.any():
            continue
        rows = main_components(part, np.sqrt(means[2 * first :: 4]), _MOST_COMPONENTS)
        parts, counts = _by_degree(rows, first, dim)
        ridge = rows.T @ rows - np.tensordot(counts, parts, 1)
        # The eigenvalues λ of C are nodes of a measure with the moments tr C^(i + 1), and weights λ times how often.
        even = 0
        if orthogonal and first == 1:
            parts, counts = _in_blocks(parts, counts, n_slices, dim)
            even = 2
        moments = _moments(parts, counts, ridge, n_slices, 2 * _NODES, even=even)
        values, shares = gauss_nodes(moments)
        # A node that hardly counts is rounding: the moments were exhausted before.
        real = (values > 0.0) & (shares > _ROUNDING * values)
        weights.append(values[real])
        degrees.append(shares[real] / values[real])
    at = np.arange(1, len(matrix) + 1)
    variance = 2.0 * float(np.sum(matrix * matrix * means[at[:, np.newaxis] + at]))
    mean = float(np.trace(matrix))
    law = with_remainder(np.concatenate(weights), np.concatenate(degrees), mean, variance)
    # Orthogonal directions see the lowest degrees more evenly than independent ones: their variance is known exactly.
    return law.stretched(mean, variance)
