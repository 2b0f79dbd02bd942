"""The exit status follows the verdicts, and the verdicts the level."""

import numpy as np
import pytest


class TestHolm:
    OPTIONS = ("--resamples", "99", "--slices", "4", "--no-mardia")

    @pytest.fixture(autouse=True)
    def sample(self):
        np.save("x.npy", 1.15 * np.random.default_rng(5).standard_normal((60, 3)))

    def test_beside_what_was_asked_for(self, test_json):
        found = test_json("x.npy", *self.OPTIONS, "--stat", "sliced")["tests"]
        pvalues = sorted(entry["pvalue"] for entry in found)
        smallest = min(found, key=lambda entry: entry["pvalue"])
        assert smallest["holm"] == pytest.approx(min(1.0, 7 * pvalues[0]))
        for entry in found:
            assert entry["holm"] >= entry["pvalue"]
            assert entry["reject"] == (entry["holm"] <= 0.05)

    def test_for_the_default_pair_and_not_for_a_single_test(self, test_json):
        pair = test_json("x.npy", *self.OPTIONS)["tests"]
        smallest = min(row["pvalue"] for row in pair)
        assert min(row["holm"] for row in pair) == pytest.approx(min(1.0, 2 * smallest))
        (alone,) = test_json("x.npy", *self.OPTIONS, "--stat", "ks")["tests"]
        assert alone["holm"] is None


class TestExitStatus:
    FAST = ("--resamples", "39", "--slices", "4", "--seed", "1")

    @pytest.fixture(autouse=True)
    def samples(self, x):
        np.save("normal.npy", x)
        np.save("shifted.npy", x + 3.0)

    def test_rejecting_is_no_failure(self, invoke):
        assert invoke("test", "shifted.npy", *self.FAST).exit_code == 0

    def test_unless_asked_for(self, invoke):
        result = invoke("test", "shifted.npy", *self.FAST, "--fail-on-reject")
        assert result.exit_code == 1
        assert "told apart" in result.stdout
        assert result.stderr == ""

    def test_not_rejecting(self, invoke):
        assert invoke("test", "normal.npy", *self.FAST, "--fail-on-reject").exit_code == 0

    def test_json_is_written_all_the_same(self, test_json):
        found = test_json("shifted.npy", *self.FAST, "--fail-on-reject", status=1)
        assert found["tests"][0]["reject"] is True

    def test_boundary_belongs_to_the_rejection(self, invoke):
        # At M = 39 the smallest p-value is 1/40 and Holm's of two tests 1/20.
        options = ("shifted.npy", *self.FAST, "--fail-on-reject", "--stat", "ks")
        assert invoke("test", *options, "--alpha", "0.025").exit_code == 1
        assert invoke("test", *options, "--alpha", "0.0249").exit_code == 0
        both = (*options, "--stat", "cvm")
        assert invoke("test", *both, "--alpha", "0.05").exit_code == 1
        assert invoke("test", *both, "--alpha", "0.0499").exit_code == 0

    def test_mardia_has_a_verdict_only_where_it_was_asked_for(self, test_json):
        beside = {row["test"]: row for row in test_json("shifted.npy", *self.FAST, "--stat", "ks")["tests"]}
        asked = {row["test"]: row for row in test_json("shifted.npy", *self.FAST, "--stat", "mardia")["tests"]}
        for test in ("mardia_skewness", "mardia_kurtosis"):
            assert (beside[test]["holm"], beside[test]["reject"]) == (None, None)
            assert beside[test]["pvalue"] == asked[test]["pvalue"]
            assert asked[test]["reject"] == (asked[test]["holm"] <= 0.05)

    def test_default_pair_is_adjusted_too(self, invoke):
        options = ("test", "shifted.npy", *self.FAST, "--fail-on-reject")
        assert invoke(*options, "--alpha", "0.0499").exit_code == 0
        assert invoke(*options, "--alpha", "0.05").exit_code == 1

    def test_mardia_does_not_count(self, invoke):
        # Far from normal for Mardia alone, by a single outlier.
        x = np.random.default_rng(5).standard_normal((400, 3))
        x[0] = 12.0
        np.save("outlier.npy", x)
        result = invoke("test", "outlier.npy", *self.FAST, "--fail-on-reject", "--stat", "ks")
        assert result.exit_code == 0
        assert "Mardia's skewness (p = 0.025) and kurtosis (p = 0.025) would be rare in a normal sample." in " ".join(
            result.stdout.split()
        )


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.9999, 1.0 - 1e-10])
def test_where_columns_of_other_scales_nearly_coincide(invoke, test_json, rho):
    """The root of such a covariance had no digits left, and none could be inverted."""
    z = np.random.default_rng(0).standard_normal((300, 3))
    z[:, 0] = np.random.default_rng(1).exponential(size=300)
    np.save("ill.npy", np.column_stack([z[:, 1], 1e6 * z[:, 0], rho * z[:, 1] + np.sqrt(1 - rho**2) * z[:, 2]]))
    found = test_json("ill.npy", "--null", "composite", "--where", "--stat", "cvm")
    assert found["where"]["kind"] == "skewness"
    np.save("same.npy", np.column_stack([z[:, 1], z[:, 1] + 1e-8 * z[:, 2], z[:, 0]]))
    result = invoke("test", "same.npy", "--null", "composite", "--where")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "columns 0 and 1 are the same (counted from 0" in result.stderr
