"""What a training is made of: every setting with its default, and what the paper has for each data set."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

from .errors import StudyError

# The paper's five in the order of its Table 1, then what a reader compares them with.
SLICED_MODELS = ("swae", "sksae", "scwae", "scvmae", "scfwae")
BASELINES = ("ae", "vae", "wae-mmd", "cwae")
MODELS = (*SLICED_MODELS, *BASELINES)


@dataclass(frozen=True)
class Defaults:
    """What depends on the data set, and the ``title`` that tables have for it.

    ``threads`` is None where the networks are large enough to be shared by all cores.
    """

    title: str
    epochs: int
    latent_dim: int
    mmd_weight: float
    threads: int | None = None


# The weights of WAE-MMD are those of its paper (arXiv 1711.01558) for MNIST and CelebA.
DATA = {
    "mnist": Defaults("MNIST", epochs=500, latent_dim=20, mmd_weight=10.0),
    "fashion-mnist": Defaults("Fashion-MNIST", epochs=500, latent_dim=20, mmd_weight=10.0),
    "cifar10": Defaults("CIFAR-10", epochs=500, latent_dim=64, mmd_weight=10.0),
    "celeba": Defaults("CelebA", epochs=55, latent_dim=64, mmd_weight=100.0),
    "digits": Defaults("digits", epochs=500, latent_dim=8, mmd_weight=10.0, threads=1),
}


_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "a name"),
}
_LARGEST = 2**31 - 1


def option_name(item: Field[Any]) -> str:
    """Return the option of a setting, which is also its name in messages."""
    return item.metadata["option"] or "--" + item.name.replace("_", "-")


def _check(item: Field[Any], value: Any) -> None:
    """Raise a StudyError if a value is not of the type or the range of a setting."""
    name, limits = option_name(item), item.metadata
    types, wanted = _TYPES[str(item.type)]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise StudyError(f"{name} must be {wanted}, got {value!r:.40}")
    if isinstance(value, float) and not math.isfinite(value):
        raise StudyError(f"{name} must be finite, got {value}")
    if "least" in limits and value < limits["least"]:
        raise StudyError(f"{name} must be at least {limits['least']}, got {value}")
    if "above" in limits and value <= limits["above"]:
        raise StudyError(f"{name} must be greater than {limits['above']:g}, got {value}")
    if isinstance(value, int) and value > (most := limits.get("most", _LARGEST)):
        raise StudyError(f"{name} must be at most {most}, got {value}")


def _setting(default: Any, help: str, option: str | None = None, **more: Any) -> Any:
    return field(default=default, metadata={"help": help, "option": option, **more})


@dataclass(frozen=True)
class Settings:
    """Every setting of a run.

    None stands for the default of the data set or the model, which `resolved` fills in; the types are those of resolved
    settings.

    Those marked ``free`` may change when a run is resumed: the weights after a given epoch do not depend on them.
    """

    model: str = _setting("scwae", "What is trained: " + ", ".join(MODELS) + ".")
    data: str = _setting("mnist", "What it is trained on: " + ", ".join(DATA) + ".")
    epochs: int = _setting(
        None,
        "Passes over the training images.  [default: 500; celeba 55]",
        free=True,
        least=1,
    )
    batch_size: int = _setting(128, "Images a step, of all processes together.", least=2)
    latent_dim: int = _setting(
        None, "Dimension of the latent.  [default: mnist 20; cifar10, celeba 64; digits 8]", least=1
    )
    n_slices: int = _setting(50, "Directions the latents are projected on at each step.", "--slices", least=1)
    learning_rate: float = _setting(1e-3, "Learning rate of Adam.", "--lr", above=0.0)
    penalty_weight: float = _setting(
        None, "Factor of the penalty; the paper has none.  [default: 1; wae-mmd 10, celeba 100]", least=0.0
    )
    seed: int = _setting(0, "Seed of weights, order of the images, directions and noise.", least=0, most=2**63 - 1)
    amp: bool = _setting(False, "Compute the networks in bfloat16; weights and penalty stay in float32.")
    test_rows: int = _setting(1000, "Test latents that are tested for normality after an epoch.", least=2)
    test_slices: int = _setting(50, "Directions of these tests and of the sliced Wasserstein distance.", least=1)
    n_resamples: int = _setting(
        99, "Null replicates of these tests; the smallest possible p-value is 1/(M + 1).", "--resamples", least=1
    )
    evaluate_every: int = _setting(1, "Epochs between two evaluations on the test images.", free=True, least=1)
    pictures_every: int = _setting(
        10, "Epochs between two sets of pictures; 0 leaves all but the last out.", free=True, least=0
    )
    checkpoint_minutes: float = _setting(
        10.0, "Save within an epoch too when this long has passed; after every epoch anyway.", free=True, above=0.0
    )
    tensorboard: bool = _setting(False, "Write the metrics for TensorBoard as well.", free=True)

    def resolved(self) -> Settings:
        """Return the settings with the defaults of the data set and the model filled in.

        Raises
        ------
        StudyError
            If a name is unknown or a value out of range.
        """
        if self.model not in MODELS:
            raise StudyError(f"unknown model {self.model!r}; the models are {', '.join(MODELS)}")
        if self.data not in DATA:
            raise StudyError(f"unknown data set {self.data!r}; the data sets are {', '.join(DATA)}")
        usual = DATA[self.data]
        filled = asdict(self)
        defaults = {
            "epochs": usual.epochs,
            "latent_dim": usual.latent_dim,
            "penalty_weight": usual.mmd_weight if self.model == "wae-mmd" else 1.0,
        }
        filled.update({name: value for name, value in defaults.items() if filled[name] is None})
        for item in fields(self):
            _check(item, filled[item.name])
        return Settings(**filled)

    @property
    def name(self) -> str:
        """What a run of these settings is called."""
        return f"{self.data}-{self.model}-s{self.seed}"


def from_json(values: Mapping[str, Any], where: str) -> Settings:
    """Return the settings that a run folder holds; ``where`` names its file in messages."""
    known = {item.name for item in fields(Settings)}
    if unknown := sorted(set(values) - known):
        raise StudyError(f"{where}: holds settings that this version does not know: {', '.join(unknown)}")
    return Settings(**values)


def require_own(said: Mapping[str, str], settings: Settings, where: object) -> None:
    """Raise a StudyError if a file of weights says that it belongs to another run."""
    if changed := differences(from_json(json.loads(said["settings"]), str(where)), settings):
        raise StudyError(f"{where}: belongs to a different run ({'; '.join(changed)}); restore the one of this run")


def differences(old: Settings, new: Settings) -> list[str]:
    """Return what differs between two runs beyond what is free to change, as text."""
    pairs = [(item, getattr(old, item.name), getattr(new, item.name)) for item in fields(Settings)]
    return [
        f"{option_name(item)} {before} there, {after} here"
        for item, before, after in pairs
        if before != after and not item.metadata.get("free")
    ]
