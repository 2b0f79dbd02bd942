"""A trained model and what it gives: latents, errors, pictures, and the distance of its samples to the images.

Its latents are tested elsewhere, by the code that tests any sample.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import pictures
from .checkpoints import Checkpoints
from .data import Images, load_images
from .devices import Compute, pick_device
from .errors import StudyError
from .latents import Encoded, decode, encode, network_for, prior_latents
from .networks import AutoEncoder
from .run_folder import RunFolder
from .settings import Settings, require_own
from .tensors import load_into, read_tensors

if TYPE_CHECKING:
    from .fid import Fid, Inception

_PRIOR_SEED = 4


@dataclass(frozen=True)
class Model:
    """A trained model beside the images that it was trained for.

    Attributes
    ----------
    run : RunFolder
        Folder of the run.
    settings : Settings
        What that folder says of the settings.
    network : AutoEncoder
        The network.
    compute : Compute
        Where it is computed.
    images : Images
        All images.
    epoch : int
        For how many epochs it was trained.
    """

    run: RunFolder
    settings: Settings
    network: AutoEncoder
    compute: Compute
    images: Images
    epoch: int

    def encode(self, split: str) -> Encoded:
        """Return the latents of the images of a split, and the error of their reconstructions."""
        return encode(self.network, getattr(self.images, split), self.compute)

    def inception(self, path: Path | None) -> Inception:
        """Return the network of the FID, on the device of the model."""
        from .fid import load_inception  # seconds to import, and nothing else needs it

        return load_inception(path, self.compute.device)

    def fid(self, inception: Inception, count: int, progress: Callable[[int, int | None], None] | None = None) -> Fid:
        """Return the FID of ``count`` samples of the prior against as many test images, or all if there are fewer."""
        from .fid import fid

        samples = decode(self.network, prior_latents(count, self.network.latent_dim, _PRIOR_SEED), self.compute)
        return fid(inception, self.images.test[:count], samples, progress=progress)

    def draw(self) -> Path:
        """Draw samples, reconstructions and interpolations of test images into the run's folder, and return it."""
        folder = self.run.pictures
        folder.mkdir(exist_ok=True)
        pictures.save_samples(folder / "evaluation-samples.png", self.network, self.compute)
        pictures.save_reconstructions(
            folder / "evaluation-reconstructions.png", self.network, self.images.test, self.compute
        )
        pictures.save_interpolations(
            folder / "evaluation-interpolations.png", self.network, self.images.test, self.compute
        )
        return folder


def _trained_network(run: RunFolder, settings: Settings, say: Callable[[str], None]) -> tuple[AutoEncoder, int, Path]:
    """Return a run's network, how many epochs it was trained for, and the file it came from.

    The final weights are taken, or where the training is not finished the newest checkpoint that is whole.

    ``say`` is told of checkpoints that are not whole.

    Raises
    ------
    StudyError
        If nothing was saved yet, or what was saved is damaged or of another architecture.
    """
    network = network_for(settings)
    if run.weights_file.exists():
        tensors, place = read_tensors(run.weights_file)
        load_into(network, tensors, run.weights_file)
        require_own(place, settings, run.weights_file)
        return network.eval(), int(place["epoch"]), run.weights_file
    found = Checkpoints(run.checkpoints).newest(settings, say)
    if found is None:
        raise StudyError(f"{run.path}: is not trained yet (neither weights nor a checkpoint); train it with --resume")
    path, tensors, position = found
    weights = {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    load_into(network, weights, path)
    return network.eval(), position.epoch, path


def load_model(
    run: str | os.PathLike[str],
    data_dir: str | os.PathLike[str] | None = None,
    device: str = "auto",
    *,
    say: Callable[[str], None],
) -> Model:
    """Return the model of a run; ``say`` is told if it is not the finished one.

    Its images are looked for where they were for the training, unless ``data_dir`` names another folder.

    Raises
    ------
    StudyError
        If there is no run, no device or no data of that name, or the weights are damaged or another architecture's.
    """
    folder = RunFolder(Path(run))
    said = folder.description()
    settings, compute = said.settings, Compute(pick_device(device))
    network, epoch, path = _trained_network(folder, settings, say)
    if path != folder.weights_file:
        say(f"{folder.path}: the training is not finished; taking {path.name} (after {epoch} epochs)")
    images = load_images(settings.data, data_dir or said.found_data_dir)
    return Model(folder, settings, network.to(compute.device), compute, images, epoch)
