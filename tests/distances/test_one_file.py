"""A statistic is one file: what it is and how it behaves is in its `Distance`, and nothing else goes by its name."""

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.distances import DISTANCES, get_distance

PAGE = Path(__file__).parents[2] / "docs" / "how-it-is-built.md"


def shifted(n, dim=3):
    """Two groups along the first column, and a mean that is off."""
    x = np.random.default_rng(n).standard_normal((n, dim))
    x[: n // 2, 0] += 1.0
    return x


def answers(result):
    """What a result says, but for the name of the statistic and its title."""
    found = {field.name: getattr(result, field.name) for field in fields(result)}
    return {name: value for name, value in found.items() if name not in ("name", "title", "seed")}


def equal(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_equal(other[name], value, err_msg=name)


@pytest.fixture
def u2(monkeypatch):
    """The example of the page, registered by its one line."""
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?DISTANCE = Distance.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = {"__name__": "u2"}
    exec(compile(block, str(PAGE), "exec"), found)
    monkeypatch.setitem(DISTANCES, "u2", found["DISTANCE"])
    return found["DISTANCE"]


def test_the_example_of_the_page(u2):
    """Watson's U² looks at the shape and hardly at the location: at the groups, and not at the mean."""
    y = np.sort(np.random.default_rng(0).standard_normal(50))
    moved = np.sort(np.random.default_rng(0).standard_normal(50) + 0.3)
    assert get_distance("u2").value(y) <= get_distance("cvm").value(y)
    assert get_distance("u2").value(moved) < 0.5 * get_distance("cvm").value(moved)
    x = shifted(400)
    x[:200, 0] += 3.0
    result = stats.sliced_test(x, "u2", n_slices=16, n_resamples=99, rng=0)
    assert (result.name, result.title, result.pvalue) == ("u2", "Watson", 0.01)
    found = stats.least_normal_direction(x, result, rng=0)
    assert abs(found.direction[0]) > 0.95
    assert stats.detectable_size(x, result, rng=0).rows < 200


@pytest.mark.parametrize("name", DISTANCES)
def test_one_of_another_name_gives_the_same_answers(name, monkeypatch, limits):
    """Whatever is peculiar to a statistic goes with it."""
    monkeypatch.setitem(DISTANCES, "toy", replace(DISTANCES[name], name="toy", model=None))
    limits(least_law=199)
    large, small = np.random.default_rng(0).standard_normal((2500, 3)), shifted(200)
    for aggregate in ("mean", "max"):
        options = {"aggregate": aggregate, "n_slices": 4, "method": "auto", "rng": 0}
        one, other = (stats.sliced_test(large, each, **options) for each in (name, "toy"))
        formula = aggregate == "mean" and DISTANCES[name].quadratic is not None
        assert (one.law_n, other.name) == (None if formula else 1000, "toy")
        equal(answers(one), answers(other))
    equal(*(answers(stats.detectable_size(small, each, n_slices=8, rng=0)) for each in (name, "toy")))
    # By `w2` the search scouts, whatever the statistic is, and does so once for `w2` itself.
    if name != "w2":
        equal(*(answers(stats.least_normal_direction(small, each, n_slices=8, rng=0)) for each in (name, "toy")))


def test_one_that_needs_a_prior_says_what_is_climbed():
    with pytest.raises(ValueError, match=r"^sw: without_prior goes with needs_prior"):
        replace(DISTANCES["sw"], without_prior=None)
    with pytest.raises(ValueError, match=r"^cvm: without_prior goes with needs_prior"):
        replace(DISTANCES["cvm"], without_prior=DISTANCES["w2"])
