"""``slicednorm calibrate``: its options, checked and handed on."""

from __future__ import annotations

from typing import Any

import click

from ..options.of_a_file import reading_options
from ..options.shared import (
    aggregate_option,
    directions_option,
    jobs_option,
    null_option,
    slices_option,
    stat_option,
)
from ..options.test_names import DEFAULT, Names

# Null distributions of tests that compare all pairs of rows are refused if they would take longer, on one core.
_MOST_HOURS = 24.0


def _law(ctx: click.Context, param: click.Parameter, value: int) -> int:
    from slicednorm.stats._calibration.budget import fewest_resamples

    if value < fewest_resamples():
        raise click.BadParameter(
            f"{value:,} is fewer than {fewest_resamples():,}, and no test takes a smaller null distribution."
        )
    return value


@click.command(
    context_settings={"max_content_width": 100},
    epilog="""\b
    Examples:
      slicednorm calibrate latents.npy
      slicednorm calibrate --n 10000 --dim 20 --stat sliced
      slicednorm calibrate --n 500 --dim 5 --null composite --stat omnibus --stat hz
    """,
)
@click.argument("path", type=click.Path(), is_eager=True, required=False)
@click.option("--n", "n", metavar="N", type=click.IntRange(2), help="Rows of the samples, where no PATH says so.")
@click.option("--dim", metavar="D", type=click.IntRange(1), help="Columns of the samples, where no PATH says so.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    help="The samples' precision: float32 is computed in float32, all wider numbers and text in float64.  "
    "[default: that of PATH, or float32]",
)
@stat_option()
@null_option()
@slices_option(256)
@directions_option("iid")
@aggregate_option()
@click.option(
    "--resamples",
    metavar="M",
    type=click.IntRange(1, 2**31 - 1),
    callback=_law,
    default=99_999,
    show_default=True,
    help="Number of null replicates, 9,999 or more; those in the cache count.",
)
@jobs_option()
@reading_options
def calibrate(
    path: str | None,
    n: int | None,
    dim: int | None,
    dtype: str | None,
    tests: Names,
    null: Any,
    slices: int,
    directions: Any,
    aggregate: Any,
    resamples: int,
    jobs: int,
    **reading: Any,
) -> None:
    """Compute the null distributions that tests of a shape need, and cache them.

    The shape is that of the sample in PATH, or --n and --dim. Afterwards these tests take no longer than their
    statistics, for every sample of that shape and every seed. Only Mardia's measures, which 'slicednorm test' reports
    beside them, take replicates of their own (--no-mardia leaves them out). Beyond 2,000 rows one null distribution
    serves all sizes. A computation that was stopped is continued.

    Exit status: 0 they are cached, 2 input or usage is wrong, or they could not be cached.
    """
    if path is not None and (n is not None or dim is not None):
        raise click.UsageError("PATH has a shape of its own; leave out --n and --dim")
    if path is None and (n is None or dim is None):
        raise click.UsageError("give a PATH, or both --n and --dim")

    tests.check(null)

    # Imported here, not at the top: the help must not wait for NumPy.
    from slicednorm import stats
    from slicednorm.stats._hypotests.registry import TESTS

    from ..terminal.errors import InputError
    from ..terminal.progress import Progress
    from ..terminal.warnings import cache_lines
    from ..testing.sample import read_sample

    if path is not None:
        sample, notes = read_sample(path, **reading)
        for note in notes:
            click.echo(note, err=True)
        n, dim, found_dtype = sample.n, sample.dim, sample.dtype.name
    else:
        found_dtype = "float32"
    if stats.cache_folder() is None:
        raise InputError(
            f"{stats.CACHE_ENVIRONMENT} is 'off', so that nothing can be cached; name a folder, or unset it"
        )
    chosen = [TESTS[name] for name in tests.all]
    work = sum(test.work(n or 0, dim or 0, slices) for test in chosen if test.group not in ("sliced", "mardia"))
    hours = resamples * work / 3.6e12
    if hours > _MOST_HOURS:
        raise InputError(
            f"{resamples:,} replicates of tests that compare all pairs of {n:,} rows, or search them for a direction, "
            f"would take about {hours:,.0f} hours of one core; use fewer --resamples, or sliced tests"
        )
    try:
        with cache_lines(must_cache=True), Progress("replicates") as progress:
            counts = stats.prepare(
                n or 0,
                dim or 0,
                tests.given or DEFAULT,
                null=null,
                aggregate=aggregate,
                n_slices=slices,
                directions=directions,
                dtype=dtype or found_dtype,
                n_resamples=resamples,
                workers=jobs,
                progress=progress,
            )
    except ValueError as error:
        raise InputError(str(error)) from None
    for name, count in counts.items():
        click.echo(f"{name:<18}{count:>9,} replicates, {dtype or found_dtype}")
    click.echo(f"cached in {click.format_filename(str(stats.cache_folder()))}")
