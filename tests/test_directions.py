"""Directions: unit, seeded, Haar, and checked."""

import numpy as np
import pytest
from scipy import stats

from slicednorm.directions import as_directions, random_directions


@pytest.mark.parametrize("kind", ["iid", "orthogonal"])
@pytest.mark.parametrize(("k", "dim"), [(1, 1), (5, 1), (3, 7), (7, 7), (30, 7)])
def test_rows_are_unit_and_follow_the_seed(kind, k, dim):
    v = random_directions(k, dim, kind, rng=3)
    assert v.shape == (k, dim)
    np.testing.assert_allclose(np.linalg.norm(v, axis=1), 1.0, rtol=1e-14)
    np.testing.assert_array_equal(v, random_directions(k, dim, kind, rng=3))
    if dim > 1:
        assert not np.allclose(v, random_directions(k, dim, kind, rng=4))


def test_orthogonal_blocks_are_orthonormal_and_differ():
    v = random_directions(25, 10, "orthogonal", rng=0)
    np.testing.assert_allclose(v[:10] @ v[:10].T, np.eye(10), atol=1e-14)
    np.testing.assert_allclose(v[20:] @ v[20:].T, np.eye(5), atol=1e-14)
    assert np.abs(v[:10] @ v[10:20].T).max() > 0.1


@pytest.mark.parametrize("kind", ["iid", "orthogonal"])
@pytest.mark.parametrize("row", [0, 1, 2])
def test_every_direction_is_uniform_on_the_sphere(kind, row):
    # A coordinate of a uniform unit vector in three dimensions is uniform on (−1, 1): signs and axes alike.
    v = np.stack([random_directions(3, 3, kind, rng=seed)[row] for seed in range(1500)])
    for column in range(3):
        assert stats.kstest(v[:, column], stats.uniform(-1, 2).cdf).pvalue > 1e-4


def test_bad_counts_and_kinds():
    with pytest.raises(ValueError, match="at least 1, got 0 and 2"):
        random_directions(0, 2)
    with pytest.raises(ValueError, match="'iid' or 'orthogonal' or an array, got 'sobol'"):
        random_directions(3, 2, "sobol")


@pytest.mark.parametrize(
    ("directions", "error", "message"),
    [
        (np.ones((3, 2)), ValueError, "row 0 has 1.41421"),
        (np.eye(3), ValueError, r"shape \(k, 2\) for x with 2 columns, got \(3, 3\)"),
        (np.ones(2), ValueError, r"got \(2,\)"),
        (np.empty((0, 2)), ValueError, r"got \(0, 2\)"),
        (np.full((1, 2), np.nan), ValueError, "row 0 has nan"),
        (np.eye(2) * 1j, TypeError, "complex128"),
        ([["a", "b"]], TypeError, "real numbers"),
    ],
)
def test_directions_of_a_user_are_checked(directions, error, message):
    with pytest.raises(error, match=message):
        as_directions(directions, 2, np.dtype(np.float64))


def test_directions_within_the_tolerance_are_used_as_they_are():
    v = np.asarray([[1.0005, 0.0]])
    np.testing.assert_array_equal(as_directions(v, 2, np.dtype(np.float32)), v.astype(np.float32))
