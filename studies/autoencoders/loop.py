"""The loop over epochs and batches: a step, the end of an epoch, and where a training may be saved and stopped.

images → network → reconstruction error + weight · penalty(latents) → Adam
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from . import reporting
from .interrupts import Interrupts
from .latents import pixels, squared_error
from .methods import METHODS
from .session import Session

# Steps between two checks that the loss is finite, which wait for the device. Processes wait for each other as often.
_LOOK = 20


class TrainingStopped(Exception):
    """The training was asked to stop, and has saved where it stands."""

    def __init__(self, message: str, signal: int | None) -> None:
        super().__init__(message)
        self.signal = signal  # None if it was another process that heard it


class Cost(NamedTuple):
    """What a step descends, and the two parts that it is made of."""

    loss: Tensor
    error: Tensor
    penalty: Tensor


def batch_bounds(n: int, batch_size: int) -> list[tuple[int, int]]:
    """Return where the batches of an epoch begin and end; a rest too small to be judged joins the batch before it.

    Examples
    --------
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


class Loop:
    """The steps of a training, from where it stands to its last epoch."""

    def __init__(self, session: Session, heard: Interrupts, say: Callable[[str], None]) -> None:
        self._session, self._heard, self._say = session, heard, say
        network = session.trained.model
        self._model = network if session.processes.count == 1 else DistributedDataParallel(network)
        self._pool = session.images.train.to(session.compute.device)  # all of it, as bytes: no step waits for an image
        self._bounds = batch_bounds(len(self._pool), session.settings.batch_size)
        self._saved = time.monotonic()

    def run(self) -> None:
        """Train up to the last epoch.

        Raises
        ------
        DivergedError
            If the loss is not finite any more.
        TrainingStopped
            If a signal asked to stop; what was done is saved.
        """
        while self._session.position.epoch < self._session.settings.epochs:
            self._epoch()

    def _epoch(self) -> None:
        """Do the steps that an epoch still lacks, and end it."""
        session, position, device = self._session, self._session.position, self._session.compute.device
        order = epoch_order(len(self._pool), session.settings.seed, position.epoch)
        sums = position.sums.to(device, torch.float32 if device.type == "mps" else torch.float64)
        began, done = time.perf_counter(), self._bounds[position.batch][0]
        with self._bar(done) as bar:
            for start, end in self._bounds[position.batch :]:
                cost = self._step(order[start:end])
                parts = torch.stack([cost.error.detach(), cost.penalty.detach() / session.processes.count])
                sums += parts * (end - start)
                position.batch += 1
                position.step += 1
                looks = position.step % _LOOK == 0
                if looks:
                    session.check(sums)
                    if not bar.disable:
                        bar.set_postfix(loss=f"{cost.loss:.3f}", rec=f"{cost.error:.3f}", penalty=f"{cost.penalty:.3f}")
                bar.update(end - start)
                if position.batch < len(self._bounds) and (session.processes.count == 1 or looks):
                    self._save_if_due(sums)
        self._end_of_epoch(sums, len(self._pool) - done, time.perf_counter() - began)

    def _bar(self, done: int) -> tqdm:
        """Return the bar of an epoch, which only a terminal shows."""
        settings, position = self._session.settings, self._session.position
        return tqdm(
            total=len(self._pool),
            initial=done,
            desc=f"epoch {position.epoch + 1}/{settings.epochs}",
            unit=" images",
            unit_scale=True,
            leave=False,
            disable=not (self._session.processes.first and sys.stderr.isatty()),
        )

    def _step(self, rows: Tensor) -> Cost:
        """Descend the cost of a batch, the images of these numbers, by one step."""
        session, settings, compute = self._session, self._session.settings, self._session.compute
        processes, trained, method = session.processes, session.trained, METHODS[settings.model]
        noise = None
        if method.noise:
            noise = torch.randn(len(rows), settings.latent_dim, generator=trained.generator).to(compute.device)
        x = pixels(self._pool[processes.mine(rows).to(compute.device)], compute)
        with compute.precision():
            encoding, reconstruction = self._model(x, processes.mine(noise) if method.gaussian else None)
        error = squared_error(reconstruction, x) / len(rows)
        penalty = trained.penalty(encoding, noise)
        loss = error + settings.penalty_weight * penalty
        trained.optimiser.zero_grad()
        # Gradients are averaged over the processes, but the whole batch's is the sum of their parts.
        (loss * processes.count).backward()
        trained.optimiser.step()
        return Cost(loss, error, penalty)

    def _save_if_due(self, sums: Tensor) -> None:
        """Save within an epoch if the last time was long ago; if a signal came, save and stop."""
        session, position = self._session, self._session.position
        late = time.monotonic() - self._saved > 60.0 * session.settings.checkpoint_minutes
        stop, late = session.processes.agree(self._heard.signal is not None, late)
        if stop or late:
            session.save(sums)
            self._saved = time.monotonic()
        if stop:
            raise TrainingStopped(f"stopped in epoch {position.epoch + 1}, and saved", self._heard.signal)

    def _end_of_epoch(self, sums: Tensor, images: int, seconds: float) -> None:
        """Evaluate and save after an epoch, which saw ``images`` images in ``seconds``. Stop if a signal came."""
        session, position = self._session, self._session.position
        totals = session.processes.total(sums)
        session.check(totals)
        session.check_weights()
        position.epoch, position.batch, position.sums = position.epoch + 1, 0, torch.zeros_like(position.sums)
        if session.processes.first:
            self._record(totals, images, seconds)
        session.save(position.sums)
        self._saved = time.monotonic()
        (stop,) = session.processes.agree(self._heard.signal is not None)
        if stop and position.epoch < session.settings.epochs:
            raise TrainingStopped(f"stopped after epoch {position.epoch}, and saved", self._heard.signal)

    def _record(self, totals: Tensor, images: int, seconds: float) -> None:
        """Write the metrics of an epoch, and its pictures if it is one of those that have some."""
        session, settings, position = self._session, self._session.settings, self._session.position
        error, penalty = (totals / len(self._pool)).tolist()
        row = {
            "epoch": position.epoch,
            "step": position.step,
            "loss": error + settings.penalty_weight * penalty,
            "train_reconstruction_error": error,
            "penalty": penalty,
            "images_per_second": images / seconds,
            "seconds": seconds,
        }
        last = position.epoch == settings.epochs
        if last or position.epoch % settings.evaluate_every == 0:
            row |= session.measures()
            self._say(reporting.summary(row, settings.epochs))
        session.run.add_metrics(row)
        if session.writer is not None:
            reporting.log(session.writer, row)
        if settings.pictures_every and position.epoch % settings.pictures_every == 0 and not last:
            session.draw(f"epoch-{position.epoch:04d}")
