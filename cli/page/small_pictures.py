"""Small pictures of groups: for each how far its rows are from the centre, those told apart first."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure

from slicednorm import plots, stats

from ..terminal.progress import Progress
from ..testing.groups import OfGroup
from .pictures import in_band
from .svg import RC, Picture, svg

# How many groups are drawn, how many replicates their bands have, and how large the pictures are.
MOST_DRAWN = 12
N_BANDS = 99
_SIZE = (2.9, 2.2)
_SMALL = {**RC, "font.size": 8.0, "axes.titlesize": 8.0, "legend.fontsize": 7.0}


def _clearest_first(one: OfGroup) -> float:
    assert one.report is not None
    return min((row.pvalue for row in one.report.tests if row.pvalue is not None), default=1.0)


def small_pictures(groups: Sequence[OfGroup], workers: int) -> list[Picture]:
    """Return a picture of each group that was tested, of at most `MOST_DRAWN` with the smallest p-values."""
    tested = [one for one in groups if one.found is not None]
    drawn = {one.group for one in sorted(tested, key=_clearest_first)[:MOST_DRAWN]}
    found = []
    with matplotlib.rc_context(_SMALL), Progress("pictures") as progress:
        for index, one in enumerate(group for group in tested if group.group in drawn):
            assert one.found is not None
            report = one.found.report
            band = stats.radius_band(
                one.found.sample, null=report.null, n_resamples=N_BANDS, rng=report.seed, workers=workers
            )
            figure = Figure(figsize=_SIZE, layout="constrained")
            ax = figure.subplots()
            plots.mahalanobis_qq(band, ax=ax)
            ax.set_title("")
            legend = ax.get_legend()
            if legend is not None:
                legend.remove()
            alt = f"Q-Q plot of squared Mahalanobis distances of {one.group}: the curve {in_band(band.qq)}."
            found.append(
                Picture(
                    one.group,
                    svg(figure),
                    alt,
                    f"n = {one.n:,}; {'inside' if band.qq.inside else 'leaves'} the band.",
                )
            )
            progress(index + 1, len(drawn))
    return found
