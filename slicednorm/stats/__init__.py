"""Sliced and classical tests of multivariate normality on NumPy arrays."""

from slicednorm.stats._cache import CacheWarning
from slicednorm.stats._classical import (
    CLASSICAL,
    ClassicalTest,
    ClassicalTestResult,
    bhep,
    cramer_wold,
    doornik_hansen,
    energy,
    henze_zirkler,
    royston,
)
from slicednorm.stats._errors import SampleError, SampleTypeError
from slicednorm.stats._large_n import replicate_size
from slicednorm.stats._laws import most_resamples, size_error
from slicednorm.stats._mardia import MardiaResult, mardia, mardia_work
from slicednorm.stats._sample import Sample, as_sample
from slicednorm.stats._sliced import (
    SlicedTestResult,
    sliced_statistic,
    sliced_test,
    sliced_tests,
    sliced_work,
)
from slicednorm.stats._tail import FARTHEST_TAIL
from slicednorm.stats._whiten import check_target

__all__ = [
    "CLASSICAL",
    "FARTHEST_TAIL",
    "CacheWarning",
    "ClassicalTest",
    "ClassicalTestResult",
    "MardiaResult",
    "Sample",
    "SampleError",
    "SampleTypeError",
    "SlicedTestResult",
    "as_sample",
    "bhep",
    "check_target",
    "cramer_wold",
    "doornik_hansen",
    "energy",
    "henze_zirkler",
    "mardia",
    "mardia_work",
    "most_resamples",
    "replicate_size",
    "royston",
    "size_error",
    "sliced_statistic",
    "sliced_test",
    "sliced_tests",
    "sliced_work",
]
