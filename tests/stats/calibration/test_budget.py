"""How many replicates a test can afford: the sample itself is one evaluation more."""

import pytest

from slicednorm.stats._calibration.budget import affordable
from slicednorm.stats._calibration.method import Way, fixed_number


@pytest.mark.parametrize("count", [999, 199, 99])
def test_the_statistic_of_the_sample_counts_too(count):
    assert affordable(Way("auto"), 2.0, 2.0 * (count + 1)) == fixed_number(count)
    if count == 99:
        with pytest.raises(ValueError, match="99 replicates of it would take about"):
            affordable(Way("auto"), 2.0, 2.0 * count + 1.0)
    else:
        assert affordable(Way("auto"), 2.0, 2.0 * count + 1.0).n_resamples < count


def test_a_number_that_was_asked_for_is_taken_whatever_it_costs():
    assert affordable(fixed_number(500), 1e12, 1.0) == fixed_number(500)
