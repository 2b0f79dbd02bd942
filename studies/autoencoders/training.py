"""The training: one loop for every method.

    images → network → reconstruction error + weight · penalty(latents) → Adam

Nothing random is drawn from a shared generator, so that a run is a function of its settings: it ends with the same
weights however often it was stopped and continued on the same machine.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from . import pictures
from .checkpoints import Checkpoints, Position, Trained
from .data import Images, load_images
from .devices import Compute
from .errors import StudyError
from .interrupts import Interrupts, listening
from .latents import encode, network_for, pixels, squared_error
from .measures import measure
from .methods import METHODS
from .processes import Processes
from .run_folder import RunFolder
from .settings import DATA, Settings, require_own
from .tensors import DamagedFileError, read_tensors, write_tensors

_THREADS = torch.get_num_threads()

# Steps between two looks at whether the loss is finite, which wait for the device, and of processes at one another.
_LOOK = 20


class DivergedError(StudyError):
    """The loss is not finite any more."""


class Interrupted(Exception):
    """The training was asked to stop, and has saved where it stands."""

    def __init__(self, message: str, signal: int | None) -> None:
        super().__init__(message)
        self.signal = signal  # None if it was another process that heard it


@dataclass(frozen=True)
class Place:
    """Where a training is done: what its weights do not depend on, beyond rounding.

    Attributes
    ----------
    device, processes, threads : what computes; None threads are one for digits, else as many as torch takes.
    data_dir : the folder of the images.
    images : the images, where they are in memory already.
    command : what was called, for the record.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    processes: Processes = field(default_factory=Processes)
    threads: int | None = None
    data_dir: Path | None = None
    images: Images | None = None
    command: str = ""


def batch_bounds(n: int, batch_size: int) -> list[tuple[int, int]]:
    """Return where the batches of an epoch begin and end; a rest too small to be judged joins the batch before it.

    >>> batch_bounds(25, 8)
    [(0, 8), (8, 16), (16, 25)]
    """
    starts = list(range(0, n, batch_size))
    if len(starts) > 1 and n - starts[-1] < max(2, batch_size // 8):
        starts.pop()
    return list(pairwise([*starts, n]))


def epoch_order(n: int, seed: int, epoch: int) -> Tensor:
    """Return the order of the images in an epoch, a function of the seed and the epoch alone."""
    return torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(n))


def _summary(row: dict[str, Any], epochs: int) -> str:
    """Return a row of metrics as a line to read."""
    return (
        f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}  loss {row['loss']:.3f}  "
        f"rec {row['train_reconstruction_error']:.3f}  penalty {row['penalty']:.3f}  "
        f"{row['images_per_second']:,.0f} images/s | test: rec {row['reconstruction_error']:.3f}  "
        f"skewness {row['mardia_skewness']:.2f}  kurtosis {row['mardia_normalized_kurtosis']:+.2f}  "
        f"sw {row['sliced_wasserstein']:.4f}  p(cvm) {row['pvalues']['cvm']:.3g}"
    )


def _tensorboard() -> Any:
    """Return the class of TensorBoard's logs."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise StudyError("--tensorboard needs the package tensorboard (pip install tensorboard)") from None
    return SummaryWriter


def _log(writer: Any, row: dict[str, Any]) -> None:
    for name, value in row.items():
        for key, number in value.items() if isinstance(value, dict) else [("", value)]:
            writer.add_scalar(f"{name}/{key}" if key else name, number, row["epoch"])
    writer.flush()


def _already_done(run: RunFolder, settings: Settings, say: Callable[[str], None]) -> bool:
    """Return whether a run that is to be continued has come to its end, or raise if it is beyond it."""
    if not run.finished:
        return False
    try:
        _, said = read_tensors(run.weights_file)
    except DamagedFileError as error:
        say(f"{error}; making it anew from the last checkpoint")
        return False
    require_own(said, settings, run.weights_file)
    done = int(said["epoch"])
    if done > settings.epochs:
        raise StudyError(f"{run.path}: is trained for {done} epochs already, not {settings.epochs}; name another --out")
    return done == settings.epochs


@dataclass
class _Session:
    """Everything that a training works with."""

    settings: Settings
    run: RunFolder
    compute: Compute
    processes: Processes
    images: Images
    trained: Trained
    checkpoints: Checkpoints
    position: Position
    writer: Any = None

    def check(self, sums: Tensor) -> None:
        """Raise if a sum of the losses is not finite; what was saved before stays."""
        if not bool(sums.isfinite().all()):
            kept = self.checkpoints.paths()
            last = f"the last good checkpoint is {kept[0]}" if kept else "there is no checkpoint yet"
            raise DivergedError(
                f"{self.run.path}: the loss is not finite any more in epoch {self.position.epoch + 1}, at step "
                f"{self.position.step}; {last}; try a smaller --lr in another --out"
            )

    def check_weights(self) -> None:
        """Raise if the last step made a weight infinite or NaN, which the next loss would show."""
        finite = all(bool(parameter.isfinite().all()) for parameter in self.trained.model.parameters())
        self.check(torch.tensor(0.0 if finite else math.nan))

    def save(self, sums: Tensor) -> None:
        """Write a checkpoint, ``sums`` being this process's part of what was summed in the epoch so far."""
        total = self.processes.total(sums)
        self.check(total)
        self.check_weights()
        if self.processes.first:
            self.checkpoints.save(self.trained, replace(self.position, sums=total.cpu().double()), self.settings)

    def draw(self, name: str) -> None:
        """Draw a set of pictures."""
        folder, network, test = self.run.pictures, self.trained.model, self.images.test
        folder.mkdir(exist_ok=True)
        labels = None if self.images.test_labels is None else self.images.test_labels.numpy()
        pictures.save_samples(folder / f"{name}-samples.png", network, self.compute)
        pictures.save_reconstructions(folder / f"{name}-reconstructions.png", network, test, self.compute)
        pictures.save_latents(folder / f"{name}-latents.png", encode(network, test, self.compute).latents, labels)


