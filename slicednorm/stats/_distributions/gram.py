"""The null distribution of a mean over given directions, from the matrix of their cosines.

n·T = (1/k) Σ_j Σ_lm B_lm S_jl S_jm, and Cov(S_jl, S_im) = δ_lm ρ_ji^l. With B = EEᵀ its weights are the eigenvalues of
the matrix (1/k) Σ_l E_lr E_ls ρ_ji^l over (slice j, component r). Even and odd orders do not mix. The trace and the
sum of squares are known exactly, from the cosines alone. So the largest eigenvalues are computed, and the many small
ones need only be right on the whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances._quadratic.form import Floats
from slicednorm.stats._distributions.components import main_components
from slicednorm.stats._distributions.remainder import with_remainder
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2

# The matrix has at most this size, but a few components of B in any case.
_LARGEST = 768
_LEAST_COMPONENTS = 3

# Up to this size all eigenvalues are computed; else a block Krylov space of so many vectors and steps.
_DENSE = 400
_BLOCK, _STEPS = 16, 7

# Ritz vectors with a residual below these shares of their value and of the gap to the next are eigenvectors: the value
# is right to the square of that. Values closer than the last one are equal.
_CONVERGED, _STANDS_OUT = 0.02, 0.3
_EQUAL = 1e-5

# A block that is smaller than this share of the first adds nothing in single precision.
_EXHAUSTED = 1e-6

# By how much a quadrature is adjusted at most.
_ADJUSTED = (0.8, 1.25)

# Powers of cosines below this are 0, and so many are held at a time.
_VANISHES = 1e-6
_STRIP = 1 << 17


def power_means(cosines: Floats, most: int) -> Floats:
    """Return the means of ρ^p over all pairs of directions, p = 0..most."""
    found = np.empty(most + 1)
    found[0] = 1.0
    upper = cosines[np.triu_indices(len(cosines), 1)]
    k = len(cosines)
    power = np.ones_like(upper)
    for p in range(1, most + 1):
        power = power * upper
        found[p] = (k + 2.0 * power.sum()) / (k * k)
        if p % 8 == 0:
            # Most cosines are small, and their powers soon vanish.
            kept = np.abs(power) > 1e-12
            if 2 * np.count_nonzero(kept) < kept.size:
                upper, power = upper[kept], power[kept]
    return found


def _block_matrix(components: Floats, first: int, cosines: Floats) -> Floats:
    """Return the matrix (1/k) Σ_l E_lr E_ls ρ^l over (component r, slice j) for orders first, first + 2, ...."""
    k, r = len(cosines), components.shape[1]
    off = cosines.copy()
    np.fill_diagonal(off, 0.0)
    farthest = min(float(np.max(np.abs(off), initial=0.0)), 1.0)
    # The powers of an order that vanish between all directions are left on the diagonal alone.
    orders = first + 2 * np.arange(len(components))
    counted = max(1, int(np.count_nonzero(farthest**orders >= _VANISHES)))
    pairs = [(a, b) for a in range(r) for b in range(a, r)]
    products = np.array([components[:counted, a] * components[:counted, b] for a, b in pairs])
    found = np.empty((r, k, r, k))
    square = off * off
    # A strip of slices at a time, so that their powers stay in the cache.
    strip = max(1, _STRIP // (counted * k))
    for start in range(0, k, strip):
        part = slice(start, start + strip)
        powers = np.empty((counted, *off[part].shape))
        powers[0] = off[part] if first == 1 else square[part]
        for row in range(1, counted):
            np.multiply(powers[row - 1], square[part], out=powers[row])
        blocks = (products @ powers.reshape(counted, -1)).reshape(len(pairs), *off[part].shape)
        for (a, b), block in zip(pairs, blocks, strict=True):
            found[a, part, b, :] = found[b, part, a, :] = block
    diagonal = np.arange(k)
    for a, b in pairs:
        found[a, diagonal, b, diagonal] = found[b, diagonal, a, diagonal] = float(components[:, a] @ components[:, b])
    return np.asarray(found.reshape(r * k, r * k) / k)


def _spectrum(matrix: Floats) -> tuple[Floats, Floats]:
    """Return eigenvalues and how often each counts: all, or the largest and a quadrature for the others.

    A block Krylov space from random vectors has Ritz values that are eigenvalues where they have converged, and nodes
    of a Gauss quadrature for the others, whose weights are the shares of the random vectors in the Ritz vectors.
    """
    size = len(matrix)
    if size <= _DENSE:
        values = np.linalg.eigvalsh(matrix)
        return values, np.ones(size)
    # Single precision is enough for values of which the trace and the sum of squares are known exactly.
    single = matrix.astype(np.float32)
    # Always the same vectors: the answer depends on the directions alone.
    block = np.linalg.qr(np.random.default_rng(0).standard_normal((size, _BLOCK), np.float32))[0]
    basis, images = block, [single @ block]
    for _ in range(_STEPS):
        fresh = _outside(basis, images[-1])
        if float(np.linalg.norm(fresh)) <= _EXHAUSTED * float(np.linalg.norm(images[0])):
            break
        # Of columns that were exhausted only rounding is left, which must be made orthogonal again.
        block = np.linalg.qr(_outside(basis, np.linalg.qr(fresh)[0]))[0]
        basis = np.concatenate([basis, block], axis=1)
        images.append(single @ block)
    projected = (basis.T @ np.concatenate(images, axis=1)).astype(np.float64)
    values, vectors = np.linalg.eigh(0.5 * (projected + projected.T))
    # Only the last block leads out of the space.
    residuals = np.linalg.norm(_outside(basis, images[-1]) @ vectors[-_BLOCK:], axis=0)
    weights = size / _BLOCK * np.sum(vectors[:_BLOCK] ** 2, axis=0)
    # From the largest down, those that stand out from the next by more than their residuals are eigenvalues. What is
    # not positive is rounding.
    at = len(values)
    while at and values[at - 1] > 0.0:
        largest = values[at - 1]
        same = int(np.count_nonzero(values[:at] >= (1.0 - _EQUAL) * largest))
        gap = values[at - same] - (values[at - same - 1] if at > same else 0.0)
        if float(np.max(residuals[at - same : at])) > min(_CONVERGED * largest, _STANDS_OUT * gap):
            break
        if same < _BLOCK:
            # Else there are more equal ones than the block can hold, and the weights say how many.
            weights[at - same : at] = 1.0
        at -= same
    return values, weights


def _outside(basis: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the part of vectors that is orthogonal to a basis; twice, for the rounding."""
    for _ in range(2):
        vectors = vectors - basis @ (basis.T @ vectors)
    return vectors


