"""Many tests of one sample: which of them are defined, which are affordable, and what they find.

The first two are settled before any test runs. A test that a user *named* runs or raises an error. A test that came
with a *group* is left out, with a note, if the sample, the null or the time does not allow it. A test that is reported
*beside* the others may not take longer than they do.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from slicednorm.distances import get_distance
from slicednorm.stats._calibration.analytic import NoFormulaError
from slicednorm.stats._calibration.asymptotic import SizeWarning
from slicednorm.stats._calibration.budget import MOST_WORK, affordable, most_resamples
from slicednorm.stats._calibration.method import Way, fixed_number
from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._hypotests.combined.run import default_count
from slicednorm.stats._hypotests.errors import ExpensiveError, NoLimitError, NotCachedError
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.registry import TESTS, Test
from slicednorm.stats._hypotests.sliced.run import has_formula, run_sliced, slices_of_formula
from slicednorm.stats._hypotests.treatments import check_treatment, has_formulas
from slicednorm.stats._limits import current
from slicednorm.stats._null.large_n import replicate_size
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._slices.statistics import sliced_work
from slicednorm.stats._types import Aggregate, Null, Progress

Importance: TypeAlias = Literal["named", "group", "beside"]

# Gives a callback for the progress of what has a label.
ProgressOf: TypeAlias = Callable[[str], AbstractContextManager[Progress | None]]

# How long a test of a group may take, and how long a test beside the others always may, in nanoseconds on one core.
_WORK_OF_GROUP = 60e9
_WORK_BESIDE = 1e9


@dataclass(frozen=True)
class Entry:
    """One test of a battery.

    Attributes
    ----------
    test : Test
        The test.
    importance : {"named", "group", "beside"}
        Why it is there.
    results : tuple of SignificanceResult
        What it found, one result for each of its headings; none if it did not run.
    note : str
        What a reader should know of how it ran, or why it did not.
    """

    test: Test
    importance: Importance
    results: tuple[SignificanceResult, ...]
    note: str = ""


@dataclass(frozen=True)
class _Plan:
    """Whether a test runs, how its p-value is found, and a note on that."""

    runs: bool
    way: Way | None = None
    note: str = ""


def _undefined(test: Test, sample: Sample, null: Null, aggregate: Aggregate, way: Way | None) -> Exception | None:
    """Return the error that a test of this sample would raise, None if it is defined."""
    try:
        test.check(sample.n, sample.dim, null)
    except ValueError as error:
        return error
    if way is not None and way.method == "cached" and not test.can_be_cached:
        return NotCachedError(test.name)
    if test.group == "combined" and (way is None or way.method in ("asymptotic", "sequential", "analytic")):
        return ValueError(
            f"{test.name} ranks a fixed number of replicates against each other; take the method 'auto' or 'cached', "
            "or a number of replicates"
        )
    if way is not None and way.method == "asymptotic" and not test.has_law(null):
        return NoLimitError(test.name, null)
    if way is not None and way.method == "analytic":
        why = test.why_no_formula(sample.n, sample.dim, null, aggregate)
        return None if why is None else NoFormulaError(f"{test.name}: {why}")
    return None


def _work_once(test: Test, sample: Sample, options: Options) -> float:
    """Return about how long one evaluation of a test takes, in nanoseconds on one core."""
    return test.work(sample.n, sample.dim, options.slices_of_replicates)


def _law_holds(test: Test, sample: Sample, null: Null) -> bool:
    """Return whether a test's limiting distribution holds for a sample; none does for residuals."""
    return sample.treatment is None and test.law_holds(sample.n, sample.dim, null)


def _formula_holds(test: Test, sample: Sample, null: Null) -> bool:
    """Return whether ``"auto"`` takes a test's formula for a sample."""
    return has_formulas(sample) and test.formula_holds(sample.n, sample.dim, null)


def _without_replicates(test: Test, sample: Sample, null: Null) -> _Plan:
    """Return the plan of a test whose p-value is to come from its limiting distribution."""
    if _law_holds(test, sample, null):
        return _Plan(True, Way("asymptotic"))
    why = "its limiting distribution is not known to hold for samples of this shape"
    return _Plan(True, None, f"no p-value: {why}; give a number of replicates")


