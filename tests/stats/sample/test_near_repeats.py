"""Rows that nearly repeat others are noted, and rows that are near by chance are not."""

import numpy as np
import pytest

from slicednorm.stats import data_notes
from slicednorm.stats._sample.concerns import near


def found(x):
    return [note for note in data_notes(x, rng=0) if note.kind == "nearly repeated rows"]


def with_copies(n, dim, count, noise, copies=1):
    """Return n normal rows, of which the first ``count`` are there again with a little noise, in a random order."""
    rng = np.random.default_rng([n, dim, count])
    x = rng.normal(50.0, 3.0, (n, dim))
    parts = [x, *(x[:count] + 3.0 * noise * rng.standard_normal((count, dim)) for _ in range(copies))]
    return rng.permutation(np.concatenate(parts))


@pytest.mark.parametrize(("n", "dim"), [(100, 3), (300, 2), (400, 12), (9_000, 3)])
@pytest.mark.parametrize("noise", [1e-4, 1e-6])
def test_some_copies_with_a_little_noise(n, dim, noise):
    (note,) = found(with_copies(n, dim, n // 10, noise))
    assert note.figures["difference"] < 10.0 * noise
    assert "nearly the same: no column differs by more than" in note.sentence
    if n < 8_000:
        assert note.figures["pairs"] == n // 10
        assert note.sentence.startswith(f"{n // 10} pairs of rows are nearly the same")
    else:  # those in the middle of a column
        assert "among 8,192 that were compared" in note.sentence


def test_a_single_pair():
    (note,) = found(with_copies(100, 5, 1, 1e-4))
    assert note.sentence.startswith("2 rows are nearly the same")


def test_each_row_four_times():
    (note,) = found(with_copies(60, 4, 60, 1e-4, copies=3))
    assert note.figures["pairs"] >= 30


def test_copies_in_another_unit():
    x = np.random.default_rng(1).normal(170.0, 10.0, (120, 3)).round(1)
    inches = (x[:40] / 2.54).round(2) * 2.54
    (note,) = found(np.concatenate([x, inches]))
    assert note.figures["pairs"] >= 38


def test_exact_copies_have_the_note_of_their_own():
    x = np.random.default_rng(2).standard_normal((100, 3))
    assert [note.kind for note in data_notes(np.concatenate([x, x]), rng=0)] == ["repeated rows"]


RNG = np.random.default_rng(3)
T = RNG.standard_normal(400)


@pytest.mark.parametrize(
    "x",
    [
        RNG.standard_cauchy((400, 3)),
        np.exp(2.0 * RNG.standard_normal((400, 4))),
        np.column_stack([T, T**2, T**3]),
        RNG.standard_normal((400, 1)) + 1e-3 * RNG.standard_normal((400, 4)),
        RNG.standard_normal((400, 2)).round(1) + 1e-6 * RNG.standard_normal((400, 2)),
        RNG.standard_normal((400, 3)).round(2),
        np.cumsum(RNG.standard_normal((400, 3)), axis=0),
        np.column_stack([RNG.standard_normal(400), RNG.integers(0, 3, (400, 3))]),
        RNG.standard_normal((400, 1)),
    ],
    ids=["Cauchy", "lognormal", "a curve", "columns alike", "noise on steps", "steps", "a walk", "words", "one column"],
)
def test_rows_that_are_near_by_chance(x):
    assert not found(x)


def test_the_pairs_of_plain_loops_and_their_probabilities(monkeypatch):
    """Of each row the nearest other, and the sixteenth; the dimension is that of the definition."""
    from scipy import special, stats

    monkeypatch.setattr(near, "_NEAR", np.inf)
    z = np.random.default_rng(4).standard_normal((40, 2))
    ordered = [sorted((np.linalg.norm(a - b), j) for j, b in enumerate(z) if j != i) for i, a in enumerate(z)]
    ratios = np.mean([np.log(one[15][0] / one[7][0]) for one in ordered])
    dim = min(2.0, (special.digamma(16) - special.digamma(8)) / ratios)
    expected = {
        i: stats.beta(1, 15).cdf((one[0][0] / one[15][0]) ** dim)
        for i, one in enumerate(ordered)
        if ordered[one[0][1]][0][1] == i and i < one[0][1]
    }
    pairs = near._near_pairs(z, z)
    np.testing.assert_allclose(pairs.probabilities, sorted(expected.values()), rtol=1e-9)
    differences = [np.abs(z[i] - z[ordered[i][0][1]]).max() for i in sorted(expected, key=expected.get)]
    np.testing.assert_allclose(pairs.differences, differences, rtol=1e-12)


@pytest.mark.parametrize("dim", [2, 4, 9])
def test_pairs_are_no_more_probable_than_they_are_said_to_be(monkeypatch, dim):
    monkeypatch.setattr(near, "_NEAR", np.inf)
    rng = np.random.default_rng(dim)
    samples = [rng.standard_normal((100, dim)) for _ in range(300)]
    p = np.concatenate([near._near_pairs(z, z).probabilities for z in samples])
    for level in (0.001, 0.01, 0.05):
        expected = 300 * 100 * level / 2.0
        assert np.sum(p <= level) <= expected + 4.0 * np.sqrt(expected)
