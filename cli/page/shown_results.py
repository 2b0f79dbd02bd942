"""What a report shows of a sample beside its tests: bands, the least normal direction, how many rows find it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slicednorm import stats
from slicednorm.stats._slices.statistics import sliced_work

from ..terminal.progress import Progress
from ..terminal.warnings import cache_lines
from ..testing.findings import Findings

# How many replicates the bands may have; as many as take less than this, in nanoseconds on one core.
_BAND_RESAMPLES = (199, 39, 19)
_MOST_WORK = 120e9

# By what slices are tested and ordered where no sliced test was asked for.
_DEFAULT = "cvm"


@dataclass(frozen=True)
class Shown:
    """A sample, and what was found of it.

    Attributes
    ----------
    findings : Findings
        The tests.
    test : slicednorm.stats.SlicedTestResult
        The sliced test that the pictures are by: the one with the smallest p-value.
    rejects : bool
        Whether that test rejects.
    n_bands : int
        Number of null replicates of the bands.
    bands : slicednorm.stats.SliceBandsResult
        Bands of the slices.
    radii : slicednorm.stats.RadiusBandResult
        Band of the rows' distances.
    direction : slicednorm.stats.DirectionResult
        The least normal direction.
    size : slicednorm.stats.DetectableSizeResult or None
        From how many rows on the deviation would be found; None if no sliced test rejects.
    about : mapping of str to str
        What is known of the sample beside its rows: facts by name.
    history : object
        A run's metrics, an epoch a row (a DataFrame), None for a file.
    """

    findings: Findings
    test: stats.SlicedTestResult
    rejects: bool
    n_bands: int
    bands: stats.SliceBandsResult
    radii: stats.RadiusBandResult
    direction: stats.DirectionResult
    size: stats.DetectableSizeResult | None
    about: Mapping[str, str] = field(default_factory=dict)
    history: Any = None

    @property
    def label(self) -> str:
        """What the sample is called."""
        return self.findings.report.label

    @property
    def names(self) -> Sequence[str] | None:
        """The names of the columns, where the file has them."""
        return self.findings.report.names


def _pictured(findings: Findings, workers: int) -> tuple[stats.SlicedTestResult, bool]:
    """Return the sliced test that the pictures are by, and whether it rejects."""
    report = findings.report
    # Without a p-value (a group's member by --method asymptotic) a test says neither yes nor no.
    sliced = [pair for pair in findings.sliced() if pair[1].has_pvalue]
    if sliced:
        row, chosen = min(sliced, key=lambda pair: (not pair[0].reject, pair[0].pvalue or 0.0))
        return chosen, bool(row.reject)
    with cache_lines(), Progress(_DEFAULT) as progress:
        test = stats.sliced_test(
            findings.sample,
            _DEFAULT,
            null=report.null,
            aggregate=report.aggregate,
            n_slices=report.asked_slices,
            directions=report.asked_directions,
            # Sliced tests have no limiting distribution.
            method="auto" if report.method == "asymptotic" else report.method,
            n_resamples=report.n_resamples,
            rng=report.seed,
            workers=workers,
            mean=findings.target["mean"],
            cov=findings.target["cov"],
            progress=progress,
        )
    return test, test.has_pvalue and test.pvalue <= report.alpha


def shown_of(findings: Findings, *, workers: int, about: Mapping[str, str], history: Any = None) -> Shown:
    """Compute what a report shows of a sample."""
    report, sample, target = findings.report, findings.sample, findings.target
    test, rejects = _pictured(findings, workers)
    one = sliced_work(sample.n, sample.dim, test.n_slices, 1)
    count = next((m for m in _BAND_RESAMPLES if m * one <= _MOST_WORK), _BAND_RESAMPLES[-1])
    options: dict[str, Any] = {"workers": workers, **target}
    with Progress("bands") as progress:
        bands = stats.slice_bands(sample, test, n_resamples=count, progress=progress, **options)
    radii = stats.radius_band(
        sample,
        null=report.null,
        n_resamples=count,
        rng=report.seed,
        **options,
    )
    if rejects:
        found = stats.deviation(sample, test, level=report.alpha, names=report.names, **options)
        direction, size = found.direction, found.size
    else:
        direction, size = stats.least_normal_direction(sample, test, names=report.names, **options), None
    return Shown(findings, test, rejects, count, bands, radii, direction, size, about, history)
