"""The alternatives of the study of power are what they are called, and their twins are the same ones rotated."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats
from slicednorm_studies.power.alternatives import (
    ALTERNATIVES,
    AS_THEY_ARE,
    HALVES,
    LOCATION_SCALE,
    NORMAL,
    ROTATED,
    Alternative,
    half,
    latents,
    standardised,
)
from slicednorm_studies.power.alternatives.law import rotations

BY_NAME = {law.name: law for law in (NORMAL, *ALTERNATIVES)}
COUNT = 20_000


def drawn(law: Alternative, shape: tuple[int, int, int]) -> np.ndarray:
    if law.kind == "latents" and latents.folder() is None:
        pytest.skip("the latents are not here")
    return law.draw(np.random.default_rng(0), shape)


def many(name: str, dim: int = 3) -> np.ndarray:
    """Independent rows of a law: one of each sample."""
    return drawn(BY_NAME[name], (COUNT, 1, dim))[:, 0]


class TestAll:
    def test_names_kinds_and_halves(self) -> None:
        assert len(BY_NAME) == len(ALTERNATIVES) + 1
        assert 2 * sum(law.dependent for law in AS_THEY_ARE) >= len(AS_THEY_ARE) >= 50
        shared = Counter((law.kind, half(law)) for law in AS_THEY_ARE)
        for kind in {law.kind for law in AS_THEY_ARE}:
            assert abs(shared[kind, HALVES[0]] - shared[kind, HALVES[1]]) <= 1
            assert min(shared[kind, which] for which in HALVES) >= 1
        assert [law.kind for law in AS_THEY_ARE] == sorted(
            (law.kind for law in AS_THEY_ARE), key=[*dict.fromkeys(law.kind for law in AS_THEY_ARE)].index
        )

    def test_twins(self) -> None:
        assert len(ROTATED) == len(AS_THEY_ARE)
        for law, turned in zip(AS_THEY_ARE, ROTATED, strict=True):
            assert turned is law if law.isotropic else turned.name == f"{law.name}-rotated"
            assert turned.rotated != law.isotropic
            assert half(turned) == half(law)
        assert len(ALTERNATIVES) == 2 * len(AS_THEY_ARE) - sum(law.isotropic for law in AS_THEY_ARE)

    @pytest.mark.parametrize("law", [NORMAL, *ALTERNATIVES, *LOCATION_SCALE], ids=lambda law: law.name)
    def test_samples(self, law: Alternative) -> None:
        for dim in (1, 2, 5):
            x = drawn(law, (4, 60, dim))
            assert x.shape == (4, 60, dim)
            assert x.dtype == np.float64
            assert np.isfinite(x).all()
            assert np.linalg.matrix_rank(x - x.mean(axis=1, keepdims=True)).tolist() == [dim] * 4
            assert len(np.unique(x[:, 0, 0])) == 4
            np.testing.assert_array_equal(x, law.draw(np.random.default_rng(0), (4, 60, dim)))

    @pytest.mark.parametrize("name", [law.name for law in AS_THEY_ARE if law.isotropic])
    def test_isotropic(self, name: str) -> None:
        x = many(name)
        assert stats.ks_2samp(x[: COUNT // 2, 0], x[COUNT // 2 :].sum(axis=1) / np.sqrt(3.0)).pvalue > 1e-3

    def test_rotated_samples_have_the_same_shape(self) -> None:
        """But for latents: a rotation leaves the products of the rows, and has no direction of its own."""
        for law, turned in zip(AS_THEY_ARE, ROTATED, strict=True):
            if turned.rotated and law.kind != "latents":
                x, y = (one.draw(np.random.default_rng(2), (3, 8, 3)) for one in (law, turned))
                np.testing.assert_allclose(y @ y.swapaxes(1, 2), x @ x.swapaxes(1, 2), atol=1e-10)
        turns = rotations(np.random.default_rng(0), 5_000, 3)
        np.testing.assert_allclose(turns @ turns.swapaxes(1, 2), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12)
        for entry in turns.reshape(-1, 9).T:
            # In three dimensions a coordinate of a point on the sphere is uniform.
            assert stats.kstest(entry, "uniform", args=(-1.0, 2.0)).pvalue > 1e-3
        assert 0.45 < np.mean(np.linalg.det(turns) > 0.0) < 0.55


class TestMargins:
    @pytest.mark.parametrize(
        "name", ["khintchine", "common-sign", "clayton", "gumbel", "frank", "t-copula", "two-correlations"]
    )
    def test_normal_coordinates(self, name: str) -> None:
        for column in many(name).T:
            assert stats.kstest(column, "norm").pvalue > 1e-3

    def test_other_coordinates(self) -> None:
        for column in many("gamma-margins").T:
            assert stats.kstest(column, "chi2", args=(5,)).pvalue > 1e-3
        for column in many("t5").T:
            assert stats.kstest(column, "t", args=(5,)).pvalue > 1e-3
        along = many("skew-normal").sum(axis=1) / np.sqrt(3.0)
        assert stats.kstest(along, "skewnorm", args=(0.99 / np.sqrt(1 - 0.99**2),)).pvalue > 1e-3
        # The length of a skew-t variable is that of a t variable.
        along = many("skew-t").sum(axis=1) / np.sqrt(3.0)
        assert stats.kstest(along**2, "f", args=(1, 5)).pvalue > 1e-3
        assert stats.skew(along) > 1.0

    @pytest.mark.parametrize("number", [1, 2, 5])
    @pytest.mark.parametrize(
        ("name", "margin", "args"),
        [
            ("exponential", "expon", (-1.0, 1.0)),
            ("t3", "t", (3.0, 0.0, 1.0 / np.sqrt(3.0))),
            ("uniform", "uniform", (-np.sqrt(3.0), 2.0 * np.sqrt(3.0))),
            ("chi2-4", "chi2", (4.0, -4.0 / np.sqrt(8.0), 1.0 / np.sqrt(8.0))),
        ],
    )
    def test_a_few_coordinates(self, name: str, margin: str, args: tuple[float, ...], number: int) -> None:
        law = BY_NAME[f"{name}-in-{number}"]
        assert law.least_dim == number
        for index, column in enumerate(many(law.name, dim=6).T):
            law_of_column = (margin, args) if index < number else ("norm", ())
            assert stats.kstest(column, law_of_column[0], args=law_of_column[1]).pvalue > 1e-3
        assert not law.fits(100, number - 1)
        assert law.fits(100, number)

    # By the formulas of the textbooks: θ/(θ + 2), 1 − 1/θ, 1 − 4(1 − D₁(θ))/θ, 2 arcsin(ρ)/π.
    @pytest.mark.parametrize(
        ("name", "tau"), [("clayton", 0.5), ("gumbel", 0.5), ("frank", 0.51406), ("t-copula", 1.0 / 3.0)]
    )
    def test_copulas(self, name: str, tau: float) -> None:
        x = many(name)
        assert stats.kendalltau(x[:, 0], x[:, 2]).statistic == pytest.approx(tau, abs=0.02)
        upper, lower = (np.mean((side * x[:, :2] > 1.645).all(axis=1)) / 0.05 for side in (1.0, -1.0))
        # Whether both are beyond the 95% quantile, given that one is.
        either = {
            "clayton": (0.1, 0.2, 0.6, 0.8),
            "gumbel": (0.5, 0.7, 0.2, 0.4),
            "frank": (0.1, 0.3, 0.1, 0.3),
            "t-copula": (0.25, 0.45, 0.25, 0.45),
        }[name]
        assert either[0] < upper < either[1]
        assert either[2] < lower < either[3]


class TestShapes:
    def test_lengths(self) -> None:
        lengths = np.linalg.norm(many("ball"), axis=1)
        assert stats.kstest(lengths**3, "uniform").pvalue > 1e-3
        assert np.linalg.norm(many("shell"), axis=1).std() == pytest.approx(0.4, abs=0.01)
        for name, number in (("ring", 2), ("sphere-in-3", 3)):
            x = many(name, dim=5)
            lengths = np.linalg.norm(x[:, :number], axis=1)
            assert stats.kstest(lengths, "norm", args=(2.0, 0.4)).pvalue > 1e-3
            assert stats.kstest(x[:, number], "norm").pvalue > 1e-3

    def test_parabolas(self) -> None:
        for name, bend, rest in (("curved", 0.5, 1.0), ("banana", 1.0, 0.5)):
            x = many(name, dim=2)
            assert stats.kstest(x[:, 1] - bend * x[:, 0] ** 2, "norm", args=(0.0, rest)).pvalue > 1e-3

    @pytest.mark.parametrize("distance", [3, 4, 6])
    def test_two_centres(self, distance: int) -> None:
        for name, part in ((f"even-centres-{distance}", 0.5), (f"uneven-centres-{distance}", 0.1)):
            x = many(name)
            along = x.sum(axis=1) / np.sqrt(3.0)
            assert along.mean() == pytest.approx(part * distance, abs=0.05)
            assert along.var() == pytest.approx(1.0 + part * (1.0 - part) * distance**2, rel=0.05)
            assert (x[:, 0] - x[:, 1]).var() == pytest.approx(2.0, rel=0.05)

    def test_more_centres(self) -> None:
        # Centres at the corners of a triangle with sides of 5 have a variance of 25/6 along any direction.
        x = many("triangle")
        np.testing.assert_allclose(np.cov(x.T), np.diag([1.0 + 25.0 / 6.0, 1.0 + 25.0 / 6.0, 1.0]), atol=0.1)
        for number in (4, 5):
            x = drawn(BY_NAME[f"centres-{number}"], (400, 2_000, 4))
            np.testing.assert_allclose(x[..., 3].var(axis=1), 1.0, atol=0.2)
            # Centres of variance 9: between them, within a sample, there is (number - 1)/number of that.
            assert x[..., 0].var(axis=1).mean() == pytest.approx(1.0 + 9.0 * (number - 1) / number, rel=0.1)
            assert x[..., 0].mean(axis=1).var() == pytest.approx(9.0 / number, rel=0.25)

    def test_two_correlations(self) -> None:
        x = many("two-correlations")
        assert abs(np.corrcoef(x[:, 0], x[:, 1])[0, 1]) < 0.03
        assert abs(np.sign(x[:, 0] * x[:, 1]).mean()) < 0.03
        assert stats.kurtosis(x[:, 0] + x[:, 1]) > 0.5

    @pytest.mark.parametrize(("name", "distance", "moved"), [("one-row-moved", 6.0, 1), ("rows-moved", 4.0, 5)])
    def test_moved_rows(self, name: str, distance: float, moved: int) -> None:
        x = drawn(BY_NAME[name], (4_000, 100, 3))
        mean_square = (x**2).sum(axis=2).mean(axis=0)
        np.testing.assert_allclose(mean_square[:moved], 3.0 + distance**2, rtol=0.05)
        np.testing.assert_allclose(mean_square[moved:], 3.0, rtol=0.1)
        # All in one direction: two of them have a mean product of the square of the distance.
        if moved > 1:
            assert (x[:, 0] * x[:, 1]).sum(axis=1).mean() == pytest.approx(distance**2, rel=0.05)

    def test_factors(self) -> None:
        """Samples have two long directions of their own, and the variance of the noise along the others."""
        x = drawn(BY_NAME["factors-t5"], (200, 2_000, 6))
        values = np.linalg.eigvalsh(np.cov(x[0].T))
        assert values[1] < 1.5 < values[-2]
        np.testing.assert_allclose(values[:3], 1.0, atol=0.2)
        assert x.var() == pytest.approx(1.0 + 2.0 * 5.0 / 3.0, rel=0.1)


class TestLatents:
    def test_rows(self) -> None:
        law, turned = BY_NAME["latents-scwae"], BY_NAME["latents-scwae-rotated"]
        x = drawn(law, (3, 500, 20))
        rows = np.load(latents.folder() / "mnist_scwae.npy").astype(np.float64)
        assert {*map(bytes, x[0])} <= {*map(bytes, rows)}
        assert len({*map(bytes, x[0])}) == 500
        assert {*map(bytes, x[0])} != {*map(bytes, x[1])}
        np.testing.assert_array_equal(law.draw(np.random.default_rng(0), (3, 500, 4)), x[..., :4])
        # A rotation of all columns leaves the lengths; of fewer columns it has those that are mixtures of all.
        y = turned.draw(np.random.default_rng(0), (3, 500, 20))
        np.testing.assert_allclose(np.linalg.norm(y, axis=2), np.linalg.norm(x, axis=2), rtol=1e-10)
        assert turned.draw(np.random.default_rng(0), (3, 500, 2)).shape == (3, 500, 2)
        assert law.fits(1_000, 20)
        assert not law.fits(1_001, 20)
        assert not turned.fits(500, 21)

    def test_a_folder_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(latents, "_BASES", ())
        latents._latents.cache_clear()
        with pytest.raises(SystemExit, match="run the study in the repository's root"):
            BY_NAME["latents-vae"].draw(np.random.default_rng(0), (2, 10, 3))


class TestStandardised:
    @pytest.mark.parametrize("name", ["chi2-5", "even-centres-6", "gamma-margins", "shell", "latents-ae"])
    def test_mean_and_covariance(self, name: str) -> None:
        x = drawn(standardised(BY_NAME[name]), (400, 50, 3)).reshape(-1, 3)
        np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=0.05)
        np.testing.assert_allclose(np.cov(x.T), np.eye(3), atol=0.08)

    def test_samples_that_have_none_in_common(self) -> None:
        with pytest.raises(ValueError, match="factors-t3 have no mean and covariance in common"):
            standardised(BY_NAME["factors-t3"])
        assert not BY_NAME["chi2-5-rotated"].fixed

    def test_location_and_scale(self) -> None:
        laws = {law.name: law for law in LOCATION_SCALE}
        expected = {
            "shift": (0.4, np.eye(3)),
            "wide": (0.0, 1.15**2 * np.eye(3)),
            "narrow": (0.0, 0.85**2 * np.eye(3)),
            "one-wide": (0.0, np.diag([2.25, 1.0, 1.0])),
            "one-narrow": (0.0, np.diag([0.36, 1.0, 1.0])),
            "correlated": (0.0, np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])),
        }
        assert {*expected} == {*laws}
        for name, (distance, covariance) in expected.items():
            x = laws[name].draw(np.random.default_rng(0), (1, 40_000, 3))[0]
            assert np.linalg.norm(x.mean(axis=0)) == pytest.approx(distance, abs=0.02)
            np.testing.assert_allclose(np.cov(x.T), covariance, atol=0.05)
