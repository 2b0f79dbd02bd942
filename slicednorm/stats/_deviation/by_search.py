"""The direction by whose search a sample was rejected, where a sliced test that stands for that supports none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from numpy.typing import ArrayLike

from slicednorm.stats._deviation.direction_result import DirectionResult
from slicednorm.stats._deviation.search import Way
from slicednorm.stats._deviation.words import sentence_along
from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.omnibus.omnibus import OmnibusTestResult
from slicednorm.stats._hypotests.pursuit.along import Along, along, has_direction
from slicednorm.stats._hypotests.pursuit.pursuit import PursuitTestResult
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._slices.steps import profile_in_steps, steps_of
from slicednorm.stats._streams import root_seed

# What a profile and a direction have both.
_MOMENTS = ("mean", "sd", "skewness", "excess_kurtosis", "mean_z", "sd_z", "skewness_z", "kurtosis_z")

_WAYS: dict[str, Way] = {"gap": "gap", "peak": "peak"}


def or_of_its_search(
    direction: DirectionResult,
    sample: Sample,
    test: CombinedTestResult,
    *,
    mean: ArrayLike | None,
    cov: ArrayLike | None,
    names: Sequence[str] | None,
) -> DirectionResult:
    """Return a direction as it is, or the one of the test's own search if no kind is supported along it.

    That takes a test which is driven by a search. Its kind is not tested by itself: ``kind_pvalue`` is None.
    """
    if direction.kind != "unclear" or not has_direction(test.driver):
        return direction
    driver = next(member for member in test.members if member.name == test.driver)
    if isinstance(test, PursuitTestResult):
        seen = Along(test.direction, test.loadings, test.weights, test.centre, test.projection)
    else:
        assert isinstance(test, OmnibusTestResult)
        whitening = whitening_for(sample.rows, test.hypothesis, mean, cov)
        seen = along(sample.rows, whitening, test.hypothesis, test.directions, driver.name)
    shape = profile_in_steps(seen.projection, steps_of(sample.rows, root_seed(test.seed)), seen.loadings, seen.weights)
    return replace(
        direction,
        name=driver.name,
        title=driver.title,
        statistic=driver.statistic,
        statistic_start=math.nan,
        statistic_held_out=None,
        pvalue=driver.pvalue,
        kind=shape.kind,
        kind_pvalue=None,
        sentence=sentence_along(seen.weights, shape, len(seen.projection), names),
        **{name: getattr(shape, name) for name in _MOMENTS},
        bimodality=shape.split,
        way=_WAYS.get(driver.name, "climb"),
        direction=seen.direction,
        loadings=seen.loadings,
        weights=seen.weights,
        centre=seen.centre,
    )