def train(settings: Settings, out: Path, place: Place, *, resume: bool, say: Callable[[str], None]) -> bool:
    """Train a model, or go on training it, and leave everything in its folder; return whether there was any to do.

    Raises
    ------
    StudyError
        If something is missing or wrong, the folder is another run's, or the loss is not finite any more.
    Interrupted
        If a signal asked to stop; what was done is saved.
    """
    settings = settings.resolved()
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
            _loop(session, heard, tell)
        if processes.first:
            _finish(session)
    except OSError as error:
        raise StudyError(
            f"{error.filename or out}: cannot be written ({error.strerror or error}); what was saved before is whole: "
            "mend that and go on with --resume, or name another --out"
        ) from None
    processes.meet()  # none goes on to another run, or away, before this one is whole
    return True


def _finish(session: _Session) -> None:
    """Write the final pictures and weights."""
    session.draw("final")
    facts = {"epoch": str(session.position.epoch), "settings": json.dumps(asdict(session.settings))}
    write_tensors(session.run.weights_file, session.trained.model.state_dict(), facts)


def _silent(text: str) -> None:
    """Say nothing: one process speaks for all."""


def _prepare(
    settings: Settings, run: RunFolder, place: Place, resume: bool, say: Callable[[str], None]
) -> _Session | None:
    """Return what the training works with, as it was when it was last saved; None if it has come to its end."""
    processes, compute = place.processes, Compute(place.device, settings.amp)
    log = _tensorboard() if settings.tensorboard and processes.first else None
    goes_on = processes.share(run.claim(settings, resume=resume) if processes.first else None)
    if goes_on and _already_done(run, settings, say):
        say(f"{run.path}: is finished ({settings.epochs} epochs)")
        return None
    threads, data_dir = (run.threads(), run.data_dir()) if goes_on else (None, None)
    torch.set_num_threads(place.threads or threads or DATA[settings.data].threads or _THREADS)
    data_dir = place.data_dir or data_dir
    images = load_images(settings.data, data_dir) if place.images is None else place.images
    network = network_for(settings).to(compute.device)
    penalty = METHODS[settings.model].penalty(settings, processes).to(compute.device)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=compute.device.type != "mps")
    trained = Trained(network, penalty, optimiser, torch.Generator().manual_seed(settings.seed))
    checkpoints = Checkpoints(run.checkpoints)
    position = Position()
    if goes_on and (found := checkpoints.newest(settings, say)):
        path, tensors, position = found
        trained.load(tensors, path)
        say(f"going on from {path.name}: epoch {position.epoch + 1}, batch {position.batch + 1}")
        if position.epoch > settings.epochs:
            raise StudyError(
                f"{run.path}: is trained for {position.epoch} epochs, not {settings.epochs}; name another --out"
            )
    elif run.finished or len(run.metrics()) > 1:
        raise StudyError(
            f"{run.path}: was trained, but there is no checkpoint to go on from; restore {run.checkpoints}, "
            "or train anew with another --out"
        )
    if len(run.metrics()) < position.epoch:
        say(f"{run.metrics_file}: rows of earlier epochs are missing")
    session = _Session(settings, run, compute, processes, images, trained, checkpoints, position)
    if processes.first:
        run.describe(
            settings,
            device=str(compute.device),
            threads=torch.get_num_threads(),
            processes=processes.count,
            data_dir=None if data_dir is None else str(data_dir.absolute()),
            commands=[*(run.commands() if goes_on else []), place.command],
            train_images=len(images.train),
            test_images=len(images.test),
        )
        run.keep_metrics(position.epoch)
        if log is not None:
            session.writer = log(str(run.path / "tensorboard"), purge_step=position.epoch + 1)
    else:
        position.sums.zero_()  # what was summed so far is in the first process
    return session


