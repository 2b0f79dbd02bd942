"""The training: one way for every method.

Nothing random is drawn from a shared generator, so that a run is a function of its settings: on one machine it ends
with equal weights, however often it was stopped and continued.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from .checkpoints import Checkpoints, Position, Trained
from .data import Images, load_images
from .devices import Compute
from .errors import StudyError
from .interrupts import listening
from .latents import network_for
from .loop import Loop, TrainingStopped
from .methods import METHODS
from .processes import Processes
from .reporting import Say, tensorboard
from .resume import go_on, is_finished
from .run_folder import RunFolder
from .session import DivergedError, Session
from .settings import DATA, Settings
from .tensors import write_tensors

__all__ = ["DivergedError", "Place", "TrainingStopped", "train"]
_THREADS = torch.get_num_threads()


@dataclass(frozen=True)
class Place:
    """Where a training is done: what its weights do not depend on, beyond rounding.

    Attributes
    ----------
    device : torch.device
        Device that computes.
    processes : Processes
        Processes that compute together.
    threads : int or None
        Number of threads; None is one for digits, else as many as torch takes.
    data_dir : pathlib.Path or None
        The folder of the images.
    images : Images or None
        The images, where they are in memory already.
    command : str
        The command that was called, for run.json.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    processes: Processes = field(default_factory=Processes)
    threads: int | None = None
    data_dir: Path | None = None
    images: Images | None = None
    command: str = ""


def train(settings: Settings, out: Path, place: Place, *, resume: bool, say: Say) -> bool:
    """Train a model, or go on training it, and leave everything in its folder; return whether anything was to do.

    The settings are those that `Settings.resolved` returns. With ``resume`` a run in the folder is continued. Each line
    for the user goes to ``say``.

    Raises
    ------
    StudyError
        If something is missing or wrong, or the folder is another run's.
    DivergedError
        If the loss is not finite any more.
    TrainingStopped
        If a signal asked to stop; what was done is saved.
    """
    processes = place.processes
    if processes.count > max(1, settings.batch_size // 8):
        raise StudyError(
            f"{processes.count} processes are too many for a batch of {settings.batch_size}; take a larger one"
        )
    tell = say if processes.first else _silent
    try:
        session = _prepare(settings, RunFolder(out), place, resume, tell)
        if session is None:
            return False
        with listening(alone=processes.count == 1) as heard:
            Loop(session, heard, tell).run()
        if processes.first:
            _finish(session)
    except OSError as error:
        raise StudyError(
            f"{error.filename or out}: cannot be written ({error.strerror or error}); what was saved before is whole: "
            "correct that and continue with --resume, or name another --out"
        ) from None
    processes.meet()  # no process ends, or begins another run, before this one is whole
    return True


def _finish(session: Session) -> None:
    """Write the final pictures and weights."""
    session.draw("final")
    facts = {"epoch": str(session.position.epoch), "settings": json.dumps(asdict(session.settings))}
    write_tensors(session.run.weights_file, session.trained.model.state_dict(), facts)


def _silent(text: str) -> None:
    """Say nothing: one process speaks for all."""


def _untrained(settings: Settings, processes: Processes, compute: Compute) -> Trained:
    """Return what is trained, and what it is trained with, as they are before the first step."""
    network = network_for(settings).to(compute.device)
    penalty = METHODS[settings.model].penalty(settings, processes).to(compute.device)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=compute.device.type != "mps")
    return Trained(network, penalty, optimiser, torch.Generator().manual_seed(settings.seed))


def _prepare(settings: Settings, run: RunFolder, place: Place, resume: bool, say: Say) -> Session | None:
    """Return what the training works with, as it was last saved; None if the run is finished."""
    processes, compute = place.processes, Compute(place.device, settings.amp)
    log = tensorboard() if settings.tensorboard and processes.first else None
    held = processes.share(run.claim(settings, resume=resume) if processes.first else None)
    if held is not None and is_finished(run, settings, say):
        say(f"{run.path}: is finished ({settings.epochs} epochs)")
        return None
    threads, data_dir = (None, None) if held is None else (held.threads, held.found_data_dir)
    torch.set_num_threads(place.threads or threads or DATA[settings.data].threads or _THREADS)
    data_dir = place.data_dir or data_dir
    images = load_images(settings.data, data_dir) if place.images is None else place.images
    trained, checkpoints = _untrained(settings, processes, compute), Checkpoints(run.checkpoints)
    rows = [] if held is None else run.metrics()
    position = Position() if held is None else go_on(run, settings, len(rows), checkpoints, trained, say)
    session = Session(settings, run, compute, processes, images, trained, checkpoints, position)
    if processes.first:
        run.describe(
            settings,
            device=str(compute.device),
            threads=torch.get_num_threads(),
            processes=processes.count,
            data_dir=None if data_dir is None else str(data_dir.absolute()),
            commands=[*(() if held is None else held.commands), place.command],
            train_images=len(images.train),
            test_images=len(images.test),
        )
        run.keep_metrics(rows, position.epoch)
        if log is not None:
            session.writer = log(str(run.path / "tensorboard"), purge_step=position.epoch + 1)
    else:
        position.sums.zero_()  # what was summed so far is in the first process
    return session