def _by_replicates(test: Test, importance: Importance, sample: Sample, options: Options, way: Way) -> _Plan:
    """Return the plan of a test whose replicates may be expensive.

    Raises
    ------
    ExpensiveError
        If it was named, no number of replicates was given, and the fewest would take too long.
    """
    work = _work_once(test, sample, options)
    formula = way == Way("auto") and _formula_holds(test, sample, options.null)
    if formula and (importance == "named" or work <= _WORK_OF_GROUP):
        return _Plan(True, Way("analytic"))
    most = MOST_WORK if importance == "named" else _WORK_OF_GROUP
    count = default_count(work)
    if test.group == "combined" and way == Way("auto") and (count + 1) * work <= most:
        # What is cached may be more.
        fewer = count < current().default_resamples
        return _Plan(True, Way("auto", count), f"{count} replicates, to save time" if fewer else "")
    try:
        chosen = affordable(way, work, most)
    except ValueError as error:
        if importance == "named":
            raise ExpensiveError(test.name, str(error)) from None
        if _law_holds(test, sample, options.null) and work <= _WORK_OF_GROUP:
            return _Plan(True, Way("asymptotic"), f"by its limiting distribution: {error}")
        return _Plan(False, note=f"left out: {error}; name it, and give a number of replicates, to run it")
    return _Plan(True, chosen, "" if chosen == way else f"{chosen.n_resamples} replicates, to save time")


def _beside(test: Test, sample: Sample, options: Options, way: Way | None, allowed: float) -> _Plan:
    """Return the plan of a test that may take at most as long as the others together."""
    title = test.name[:1].upper() + test.name[1:]
    work = _work_once(test, sample, options)
    if work > allowed:
        return _Plan(False, note=f"{title} is left out: one evaluation would take longer than all the other tests.")
    if way is None:
        return _Plan(True)
    if way.method == "analytic":
        # What is beside the tests may take another way than they do.
        way = Way("auto")
    if way == Way("auto") and _formula_holds(test, sample, options.null):
        return _Plan(True, Way("analytic"))
    holds = _law_holds(test, sample, options.null)
    if way.method == "asymptotic":
        if holds:
            return _Plan(True, way)
        why = f"{title}'s p-values are left out: its limiting distributions are not known to hold for this shape."
        return _Plan(True, None, why)
    ways = [way] if way.n_resamples is not None else [way, fixed_number(current().default_resamples)]
    for each in ways:
        if (most_resamples(each) + 1) * work <= allowed:
            return _Plan(True, each)
    found = "are asymptotic" if holds else "are left out"
    why = "" if holds else ", and its limiting distributions are not known to hold for this shape"
    note = f"{title}'s p-values {found}: replicates of it would take longer than the other tests{why}."
    return _Plan(True, Way("asymptotic") if holds else None, note)


def _total_work(plans: Mapping[str, _Plan], sample: Sample, options: Options) -> float:
    """Return about how long planned tests take at most, in nanoseconds on one core."""
    n, dim = sample.n, sample.dim
    sliced = [name for name, plan in plans.items() if plan.runs and TESTS[name].group == "sliced"]
    total = 0.0
    way = next((plans[name].way for name in sliced if plans[name].way is not None), None)
    for formula in (True, False):
        ways = [(name, plans[name].way) for name in sliced]
        count = sum(has_formula(get_distance(name), sample, options, one) is formula for name, one in ways)
        if not count:
            continue
        if formula:
            total += sliced_work(n, dim, slices_of_formula(sample, options), count)
            continue
        slices = 1 if dim == 1 else options.slices_of_replicates
        fixed = way is None or way.n_resamples is not None
        rows = n if fixed or sample.treatment is not None else replicate_size(n, dim, options.null)
        once = sliced_work(n, dim, slices, count)
        of_replicate = once if rows == n else sliced_work(rows, dim, slices, count)
        total += once + (0 if way is None else most_resamples(way)) * of_replicate
    for name, plan in plans.items():
        if plan.runs and name not in sliced:
            work = _work_once(TESTS[name], sample, options)
            total += work * (1 + (0 if plan.way is None else most_resamples(plan.way)))
    return total


