"""From paths to what a report shows: files that are read, or trained models whose test images are encoded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import click

from slicednorm import stats

from ..readers import Table
from ..terminal.studies import studies
from ..testing.findings import Findings
from ..testing.request import Request
from ..testing.run import examine_file, examine_sample
from ..testing.verdicts import judged_together
from .shown_results import Shown, shown_of


@dataclass(frozen=True)
class _Tested:
    """The tests of a sample, and what is known of it beside its rows."""

    found: Findings
    about: Mapping[str, str] = field(default_factory=dict)
    history: Any = None


def shown_together(requests: Sequence[Request], *, data_dir: str | None, device: str) -> list[Shown]:
    """Test the samples that requests name, judge them together, and compute what a report shows of them.

    Raises
    ------
    InputError
        If one cannot be read, or does not allow the tests.
    """
    tested = [
        _of_run(request, data_dir, device) if os.path.isdir(request.path) else _Tested(examine_file(request))
        for request in requests
    ]
    reports = judged_together([one.found.report for one in tested])
    return [
        shown_of(replace(one.found, report=report), request, about=one.about, history=one.history)
        for one, report, request in zip(tested, reports, requests, strict=True)
    ]


def _of_run(request: Request, data_dir: str | None, device: str) -> _Tested:
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
        return _Tested(replace(found, table=Table(encoded.latents)), about, history)
