"""A callback for Lightning that watches the validation latents (extra ``lightning``)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

import numpy as np
import torch

try:
    from lightning.pytorch.callbacks import Callback
except ModuleNotFoundError:
    try:
        from pytorch_lightning.callbacks import Callback  # its older name
    except ModuleNotFoundError as _error:
        raise ImportError(f"slicednorm.monitor.lightning needs Lightning ({_error}); pip install lightning") from None

from slicednorm.monitor._monitor import LatentMonitor
from slicednorm.monitor._options import LookOptions
from slicednorm.monitor._record import LatentRecord
from slicednorm.stats import SampleError

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer

# From the module, what its validation_step returned, and the batch to latents (rows, D); their types are up to the
# user.
Latents: TypeAlias = Callable[[Any, Any, Any], torch.Tensor]


class LatentCallback(Callback):
    """Tests the validation latents after every epoch, and logs statistic, p-value and the least normal slice.

    They are logged as ``latents/cvm``, ``latents/cvm_pvalue`` and ``latents/cvm_worst``, and other callbacks find them
    under those names. Validation before training (the sanity check) is left out. If latents cannot be tested, because
    they hold NaN or are too few, there is a warning and NaN is logged: a monitor does not end a training.

    With several processes the rows of all are gathered, and their numbers may differ; the first process tests them, and
    all log its result. (Lightning's own sampler repeats up to one row per process, to make the numbers equal.)

    Parameters
    ----------
    latents : str or callable
        Where the latents are: a key of the mapping that ``validation_step`` returns, or a function of the module, of
        what that step returns and of the batch, such as ``lambda module, output, batch: module.encoder(batch[0])``.
    statistic : str, default: "cvm"
        Name of the statistic, as for `slicednorm.monitor.check_latents`.
    max_rows : int, default: 10000
        Number of rows to test at most, the first ones of the epoch; with several processes each keeps its share.
    every : int, default: 1
        Number of epochs from one test to the next.
    dataloader_idx : int, default: 0
        Which of several validation loaders to watch, counted from 0.
    prefix : str, default: "latents/"
        The beginning of the logged names.
    **options
        Other options of `slicednorm.monitor.check_latents`.

    Attributes
    ----------
    monitor : slicednorm.monitor.LatentMonitor
        The monitor with the history, which is restored from a checkpoint.

    Raises
    ------
    ValueError
        If an option is unknown or out of range; after a batch, if ``validation_step`` does not return what ``latents``
        names, or if the latents do not have two dimensions; after an epoch, if the watched loader gave none.
    TypeError
        If an option is of the wrong type.

    Examples
    --------
    >>> callback = LatentCallback("z", "cvm", n_resamples=99)
    >>> callback.monitor.history
    []
    """

    def __init__(
        self,
        latents: str | Latents,
        statistic: str = "cvm",
        *,
        max_rows: int = 10_000,
        every: int = 1,
        dataloader_idx: int = 0,
        prefix: str = "latents/",
        **options: Unpack[LookOptions],
    ) -> None:
        if not (isinstance(latents, str) or callable(latents)):
            raise TypeError(f"latents must be a key of validation_step's output or a function, got {latents!r}")
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        if max_rows is None:
            raise TypeError("max_rows must be a number: the rows of an epoch are kept until it ends")
        self.monitor = LatentMonitor(statistic, max_rows=max_rows, **options)
        self._latents = latents
        self._max_rows = max_rows
        self._every = every
        self._loader = dataloader_idx
        self._prefix = prefix
        self._parts: list[torch.Tensor] = []

    @property
    def state_key(self) -> str:
        """The callback's name in a checkpoint; several callbacks of one training differ by the names that they log."""
        return self._generate_state_key(
            prefix=self._prefix, statistic=self.monitor.statistic, dataloader_idx=self._loader
        )

    def _looks(self, trainer: Trainer) -> bool:
        return not trainer.sanity_checking and (trainer.current_epoch + 1) % self._every == 0

    def _of(self, module: LightningModule, outputs: object, batch: object) -> torch.Tensor:
        if not isinstance(self._latents, str):
            with torch.no_grad():
                z = self._latents(module, outputs, batch)
        elif isinstance(outputs, Mapping) and self._latents in outputs:
            z = outputs[self._latents]
        else:
            keys = f"a mapping with {', '.join(map(repr, outputs))}" if isinstance(outputs, Mapping) else ""
            raise ValueError(
                f"validation_step must return a mapping with {self._latents!r}, the latents to be watched, got "
                f"{keys or type(outputs).__name__}; return it, or pass a function as latents"
            )
        if not isinstance(z, torch.Tensor) or z.ndim != 2:
            shape = tuple(z.shape) if isinstance(z, torch.Tensor) else type(z).__name__
            raise ValueError(f"latents must be a tensor of shape (rows, D), got {shape}; flatten them")
        return z

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Drop the rows of the epoch before.

        Parameters
        ----------
        trainer : lightning.pytorch.Trainer
            The trainer.
        pl_module : lightning.pytorch.LightningModule
            The module that is trained.
        """
        self._parts = []

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: object,
        batch: object,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the latents of a batch, on the CPU, until there are enough.

        Parameters
        ----------
        trainer : lightning.pytorch.Trainer
            The trainer.
        pl_module : lightning.pytorch.LightningModule
            The module that is trained.
        outputs : object
            What ``validation_step`` returned.
        batch : object
            The batch.
        batch_idx : int
            Number of the batch.
        dataloader_idx : int, default: 0
            Number of its validation loader.
        """
        first = self._max_rows * trainer.global_rank // trainer.world_size
        share = self._max_rows * (trainer.global_rank + 1) // trainer.world_size - first
        missing = share - sum(len(part) for part in self._parts)
        if missing > 0 and dataloader_idx == self._loader and self._looks(trainer):
            z = self._of(pl_module, outputs, batch)[:missing].detach()
            # A copy, because a view would keep the whole batch alive, and may be overwritten by the next one.
            self._parts.append(z.to("cpu", torch.float64 if z.dtype == torch.float64 else torch.float32, copy=True))

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Test the latents of the epoch, and log the result.

        Parameters
        ----------
        trainer : lightning.pytorch.Trainer
            The trainer.
        pl_module : lightning.pytorch.LightningModule
            The module that is trained.
        """
        if not self._looks(trainer):
            return
        own = torch.cat(self._parts) if self._parts else None
        self._parts = []
        found = self._first_process_looks(trainer, own)
        if isinstance(found, SampleError):
            names = self.monitor.scalar_names(self._prefix)
            scalars = dict.fromkeys(names, math.nan)
            if trainer.is_global_zero:
                text = f"epoch {trainer.current_epoch + 1}: the latents are not tested, and NaN is logged: {found}"
                warnings.warn(text, RuntimeWarning, stacklevel=2)
        elif isinstance(found, Exception):
            raise found
        else:
            scalars = found.scalars(self._prefix)
        # All processes log equal values, so that the mean over them, which Lightning asks for, is that value.
        pl_module.log_dict(scalars, sync_dist=trainer.world_size > 1)

    def _first_process_looks(self, trainer: Trainer, own: torch.Tensor | None) -> LatentRecord | Exception:
        """Return the first process's result for the rows of all, or the error there; all processes remember a record.

        An error is not raised where it happens, because the other processes would wait for the answer.
        """
        gathered: list[torch.Tensor | None] = [own]
        if trainer.world_size > 1:
            gathered = [None] * trainer.world_size
            torch.distributed.all_gather_object(gathered, own)
        there = [part for part in gathered if part is not None]
        if not there:
            return ValueError(f"validation loader {self._loader} gave no latents; dataloader_idx counts from 0")
        found: list[Any] = [None]
        if trainer.is_global_zero:
            try:
                found = [self.monitor(torch.cat(there), epoch=trainer.current_epoch + 1)]
            except Exception as error:
                found = [error]
        if trainer.world_size > 1:
            torch.distributed.broadcast_object_list(found)
            if not trainer.is_global_zero and isinstance(found[0], LatentRecord):
                self.monitor.history.append(found[0])
        return found[0]

    def state_dict(self) -> dict[str, Any]:
        """Return the history as plain numbers, for a checkpoint.

        Returns
        -------
        dict of str to object
            The history.
        """
        return {"history": [{**asdict(r), "direction": r.direction.tolist()} for r in self.monitor.history]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the history from a checkpoint.

        Parameters
        ----------
        state_dict : dict of str to object
            What ``state_dict`` returned.
        """
        self.monitor.history = [
            LatentRecord(**{**record, "direction": np.asarray(record["direction"])}) for record in state_dict["history"]
        ]
