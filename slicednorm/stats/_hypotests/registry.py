"""Every test by its name: what it is called, whether it is defined, what it costs, how it runs, what can be cached.

A sliced test is registered with its distance in `slicednorm.distances`, a classical one in `CLASSICAL`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np

from slicednorm.directions import DirectionKind
from slicednorm.distances import DISTANCES, Distance
from slicednorm.stats._calibration.cached import Laws
from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._calibration.way import Way
from slicednorm.stats._hypotests.classical import CLASSICAL, ClassicalTest
from slicednorm.stats._hypotests.classical.run import laws_of, run_classical
from slicednorm.stats._hypotests.mardia.mardia import run_mardia
from slicednorm.stats._hypotests.mardia.measures import mardia_work
from slicednorm.stats._hypotests.mardia.null import mardia_laws, mardia_laws_hold
from slicednorm.stats._hypotests.mardia.result import KURTOSIS, SKEWNESS
from slicednorm.stats._hypotests.omnibus.members import omnibus_work
from slicednorm.stats._hypotests.omnibus.null import omnibus_laws
from slicednorm.stats._hypotests.omnibus.omnibus import NOTICES, TITLE, run_omnibus
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.sliced.sliced import run_sliced
from slicednorm.stats._null.sliced import SlicedLaws
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._slices.statistics import sliced_work
from slicednorm.stats._types import Aggregate, Null

Group: TypeAlias = Literal["sliced", "classical", "mardia", "omnibus"]


@dataclass(frozen=True)
class Shape:
    """The samples and the options that a null distribution belongs to.

    Attributes
    ----------
    n, dim : int
        The shape of the samples.
    null : {"standard", "composite"}
        Null hypothesis, as for `sliced_test`.
    aggregate : {"mean", "max"}
        How the slices are combined, as for `sliced_test`.
    n_slices : int
        Number of directions in more than one dimension.
    directions : {"iid", "orthogonal"}
        How they are drawn.
    dtype : numpy.dtype
        The precision in which the samples are computed.
    """

    n: int
    dim: int
    null: Null
    aggregate: Aggregate
    n_slices: int
    directions: DirectionKind
    dtype: np.dtype[np.floating]

    @property
    def slices(self) -> int:
        """How many directions there are; in one dimension there is only one."""
        return 1 if self.dim == 1 else self.n_slices


@dataclass(frozen=True)
class Heading:
    """What a result is called, and what its test notices."""

    name: str
    title: str
    sensitive_to: str


class Test(Protocol):
    """A test as the battery and the command line know it."""

    @property
    def name(self) -> str:
        """The name of the test, which is that of its distance or of its function."""

    @property
    def alias(self) -> str:
        """A shorter name, or the name itself."""

    @property
    def group(self) -> Group:
        """Which kind of test it is."""

    @property
    def headings(self) -> tuple[Heading, ...]:
        """What its results are called, one heading for each."""

    def check(self, n: int, dim: int, null: Null) -> None:
        """Raise a ValueError unless the test is defined for samples of a shape under a null."""

    def work(self, n: int, dim: int, n_slices: int) -> float:
        """Return about how long one evaluation takes, in nanoseconds on one core."""

    def has_law(self, null: Null) -> bool:
        """Return whether there is a limiting distribution under a null."""

    def law_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return whether the limiting distribution is known to hold for samples of a shape."""

    @property
    def can_be_cached(self) -> bool:
        """Whether all samples of a shape have one null distribution."""

    def laws(self, shape: Shape) -> Laws:
        """Return the null distributions of a shape, or raise a ValueError if they cannot be cached."""

    def run(self, sample: Sample, options: Options, way: Way | None) -> tuple[SignificanceResult, ...]:
        """Test a sample; ``"auto"`` is by replicates."""


@dataclass(frozen=True)
class SlicedTest:
    """A sliced test."""

    distance: Distance
    group: Literal["sliced"] = "sliced"

    @property
    def name(self) -> str:
        """The name of the distance."""
        return self.distance.name

    @property
    def alias(self) -> str:
        """The distance's name, which is short."""
        return self.distance.name

    @property
    def can_be_cached(self) -> bool:
        """Return True."""
        return True

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The title of the distance."""
        return (Heading(self.name, self.distance.title, self.distance.notices),)

    def check(self, n: int, dim: int, null: Null) -> None:
        """Do nothing: sliced tests are defined for all samples."""

    def work(self, n: int, dim: int, n_slices: int) -> float:
        """Return about how long one evaluation takes, if no other statistic shares its directions."""
        return sliced_work(n, dim, 1 if dim == 1 else n_slices, 1)

    def has_law(self, null: Null) -> bool:
        """Return False."""
        return False

    def law_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return False."""
        return False

    def laws(self, shape: Shape) -> Laws:
        """Return the null distribution over fresh directions."""
        return sliced_laws([self], shape)

    def run(self, sample: Sample, options: Options, way: Way | None) -> tuple[SignificanceResult, ...]:
        """Test a sample."""
        return run_sliced(sample, [self.distance], options, way)


