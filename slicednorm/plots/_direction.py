"""The direction along which a sample is least normal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from slicednorm import stats
from slicednorm.plots._style import NULL, OBSERVED, OTHER, axes_for, bin_count, expect, finish
from slicednorm.stats._sample.called import Called, checked_names

# Values farther out are counted in the outermost bars, and mentioned.
_FARTHEST = 6.0

_MOST_BINS = 80

# Longer names of columns would leave no room for the bars.
_LONGEST_NAME = 20
_FEW = 100


def _named_beyond(scores: NDArray[Any], low: float, high: float) -> str:
    beyond = int(np.count_nonzero((scores < low) | (scores > high)))
    return f"\n({beyond:,} beyond the ends, the farthest at {scores[np.argmax(np.abs(scores))]:.3g})" if beyond else ""


def direction_histogram(result: stats.DirectionResult, x: ArrayLike | stats.Sample, *, ax: Axes | None = None) -> Axes:
    """Draw the histogram of a sample along the least normal direction, over the density of N(0, 1).

    Parameters
    ----------
    result : slicednorm.stats.DirectionResult
        The result of `slicednorm.stats.least_normal_direction` on the sample.
    x : array_like of shape (n, D) or slicednorm.stats.Sample
        The sample.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on.

    Raises
    ------
    ValueError
        If x does not have the shape of the sample that was searched.
    TypeError
        If x does not hold real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((200, 3))
    >>> found = stats.least_normal_direction(x, "cvm", n_slices=16, rng=0)
    >>> direction_histogram(found, x).get_ylabel()
    'density'
    """
    expect(result, stats.DirectionResult, "result", "the result of stats.least_normal_direction")
    scores = result.scores(x)
    ax = axes_for(ax)
    low, high = max(-_FARTHEST, float(scores.min())), min(_FARTHEST, float(scores.max()))
    low, high = min(low, -3.5), max(high, 3.5)
    shown = np.clip(scores, low, high)
    count = bin_count(shown, low, high, _MOST_BINS)
    sns.histplot(
        x=shown, bins=count, binrange=(low, high), stat="density", color=OBSERVED, alpha=0.3, edgecolor="none", ax=ax
    )
    if len(shown) < _FEW:
        sns.rugplot(x=shown, color=OBSERVED, height=0.05, ax=ax)
    grid = np.linspace(low, high, 201)
    ax.plot(
        grid, np.exp(-0.5 * grid**2) / np.sqrt(2.0 * np.pi), color=OTHER, linewidth=2.2, linestyle="--", label="N(0, 1)"
    )
    return finish(
        ax,
        title=f"Along the least normal direction: {result.kind}",
        xlabel=f"projection of a row{_named_beyond(scores, low, high)}",
        ylabel="density",
        headroom=0.15,
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def direction_loadings(
    result: stats.DirectionResult, *, names: Sequence[str] | None = None, most: int = 15, ax: Axes | None = None
) -> Axes:
    """Draw the weight of each column in the least normal direction.

    The weights are for columns of standard deviation 1, and scaled to length 1.

    Parameters
    ----------
    result : slicednorm.stats.DirectionResult
        The result of `slicednorm.stats.least_normal_direction`.
    names : sequence of str, optional
        Names of the D columns; those of the result by default, else they are numbered from 0.
    most : int, default: 15
        Number of columns to show, those with the largest weights.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on.

    Raises
    ------
    ValueError
        If ``names`` does not name each column, or ``most`` is less than 1.
    TypeError
        If ``names`` are not words.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((200, 3))
    >>> found = stats.least_normal_direction(x, "cvm", n_slices=16, rng=0)
    >>> len(direction_loadings(found).get_yticklabels())
    3
    """
    expect(result, stats.DirectionResult, "result", "the result of stats.least_normal_direction")
    expect(most, int, "most", "a whole number")
    names = checked_names(names, Called(result.names), result.dim)
    if most < 1:
        raise ValueError(f"most must be at least 1, got {most}")
    ax = axes_for(ax)
    order = np.argsort(-np.abs(result.weights), kind="stable")[:most]
    shown = [f"column {index}" if names is None else _short(str(names[index])) for index in order]
    places = np.arange(len(order))
    weights = result.weights[order]
    bars = ax.barh(places, weights, color=OBSERVED, alpha=0.8)
    for bar, weight in zip(bars, weights, strict=True):
        bar.set_hatch("" if weight >= 0.0 else "////")
    ax.axvline(0.0, color=NULL, linewidth=1.0)
    ax.set_yticks(places, shown, parse_math=False)  # a name with dollars is not a formula
    ax.invert_yaxis()
    left_out = result.dim - len(order)
    which = f"Largest weights ({left_out:,} more left out)" if left_out else "Weights of the columns"
    return finish(
        ax,
        title=f"{which} in that direction",
        xlabel="weight, of columns of standard deviation 1",
        ylabel="",
        legend=False,
    )
