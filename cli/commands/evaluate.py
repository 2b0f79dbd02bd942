"""``slicednorm evaluate``: everything there is to say of a trained model, as a table and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ..options.shared import jobs_option, resamples_option, slices_option
from ..options.studies import run_option
from ..options.test_names import resolve
from ..terminal.output import STDOUT, json_writer
from ..terminal.progress import Progress
from ..terminal.studies import studies

# The paper has no FID for images of a single colour.
_FID_SAMPLES = {"cifar10": 10_000, "celeba": 10_000}


@click.command(
    context_settings={"max_content_width": 100},
    epilog="""\b
    Examples:
      slicednorm evaluate runs/mnist-scwae-s0
      slicednorm evaluate runs/cifar10-scwae-s0 --fid-samples 1000 --inception weights-inception-2015-12-05-6726825d.pth
      slicednorm evaluate runs/mnist-scwae-s0 --json - | jq .reconstruction_error
    """,
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--fid-samples",
    metavar="N",
    type=click.IntRange(0),
    help="Images of the prior for the FID, against as many test images; 0 leaves it out.  "
    "[default: cifar10, celeba 10,000; else 0]",
)
@click.option(
    "--inception",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Weights of the Inception network, for machines without a network; their SHA-256 is checked.",
)
@slices_option(256)
@resamples_option(199)
@click.option("--seed", metavar="S", type=click.IntRange(0), default=0, show_default=True, help="Seed of the tests.")
@jobs_option()
@click.option(
    "--json",
    "json_path",
    metavar="FILE",
    type=click.Path(),
    help="Write the results as JSON there as well; '-' is stdout, and the table then goes to stderr.",
)
@run_option("--data-dir")
@run_option("--device")
def evaluate(
    run: Path,
    fid_samples: int | None,
    inception: Path | None,
    slices: int,
    resamples: int,
    seed: int,
    jobs: int,
    json_path: str | None,
    data_dir: str | None,
    device: str,
) -> None:
    """Judge the model in RUN on its test images.

    Reconstruction error; Mardia's measures and every sliced statistic of the test latents, with their expectations and
    p-values under N(0, I), as 'slicednorm test' gives them; and the Fréchet Inception Distance (FID) of images of the
    prior. Grids of samples, reconstructions and interpolations go to RUN/pictures, everything else to
    RUN/evaluation.json.

    Exit status: 0 evaluated, 2 input or usage is wrong.
    """
    with studies("evaluating"), json_writer(json_path) as write_json:
        from slicednorm_studies.autoencoders.evaluation import load_model

        from slicednorm import stats

        from ..show.data import as_json
        from ..show.table import print_table
        from ..testing.request import Request
        from ..testing.run import examine_sample

        model = load_model(run, data_dir, device, say=lambda text: click.echo(text, err=True))
        count = _FID_SAMPLES.get(model.settings.data, 0) if fid_samples is None else fid_samples
        network = model.inception(inception) if count else None  # at once, not after minutes of work
        encoded = model.encode("test")
        request = Request(
            path=str(run),
            tests=resolve(("sliced",)),
            mardia=True,
            n_slices=slices,
            method="monte carlo",
            n_resamples=resamples,
            seed=seed,
            jobs=jobs,
        )
        report = examine_sample(stats.as_sample(encoded.latents), request).report
        with Progress("FID") as progress:
            fid = None if network is None else model.fid(network, count, progress=progress)
        pictures = model.draw()
        found = {
            "model": model.settings.model,
            "data": model.settings.data,
            "split": "test",
            "epoch": model.epoch,
            "reconstruction_error": encoded.reconstruction_error,
            "fid": None if fid is None else asdict(fid),
        }
        value = {**found, **as_json(report)}
        model.run.write_evaluation(value)
        write_json(value)
    to_stderr = json_path == STDOUT
    click.echo(_heading(found), err=to_stderr)
    print_table(report, to_stderr=to_stderr)
    click.echo(f"\npictures    {pictures}\neverything  {model.run.evaluation_file}", err=to_stderr)


def _heading(found: dict[str, Any]) -> str:
    """Return what there is to say besides the tests, a line each."""
    lines = [
        f"model       {found['model']}, trained on {found['data']} for {found['epoch']} epochs",
        f"rec. error  {found['reconstruction_error']:.4f}, squared and summed over pixels, mean of the test images",
    ]
    if (fid := found["fid"]) is not None:
        lines.append(
            f"FID         {fid['value']:.2f}, {fid['n_fake']:,} samples of the prior against "
            f"{fid['n_real']:,} test images ({fid['weights']})"
        )
    return "\n".join(lines)
