"""A statistic among those of normal samples."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from slicednorm import stats
from slicednorm.plots._style import NULL, OBSERVED, axes_for, bin_count, expect, finish, pvalue_text
from slicednorm.stats._arguments import spelled

# Beyond this multiple of the largest replicate a statistic is shown on a logarithmic axis.
_FAR = 3.0

_MOST_BINS = 60

# How far into either tail a density is drawn, and by how many points.
_SHOWN_TAIL = 1e-4
_POINTS = 200


def _of_mardia(result: stats.MardiaResult, measure: str | None) -> stats.MeasureResult:
    if measure not in ("skewness", "kurtosis"):
        raise ValueError(f"measure must be 'skewness' or 'kurtosis' with Mardia's result, got {spelled(measure)}")
    return result.measures[0 if measure == "skewness" else 1]


def null_distribution(
    result: stats.SignificanceResult | stats.MardiaResult,
    *,
    measure: Literal["skewness", "kurtosis"] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the null distribution of a test's statistic, with the observed one and its p-value.

    Parameters
    ----------
    result : slicednorm.stats.SignificanceResult or slicednorm.stats.MardiaResult
        The result of a test with a p-value by replicates or by a formula.
    measure : {"skewness", "kurtosis"}, optional
        Which of Mardia's two measures to draw, with the result of `slicednorm.stats.mardia`.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on; its x axis is logarithmic if the statistic is far beyond all replicates.

    Raises
    ------
    ValueError
        If the result has no null distribution, or ``measure`` is missing or not needed.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((60, 3))
    >>> result = stats.sliced_test(x, "cvm", n_slices=16, n_resamples=99, rng=0)
    >>> null_distribution(result).get_title()
    'Cramér-von Mises: p = ...'
    """
    expect(result, (stats.SignificanceResult, stats.MardiaResult), "result", "the result of a test")
    if isinstance(result, stats.MardiaResult):
        result = _of_mardia(result, measure)
    elif measure is not None:
        raise ValueError(f"measure={spelled(measure)} goes with the result of mardia; leave it out")
    statistic, null = result.statistic, result.null_distribution
    if null is not None and not len(null):
        raise ValueError("the result has no null distribution to draw; test with a p-value by replicates or a formula")
    title = _title(result)
    ax = axes_for(ax)
    if null is None:
        _draw_law(ax, result)
        return finish(
            ax,
            title=f"{title}: {pvalue_text(result.pvalue)}",
            xlabel=_xlabel(result),
            ylabel="density for normal samples",
            headroom=0.25,
        )
    far = statistic > _FAR * float(null.max()) and float(null.min()) > 0.0 and np.isfinite(statistic)
    finite = null[np.isfinite(null)]
    shown = np.log10(finite) if far else finite
    bins: Any = bin_count(shown, float(shown.min()), float(shown.max()), _MOST_BINS)
    sns.histplot(
        x=finite,
        bins=bins,
        stat="count",
        color=NULL,
        edgecolor="none",
        alpha=0.5,
        log_scale=bool(far),
        ax=ax,
        label=f"{len(null):,} normal samples",
    )
    if np.isfinite(statistic):
        ax.vlines(statistic, 0.0, ax.get_ylim()[1], color=OBSERVED, linewidth=2.2, label="the sample")
    if far:
        ax.set_xlim(right=2.0 * statistic)
    else:
        # The current Axes may have those of another picture.
        ax.set(xscale="linear", yscale="linear")
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.ticklabel_format(axis="x", scilimits=(-2, 4))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return finish(
        ax,
        title=f"{title}: {pvalue_text(result.pvalue)}",
        xlabel=_xlabel(result),
        ylabel="number of normal samples",
        headroom=0.25,
    )


def _draw_law(ax: Axes, result: stats.SignificanceResult) -> None:
    """Draw the density of a null distribution that is a formula, and the observed statistic."""
    law, statistic = result.null, result.statistic
    assert isinstance(law, stats.WeightedChi2)
    low, high = float(law.ppf(_SHOWN_TAIL)), float(law.isf(_SHOWN_TAIL))
    far = statistic > _FAR * high
    x = np.geomspace(low, high, _POINTS) if far else np.linspace(low, high, _POINTS)
    density = law.pdf(x)
    ax.fill_between(x, density, color=NULL, alpha=0.5, linewidth=0.0, label="normal samples")
    if np.isfinite(statistic):
        ax.vlines(statistic, 0.0, float(np.max(density)), color=OBSERVED, linewidth=2.2, label="the sample")
    ax.set(xscale="log" if far else "linear", yscale="linear", ylim=(0.0, None))
    if far:
        ax.set_xlim(right=2.0 * statistic)
    else:
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.ticklabel_format(axis="x", scilimits=(-2, 4))
    ax.yaxis.set_major_locator(MaxNLocator(5))


def _title(result: stats.SignificanceResult) -> str:
    if isinstance(result, stats.MeasureResult):
        return result.title.replace("Mardia", "Mardia's")
    return result.title[:1].upper() + result.title[1:]


def _xlabel(result: stats.SignificanceResult) -> str:
    if isinstance(result, stats.MeasureResult):
        return _title(result)
    if isinstance(result, stats.CombinedTestResult):
        return "mean of the members' p-values (small speaks against normality)"
    if isinstance(result, stats.SlicedTestResult):
        return f"{'mean' if result.aggregate == 'mean' else 'largest'} distance of {result.n_slices:,} slices"
    return "statistic"
