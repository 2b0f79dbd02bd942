"""Curves of order statistics, with the bands in which a normal sample's stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from slicednorm import stats
from slicednorm.plots._style import BAND, NULL, OBSERVED, OTHER, axes_for, finish
from slicednorm.stats._arguments import spelled
from slicednorm.stats._results import Result

_Result = TypeVar("_Result")

Show: TypeAlias = Literal["values", "differences", "widths"]

# Numbers of rows from which on a band is thinner than a line, and thin even after its centre is subtracted.
_DIFFERENCES_FROM = 500
_WIDTHS_FROM = 5_000

# This many half-widths of the band are shown on a linear scale; curves farther out take a logarithm.
_EVEN_WIDTHS = 2.0
_FAR_WIDTHS = 10.0

_OTHER_DASHES = ["--", ":", "-."]


def _band_label(band: stats.Band) -> str:
    return f"{100 * band.confidence_level:g}% of normal samples"


def _result(given: Any, kind: type[_Result], compute: Callable[..., _Result], options: dict[str, Any]) -> _Result:
    """Return a result that was given, or compute that of a sample."""
    if isinstance(given, Result) and not isinstance(given, kind):
        raise TypeError(f"expected a sample or the result of stats.{compute.__name__}, got {type(given).__name__}")
    if not isinstance(given, kind):
        return compute(given, **options)
    if options:
        raise ValueError(f"{', '.join(options)}: options go with a sample; a result has its own")
    return given


def _chosen(show: Show | None, n: int) -> Show:
    if show is None:
        return "values" if n < _DIFFERENCES_FROM else "differences" if n < _WIDTHS_FROM else "widths"
    if show not in ("values", "differences", "widths"):
        raise ValueError(f"show must be 'values', 'differences' or 'widths', got {spelled(show)}")
    return show


def _shown(curve: NDArray[Any], band: stats.Band, show: Show) -> NDArray[Any]:
    """Return a curve as it is drawn: unchanged, less the band's centre, or that in half-widths of the band."""
    if show == "values":
        return curve
    away = curve - band.centre
    if show == "differences":
        return away
    return np.asarray(away / np.where(away < 0.0, band.centre - band.lower, band.upper - band.centre))


def _draw(ax: Axes, band: stats.Band, others: NDArray[Any], show: Show, label: str) -> None:
    """Draw a Q-Q plot: the band, its middle, the sample's curve, and others."""
    x = band.positions
    lower, centre, upper, observed = (
        _shown(curve, band, show) for curve in (band.lower, band.centre, band.upper, band.observed)
    )
    ax.fill_between(x, lower, upper, label=_band_label(band), **BAND)
    ax.plot(x, centre, color=NULL, linewidth=1.0)
    for index, curve in enumerate(others):
        ax.plot(
            x,
            _shown(curve, band, show),
            color=OTHER,
            linewidth=1.0,
            linestyle=_OTHER_DASHES[index % len(_OTHER_DASHES)],
            label=f"the next {len(others)}" if index == 0 and len(others) > 1 else None if index else "the next",
        )
    ax.plot(x, observed, "o", markersize=3.5 if len(x) < 100 else 2.2, color=OBSERVED, label=label)
    if show == "widths" and np.max(np.abs(observed)) > _FAR_WIDTHS:
        ax.set_yscale("symlog", linthresh=_EVEN_WIDTHS)


def _ylabel(what: str, show: Show) -> str:
    return {
        "values": what,
        "differences": f"{what} less the quantile",
        "widths": f"{what} less the quantile,\nin half-widths of the band",
    }[show]


