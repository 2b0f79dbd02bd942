"""Reports made by hand, with the rows wanted."""

import math
from dataclasses import replace

import numpy as np
from slicednorm_cli.testing.findings import Report, Row, Slices

from slicednorm.stats import MeasureResult, OmnibusTestResult, SignificanceResult
from slicednorm.stats._calibration.pvalue import Calibration


def row(test="cvm", pvalue=0.5, holm=None, reject=None, m=999, statistic=0.0123456, tail_pvalue=None, **more):
    decisive = pvalue if holm is None else holm
    stderr = None if pvalue is None or m is None else math.sqrt(pvalue * (1 - pvalue) / (m + 1))
    method = more.pop("method", "asymptotic" if m is None else "monte carlo")
    calibration = Calibration(
        pvalue, stderr, m, np.empty(0), None if pvalue is None else method, tail_pvalue, more.pop("law_n", None)
    )
    together = more.pop("together", 1)
    common = {
        "name": test,
        "title": test.upper(),
        "sensitive_to": "",
        "statistic": statistic,
        "n": 500,
        "dim": 5,
        "hypothesis": "standard",
        "seed": 7,
        "calibration": calibration,
    }
    if "expected" in more:
        result = MeasureResult(**common, expected=more.pop("expected"), limit_statistic=0.0)
    elif "driver" in more:
        driver, members = more.pop("driver"), more.pop("members")
        result = OmnibusTestResult(**common, driver=driver, members=members, n_slices=256, directions=np.empty((0, 5)))
    else:
        result = SignificanceResult(**common)
    assert not more
    verdict = reject if reject is not None or decisive is None else decisive <= 0.05
    return Row(result, test, holm, verdict, together)


def report(*tests, **changes):
    base = Report(
        file="x.npy",
        label="x.npy",
        n=500,
        dim=5,
        n_omitted=0,
        columns=None,
        names=None,
        null="standard",
        mean=None,
        cov=None,
        slices=(Slices(256, "iid", ("cvm",)),),
        aggregate="mean",
        method="auto",
        n_resamples=999,
        seed=7,
        alpha=0.05,
        tests=tests or (row(),),
        beside=(),
        notes=(),
    )
    return replace(base, **changes)


def mardia(skewness=0.5, kurtosis=0.5):
    return (
        row("mardia_skewness", pvalue=skewness, expected=0.63),
        row("mardia_kurtosis", pvalue=kurtosis, expected=35.0),
    )