def _plans(
    wanted: Mapping[str, Importance], sample: Sample, options: Options, way: Way | None, singular: SampleError | None
) -> dict[str, _Plan]:
    plans: dict[str, _Plan] = {}
    for name, importance in sorted(wanted.items(), key=lambda item: item[1] == "beside"):
        test = TESTS[name]
        wrong = singular or _undefined(test, sample, options.null, options.aggregate, way)
        if wrong is not None and importance == "named":
            raise wrong
        if isinstance(wrong, NoLimitError):
            plans[name] = _Plan(True, None, "no p-value: it has no limiting distribution; give a number of replicates")
        elif isinstance(wrong, NoFormulaError) and importance == "group":
            plans[name] = _Plan(True, None, f"no p-value: {wrong.why.partition(': ')[2]}; give a number of replicates")
        elif wrong is not None and not isinstance(wrong, NoFormulaError):
            plans[name] = _Plan(False, note=str(wrong))
        elif importance == "beside":
            allowed = max(_WORK_BESIDE, _total_work(plans, sample, options))
            plans[name] = _beside(test, sample, options, way, allowed)
        elif way is None:
            plans[name] = _Plan(True)
        elif way.method == "analytic":
            plans[name] = _Plan(True, way)
        elif way.method == "asymptotic":
            plans[name] = _without_replicates(test, sample, options.null)
        elif test.group == "sliced":
            plans[name] = _Plan(True, way)
        else:
            plans[name] = _by_replicates(test, importance, sample, options, way)
    return {name: plans[name] for name in wanted}


def _silently(label: str) -> AbstractContextManager[Progress | None]:
    return nullcontext()


def run_battery(
    sample: Sample,
    wanted: Mapping[str, Importance],
    options: Options,
    way: Way | None,
    progress_of: ProgressOf = _silently,
) -> list[Entry]:
    """Test a sample by several tests that share the seed; the sliced ones share directions and replicates as well.

    Parameters
    ----------
    sample : Sample
        The sample.
    wanted : mapping of str to {"named", "group", "beside"}
        The tests by name, and why each is there.
    options : Options
        Options of all tests.
    way : Way or None
        How p-values are found, None for statistics alone. ``"auto"`` and ``"sequential"`` are by replicates, fewer
        where a test is expensive; ``"asymptotic"`` is by limiting distributions that are known to hold.
    progress_of : callable, default: _silently
        ``progress_of(label)`` gives a context with a callback for the progress of what has that label.

    Raises
    ------
    ValueError
        If a test that was named is not defined for the sample, or an option is out of range.
    TypeError
        If an option is of the wrong type.
    """
    check_treatment("the tests", sample, options.null, way)
    singular = None
    if "group" in wanted.values():
        # What is wrong with the sample itself; a test that was named finds it when it runs.
        try:
            whitening_for(sample.rows, options.null, options.mean, options.cov)
        except SampleError as error:
            singular = error
    plans = _plans(wanted, sample, options, way, singular)

    def run(tests: Sequence[Test], label: str, way: Way | None) -> tuple[SignificanceResult, ...]:
        with progress_of(label) as progress, warnings.catch_warnings():
            # Here a limiting distribution is used only where it holds.
            warnings.simplefilter("ignore", SizeWarning)
            given = replace(options, rng=options.root, progress=progress)
            if len(tests) == 1:
                return tests[0].run(sample, given, way)
            return run_sliced(sample, [get_distance(test.name) for test in tests], given, way)

    found: dict[str, tuple[SignificanceResult, ...]] = {}
    together = [name for name, plan in plans.items() if plan.runs and TESTS[name].group == "sliced"]
    # Those of a group that have no p-value by the method asked for go another way than the others.
    for way_of_some in dict.fromkeys(plans[name].way for name in together):
        some = [name for name in together if plans[name].way == way_of_some]
        if len(some) > 1:
            # If one of them overflows, each runs by itself.
            with suppress(SampleError):
                results = run([TESTS[name] for name in some], "replicates", way_of_some)
                found.update({result.name: (result,) for result in results})
    entries = []
    for name, plan in plans.items():
        note = plan.note
        if plan.runs and name not in found:
            try:
                found[name] = run([TESTS[name]], "replicates" if name in together else name, plan.way)
            except SampleError as error:
                if wanted[name] == "named":
                    raise
                beside = wanted[name] == "beside"
                note = f"{name[:1].upper()}{name[1:]} is left out: {error}." if beside else str(error)
        entries.append(Entry(TESTS[name], wanted[name], found.get(name, ()), note))
    return entries
