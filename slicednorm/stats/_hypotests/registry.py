"""Every test by its name: what it is called, whether it is defined, what it costs, how it runs, what can be cached.

A sliced test is registered with its distance in `slicednorm.distances`, a classical one in `CLASSICAL` or `MORE`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from slicednorm.directions import DirectionKind
from slicednorm.distances import DISTANCES, Distance
from slicednorm.stats._calibration.analytic import NO_FORMULA, why_no_formula
from slicednorm.stats._calibration.cached_or_computed import Laws
from slicednorm.stats._calibration.method import Way
from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._hypotests.classical import CLASSICAL, MORE, ClassicalTest
from slicednorm.stats._hypotests.classical.run import laws_of, run_classical
from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.combined.null import Combined, combined_laws
from slicednorm.stats._hypotests.mardia.mardia import run_mardia
from slicednorm.stats._hypotests.mardia.measures import mardia_work
from slicednorm.stats._hypotests.mardia.null import mardia_laws, mardia_laws_hold
from slicednorm.stats._hypotests.mardia.result import KURTOSIS, SKEWNESS
from slicednorm.stats._hypotests.omnibus.omnibus import OMNIBUS, run_omnibus
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.pursuit.pursuit import PURSUIT, run_pursuit
from slicednorm.stats._hypotests.pursuit.statistics import check_shape
from slicednorm.stats._hypotests.sliced.run import run_sliced
from slicednorm.stats._null.sliced import SlicedLaws
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._slices.statistics import sliced_work
from slicednorm.stats._types import Aggregate, Null

Group: TypeAlias = Literal["sliced", "classical", "mardia", "combined", "more"]


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
        """How many directions there are: all those of one dimension are the same."""
        return 1 if self.dim == 1 else self.n_slices


@dataclass(frozen=True)
class Heading:
    """What a result is called, and what its test notices."""

    name: str
    title: str
    sensitive_to: str


def _is_defined(n: int, dim: int, null: Null) -> None:
    """Do nothing, for a test that is defined for all samples."""


def _has_no_law(null: Null) -> bool:
    return False


def _no_formula(n: int, dim: int, null: Null, aggregate: Aggregate) -> str | None:
    return NO_FORMULA


def _no_formula_holds(n: int, dim: int, null: Null) -> bool:
    return False


def _no_law_holds(n: int, dim: int, null: Null) -> bool:
    return False


@dataclass(frozen=True)
class Test:
    """What the battery and the command line know of a test.

    Attributes
    ----------
    name : str
        Its name, which is that of its distance or of its function.
    group : {"sliced", "classical", "mardia", "combined", "more"}
        Which kind of test it is; ``"more"`` are classical ones as well, which run only if they are asked for.
    headings : tuple of Heading
        What its results are called, one for each.
    run : callable
        ``run(sample, options, way)`` tests a sample and returns its results; ``"auto"`` is by replicates.
    work : callable
        ``work(n, dim, n_slices)`` is about how long one evaluation takes, in nanoseconds on one core.
    laws : callable
        ``laws(shape)`` are the null distributions that can be cached.
    alias : str
        A shorter name, or the name itself.
    check : callable
        ``check(n, dim, null)`` raises a ValueError unless the test is defined for samples of a shape under a null.
    has_law : callable
        ``has_law(null)``, whether there is a limiting distribution under a null.
    law_holds : callable
        ``law_holds(n, dim, null)``, whether it is known to hold for samples of a shape.
    why_no_formula : callable
        ``why_no_formula(n, dim, null, aggregate)`` says why there is no null distribution as a formula for samples of a
        shape, and is None if there is one.
    formula_holds : callable
        ``formula_holds(n, dim, null)``, whether ``"auto"`` is to take that formula; a sliced test decides it by itself.
    can_be_cached : bool
        Whether all samples of a shape have one null distribution.
    instead : str or None
        What to use under the standard null, for a test that has no form for it.
    """

    name: str
    group: Group
    headings: tuple[Heading, ...]
    run: Callable[[Sample, Options, Way | None], tuple[SignificanceResult, ...]]
    work: Callable[[int, int, int], float]
    laws: Callable[[Shape], Laws]
    alias: str
    check: Callable[[int, int, Null], None] = _is_defined
    has_law: Callable[[Null], bool] = _has_no_law
    law_holds: Callable[[int, int, Null], bool] = _no_law_holds
    why_no_formula: Callable[[int, int, Null, Aggregate], str | None] = _no_formula
    formula_holds: Callable[[int, int, Null], bool] = _no_formula_holds
    can_be_cached: bool = True
    instead: str | None = None


def sliced_laws(names: Sequence[str], shape: Shape) -> SlicedLaws:
    """Return the null distributions of several sliced tests, which share their replicates."""
    return SlicedLaws(
        tuple(names),
        shape.n,
        shape.dim,
        shape.null,
        shape.aggregate,
        shape.slices,
        shape.directions,
        shape.dtype.name,
    )


def of_distance(distance: Distance) -> Test:
    """Return the sliced test by a distance."""
    return Test(
        name=distance.name,
        alias=distance.name,
        group="sliced",
        headings=(Heading(distance.name, distance.title, distance.sensitive_to),),
        run=lambda sample, options, way: run_sliced(sample, [distance], options, way),
        work=lambda n, dim, n_slices: sliced_work(n, dim, 1 if dim == 1 else n_slices, 1),
        laws=lambda shape: sliced_laws([distance.name], shape),
        why_no_formula=lambda n, dim, null, aggregate: why_no_formula(distance, n, dim, null, aggregate),
    )


def of_classical(test: ClassicalTest, group: Group = "classical") -> Test:
    """Return a classical test as one of all."""

    def laws(shape: Shape) -> Laws:
        found = laws_of(test, shape.n, shape.dim, shape.dtype, shape.null)
        if found is None:
            raise ValueError(
                f"the null distribution of {test.name!r} depends on the correlations of the sample; there is none to "
                "cache"
            )
        return found

    return Test(
        name=test.name,
        alias=test.alias,
        group=group,
        headings=(Heading(test.name, test.title, test.sensitive_to),),
        run=lambda sample, options, way: (run_classical(test, sample, options, way),),
        work=lambda n, dim, n_slices: test.work(n, dim),
        laws=laws,
        check=test.check,
        has_law=test.has_law,
        law_holds=test.law_holds,
        why_no_formula=lambda n, dim, null, aggregate: test.why_no_formula(n, dim, null),
        formula_holds=test.formula_holds,
        can_be_cached=test.rotates,
        instead=test.instead,
    )


MARDIA = Test(
    name="mardia",
    alias="mardia",
    group="mardia",
    headings=tuple(Heading(one.name, one.title, one.sensitive_to) for one in (SKEWNESS, KURTOSIS)),
    run=lambda sample, options, way: run_mardia(sample, options, way).measures,
    work=lambda n, dim, n_slices: mardia_work(n, dim),
    laws=lambda shape: mardia_laws(shape.n, shape.dim, shape.dtype, shape.null),
    has_law=lambda null: True,
    law_holds=lambda n, dim, null: mardia_laws_hold(n, dim, null),
)


def of_combined(
    test: Combined,
    run: Callable[[Sample, Options, Way | None], CombinedTestResult],
    check: Callable[[int, int, Null], None] = _is_defined,
) -> Test:
    """Return a test that judges several statistics together as one of all."""
    return Test(
        name=test.name,
        alias=test.name,
        group="combined",
        headings=(Heading(test.name, test.title, test.sensitive_to),),
        run=lambda sample, options, way: (run(sample, options, way),),
        work=test.work,
        laws=lambda shape: combined_laws(test, shape.n, shape.dim, shape.dtype, shape.null, shape.slices),
        check=check,
    )


_ALL = (
    *map(of_distance, DISTANCES.values()),
    *map(of_classical, CLASSICAL.values()),
    MARDIA,
    of_combined(OMNIBUS, run_omnibus),
    of_combined(PURSUIT, run_pursuit, check_shape),
    *(of_classical(test, "more") for test in MORE.values()),
)
TESTS: dict[str, Test] = {test.name: test for test in _ALL}
