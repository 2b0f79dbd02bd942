"""Tests of multivariate normality from the literature, one file for each, with one way through them all."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from slicednorm.stats._arguments import spelled
from slicednorm.stats._hypotests.classical.base import ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.bhep import BHEP, bhep
from slicednorm.stats._hypotests.classical.cramer_wold import CRAMER_WOLD, cramer_wold
from slicednorm.stats._hypotests.classical.doerr_ebner_henze import DOERR_EBNER_HENZE, doerr_ebner_henze
from slicednorm.stats._hypotests.classical.doerr_ebner_henze_double import (
    DOERR_EBNER_HENZE_DOUBLE,
    doerr_ebner_henze_double,
)
from slicednorm.stats._hypotests.classical.doornik_hansen import DOORNIK_HANSEN, doornik_hansen
from slicednorm.stats._hypotests.classical.energy import ENERGY, energy
from slicednorm.stats._hypotests.classical.fattorini import FATTORINI, fattorini
from slicednorm.stats._hypotests.classical.henze_jimenez_gamero import HENZE_JIMENEZ_GAMERO, henze_jimenez_gamero
from slicednorm.stats._hypotests.classical.henze_visagie import HENZE_VISAGIE, henze_visagie
from slicednorm.stats._hypotests.classical.henze_zirkler import HENZE_ZIRKLER, henze_zirkler
from slicednorm.stats._hypotests.classical.royston import ROYSTON, royston
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.classical.villasenor_gonzalez import VILLASENOR_GONZALEZ, villasenor_gonzalez
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

# By the names of their functions: those that the group "classical" stands for, and more that run by their names or as
# the group "more", so that a table of a group does not take longer with each of them.
CLASSICAL: dict[str, ClassicalTest] = {
    test.name: test for test in (HENZE_ZIRKLER, BHEP, ENERGY, ROYSTON, DOORNIK_HANSEN, CRAMER_WOLD)
}
MORE: dict[str, ClassicalTest] = {
    test.name: test
    for test in (
        HENZE_VISAGIE,
        DOERR_EBNER_HENZE,
        DOERR_EBNER_HENZE_DOUBLE,
        VILLASENOR_GONZALEZ,
        HENZE_JIMENEZ_GAMERO,
        FATTORINI,
    )
}


def classical_test(
    x: ArrayLike | Sample,
    test: str,
    *,
    null: Null = "composite",
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> ClassicalTestResult:
    """Run a classical test by its name, as the function of that name does.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for the test itself.
    test : str
        ``"henze_zirkler"`` (or ``"hz"``), ``"bhep"``, ``"energy"``, ``"royston"``, ``"doornik_hansen"`` (or ``"dh"``),
        ``"cramer_wold"``, ``"henze_visagie"`` (or ``"hv"``), ``"doerr_ebner_henze"`` (or ``"deh"``),
        ``"doerr_ebner_henze_double"`` (or ``"dehu"``), ``"villasenor_gonzalez"`` (or ``"vg"``),
        ``"henze_jimenez_gamero"`` (or ``"hjg"``), ``"fattorini"``.
    null : {"standard", "composite"}, default: "composite"
        Null hypothesis, as for the test itself.
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found, as for the test itself.
    n_resamples : int, optional
        Number of null replicates, as for the test itself.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for the test itself.
    workers : int, default: 1
        Number of threads, as for the test itself.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for the test itself.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for the test itself.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: the residuals are tested.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        Steps to which values were rounded, as for `as_sample`: the null is that of rounded normal rows.
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation to be fitted first, as for `as_sample`: null replicates are transformed likewise.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for the test itself.
    progress : callable, optional
        Called as ``progress(done, total)``, as for the test itself.

    Returns
    -------
    ClassicalTestResult
        The statistic, its p-value, and what they come from.

    Raises
    ------
    ValueError
        If the name is unknown, and as the test itself.
    TypeError
        As the test itself.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((60, 3))
    >>> classical_test(x, "energy", n_resamples=99, rng=0) == energy(x, n_resamples=99, rng=0)
    True
    """
    known = CLASSICAL | MORE
    aliases = {one.alias: one for one in known.values()}
    key = test.lower()
    if key not in known and key not in aliases:
        raise ValueError(f"unknown test {spelled(test)}; known: {', '.join(known)}")
    return run(
        known[key] if key in known else aliases[key],
        x,
        null=null,
        method=method,
        n_resamples=n_resamples,
        rng=rng,
        workers=workers,
        mean=mean,
        cov=cov,
        design=design,
        groups=groups,
        rounding=rounding,
        transform=transform,
        nan_policy=nan_policy,
        progress=progress,
    )


__all__ = [
    "CLASSICAL",
    "MORE",
    "ClassicalTest",
    "ClassicalTestResult",
    "bhep",
    "classical_test",
    "cramer_wold",
    "doerr_ebner_henze",
    "doerr_ebner_henze_double",
    "doornik_hansen",
    "energy",
    "fattorini",
    "henze_jimenez_gamero",
    "henze_visagie",
    "henze_zirkler",
    "royston",
    "villasenor_gonzalez",
]