def sliced_laws(tests: Sequence[SlicedTest], shape: Shape) -> SlicedLaws:
    """Return the null distributions of several sliced tests, which share their replicates."""
    return SlicedLaws(
        tuple(test.name for test in tests),
        shape.n,
        shape.dim,
        shape.null,
        shape.aggregate,
        shape.slices,
        shape.directions,
        shape.dtype.name,
    )


@dataclass(frozen=True)
class LiteratureTest:
    """A classical test."""

    test: ClassicalTest
    group: Literal["classical"] = "classical"

    @property
    def name(self) -> str:
        """The name of its function."""
        return self.test.name

    @property
    def alias(self) -> str:
        """The short name."""
        return self.test.alias

    @property
    def can_be_cached(self) -> bool:
        """Return whether the null distribution is the same for every covariance."""
        return self.test.rotates

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The title of the test."""
        return (Heading(self.name, self.test.title, self.test.notices),)

    def check(self, n: int, dim: int, null: Null) -> None:
        """Raise unless the test is defined."""
        self.test.check(n, dim, null)

    def work(self, n: int, dim: int, n_slices: int) -> float:
        """Return about how long one evaluation takes."""
        return self.test.work(n, dim)

    def has_law(self, null: Null) -> bool:
        """Return whether there is a limiting distribution."""
        return self.test.has_law(null)

    def law_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return whether the limiting distribution holds."""
        return self.test.law_holds(n, dim, null)

    def laws(self, shape: Shape) -> Laws:
        """Return the null distribution, or raise a ValueError if it depends on the sample's correlations."""
        found = laws_of(self.test, shape.n, shape.dim, shape.dtype, shape.null)
        if found is None:
            raise ValueError(
                f"the null distribution of {self.name!r} depends on the correlations of the sample; there is none to "
                "cache"
            )
        return found

    def run(self, sample: Sample, options: Options, way: Way | None) -> tuple[SignificanceResult, ...]:
        """Test a sample."""
        return (run_classical(self.test, sample, options, way),)


@dataclass(frozen=True)
class MardiaTest:
    """Mardia's two measures, which share their replicates."""

    name: str = "mardia"
    alias: str = "mardia"
    group: Literal["mardia"] = "mardia"

    @property
    def can_be_cached(self) -> bool:
        """Return True."""
        return True

    @property
    def headings(self) -> tuple[Heading, ...]:
        """Skewness and kurtosis."""
        return tuple(Heading(one.name, one.title, one.notices) for one in (SKEWNESS, KURTOSIS))

    def check(self, n: int, dim: int, null: Null) -> None:
        """Do nothing: the measures are defined for all samples."""

    def work(self, n: int, dim: int, n_slices: int) -> float:
        """Return about how long one evaluation takes."""
        return mardia_work(n, dim)

    def has_law(self, null: Null) -> bool:
        """Return True."""
        return True

    def law_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return whether the limiting distributions of both measures hold."""
        return mardia_laws_hold(n, dim, null)

    def laws(self, shape: Shape) -> Laws:
        """Return the null distributions of both measures."""
        return mardia_laws(shape.n, shape.dim, shape.dtype, shape.null)

    def run(self, sample: Sample, options: Options, way: Way | None) -> tuple[SignificanceResult, ...]:
        """Test a sample by both measures."""
        return run_mardia(sample, options, way).measures


@dataclass(frozen=True)
class OmnibusTest:
    """The smallest p-value of several tests."""

    name: str = "omnibus"
    alias: str = "omnibus"
    group: Literal["omnibus"] = "omnibus"

    @property
    def can_be_cached(self) -> bool:
        """Return True."""
        return True

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The title of the test."""
        return (Heading(self.name, TITLE, NOTICES),)

    def check(self, n: int, dim: int, null: Null) -> None:
        """Do nothing: there are always members."""

    def work(self, n: int, dim: int, n_slices: int) -> float:
        """Return about how long one evaluation of the members takes."""
        return omnibus_work(n, dim, n_slices)

    def has_law(self, null: Null) -> bool:
        """Return False."""
        return False

    def law_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return False."""
        return False

    def laws(self, shape: Shape) -> Laws:
        """Return the null distributions of the members, which belong together."""
        return omnibus_laws(shape.n, shape.dim, shape.dtype, shape.null, shape.slices)

    def run(self, sample: Sample, options: Options, way: Way | None) -> tuple[SignificanceResult, ...]:
        """Test a sample."""
        return (run_omnibus(sample, options, way),)


MARDIA, OMNIBUS = MardiaTest(), OmnibusTest()

_ALL: tuple[Test, ...] = (
    *(SlicedTest(distance) for distance in DISTANCES.values()),
    *(LiteratureTest(test) for test in CLASSICAL.values()),
    MARDIA,
    OMNIBUS,
)
TESTS: dict[str, Test] = {test.name: test for test in _ALL}
