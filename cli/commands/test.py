"""``slicednorm test``: its options, checked and handed on."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal

import click

from ..options.of_a_test import testing_options
from ..options.shared import Method, method_goes_with, target_goes_with, treatment_goes_with
from ..options.test_names import Names
from ..terminal.output import STDOUT, csv_writer, json_writer


@click.command(
    context_settings={"max_content_width": 100},
    epilog="""\b
    Examples:
      slicednorm test latents.npy
      slicednorm test table.csv --columns 1: --null composite --stat sliced
      slicednorm test survey.csv --columns '!id' --decimal , --na-values -99 --nan-policy omit --null composite
      slicednorm test latents.npy --stat ks --json result.json --fail-on-reject && echo 'no sign against N(0, I)'
    """,
)
# The path goes first: then every other error can name the file.
@click.argument("path", type=click.Path(), is_eager=True)
@testing_options
@click.option("--no-pvalue", is_flag=True, help="Statistics only, without replicates.")
@click.option(
    "--where",
    is_flag=True,
    help="If a sliced test, the omnibus or pursuit rejects: along which direction the sample is least normal, in what "
    "way, and from how many rows on that would be found at the level with 80% power.",
)
@click.option(
    "--outliers",
    is_flag=True,
    help="Which rows lie farther out than the farthest of so many normal rows, and what the tests say without them.",
)
@click.option(
    "--by",
    metavar="COLUMN",
    help="Column of PATH that names the group of each row: every group is tested by itself, and with --null composite "
    "all of them less the means of their groups.",
)
@click.option(
    "--each-column",
    is_flag=True,
    help="Describe and test each column by itself as well: mean, standard deviation, skewness, kurtosis, "
    "Anderson-Darling and Shapiro-Wilk.",
)
@click.option("--no-mardia", is_flag=True, help="Leave out Mardia's skewness and kurtosis.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "latex", "markdown"]),
    default="text",
    show_default=True,
    help="How the results are printed: for a terminal, or as a table and a sentence for a paper, with p-values "
    "adjusted by Holm's method if there are several.",
)
@click.option(
    "--json",
    "json_path",
    metavar="FILE",
    type=click.Path(),
    help="Write the results as JSON as well; '-' is stdout, and the table then goes to stderr.",
)
@click.option(
    "--csv",
    "csv_path",
    metavar="FILE",
    type=click.Path(),
    help="Write a row for every test as CSV as well; '-' is stdout, and the table then goes to stderr.",
)
@click.option(
    "--fail-on-reject",
    is_flag=True,
    help="Exit with status 1 if a test rejects at the level, p-values and verdicts Holm-adjusted (Mardia not counted).",
)
@click.pass_context
def test(
    ctx: click.Context,
    /,
    path: str,
    tests: Names,
    method: Method,
    resamples: int | None,
    no_pvalue: bool,
    slices: int | None,
    seed: int | None,
    by: str | None,
    no_mardia: bool,
    style: Literal["text", "latex", "markdown"],
    json_path: str | None,
    csv_path: str | None,
    fail_on_reject: bool,
    **options: Any,
) -> None:
    """Test whether the sample in PATH is multivariate normal.

    PATH holds one observation a row: .npy, .npz, .safetensors, .pt; .csv, .tsv, .txt, .dat, also with .gz;
    .xlsx; .parquet, .feather, .arrow; .sav, .dta, .sas7bdat, .xpt; '-' is CSV on stdin. Of a table, the columns
    that hold numbers are used, without row numbers; a line names those that are left out.

    The sample is projected on random directions. The distances of the projections from the standard normal
    distribution are averaged (or their maximum is taken). The p-value tells how many normal samples of the
    same shape lie as far along the same directions. It is valid at every sample size and dimension.

    Rows are taken as independent of each other. Notes say where they do not look it, or where values are
    rounded, few, or copies, so that a verdict may mislead.

    Exit status: 0 the tests ran, 1 one rejects (with --fail-on-reject), 2 input or usage is wrong.
    """
    if no_pvalue and fail_on_reject:
        raise click.UsageError("--fail-on-reject needs p-values; leave out --no-pvalue")
    if options["where"] and (no_pvalue or not tests.explained):
        raise click.UsageError("--where explains a sliced test, the omnibus or pursuit; ask for one, with p-values")
    for option in ("where", "outliers", "design", "residuals_of", "within"):
        if by is not None and options[option]:
            name = option.replace("_", "-")
            raise click.UsageError(f"--by tests each group by itself; leave out --{name}")
    if options["where"] and method == "asymptotic":
        raise click.UsageError("--where needs a sliced test's replicates; leave out --method asymptotic")
    target_goes_with(**options)
    treatment_goes_with(**options)
    method_goes_with(method, resamples)
    tests.check(options["null"], None if no_pvalue else method)
    for option, target in (("--json", json_path), ("--csv", csv_path)):
        if target and os.path.exists(target) and os.path.exists(path) and os.path.samefile(target, path):
            raise click.UsageError(f"{option} would overwrite the sample; name another file")
    if json_path and csv_path and os.path.realpath(json_path) == os.path.realpath(csv_path):
        place = "stdout" if json_path == STDOUT else "the same file"
        raise click.UsageError(f"--json and --csv both name {place}; send one of them elsewhere")

    # Imported here, not at the top: the help must not wait for NumPy.
    from ..show import data, groups
    from ..show.paper import paper, paper_of_groups
    from ..show.table import print_text, table
    from ..testing.groups import examine_groups
    from ..testing.request import Request, fresh_seed
    from ..testing.run import examine_file
    from ..testing.standing_out import standing_out

    with json_writer(json_path) as write_json, csv_writer(csv_path) as write_csv:
        request = Request(
            path=path,
            tests=tests,
            mardia=not no_mardia,
            n_slices=slices,
            method=None if no_pvalue else method,
            n_resamples=None if no_pvalue else resamples,
            seed=fresh_seed() if seed is None else seed,
            **options,
        )
        if by is None:
            examined = examine_file(request)
            report = examined.report
            if request.outliers:
                report = replace(report, outliers=standing_out(examined, request))
            text, rejects = table(report) if style == "text" else paper(report, style), report.rejects
            json, csv = data.as_json(report), data.as_csv(report)
        else:
            found = examine_groups(request, by)
            text, rejects = groups.table(found) if style == "text" else paper_of_groups(found, style), found.rejects
            json, csv = groups.groups_as_json(found), groups.groups_as_csv(found)
        if json_path:
            write_json(json)
        if csv_path:
            write_csv(csv)
    print_text(text, to_stderr=STDOUT in (json_path, csv_path))
    if fail_on_reject and rejects:
        ctx.exit(1)
