"""Sliced and classical tests of multivariate normality on NumPy arrays."""

from slicednorm.stats._bands.band import Band
from slicednorm.stats._bands.radii import RadiusBandResult, radius_band
from slicednorm.stats._bands.slices import SliceBandsResult, slice_bands
from slicednorm.stats._calibration.asymptotic import SizeWarning
from slicednorm.stats._calibration.budget import affordable_resamples, fewest_resamples, most_resamples, size_error
from slicednorm.stats._calibration.cache import ENVIRONMENT as CACHE_ENVIRONMENT
from slicednorm.stats._calibration.cache import CacheWarning, cache_folder
from slicednorm.stats._calibration.cache import clear as clear_cache
from slicednorm.stats._calibration.cache import entries as cache_entries
from slicednorm.stats._calibration.tail import FARTHEST_TAIL
from slicednorm.stats._deviation.deviation import DeviationResult, deviation
from slicednorm.stats._deviation.direction import DirectionResult, least_normal_direction
from slicednorm.stats._deviation.size import DetectableSizeResult, detectable_size
from slicednorm.stats._hypotests.classical import (
    CLASSICAL,
    ClassicalTest,
    ClassicalTestResult,
    bhep,
    classical_test,
    cramer_wold,
    doornik_hansen,
    energy,
    henze_zirkler,
    royston,
)
from slicednorm.stats._hypotests.mardia.mardia import mardia
from slicednorm.stats._hypotests.mardia.measures import mardia_work
from slicednorm.stats._hypotests.mardia.null import mardia_laws_hold
from slicednorm.stats._hypotests.mardia.result import MardiaResult, MeasureResult
from slicednorm.stats._hypotests.omnibus.members import omnibus_work
from slicednorm.stats._hypotests.omnibus.omnibus import MemberResult, OmnibusTestResult, omnibus_test
from slicednorm.stats._hypotests.prepare import prepare
from slicednorm.stats._hypotests.sliced import SlicedTestResult, sliced_statistic, sliced_test, sliced_tests
from slicednorm.stats._hypotests.table import normality_table
from slicednorm.stats._null.large_n import replicate_size
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.errors import SampleError, SampleTypeError
from slicednorm.stats._sample.precision import steps_between_values
from slicednorm.stats._sample.whiten import check_target
from slicednorm.stats._slices.statistics import sliced_work

__all__ = [
    "CACHE_ENVIRONMENT",
    "CLASSICAL",
    "FARTHEST_TAIL",
    "Band",
    "CacheWarning",
    "ClassicalTest",
    "ClassicalTestResult",
    "DetectableSizeResult",
    "DeviationResult",
    "DirectionResult",
    "MardiaResult",
    "MeasureResult",
    "MemberResult",
    "OmnibusTestResult",
    "RadiusBandResult",
    "Sample",
    "SampleError",
    "SampleTypeError",
    "SizeWarning",
    "SliceBandsResult",
    "SlicedTestResult",
    "affordable_resamples",
    "as_sample",
    "bhep",
    "cache_entries",
    "cache_folder",
    "check_target",
    "classical_test",
    "clear_cache",
    "cramer_wold",
    "detectable_size",
    "deviation",
    "doornik_hansen",
    "energy",
    "fewest_resamples",
    "henze_zirkler",
    "least_normal_direction",
    "mardia",
    "mardia_laws_hold",
    "mardia_work",
    "most_resamples",
    "normality_table",
    "omnibus_test",
    "omnibus_work",
    "prepare",
    "radius_band",
    "replicate_size",
    "royston",
    "size_error",
    "slice_bands",
    "sliced_statistic",
    "sliced_test",
    "sliced_tests",
    "sliced_work",
    "steps_between_values",
]
