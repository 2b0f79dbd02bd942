"""What a page says follows its verdicts, and no part of it contradicts another."""

from types import SimpleNamespace

import pytest

pytest.importorskip("seaborn", reason="a report needs the extra report")
pytest.importorskip("jinja2", reason="a report needs the extra report")

from slicednorm_cli.page.words import comparison, deviation_sentences, question, verdict
from slicednorm_cli.testing.verdicts import judged, judged_together

from tests.cli.show.reports import mardia, report, row


def of(*pvalues, **changes):
    tests = [row(name, pvalue=p) for name, p in zip(("cvm", "ks", "w2"), pvalues, strict=False)]
    return report(*judged(tests, 0.05), **changes)


def shown(found, size=None, **by):
    explaining = SimpleNamespace(rejects=size is not None, lead=(), size=lambda size: size.sentence, **by)
    return SimpleNamespace(
        report=found,
        label=found.label,
        size=size,
        is_explained=size is not None,
        by=explaining,
        test=SimpleNamespace(title="Cramér-von Mises"),
        direction=SimpleNamespace(sentence="It is skewed.", kind="skewness"),
    )


def size(low, rows, high):
    return SimpleNamespace(
        low=low, rows=rows, high=high, bound="estimate", sentence=f"From about {rows} rows on ({low} to {high})."
    )


@pytest.mark.parametrize(
    ("changes", "asked", "yes", "no"),
    [
        ({}, "Is x.npy standard normal, N(0, I)?", "Not N(0, I)", "N(0, I) not rejected"),
        ({"null": "composite"}, "Is x.npy normal?", "Not normal", "Normality not rejected"),
        (
            {"mean": "m.npy"},
            "Does x.npy follow the given normal distribution?",
            "Not the given normal distribution",
            "The given normal distribution not rejected",
        ),
    ],
)
def test_the_headline_is_what_was_asked(changes, asked, yes, no):
    assert question([of(0.5, **changes)]) == asked
    assert verdict(of(0.01, **changes))[0] == yes
    assert verdict(of(0.06, **changes))[0] == no


def test_tests_that_disagree():
    answer, why = verdict(of(0.012, 0.4))
    assert answer == "Not N(0, I)"
    assert "By cvm, only about one in 83 normal samples" in why
    assert "ks does not reject. One test that rejects is enough" in why


def test_between_the_adjusted_and_the_plain_level():
    found = of(0.03, 0.4)
    answer, why = verdict(found)
    assert answer == "N(0, I) not rejected"
    assert "By itself the p-value of cvm is at most 0.05. Adjusted for the 2 tests" in why
    assert deviation_sentences(shown(found)) == []


def test_mardia_beside_is_no_verdict():
    answer, why = verdict(of(0.5, beside=mardia(kurtosis=0.001)))
    assert answer == "N(0, I) not rejected"
    assert "That is no part of the verdict" in why


def test_a_rejection_that_directions_do_not_show():
    (sentence,) = deviation_sentences(shown(of(0.001)))
    assert "Along directions there is nothing to show" in sentence


class TestTwoSamples:
    def test_they_are_judged_together(self):
        pair = judged_together([of(0.02, 0.5), of(0.3, 0.4)])
        assert [one.rejects for one in pair] == [False, False]
        assert pair[0].tests[0].holm == pytest.approx(0.08)

    def test_neither_is_rejected(self):
        text = comparison(shown(of(0.5), size(10, 20, 40)), shown(of(0.6)))
        assert text.startswith("Neither sample is told apart from N(0, I)")

    def test_a_larger_sample_that_shows_nothing_is_nearer(self):
        near, far = of(0.5, label="near.npy", n=500), of(0.001, label="far.npy", n=100)
        text = comparison(shown(near), shown(far, size(20, 45, 86)))
        assert text.startswith("near.npy is nearer to N(0, I): about 45 rows (20 to 86) show the departure of far.npy")

    def test_a_smaller_one_may_not_be(self):
        small, large = of(0.5, label="small.npy", n=50), of(0.001, label="large.npy", n=5000)
        text = comparison(shown(large, size(200, 450, 860)), shown(small))
        assert "nearer to" not in text
        assert "small.npy has 50 rows, and large.npy 5,000" in text

    def test_numbers_are_rounded_as_on_the_cards(self):
        text = comparison(shown(of(0.001), size(86.2, 112, 144)), shown(of(0.001), size(80, 101, 133)))
        assert "about 110 rows (86 to 140)" in text

    def test_a_rejection_without_a_direction_is_one(self):
        text = comparison(shown(of(0.001)), shown(of(0.001), size(20, 40, 80)))
        assert text.startswith("Both samples are told apart from N(0, I)")
