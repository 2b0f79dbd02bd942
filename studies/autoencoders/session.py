"""Everything that a training works with, and what is done with all of it: checks, checkpoints, measures, pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import pictures
from .checkpoints import Checkpoints, Position, Trained
from .data import Images
from .devices import Compute
from .errors import StudyError
from .latents import encode
from .measures import measure
from .processes import Processes
from .run_folder import RunFolder
from .settings import Settings


class DivergedError(StudyError):
    """The loss is not finite any more."""


@dataclass
class Session:
    """Everything that a training works with.

    Attributes
    ----------
    settings : Settings
        Settings of what is trained.
    run : RunFolder
        Its folder.
    compute : Compute
        Where it is computed.
    processes : Processes
        Processes that compute together.
    images : Images
        Images that it is trained on.
    trained : Trained
        What it is trained with.
    checkpoints : Checkpoints
        What was saved.
    position : Position
        How far the training is.
    writer : object
        The log of TensorBoard, None without one.
    """

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
        """Write a checkpoint; ``sums`` is this process's part of the sums of the epoch so far."""
        total = self.processes.total(sums)
        self.check(total)
        self.check_weights()
        if self.processes.first:
            self.checkpoints.save(self.trained, replace(self.position, sums=total.cpu().double()), self.settings)

    def measures(self) -> dict[str, Any]:
        """Return what the test images say of the model."""
        encoded = encode(self.trained.model, self.images.test, self.compute)
        self.check(torch.tensor(float(np.abs(encoded.latents).max())))
        measures = measure(encoded.latents, self.settings, torch.get_num_threads())
        return {"reconstruction_error": encoded.reconstruction_error, **measures}

    def draw(self, name: str) -> None:
        """Draw a set of pictures."""
        folder, network, test = self.run.pictures, self.trained.model, self.images.test
        folder.mkdir(exist_ok=True)
        labels = None if self.images.test_labels is None else self.images.test_labels.numpy()
        pictures.save_samples(folder / f"{name}-samples.png", network, self.compute)
        pictures.save_reconstructions(folder / f"{name}-reconstructions.png", network, test, self.compute)
        pictures.save_latents(folder / f"{name}-latents.png", encode(network, test, self.compute).latents, labels)
