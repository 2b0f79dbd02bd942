"""The table says what it means."""

from dataclasses import replace

import click
import numpy as np
import pytest
from slicednorm_cli.show.table import table
from slicednorm_cli.show.words import conclusion

from tests.cli.show.reports import mardia, report, row


class TestTable:
    def test_settings(self):
        text = table(report())
        for part in (
            "x.npy",
            "n = 500",
            "D = 5",
            "X ~ N(0, I)",
            "K = 256",
            "mean",
            "M = 999",
            "seed 7",
            "0.05",
        ):
            assert part in text

    def test_null_in_words(self):
        assert "X ~ N(mu, Sigma), both unknown" in table(report(null="composite"))
        assert "mu = 0, Sigma from s.npy" in table(report(cov="s.npy"))

    @pytest.mark.parametrize(
        ("pvalue", "m", "text"),
        [
            (0.041, 999, "0.041 ± 0.006"),
            (0.5, 999, "0.50 ± 0.02"),
            (0.5, 99, "0.50 ± 0.05"),
            (0.00312, 99_999, "0.0031 ± 0.0002"),
            (0.001, 999, "0.001 *"),
            (1.0, 999, "1 "),
        ],
    )
    def test_pvalue_with_its_error(self, pvalue, m, text):
        assert f"0.01235  {text}" in table(report(row(pvalue=pvalue, m=m), n_resamples=m))

    def test_smallest_possible_is_explained(self):
        assert "* the smallest p-value possible at M = 999" in table(report(row(pvalue=0.001)))
        assert "*" not in table(report(row(pvalue=0.002)))

    def test_verdicts(self):
        lines = table(report(row(pvalue=0.04), row("ks", pvalue=0.2))).splitlines()
        (cvm,) = [line for line in lines if line.startswith("cvm")]
        (ks,) = [line for line in lines if line.startswith("ks")]
        assert click.unstyle(cvm).endswith("  reject")
        assert ks.endswith("not rejected")

    def test_holm_only_where_there_is_one(self):
        assert "Holm" not in table(report(row(), row("ks")))
        assert "Holm" in table(report(row(holm=0.8), row("ks", holm=0.8)))

    def test_mardia_beside_its_expectation(self):
        text = table(report(beside=mardia()))
        (skewness,) = [line for line in text.splitlines() if line.startswith("skewness")]
        (kurtosis,) = [line for line in text.splitlines() if line.startswith("kurtosis")]
        assert skewness.split()[1:3] == ["0.01235", "0.6300"]
        assert kurtosis.split()[-6:-4] == ["-34.99", "0.000"] or "-34.99" in kurtosis

    def test_too_few_replicates_to_reject(self):
        assert "--resamples 19" in table(report(row(pvalue=0.1, m=9), n_resamples=9))
        assert "--resamples" not in table(report(row(pvalue=0.05, m=19), n_resamples=19))
        adjusted = row(pvalue=0.01, holm=0.06, m=99, together=6)
        assert "--resamples 120" in table(report(*6 * [adjusted], n_resamples=99))

    def test_level_beyond_all_replicates(self):
        assert "use a larger --alpha" in table(report(alpha=5e-324))

    def test_asymptotic_pvalue_that_underflows(self):
        assert "< 1e-300" in table(report(beside=(row("mardia_skewness", pvalue=0.0, m=None, expected=1.0),)))

    def test_columns_in_use(self):
        assert "a, b" in table(report(columns=(0, 3), names=("a", "b")))
        assert "0, 3" in table(report(columns=(0, 3)))

    def test_fits_80_columns(self, invoke):
        wide = [row(name, pvalue=0.0412, holm=0.2884, m=99_999) for name in ("ks", "cvm", "w2", "cw", "sw", "ad", "ep")]
        long = replace(wide[4].result, title="2-Wasserstein to a sample of the prior")
        wide[4] = replace(wide[4], result=long)
        text = table(
            report(
                *wide,
                beside=mardia(),
                names=tuple(f"a_long_name_{i}" for i in range(50)),
                n_omitted=12_345,
                notes=("A note that is longer than a line of eighty columns, and has to go on in the next one.",),
            )
        )
        assert max(map(len, click.unstyle(text).splitlines())) <= 80
        assert "a_long_name_0" in text


class TestConclusion:
    def test_one_rejects(self):
        text = conclusion(report(row(pvalue=0.001)))
        assert text.startswith(
            "The sample is told apart from N(0, I): none of 999 simulated samples from N(0, I) of this size lies"
        )

    def test_estimate_is_called_one(self):
        assert "about 4.1% of" in conclusion(report(row(pvalue=0.041)))

    def test_composite(self):
        text = conclusion(report(row(pvalue=0.001), null="composite"))
        assert "from a normal distribution: none of 999 simulated normal samples of this size lies as far" in text

    def test_some_reject(self):
        text = conclusion(report(row(pvalue=0.02), row("ks", pvalue=0.4), row("ad", pvalue=0.03)))
        assert "by cvm and ad (even by ad, about 3% of" in text
        assert text.endswith("not by ks.")

    def test_all_reject(self):
        text = conclusion(report(row(pvalue=0.02), row("ks", pvalue=0.03)))
        assert "by both tests: even by ks, about 3% of" in text

    def test_none_rejects(self):
        text = conclusion(report(beside=mardia()))
        assert text.startswith("The test does not tell the sample from N(0, I) at level 0.05")
        assert "no proof that it comes from N(0, I)" in text
        assert "500 rows" in text

    def test_none_rejects_composite(self):
        assert "no proof that it is normal" in conclusion(report(null="composite"))

    def test_mardia_alone_is_no_verdict(self):
        text = conclusion(report(beside=mardia(kurtosis=0.02)))
        assert "The test does not tell" in text
        assert "MARDIA_KURTOSIS (p = 0.02)" in text
        assert "no part of the verdict" in text
        # Of the two measures one is as small by chance with twice that probability.
        assert "MARDIA" not in conclusion(report(beside=mardia(kurtosis=0.03)))

    def test_between_the_adjusted_and_the_plain_level(self):
        pair = [row(name, pvalue=0.03, holm=0.06, together=2) for name in ("cvm", "ks")]
        text = conclusion(report(*pair))
        assert "By itself the p-value of cvm and ks is at most 0.05." in text
        assert "Adjusted for the 2 tests" in text
        assert "told apart" not in text

    def test_no_pvalues(self):
        bare = row(pvalue=None, m=None)
        text = conclusion(report(bare, method=None))
        assert "--no-pvalue" in text
        assert "\n" not in text

    def test_is_part_of_the_table(self, invoke, x):
        np.save("x.npy", x)
        printed = invoke("test", "x.npy", "--slices", "4", "--resamples", "19", "--seed", "1").stdout
        assert printed.count("There is no answer at level 0.05") == 1
