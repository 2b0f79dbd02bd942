"""What location, scale, skewness and kurtosis contribute to a sliced statistic."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from slicednorm import stats
from slicednorm.plots._style import NULL, OBSERVED, axes_for, expect, finish


def components(result: stats.SlicedTestResult, *, ax: Axes | None = None) -> Axes:
    """Draw the parts of a sliced statistic, beside what they are on the average of normal samples.

    Parameters
    ----------
    result : slicednorm.stats.SlicedTestResult
        The result of a sliced test whose statistic is the mean over slices, of any statistic but ``"ks"`` and ``"sw"``.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on; its x axis is the number of rows times the statistic.

    Raises
    ------
    ValueError
        If the statistic has no such parts.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((200, 3))
    >>> components(stats.sliced_test(x, "cvm", rng=0)).get_xlabel()
    'part of n times the statistic'
    """
    expect(result, stats.SlicedTestResult, "result", "the result of a sliced test")
    parts = result.components
    if parts is None or result.null is None:
        raise ValueError(
            f"{result.name} with aggregate={result.aggregate!r} has no parts to draw; take the mean over slices of "
            "another statistic than 'ks' and 'sw', with a p-value"
        )
    shown = [part for part in parts.values() if part.expected > 0.0]
    whole, normal = result.n * result.statistic, result.n * result.null.mean()
    places = np.arange(len(shown))[::-1]
    ax = axes_for(ax)
    ax.barh(places + 0.2, [part.share * whole for part in shown], 0.4, color=OBSERVED, label="the sample")
    expected = [part.expected * normal for part in shown]
    ax.barh(places - 0.2, expected, 0.4, color=NULL, alpha=0.5, label="normal samples, on average")
    # The current Axes may have those of another picture.
    ax.set(xscale="linear", yscale="linear")
    ax.set_yticks(places, [f"{part.name}, p = {part.pvalue:.2g}" for part in shown])
    ax.margins(y=0.1)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    title = f"{result.title[:1].upper()}{result.title[1:]}: its parts"
    return finish(ax, title=title, xlabel="part of n times the statistic", ylabel="", headroom=0.35)
