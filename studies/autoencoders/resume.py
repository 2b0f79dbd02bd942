"""Resuming a training: whether a run is finished, and the checkpoint from which it goes on."""

from __future__ import annotations

from .checkpoints import Checkpoints, Position, Trained
from .errors import StudyError
from .reporting import Say
from .run_folder import RunFolder
from .settings import Settings, require_own
from .tensors import DamagedFileError, read_tensors


def is_finished(run: RunFolder, settings: Settings, say: Say) -> bool:
    """Return whether a run is trained for all its epochs, or raise if it is trained for more."""
    if not run.finished:
        return False
    try:
        _, said = read_tensors(run.weights_file)
    except DamagedFileError as error:
        say(f"{error}; making it again from the last checkpoint")
        return False
    require_own(said, settings, run.weights_file)
    done = int(said["epoch"])
    if done > settings.epochs:
        raise StudyError(f"{run.path}: is trained for {done} epochs already, not {settings.epochs}; name another --out")
    return done == settings.epochs


def go_on(
    run: RunFolder, settings: Settings, rows: int, checkpoints: Checkpoints, trained: Trained, say: Say
) -> Position:
    """Give a model the state of the newest checkpoint, and return how far that is; the beginning if nothing is saved.

    ``rows`` is how many rows the run's metrics have.

    Raises
    ------
    StudyError
        If the run was trained further than this, or what it was trained to is gone.
    """
    if (found := checkpoints.newest(settings, say)) is None:
        if run.finished or rows > 1:
            raise StudyError(
                f"{run.path}: was trained, but there is no checkpoint to go on from; restore {run.checkpoints}, "
                "or start again with another --out"
            )
        return Position()
    path, tensors, position = found
    trained.load(tensors, path)
    say(f"going on from {path.name}: epoch {position.epoch + 1}, batch {position.batch + 1}")
    if position.epoch > settings.epochs:
        raise StudyError(
            f"{run.path}: is trained for {position.epoch} epochs, not {settings.epochs}; name another --out"
        )
    if rows < position.epoch:
        say(f"{run.metrics_file}: rows of earlier epochs are missing")
    return position
