"""From a path to what a report shows: a file that is read, or a trained model whose test images are encoded."""

from __future__ import annotations

import os

import click

from slicednorm import stats

from ..terminal.studies import studies
from ..testing.request import Request
from ..testing.run import examine_file, examine_sample
from .shown_results import Shown, shown_of


def shown_at(request: Request, *, data_dir: str | None, device: str) -> Shown:
    """Test the sample that a request names, and compute what a report shows of it.

    Raises
    ------
    InputError
        If it cannot be read, or does not allow the tests.
    """
    if os.path.isdir(request.path):
        return _of_run(request, data_dir, device)
    return shown_of(examine_file(request), workers=request.jobs, about={})


def _of_run(request: Request, data_dir: str | None, device: str) -> Shown:
    """Encode the test images of a trained model, and test their latents."""
    with studies(f"{request.path}: a report of a trained model"):
        from slicednorm_studies.autoencoders.evaluation import load_model
        from slicednorm_studies.autoencoders.records import find_runs

        (record,) = find_runs([request.path])
        model = load_model(record.path, data_dir, device, say=lambda text: click.echo(text, err=True))
        encoded = model.encode("test")
        about = {
            "model": f"{record.settings.model}, {model.epoch:,} epochs of {record.settings.data}, "
            f"seed {record.settings.seed}",
            "latents": f"of {len(encoded.latents):,} test images",
            "reconstruction error": f"{encoded.reconstruction_error:.4g}, squared, summed over pixels",
        }
        found = examine_sample(stats.as_sample(encoded.latents), request)
        history = None if record.metrics.empty else record.metrics
        return shown_of(found, workers=request.jobs, about=about, history=history)
