"""``slicednorm report``: a page about a sample, about two of them, or about a trained model's latents."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ..options.as_given import AsGiven, command_again
from ..options.of_a_test import testing_options
from ..options.shared import Method, method_goes_with, target_goes_with, treatment_goes_with
from ..options.studies import run_option
from ..options.test_names import Names
from ..terminal.errors import InputError
from ..terminal.output import whole_file

_MOST = 2


def _paths(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > _MOST:
        raise click.BadParameter(f"{len(value)} samples; a report shows one, or two beside each other.")
    return value


def _html(ctx: click.Context, param: click.Parameter, value: str) -> str:
    # So that --force replaces a page, and never data or a file of a run.
    if os.path.splitext(value)[1].lower() not in (".html", ".htm"):
        raise click.BadParameter(f"{value!r} does not end in .html; a report is a page, name such a file.")
    return value


def _check_out(out: str, force: bool) -> None:
    """Raise unless a report may be written there, before anything is computed."""
    if os.path.isdir(out):
        raise InputError(f"{out}: is a directory; name a file for --out")
    if os.path.exists(out) and not force:
        raise InputError(f"{out}: exists; --force replaces it")


def _groups_go_with(
    paths: tuple[str, ...], *, design: str | None, residuals_of: object, within: str | None, **others: Any
) -> None:
    """Raise a UsageError unless the page may be one of groups."""
    if len(paths) > 1:
        raise click.UsageError("--by shows the groups of one sample; leave out the second")
    if os.path.isdir(paths[0]):
        raise click.UsageError("--by names a column of a file; a trained model has none")
    for option, given in (("design", design), ("residuals-of", residuals_of), ("within", within)):
        if given:
            raise click.UsageError(f"--by tests each group by itself; leave out --{option}")


@click.command(
    cls=AsGiven,
    context_settings={"max_content_width": 100},
    epilog="""\b
    Examples:
      slicednorm report latents.npy -o report.html
      slicednorm report before.npy after.npy -o both.html --null composite
      slicednorm report table.csv -o table.html --null composite --stat omnibus
      slicednorm report iris.csv -o iris.html --null composite --by species
      slicednorm report runs/mnist-scwae-s0 -o model.html
    """,
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(), callback=_paths)
@click.option(
    "-o", "--out", metavar="FILE", required=True, type=click.Path(), callback=_html, help="The .html file to write."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option(
    "--by",
    metavar="COLUMN",
    help="Column of PATH that names the group of each row: one page of all groups, each tested by itself, and with "
    "--null composite all of them less the means of their groups.",
)
@testing_options
@run_option("--data-dir", help="Where the images of a trained model are.  [default: as for 'slicednorm encode']")
@run_option("--device", help="Where to compute a trained model's latents.")
@click.pass_context
def report(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    out: str,
    force: bool,
    tests: Names,
    method: Method,
    resamples: int | None,
    slices: int | None,
    seed: int | None,
    by: str | None,
    data_dir: str | None,
    device: str,
    **options: Any,
) -> None:
    """Test the sample in PATH, and write a page about it: verdict, tests, pictures, where it deviates, and how much.

    The page is one HTML file that needs no network and no script. PATH is a file as for 'slicednorm test', or the
    folder of a trained model, whose test images are encoded. Two PATHs are shown beside each other, on common axes.

    P-values are adjusted by Holm's method for all tests on the page, and the verdict follows them. For data rather than
    latents --stat omnibus is recommended: it sees most kinds of departures, and is one test.

    Exit status: 0 written, 2 input or usage is wrong.
    """
    target_goes_with(**options)
    treatment_goes_with(**options)
    method_goes_with(method, resamples)
    tests.check(options["null"], method)
    if by is not None:
        _groups_go_with(paths, **options)
    _check_out(out, force)

    # Imported here, not at the top: the help must not wait for NumPy.
    from slicednorm.stats._calibration.cached_or_computed import whatever_is_cached

    from ..testing.request import Request, fresh_seed

    try:
        from ..page import write
    except ImportError as error:
        raise InputError(f"a report needs pictures ({error}); pip install 'slicednorm[report]'") from None

    seed = fresh_seed() if seed is None else seed
    requests = [
        Request(
            path=path,
            tests=tests,
            mardia=True,
            n_slices=slices,
            method=method,
            n_resamples=resamples,
            seed=seed,
            outliers=True,
            **options,
        )
        for path in paths
    ]
    again = command_again(ctx, instead={"seed": str(seed), "force": True, "jobs": None})
    with whole_file(out, "--out") as target, whatever_is_cached():
        if by is None:
            text, said = write.about_samples(requests, again, data_dir=data_dir, device=device)
        else:
            text, said = write.about_groups(requests[0], by, again)
        Path(target).write_text(text, encoding="utf-8")
    for line in said:
        click.echo(line)
    click.echo(f"report      {click.format_filename(out)}")
