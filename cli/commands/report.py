"""``slicednorm report``: a page about a sample, about two of them, or about a trained model's latents."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import click

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


def _command(ctx: click.Context, seed: int) -> str:
    """Return the command that makes the report again: what was given, and the seed."""
    words = ["slicednorm", "report"]
    for param in ctx.command.params:
        name = param.name or ""
        given = ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if not given or name in ("seed", "force", "out", "jobs"):
            continue
        value: Any = ctx.params[name]
        if isinstance(value, Names):
            value = value.given
        elif name == "selection":
            value = (str(value),)
        elif not isinstance(value, tuple):
            value = (value,)
        for item in value:
            words += [str(item)] if isinstance(param, click.Argument) else [param.opts[-1], str(item)]
    return shlex.join([*words, "--seed", str(seed), "-o", ctx.params["out"], "--force"])


@click.command(
    context_settings={"max_content_width": 100},
    epilog="""\b
    Examples:
      slicednorm report latents.npy -o report.html
      slicednorm report before.npy after.npy -o both.html --null composite
      slicednorm report runs/mnist-scwae-s0 -o model.html
    """,
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(), callback=_paths)
@click.option(
    "-o", "--out", metavar="FILE", required=True, type=click.Path(), callback=_html, help="The .html file to write."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
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
    data_dir: str | None,
    device: str,
    **options: Any,
) -> None:
    """Test the sample in PATH, and write a page about it: verdict, tests, pictures, where it deviates, and how much.

    The page is one HTML file that needs no network and no script. PATH is a file as for 'slicednorm test', or the
    folder of a trained model, whose test images are encoded. Two PATHs are shown beside each other, on common axes.

    Exit status: 0 written, 2 input or usage is wrong.
    """
    target_goes_with(**options)
    treatment_goes_with(**options)
    method_goes_with(method, resamples)
    tests.check(options["null"], method)
    _check_out(out, force)

    # Imported here, not at the top: the help must not wait for NumPy.
    from ..show.words import conclusion
    from ..testing.request import Request, fresh_seed

    try:
        from ..page.page import page
        from ..page.samples import shown_at
    except ImportError as error:
        raise InputError(f"a report needs pictures ({error}); pip install 'slicednorm[report]'") from None

    asked_for = ctx.get_parameter_source("tests") is not click.core.ParameterSource.DEFAULT
    seed = fresh_seed() if seed is None else seed
    with whole_file(out, "--out") as target:
        subjects = [
            shown_at(
                Request(
                    path=path,
                    tests=tests,
                    holm=asked_for,
                    mardia=True,
                    n_slices=slices,
                    method=method,
                    n_resamples=resamples,
                    seed=seed,
                    **options,
                ),
                data_dir=data_dir,
                device=device,
            )
            for path in paths
        ]
        Path(target).write_text(page(subjects, _command(ctx, seed)), encoding="utf-8")
    for subject in subjects:
        click.echo(f"{subject.label}: {conclusion(subject.findings.report)}")
    click.echo(f"report      {click.format_filename(out)}")
