"""How things look: alike in every picture, distinct without colour, and on dark as well as on light backgrounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

_PALETTE = sns.color_palette("colorblind")

# Colours of what was observed, of what is expected under the null, and of the rest. Text and axes have the caller's
# own.
OBSERVED = _PALETTE[0]
NULL = (0.5, 0.5, 0.5)
OTHER = _PALETTE[1]

# How far values may spread on a linear axis, and how far the linear part of a signed one reaches.
_WIDE = 20.0
_LINEAR_UP_TO = 100.0

# The grey of normal samples: half transparent, it shows on white and on black.
BAND: dict[str, Any] = {"color": NULL, "alpha": 0.3, "linewidth": 0}


def axes_for(ax: Axes | None) -> Axes:
    """Return the Axes to draw on: the caller's, or pyplot's current one."""
    return plt.gca() if ax is None else ax


def finish(ax: Axes, *, title: str, xlabel: str, ylabel: str, legend: bool = True, headroom: float = 0.0) -> Axes:
    """Add title, labels and legend, with a share ``headroom`` of the height for the legend, and return the Axes."""
    if headroom:
        scale = ax.yaxis.get_transform()
        low, high = scale.transform(np.asarray(ax.get_ylim()))
        ax.set_ylim(top=float(scale.inverted().transform(np.asarray([high + headroom * (high - low)]))[0]))
    ax.set_title(title)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if legend:
        ax.legend(frameon=False, loc="upper left" if headroom else "best")
    sns.despine(ax=ax)
    return ax


def set_scale(ax: Axes, values: NDArray[Any], *, signed: bool = False) -> None:
    """Choose the scale of the y axis so that values far off do not flatten the others.

    It is logarithmic if they span more than a factor of 20. For ``signed`` values it is logarithmic beyond 100 on both
    sides, if they reach 20 times as far.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes whose scale is set.
    values : ndarray
        The values that are drawn.
    signed : bool, default: False
        Whether values of both signs are drawn.

    Examples
    --------
    >>> import numpy as np
    >>> set_scale(ax := plt.figure().subplots(), np.asarray([0.1, 1.0, 90.0]))
    >>> ax.get_yscale()
    'log'
    """
    sizes = np.abs(values[np.isfinite(values)])
    if sizes.size and signed and sizes.max() > _WIDE * _LINEAR_UP_TO:
        ax.set_yscale("symlog", linthresh=_LINEAR_UP_TO)
    elif sizes.size and not signed and sizes.min() > 0 and sizes.max() > _WIDE * sizes.min():
        ax.set_yscale("log")
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))


def bin_count(values: NDArray[Any], low: float, high: float, most: int) -> int:
    """Return how many bars a histogram from low to high has, by the rule of Freedman and Diaconis, at most ``most``."""
    quartiles = np.quantile(values, [0.25, 0.75])
    width = 2.0 * float(quartiles[1] - quartiles[0]) / len(values) ** (1.0 / 3.0)
    # Values that are nearly all equal have no width.
    return most if width * most <= high - low else max(7, int(np.ceil((high - low) / width)))


def expect(value: Any, kinds: type | tuple[type, ...], name: str, wanted: str) -> None:
    """Raise a TypeError unless an argument is of one of the kinds, which ``wanted`` names."""
    if not isinstance(value, kinds):
        raise TypeError(f"{name} must be {wanted}, got {type(value).__name__}")


def pvalue_text(pvalue: float | None) -> str:
    """Return a p-value in words."""
    if pvalue is None:
        return "no p-value"
    return f"p = {pvalue:.2g}" if pvalue < 0.1 else f"p = {pvalue:.2f}"
