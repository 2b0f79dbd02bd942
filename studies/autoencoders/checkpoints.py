"""Where a training stands: everything that the next step depends on, in one file without pickle.

The order of the images is a function of the seed and the epoch, and the directions of the penalty depend on its seed
and the number of its calls. Besides weights and optimiser, only counters and the state of one generator are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .errors import StudyError
from .networks import AutoEncoder
from .settings import Settings, require_own
from .tensors import DamagedFileError, load_into, read_tensors, write_tensors

_KEPT = 2
_PLACE = ("epoch", "batch", "step")


@dataclass
class Position:
    """How far a training is.

    Attributes
    ----------
    epoch : int
        Finished epochs.
    batch : int
        Batches done of the epoch after them.
    step : int
        Steps done altogether.
    sums : torch.Tensor
        Sums over the batches of this epoch, weighted by their images: reconstruction error and penalty; float64.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    sums: Tensor = field(default_factory=lambda: torch.zeros(2, dtype=torch.float64))


@dataclass(frozen=True)
class Trained:
    """What is trained and what it is trained with; what a checkpoint keeps."""

    model: AutoEncoder
    penalty: nn.Module
    optimiser: torch.optim.Optimizer
    generator: torch.Generator

    def tensors(self, sums: Tensor) -> dict[str, Tensor]:
        """Return all state under flat names."""
        held = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        held |= {f"penalty.{name}": value for name, value in self.penalty.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            for key, value in self.optimiser.state.get(parameter, {}).items():
                held[f"optimiser.{key}.{name}"] = value
        return held | {"generator": self.generator.get_state(), "sums": sums}

    def load(self, tensors: dict[str, Tensor], where: Path) -> None:
        """Take the state that `tensors` returned."""

        def part(prefix: str) -> dict[str, Tensor]:
            return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}

        load_into(self.model, part("model."), where)
        load_into(self.penalty, part("penalty."), where)
        state = part("optimiser.")
        names = [name for name, _ in self.model.named_parameters()]
        per_parameter: dict[int, dict[str, Any]] = {}
        for full, value in state.items():
            key, _, name = full.partition(".")
            per_parameter.setdefault(names.index(name), {})[key] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": per_parameter, "param_groups": groups})
        self.generator.set_state(tensors["generator"])


class Checkpoints:
    """The checkpoints of a run, the newest few of which are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def paths(self) -> list[Path]:
        """Return the checkpoints that there are, the newest first."""
        return sorted(self._folder.glob("step-*.safetensors"), reverse=True)

    def save(self, trained: Trained, position: Position, settings: Settings) -> None:
        """Write a checkpoint, and remove the oldest ones."""
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"step-{position.step:09d}.safetensors"
        place = {name: str(getattr(position, name)) for name in _PLACE}
        place["settings"] = json.dumps(asdict(settings))
        write_tensors(path, trained.tensors(position.sums), place)
        for old in self.paths()[_KEPT:]:
            old.unlink(missing_ok=True)

    def newest(self, settings: Settings, say: Callable[[str], None]) -> tuple[Path, dict[str, Tensor], Position] | None:
        """Return the newest checkpoint that is whole; ``say`` is told of those that are not.

        Raises
        ------
        StudyError
            If there are checkpoints and none is whole, or the newest belongs to a run of other settings.
        """
        paths = self.paths()
        for index, path in enumerate(paths):
            try:
                tensors, place = read_tensors(path)
                require_own(place, settings, path)
                epoch, batch, step = (int(place[name]) for name in _PLACE)
                return path, tensors, Position(epoch, batch, step, tensors["sums"])
            except DamagedFileError as error:
                if index + 1 < len(paths):
                    say(f"{error}; going on from the one before, {paths[index + 1].name}")
        if paths:
            raise StudyError(
                f"{self._folder}: none of its {len(paths)} checkpoints is whole; start again with another --out"
            )
        return None
