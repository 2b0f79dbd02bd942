"""What a report shows of a sample beside its tests: bands, the least normal direction, columns, rows that stand out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slicednorm import stats
from slicednorm.stats._slices.statistics import sliced_work

from ..terminal.progress import Progress
from ..testing.explaining import Explaining, explained, explained_by_any
from ..testing.findings import Findings, Report, StandingOut
from ..testing.request import Request
from ..testing.standing_out import standing_out
from .columns import described_columns

if TYPE_CHECKING:
    import pandas as pd

# How many replicates the bands may have; as many as take less than this, in nanoseconds on one core.
_BAND_RESAMPLES = (199, 39, 19)
_MOST_WORK = 120e9

# In how many values rows that stand out are looked for: all of them are held in memory.
_MOST_SEARCHED = 5e7


@dataclass(frozen=True)
class Shown:
    """A sample, and what was found of it.

    Attributes
    ----------
    findings : Findings
        The tests.
    by : Explaining
        The sliced test that the pictures are by, and whether it explains a rejection.
    n_bands : int
        Number of null replicates of the bands.
    bands : slicednorm.stats.SliceBandsResult
        Bands of the slices.
    radii : slicednorm.stats.RadiusBandResult
        Band of the rows' distances.
    direction : slicednorm.stats.DirectionResult
        The least normal direction.
    size : slicednorm.stats.DetectableSizeResult or None
        From how many rows on the deviation would be found; None if there is none to explain.
    columns : pandas.DataFrame or None
        What each column is like by itself, as `slicednorm.stats.column_table` has it; None if they are too many.
    outliers : StandingOut or None
        Rows that stand out; None if they cannot be told.
    about : mapping of str to str
        What is known of the sample beside its rows: facts by name.
    history : object
        A run's metrics, an epoch a row (a DataFrame), None for a file.
    """

    findings: Findings
    by: Explaining
    n_bands: int
    bands: stats.SliceBandsResult
    radii: stats.RadiusBandResult
    direction: stats.DirectionResult
    size: stats.DetectableSizeResult | None
    columns: pd.DataFrame | None = None
    outliers: StandingOut | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    history: Any = None

    @property
    def report(self) -> Report:
        """What was tested, and the verdicts."""
        return self.findings.report

    @property
    def test(self) -> stats.SlicedTestResult:
        """The sliced test that the pictures are by."""
        return self.by.test

    @property
    def is_explained(self) -> bool:
        """Whether the least normal direction explains a rejection."""
        return self.by.rejects

    @property
    def label(self) -> str:
        """What the sample is called."""
        return self.report.label

    @property
    def names(self) -> Sequence[str] | None:
        """The names of the columns, where the file has them."""
        return self.report.names


def n_band_resamples(sample: stats.Sample, n_slices: int) -> int:
    """Return how many replicates the bands of a sample have."""
    one = sliced_work(sample.n, sample.dim, n_slices, 1)
    return next((m for m in _BAND_RESAMPLES if m * one <= _MOST_WORK), _BAND_RESAMPLES[-1])


def outliers_of(found: Findings, request: Request) -> StandingOut | None:
    """Return the rows that stand out, None where the sample or its values are too large to tell."""
    if found.sample.n * found.sample.dim > _MOST_SEARCHED:
        return None
    try:
        return standing_out(found, request)
    except stats.SampleError:
        return None


def shown_of(found: Findings, request: Request, *, about: Mapping[str, str], history: Any = None) -> Shown:
    """Compute what a report shows of a sample, whose verdicts are final."""
    report, sample, target = found.report, found.sample, found.target
    by = explained_by_any(found, request.jobs)
    count = n_band_resamples(sample, by.test.n_slices)
    options: dict[str, Any] = {"workers": request.jobs, **target}
    with Progress("bands") as progress:
        bands = stats.slice_bands(sample, by.test, n_resamples=count, progress=progress, **options)
    radii = stats.radius_band(sample, null=report.null, n_resamples=count, rng=report.seed, **options)
    if by.rejects:
        told = explained(found, by, request.jobs)
        direction, size = told.direction, told.size
    else:
        direction, size = stats.least_normal_direction(sample, by.test, names=report.names, **options), None
    return Shown(
        findings=found,
        by=by,
        n_bands=count,
        bands=bands,
        radii=radii,
        direction=direction,
        size=size,
        columns=described_columns(found, request.jobs),
        outliers=outliers_of(found, request),
        about=about,
        history=history,
    )
