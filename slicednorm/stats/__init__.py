"""Sliced and classical tests of multivariate normality on NumPy arrays.

The folders follow the way of the data, each on top of those before it: a sample, its slices, the calibration of a
statistic, the null that it is compared with, the tests; then where a sample deviates, and the bands of its pictures.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from slicednorm.stats._calibration.asymptotic import SizeWarning
from slicednorm.stats._calibration.budget import size_error
from slicednorm.stats._calibration.cache import ENVIRONMENT as CACHE_ENVIRONMENT
from slicednorm.stats._calibration.cache import CacheWarning, cache_folder
from slicednorm.stats._calibration.cache import Entry as CacheEntry
from slicednorm.stats._calibration.cache import clear as clear_cache
from slicednorm.stats._calibration.cache import entries as cache_entries
from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._distributions.empirical import EmpiricalNull
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._hypotests.classical import (
    ClassicalTestResult,
    bhep,
    classical_test,
    cramer_wold,
    doerr_ebner_henze,
    doerr_ebner_henze_double,
    doornik_hansen,
    energy,
    fattorini,
    henze_jimenez_gamero,
    henze_visagie,
    henze_zirkler,
    royston,
    villasenor_gonzalez,
)
from slicednorm.stats._hypotests.columns import column_table
from slicednorm.stats._hypotests.combined.member import CombinedTestResult, MemberResult
from slicednorm.stats._hypotests.mardia.mardia import mardia
from slicednorm.stats._hypotests.mardia.result import MardiaResult, MeasureResult
from slicednorm.stats._hypotests.omnibus.omnibus import OmnibusTestResult, omnibus_test
from slicednorm.stats._hypotests.prepare import prepare
from slicednorm.stats._hypotests.pursuit.pursuit import PursuitTestResult, pursuit_test
from slicednorm.stats._hypotests.sliced.components import Component, Components
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._hypotests.sliced.sliced import sliced_test, sliced_tests
from slicednorm.stats._hypotests.sliced.statistic import sliced_statistic
from slicednorm.stats._hypotests.table import normality_table
from slicednorm.stats._hypotests.transformations import transformations
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.concerns.note import DataNote
from slicednorm.stats._sample.concerns.notes import data_notes
from slicednorm.stats._sample.dependent import DependentColumns, dependent_columns
from slicednorm.stats._sample.errors import SampleError, SampleTypeError

if TYPE_CHECKING:
    from slicednorm.stats._bands.band import Band
    from slicednorm.stats._bands.radii import RadiusBandResult, radius_band
    from slicednorm.stats._bands.slices import SliceBandsResult, slice_bands
    from slicednorm.stats._deviation.deviation import DeviationResult, deviation
    from slicednorm.stats._deviation.direction import least_normal_direction
    from slicednorm.stats._deviation.direction_result import DirectionResult
    from slicednorm.stats._deviation.outliers import outliers
    from slicednorm.stats._deviation.size import DetectableSizeResult, detectable_size

__all__ = [
    "CACHE_ENVIRONMENT",
    "Band",
    "CacheEntry",
    "CacheWarning",
    "ClassicalTestResult",
    "CombinedTestResult",
    "Component",
    "Components",
    "DataNote",
    "DependentColumns",
    "DetectableSizeResult",
    "DeviationResult",
    "DirectionResult",
    "EmpiricalNull",
    "MardiaResult",
    "MeasureResult",
    "MemberResult",
    "OmnibusTestResult",
    "PursuitTestResult",
    "RadiusBandResult",
    "Sample",
    "SampleError",
    "SampleTypeError",
    "SignificanceResult",
    "SizeWarning",
    "SliceBandsResult",
    "SlicedTestResult",
    "WeightedChi2",
    "as_sample",
    "bhep",
    "cache_entries",
    "cache_folder",
    "classical_test",
    "clear_cache",
    "column_table",
    "cramer_wold",
    "data_notes",
    "dependent_columns",
    "detectable_size",
    "deviation",
    "doerr_ebner_henze",
    "doerr_ebner_henze_double",
    "doornik_hansen",
    "energy",
    "fattorini",
    "henze_jimenez_gamero",
    "henze_visagie",
    "henze_zirkler",
    "least_normal_direction",
    "mardia",
    "normality_table",
    "omnibus_test",
    "outliers",
    "prepare",
    "pursuit_test",
    "radius_band",
    "royston",
    "size_error",
    "slice_bands",
    "sliced_statistic",
    "sliced_test",
    "sliced_tests",
    "transformations",
    "villasenor_gonzalez",
]

# What comes after a test is imported when it is first asked for, so that a test does not wait for it.
_AFTERWARDS = {
    "Band": "_bands.band",
    "DetectableSizeResult": "_deviation.size",
    "DeviationResult": "_deviation.deviation",
    "DirectionResult": "_deviation.direction_result",
    "RadiusBandResult": "_bands.radii",
    "SliceBandsResult": "_bands.slices",
    "detectable_size": "_deviation.size",
    "deviation": "_deviation.deviation",
    "least_normal_direction": "_deviation.direction",
    "outliers": "_deviation.outliers",
    "radius_band": "_bands.radii",
    "slice_bands": "_bands.slices",
}


def __getattr__(name: str) -> Any:
    if name not in _AFTERWARDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_AFTERWARDS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_AFTERWARDS})
