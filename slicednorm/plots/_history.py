"""Measurements from epoch to epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from slicednorm.plots._style import NULL, OBSERVED, axes_for, expect, finish, set_scale
from slicednorm.stats._arguments import spelled

if TYPE_CHECKING:
    import pandas as pd


def history(
    frame: pd.DataFrame | Any,
    y: str = "pvalue",
    *,
    x: str = "epoch",
    level: float = 0.05,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a p-value or a metric against the epoch of a run.

    Parameters
    ----------
    frame : pandas.DataFrame, list of dict or slicednorm.monitor.LatentMonitor
        A DataFrame with a row for each epoch, a list of dicts that makes one, or a `slicednorm.monitor.LatentMonitor`.
    y : str, default: "pvalue"
        Column to draw. If its name begins or ends with "pvalue", the axis is logarithmic and ends at 1.
    x : str, default: "epoch"
        Column of epochs.
    level : float, default: 0.05
        Level of the tests, which is drawn with p-values.
    label : str, optional
        Name of the values, that of the column by default.
    ax : matplotlib.axes.Axes, optional
        What to draw on; pyplot's current Axes by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes that was drawn on.

    Raises
    ------
    ValueError
        If a column is missing, or holds no number.

    Examples
    --------
    >>> history([{"epoch": 1, "pvalue": 0.01}, {"epoch": 2, "pvalue": 0.4}]).get_yscale()
    'log'
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame) and hasattr(frame, "to_frame"):
        frame = frame.to_frame()
    expect(frame, (pd.DataFrame, list, tuple), "frame", "a DataFrame, a list of rows or a LatentMonitor")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    frame = frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)
    for column in (x, y):
        if column not in frame:
            raise ValueError(
                f"there is no column {spelled(column)}, only {', '.join(map(str, frame.columns)) or 'none'}"
            )
    values = frame[[x, y]].apply(pd.to_numeric, errors="coerce").dropna()
    if values.empty:
        raise ValueError(f"there is no row with numbers in both columns, {spelled(x)} and {spelled(y)}")
    ax = axes_for(ax)
    name = y if label is None else label
    marker = "o" if len(values) <= 60 else ""
    is_pvalue = y.startswith("pvalue") or y.endswith("pvalue")
    shown = values[y].clip(lower=np.finfo(float).tiny) if is_pvalue else values[y]
    ax.plot(values[x], shown, color=OBSERVED, linewidth=1.6, marker=marker, markersize=4, label=name)
    if is_pvalue:
        ax.set_yscale("log")
        ax.axhline(level, color=NULL, linestyle="--", linewidth=1.2, label=f"level {level:g}")
        ax.set_ylim(top=1.3)
    else:
        set_scale(ax, shown.to_numpy(dtype=float), signed=bool((shown < 0.0).any()))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return finish(ax, title="", xlabel=x, ylabel=name, legend=is_pvalue)
