"""``slicednorm train``: an option for every setting, and one run or several."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
from slicednorm_studies.autoencoders.settings import SLICED_MODELS, Settings, option_name

from ..options.studies import run_option
from ..terminal.errors import InputError, Interrupted
from ..terminal.studies import studies

_KINDS: dict[str, tuple[Any, str]] = {
    "int": (click.INT, "N"),
    "float": (click.FLOAT, "X"),
    "str": (click.STRING, "NAME"),
}
_METAVARS = {
    **{"--epochs": "E", "--batch-size": "B", "--latent-dim": "D"},
    **{"--slices": "K", "--lr": "LR", "--seed": "S", "--resamples": "M"},
}

_ALL = "all"
_MOST_SEEDS = 10_000  # each is a run
_RUNS = "runs"


def _setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for every setting, named after it unless it says otherwise."""
    for item in reversed(fields(Settings)):
        name = option_name(item)
        text = item.metadata["help"]
        if item.type == "bool":
            command = click.option(name, item.name, is_flag=True, help=text)(command)
            continue
        kind, metavar = _KINDS[str(item.type)]
        command = click.option(
            name,
            item.name,
            type=kind,
            metavar=_METAVARS.get(name, metavar),
            default=item.default,
            show_default=item.default is not None,
            help=text,
        )(command)
    return command


def _grid(settings: Settings, seeds: int) -> list[Settings]:
    """Return the settings of every run that was asked for."""
    names = [name.strip() for name in settings.model.strip(",").split(",")]
    models = dict.fromkeys(model for name in names for model in (SLICED_MODELS if name == _ALL else (name,)))
    return [
        replace(settings, model=model, seed=settings.seed + shift).resolved()
        for shift in range(seeds)
        for model in models
    ]


@click.command(
    context_settings={"max_content_width": 100},
    epilog="""\b
    Examples:
      slicednorm train --model scwae --data digits --out runs/first
      slicednorm train --model scwae --data mnist --epochs 20
      slicednorm train --model all --seeds 3 --data mnist --epochs 20 --resume && slicednorm table runs
      torchrun --nproc-per-node 2 -m slicednorm train --model scwae --data mnist --out runs/both
    """,
)
@_setting_options
@click.option(
    "--seeds",
    metavar="N",
    type=click.IntRange(1, _MOST_SEEDS),
    default=1,
    show_default=True,
    help="Train with N seeds, from --seed on.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the run; of several runs, the folder of their folders.  [default: runs/DATA-MODEL-sSEED; runs]",
)
@run_option("--data-dir")
@run_option("--device")
@click.option(
    "--threads",
    metavar="N",
    type=click.IntRange(1, os.cpu_count()),
    help="Threads on the CPU.  [default: digits 1, else all cores]",
)
@click.option("--resume", is_flag=True, help="Go on with what is there; begin what is not, skip what is finished.")
def train(
    seeds: int, out: Path | None, data_dir: str | None, device: str, threads: int | None, resume: bool, **settings: Any
) -> None:
    """Train an autoencoder whose latents are to be normal.

    The cost is the reconstruction error (squared, summed over pixels) plus the logarithm of the sliced distance of a
    batch's latents to N(0, I): swae, sksae, scwae, scvmae, scfwae, as in arXiv 1901.10417; or plus another penalty:
    ae (none), vae, wae-mmd, cwae. The defaults are the paper's. --model takes several names with commas between, or
    'all' for the paper's five.

    The folder of the run holds its settings (run.json), a row of metrics for every epoch (metrics.jsonl), pictures, and
    at the end the weights (model.safetensors). Ctrl-C saves where the training stands.

    Exit status: 0 trained, 2 input or usage is wrong or the loss diverged, 130 interrupted.
    """
    with studies("training"):
        grid = _grid(Settings(**settings), seeds)
        several = len(grid) > 1
        parent = Path(_RUNS) if out is None else out
        folders = [parent / chosen.name if several or out is None else out for chosen in grid]
        from slicednorm_studies.autoencoders import training
        from slicednorm_studies.autoencoders.devices import pick_device
        from slicednorm_studies.autoencoders.processes import joined

        command = shlex.join(["slicednorm", *sys.argv[1:]])
        target = pick_device(device)
        with joined(target) as processes:
            place = training.Place(
                target, processes, threads, data_dir=None if data_dir is None else Path(data_dir), command=command
            )
            diverged = []
            for chosen, folder in zip(grid, folders, strict=True):
                try:
                    trained = training.train(chosen, folder, place, resume=resume, say=click.echo)
                except training.TrainingStopped as stop:
                    again = command if resume else f"{command} --resume"
                    number = stop.signal or signal.SIGTERM
                    raise Interrupted(f"{folder}: {stop}; go on with: {again}", number) from None
                except training.DivergedError as error:
                    if not several:
                        raise
                    diverged.append(chosen.name)
                    click.echo(f"slicednorm train: {error}", err=True)
                else:
                    if trained and processes.first:
                        click.echo(f"{folder}: trained; see: slicednorm evaluate {shlex.quote(str(folder))}")
        if diverged:
            raise InputError(f"{len(diverged)} of {len(grid)} runs diverged: {', '.join(diverged)}")
