"""Kummer's function against scipy and in closed form."""

import math

import numpy as np
import pytest
from scipy import special

from slicednorm.distances._kummer import kummer


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 10, 50, 400])
def test_kummer(dim: int) -> None:
    s = np.concatenate([[0.0], np.geomspace(1e-12, 300.0, 400)])
    np.testing.assert_allclose(kummer(s.copy(), dim), special.hyp1f1(0.5, dim / 2, -s), rtol=1e-12)


def test_kummer_in_closed_form() -> None:
    s = np.concatenate([[0.0], np.geomspace(1e-15, 1e300, 3_000)])
    np.testing.assert_allclose(kummer(s.copy(), 2), special.i0e(0.5 * s), rtol=5e-14)
    by_erf = np.sqrt(0.25 * math.pi / s[1:]) * special.erf(np.sqrt(s[1:]))
    np.testing.assert_allclose(kummer(s[1:].copy(), 3), by_erf, rtol=5e-14)
