"""P-values from replicates, on null laws that are known: the uniform's."""

from dataclasses import dataclass

import numpy as np
import pytest

from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._calibration.pvalue import EXCEEDANCES, calibrate
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._limits import Limits
from slicednorm.stats._sample.errors import SampleError

MOST_RESAMPLES = Limits.most_resamples


@dataclass(frozen=True)
class Uniforms:
    """Replicate r is the r-th uniform of a stream, in each of several columns."""

    seed: int
    columns: int = 1

    def __call__(self, start, stop):
        return np.random.default_rng(self.seed).random((MOST_RESAMPLES, self.columns))[start:stop]


@dataclass(frozen=True)
class Given:
    values: tuple

    def __call__(self, start, stop):
        return np.asarray(self.values, dtype=float)[start:stop, np.newaxis]


def sequential(evaluate, *statistics, **options):
    rankings = [Ranking()] * len(statistics)
    return calibrate(
        evaluate, np.asarray(statistics), None, batch=options.pop("batch", 16), rankings=rankings, **options
    )


@pytest.mark.parametrize(("statistic", "pvalue"), [(2.0, 4 / 5), (4.0, 1 / 5), (0.0, 1.0)])
def test_ties_count_against_the_sample(statistic, pvalue):
    law = Given((1.0, 2.0, 2.0, 3.0))
    (found,) = calibrate(law, np.asarray([statistic]), 4, batch=1, rankings=[Ranking()])
    assert found.pvalue == pvalue
    assert found.method == "monte carlo"


@pytest.mark.slow
@pytest.mark.parametrize("n_resamples", [24, None])
@pytest.mark.parametrize("centre", [None, 0.0])
def test_values_that_differ_by_rounding_are_ties(n_resamples, centre):
    law = Given((*np.linspace(0.0, 1.0, 24), *np.linspace(0.0, 1.0, 9_975)))
    value = float(np.linspace(0.0, 1.0, 24)[12])
    for ranking in (Ranking(relative=1e-12, centre=centre), Ranking(absolute=1e-12, centre=centre)):
        exact, above, beyond = (
            calibrate(law, np.asarray([value + excess]), n_resamples, batch=3, rankings=[ranking])[0].pvalue
            for excess in (0.0, 1e-13, 0.02)
        )
        assert exact == above > beyond


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n_resamples", [30, None])
def test_what_is_not_finite_is_never_ranked(bad, n_resamples):
    values = np.linspace(0.0, 1.0, 9_999)
    with pytest.raises(SampleError, match="which has no rank"):
        calibrate(Given(tuple(values)), np.asarray([bad]), n_resamples, batch=3, rankings=[Ranking()])
    values[5] = bad
    with pytest.raises(SampleError, match="statistics of null replicates are not finite"):
        calibrate(Given(tuple(values)), np.asarray([0.5]), n_resamples, batch=3, rankings=[Ranking()])


@pytest.mark.parametrize("n_resamples", [30, None])
def test_a_statistic_that_is_always_the_same_says_so(n_resamples):
    noise = 1.0 + 1e-15 * np.random.default_rng(0).standard_normal(9_999)
    law, ranking = Given(tuple(noise)), Ranking(absolute=1e-13)
    with pytest.raises(SampleError, match="the statistic is 1 for every normal sample of this shape"):
        calibrate(law, np.asarray([1.0]), n_resamples, batch=3, rankings=[ranking])
    known = Ranking(absolute=np.inf)
    assert calibrate(law, np.asarray([1.0]), n_resamples, batch=3, rankings=[known])[0].pvalue == 1.0


def test_the_sequential_rule_stops_at_the_replicate_that_is_the_twentieth_to_reach_the_sample():
    draws = Uniforms(1)(0, MOST_RESAMPLES)[:, 0]
    (found,) = sequential(Uniforms(1), 0.9)
    stop = np.flatnonzero(draws >= 0.9)[19] + 1
    assert (found.n_resamples, found.pvalue, found.method) == (stop, 20 / stop, "sequential")
    np.testing.assert_array_equal(found.null_distribution, draws[:stop])


def test_without_enough_that_reach_it_all_replicates_count():
    draws = Uniforms(1)(0, MOST_RESAMPLES)[:, 0]
    threshold = np.sort(draws)[-15]
    (found,) = sequential(Uniforms(1), threshold)
    assert (found.n_resamples, found.pvalue) == (MOST_RESAMPLES, 16 / (MOST_RESAMPLES + 1))
    (found,) = sequential(Uniforms(1), 2.0)
    assert found.pvalue == 1 / (MOST_RESAMPLES + 1)


def test_one_statistic_does_not_change_the_others():
    law = Uniforms(5, columns=3)
    together = sequential(law, 0.2, 0.97, 0.7)
    for column, statistic in enumerate((0.2, 0.97, 0.7)):
        draws = law(0, MOST_RESAMPLES)[:, column]
        stop = np.flatnonzero(draws >= statistic)[EXCEEDANCES - 1] + 1
        assert together[column].n_resamples == stop


@pytest.mark.parametrize("statistic", [0.3, 0.995, 2.0])
def test_neither_batches_nor_workers_change_it(statistic):
    results = [
        sequential(Uniforms(3), statistic, batch=batch, workers=workers)[0]
        for batch, workers in [(1, 1), (7, 1), (256, 1), (7, 2), (33, 3)]
    ]
    assert len({(result.pvalue, result.n_resamples) for result in results}) == 1


@pytest.mark.slow
def test_sequential_pvalues_are_valid_and_cheap():
    # Under the null the statistic is one more uniform. The p-value is not below u more often than with probability u,
    # at any u that it takes; a rule that divides by one replicate too many, or stops one too early, is found out.
    rng = np.random.default_rng(11)
    count = 20_000
    stream = rng.random(200_000_000 // 10_000 * 10)
    pvalues, used = np.empty(count), np.empty(count)
    for index in range(count):
        # One long stream, entered at random, stands for fresh ones.
        start = int(rng.integers(0, len(stream) - MOST_RESAMPLES))
        (found,) = sequential(lambda a, b, s=start: stream[s + a : s + b, np.newaxis], rng.random(), batch=64)
        pvalues[index], used[index] = found.pvalue, found.n_resamples
    assert used.mean() == pytest.approx(EXCEEDANCES * (1 + np.log(MOST_RESAMPLES / EXCEEDANCES)), rel=0.08)
    assert used.mean() < 150 * 1.05
    for level in (0.002, 0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 1.0):
        rate = np.mean(pvalues <= level)
        assert rate <= level + 4 * np.sqrt(level * (1 - level) / count), level
    assert np.mean(pvalues <= 0.05) > 0.045


def test_progress_is_told_of_every_replicate():
    seen = []
    sequential(Uniforms(2), 0.99, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {MOST_RESAMPLES}


@pytest.mark.parametrize(
    ("n_resamples", "error", "message"),
    [("some", TypeError, "whole number"), (0, ValueError, "at least 1"), (2.0, TypeError, "whole number")],
)
def test_what_is_no_number_of_replicates(n_resamples, error, message):
    with pytest.raises(error, match=message):
        calibrate(Uniforms(1), np.asarray([0.5]), n_resamples, batch=4, rankings=[Ranking()])


def test_monte_carlo_stacks_replicates_in_order():
    np.testing.assert_array_equal(monte_carlo(Uniforms(4), 100, batch=7, workers=3), Uniforms(4)(0, 100))