def _loop(session: _Session, heard: Interrupts, say: Callable[[str], None]) -> None:
    settings, compute, processes, position = session.settings, session.compute, session.processes, session.position
    network, penalty, optimiser = session.trained.model, session.trained.penalty, session.trained.optimiser
    generator = session.trained.generator
    method = METHODS[settings.model]
    model = network if processes.count == 1 else DistributedDataParallel(network)
    pool = session.images.train.to(compute.device)  # all of it, as bytes: no step waits for an image
    bounds = batch_bounds(len(pool), settings.batch_size)
    wide = torch.float32 if compute.device.type == "mps" else torch.float64
    saved = time.monotonic()
    while position.epoch < settings.epochs:
        order = epoch_order(len(pool), settings.seed, position.epoch)
        sums = position.sums.to(compute.device, wide)
        began, done = time.perf_counter(), bounds[position.batch][0]
        bar = tqdm(
            total=len(pool),
            initial=done,
            desc=f"epoch {position.epoch + 1}/{settings.epochs}",
            unit=" images",
            unit_scale=True,
            leave=False,
            disable=not (processes.first and sys.stderr.isatty()),
        )
        with bar:
            for start, end in bounds[position.batch :]:
                rows = order[start:end]
                noise = None
                if method.noise:
                    noise = torch.randn(len(rows), settings.latent_dim, generator=generator).to(compute.device)
                x = pixels(pool[processes.mine(rows).to(compute.device)], compute)
                with compute.precision():
                    encoding, reconstruction = model(x, processes.mine(noise) if method.gaussian else None)
                error = squared_error(reconstruction, x) / len(rows)
                distance = penalty(encoding, noise)
                loss = error + settings.penalty_weight * distance
                optimiser.zero_grad()
                # Gradients are averaged over the processes, but the whole batch's is the sum of their parts.
                (loss * processes.count).backward()
                optimiser.step()

                sums += torch.stack([error.detach(), distance.detach() / processes.count]) * len(rows)
                position.batch += 1
                position.step += 1
                looks = position.step % _LOOK == 0
                if looks:
                    session.check(sums)
                    if not bar.disable:
                        bar.set_postfix(loss=f"{loss:.3f}", rec=f"{error:.3f}", penalty=f"{distance:.3f}")
                bar.update(end - start)
                if position.batch < len(bounds) and (processes.count == 1 or looks):
                    late = time.monotonic() - saved > 60.0 * settings.checkpoint_minutes
                    stop, late = processes.agree(heard.signal is not None, late)
                    if stop or late:
                        session.save(sums)
                        saved = time.monotonic()
                    if stop:
                        raise Interrupted(f"stopped in epoch {position.epoch + 1}, and saved", heard.signal)

        seconds = time.perf_counter() - began
        totals = processes.total(sums)
        session.check(totals)
        session.check_weights()
        position.epoch, position.batch, position.sums = position.epoch + 1, 0, torch.zeros_like(position.sums)
        if processes.first:
            error_mean, penalty_mean = (totals / len(pool)).tolist()
            row = {
                "epoch": position.epoch,
                "step": position.step,
                "loss": error_mean + settings.penalty_weight * penalty_mean,
                "train_reconstruction_error": error_mean,
                "penalty": penalty_mean,
                "images_per_second": (len(pool) - done) / seconds,
                "seconds": seconds,
            }
            last = position.epoch == settings.epochs
            if last or position.epoch % settings.evaluate_every == 0:
                row |= _measures(session)
                say(_summary(row, settings.epochs))
            session.run.add_metrics(row)
            if session.writer is not None:
                _log(session.writer, row)
            if settings.pictures_every and position.epoch % settings.pictures_every == 0 and not last:
                session.draw(f"epoch-{position.epoch:04d}")
        session.save(position.sums)
        saved = time.monotonic()
        (stop,) = processes.agree(heard.signal is not None)
        if stop and position.epoch < settings.epochs:
            raise Interrupted(f"stopped after epoch {position.epoch}, and saved", heard.signal)


def _measures(session: _Session) -> dict[str, Any]:
    """Return what the test images say of the model."""
    encoded = encode(session.trained.model, session.images.test, session.compute)
    session.check(torch.tensor(float(np.abs(encoded.latents).max())))
    measures = measure(encoded.latents, session.settings, torch.get_num_threads())
    return {"reconstruction_error": encoded.reconstruction_error, **measures}
