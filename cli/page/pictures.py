"""The pictures of samples on a page, and what they show in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slicednorm import plots, stats

from .shown_results import Shown
from .svg import RC, Picture, svg

_SIZE = (4.4, 3.3)


def in_band(band: stats.Band) -> str:
    """Return whether a curve stays inside its band."""
    held = f"the band that holds {100 * band.confidence_level:g}% of normal samples"
    return f"{'stays inside' if band.inside else 'leaves'} {held}"


def _agreed(band: stats.Band, subject: Shown) -> str:
    """Return why a curve and the verdict may say different things, if they do."""
    if band.inside and subject.report.rejects:
        return " The tests, which look at more, reject all the same."
    if not band.inside and not subject.report.rejects:
        return f" {100 * (1 - band.confidence_level):.2g}% of normal samples leave it too."
    return ""


def _slices(subject: Shown, ax: Axes) -> tuple[str, str]:
    plots.slice_qq(subject.bands, ax=ax)
    band = subject.bands.qq
    return (
        f"Q-Q plot of the least normal slice of {subject.label}: its curve {in_band(band)}.",
        f"The projection on the least normal of {subject.test.n_slices:,} directions against a normal distribution. "
        f"It {in_band(band)} (their own least normal slices; p = {band.pvalue:.2g} by "
        f"{band.n_resamples} replicates).{_agreed(band, subject)}",
    )


def _all_slices(subject: Shown, ax: Axes) -> tuple[str, str]:
    plots.slice_statistics(subject.bands, ax=ax)
    band = subject.bands.statistics
    return (
        f"Distances of all slices of {subject.label}, ascending: the curve {in_band(band)}.",
        "How far each projection is from normal, from the nearest to the farthest. Above the band everywhere: a "
        f"departure along many directions; at the right end only: along few.{_agreed(band, subject)}",
    )


def _null(subject: Shown, ax: Axes) -> tuple[str, str]:
    test, null = subject.test, subject.test.null_distribution
    plots.null_distribution(test, ax=ax)
    if null is None:
        return (
            f"Density of the statistic of normal samples, and that of {subject.label}, {test.statistic:.3g}.",
            f"The statistic of the sliced {test.title} test and its distribution for normal samples along the same "
            f"{test.n_slices:,} directions: p = {test.pvalue:.2g} by itself, the area to the right of the sample.",
        )
    reached = int((null >= test.statistic).sum())
    return (
        f"Histogram of the statistic of {len(null):,} normal samples, of which {reached:,} reach that of "
        f"{subject.label}, {test.statistic:.3g}.",
        f"The statistic of the sliced {test.title} test among those of simulated normal samples: {reached:,} of "
        f"{len(null):,} lie as far or farther.",
    )


def _components(subject: Shown, ax: Axes) -> tuple[str, str]:
    plots.components(subject.test, ax=ax)
    found = subject.test.components
    assert found is not None
    return (
        f"Bars of the parts of the statistic of {subject.label} beside those of normal samples. {found.sentence}",
        "What location, scale, skewness, kurtosis and all else contribute to the statistic, beside the average of "
        f"normal samples. {found.sentence}",
    )


def _radii(subject: Shown, ax: Axes) -> tuple[str, str]:
    plots.mahalanobis_qq(subject.radii, ax=ax)
    band = subject.radii.qq
    return (
        f"Q-Q plot of squared Mahalanobis distances of {subject.label}: the curve {in_band(band)}.",
        "How far the rows are from the centre. Outliers and heavy tails rise at the right end. The curve "
        f"{in_band(band)}.{_agreed(band, subject)}",
    )


def _histogram(subject: Shown, ax: Axes) -> tuple[str, str]:
    plots.direction_histogram(subject.direction, subject.findings.sample, ax=ax)
    found = subject.direction
    return (
        f"Histogram of {subject.label} along its least normal direction, over the normal density: "
        f"mean {found.mean:.2f}, standard deviation {found.sd:.2f}, skewness {found.skewness:.2f}, "
        f"excess kurtosis {found.excess_kurtosis:.2f}.",
        found.sentence
        if subject.is_explained
        else "The direction along which the sample is least normal. Normal samples have one too.",
    )


def _loadings(subject: Shown, ax: Axes) -> tuple[str, str]:
    plots.direction_loadings(subject.direction, names=subject.names, ax=ax)
    heaviest = max(range(subject.direction.dim), key=lambda index: abs(subject.direction.weights[index]))
    name = f"column {heaviest}" if subject.names is None else subject.names[heaviest]
    return (
        f"Weights of the columns of {subject.label} in its least normal direction, the largest that of {name}, "
        f"{subject.direction.weights[heaviest]:+.2f}.",
        "What that direction is made of: each column's part, as if all had standard deviation 1.",
    )


def _epochs(column: str, label: str) -> Callable[[Shown, Axes], tuple[str, str]]:
    def draw(subject: Shown, ax: Axes) -> tuple[str, str]:
        plots.history(subject.history, column, label=label, level=subject.findings.report.alpha, ax=ax)
        ax.set_title(f"{label[:1].upper()}{label[1:]}, by epoch")
        values = subject.history[column].dropna()
        first, last = values.iloc[0], values.iloc[-1]
        return (
            f"{label} of {subject.label} against the epoch: {first:.3g} at first, {last:.3g} at last.",
            f"From {first:.3g} to {last:.3g} while the model was trained.",
        )

    return draw


_Draw = Callable[[Shown, Axes], tuple[str, str]]

_OF_SAMPLES: tuple[_Draw, ...] = (_slices, _all_slices, _radii, _null, _components, _histogram, _loadings)
_OF_RUNS: dict[str, str] = {
    "pvalue_cvm": "p-value by cvm",
    "reconstruction_error": "reconstruction error",
    "mardia_skewness": "Mardia's skewness",
    "mardia_normalized_kurtosis": "Mardia's kurtosis - D(D+2)",
}

# Pictures whose axes are the same for both of two samples, so that they can be compared.
_COMMON = (_slices, _all_slices, _radii, _histogram)


def _same_axes(axes: Sequence[Axes]) -> None:
    if len({(ax.get_xscale(), ax.get_yscale(), ax.get_ylabel()) for ax in axes}) > 1:
        return
    for which in ("x", "y"):
        limits = [getattr(ax, f"get_{which}lim")() for ax in axes]
        for ax in axes:
            getattr(ax, f"set_{which}lim")(min(low for low, _ in limits), max(high for _, high in limits))


def _drawn(draw: _Draw, subjects: Sequence[Shown]) -> list[Picture]:
    axes: list[Axes] = [Figure(figsize=_SIZE, layout="constrained").subplots() for _ in subjects]
    words = [draw(subject, ax) for subject, ax in zip(subjects, axes, strict=True)]
    if draw in _COMMON:
        _same_axes(axes)
    return [
        Picture(subject.label, svg(cast(Figure, ax.figure)), *told)
        for subject, ax, told in zip(subjects, axes, words, strict=True)
    ]


def _can_be_drawn(draw: _Draw, subject: Shown) -> bool:
    if draw is _null:
        return subject.test.null is not None
    return draw is not _components or (subject.test.null is not None and subject.test.components is not None)


def pictures(subjects: Sequence[Shown]) -> list[Picture]:
    """Return the pictures of samples, those of the same kind beside each other."""
    found: list[Picture] = []
    with matplotlib.rc_context(RC):
        for draw in _OF_SAMPLES:
            shown = [subject for subject in subjects if _can_be_drawn(draw, subject)]
            found += _drawn(draw, shown)
        for column, label in _OF_RUNS.items():
            runs = [s for s in subjects if s.history is not None and s.history[column].notna().any()]
            found += _drawn(_epochs(column, label), runs)
    return found