def _matched(values: Floats, counts: Floats, trace: float, squares: float) -> tuple[Floats, Floats]:
    """Return eigenvalues with the trace and the sum of squares that are known: what was not exact is adjusted."""
    positive = values > 1e-12 * values.max()
    values, counts = values[positive], counts[positive]
    loose = counts != 1.0
    left, left_squares = trace - values[~loose].sum(), squares - float(values[~loose] @ values[~loose])
    if not loose.any():
        return values, counts
    found, found_squares = counts[loose] @ values[loose], counts[loose] @ values[loose] ** 2
    ratio = (left_squares / found_squares) / (left / found)
    if not _ADJUSTED[0] < ratio < _ADJUSTED[1]:
        # What has not converged is rounding.
        return values[~loose], counts[~loose]
    values, counts = values.copy(), counts.copy()
    values[loose] *= ratio
    counts[loose] *= left / found / ratio
    return values, counts


def gram_law(matrix: Floats, cosines: Floats) -> WeightedChi2:
    """Return the limiting distribution of n·T.

    Parameters
    ----------
    matrix : ndarray of shape (L, L)
        B, with the orders that the null leaves.
    cosines : ndarray of shape (k, k)
        Cosines of the directions, 1 on the diagonal.
    """
    k = len(cosines)
    means = power_means(cosines, 2 * len(matrix))
    weights, degrees = [], []
    for first in (1, 2):
        part = matrix[first - 1 :: 2, first - 1 :: 2]
        if not part.any():
            continue
        components = main_components(part, np.sqrt(means[2 * first :: 4]), max(_LEAST_COMPONENTS, _LARGEST // k))
        found = _block_matrix(components, first, cosines)
        eigenvalues, counts = _matched(*_spectrum(found), float(np.trace(found)), float(np.vdot(found, found)))
        weights.append(eigenvalues)
        degrees.append(counts)
    rows, squares = np.arange(1, len(matrix) + 1), 2.0 * matrix * matrix
    variance = float(np.sum(squares * means[rows[:, np.newaxis] + rows]))
    return with_remainder(np.concatenate(weights), np.concatenate(degrees), float(np.trace(matrix)), variance)