def slice_qq(
    result: stats.SliceBandsResult | ArrayLike, *, show: Show | None = None, ax: Axes | None = None, **options: Any
) -> Axes:
    """Draw the Q-Q plot of the least normal slices, with the band for the least normal slice of a normal sample.

    Parameters
    ----------
    result : slicednorm.stats.SliceBandsResult or array_like of shape (n, D)
        The result of `slicednorm.stats.slice_bands`, or a sample that is passed to it.
    show : {"values", "differences", "widths"}, optional
        What to draw: ``"values"``; ``"differences"`` from what is expected of a normal sample, so that the band is
        visible for many rows; or ``"widths"``, these differences in half-widths of the band, which is straight then. By
        default differences from 500 rows on, and widths from 5,000.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.
    **options
        Options of `slicednorm.stats.slice_bands`, if a sample is given.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on.

    Raises
    ------
    ValueError
        As `slicednorm.stats.slice_bands`; if options are given with a result.
    TypeError
        As `slicednorm.stats.slice_bands`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((60, 3))
    >>> slice_qq(x, n_slices=16, n_resamples=39, rng=0).get_xlabel()
    'normal quantile'
    """
    bands = _result(result, stats.SliceBandsResult, stats.slice_bands, options)
    ax = axes_for(ax)
    chosen = _chosen(show, bands.n)
    _draw(ax, bands.qq, bands.others, chosen, "the least normal slice")
    return finish(
        ax,
        title=f"Least normal slice by {bands.title}",
        xlabel="normal quantile",
        ylabel=_ylabel("value of the slice", chosen),
        headroom=0.45 if chosen != "values" else 0.0,
    )


def mahalanobis_qq(
    result: stats.RadiusBandResult | ArrayLike, *, show: Show | None = None, ax: Axes | None = None, **options: Any
) -> Axes:
    """Draw the χ² Q-Q plot of the rows' squared Mahalanobis distances, with the band for a normal sample's.

    Parameters
    ----------
    result : slicednorm.stats.RadiusBandResult or array_like of shape (n, D)
        The result of `slicednorm.stats.radius_band`, or a sample that is passed to it.
    show : {"values", "differences", "widths"}, optional
        What to draw, as for `slice_qq`.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.
    **options
        Options of `slicednorm.stats.radius_band`, if a sample is given.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on.

    Raises
    ------
    ValueError
        As `slicednorm.stats.radius_band`; if options are given with a result.
    TypeError
        As `slicednorm.stats.radius_band`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((60, 3))
    >>> mahalanobis_qq(x, n_resamples=39, rng=0).get_xlabel()
    'quantile of χ² with 3 degrees of freedom'
    """
    band = _result(result, stats.RadiusBandResult, stats.radius_band, options)
    ax = axes_for(ax)
    chosen = _chosen(show, band.n)
    _draw(ax, band.qq, np.empty((0, 0)), chosen, "rows of the sample")
    standard = f"quantile of χ² with {band.dim} degree{'s' if band.dim > 1 else ''} of freedom"
    return finish(
        ax,
        title="Squared Mahalanobis distances",
        xlabel=standard if band.null == "standard" else "quantile of normal rows (scaled beta)",
        ylabel=_ylabel("squared distance of a row", chosen),
        headroom=0.25 if chosen != "values" else 0.0,
    )


def slice_statistics(result: stats.SliceBandsResult | ArrayLike, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw the distances of all slices in ascending order, with the band for a normal sample's.

    The curve of a sample that deviates along few directions leaves the band at the right end; if it deviates along all
    of them, it lies above the band everywhere.

    Parameters
    ----------
    result : slicednorm.stats.SliceBandsResult or array_like of shape (n, D)
        The result of `slicednorm.stats.slice_bands`, or a sample that is passed to it.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.
    **options
        Options of `slicednorm.stats.slice_bands`, if a sample is given.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on.

    Raises
    ------
    ValueError
        As `slicednorm.stats.slice_bands`; if options are given with a result.
    TypeError
        As `slicednorm.stats.slice_bands`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((60, 3))
    >>> slice_statistics(x, n_slices=16, n_resamples=39, rng=0).get_yscale()
    'log'
    """
    bands = _result(result, stats.SliceBandsResult, stats.slice_bands, options)
    ax = axes_for(ax)
    band = bands.statistics
    ax.fill_between(band.positions, band.lower, band.upper, label=_band_label(band), **BAND)
    ax.plot(band.positions, band.centre, color=NULL, linewidth=1.0)
    ax.plot(band.positions, band.observed, color=OBSERVED, linewidth=1.8, label="slices of the sample")
    ax.set_yscale("log")
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    return finish(
        ax,
        title="Distances of all slices",
        xlabel="share of the slices that are nearer",
        ylabel=f"{bands.title} distance",
        headroom=0.2,
    )
