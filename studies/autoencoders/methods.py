"""The methods, which differ in their penalty on the latents of a batch (and the VAE in the head of its encoder).

Every penalty is of the whole batch, also where the batch is spread over processes, and its gradient reaches the rows of
this process alone. The formulas are those of `slicednorm.torch`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from slicednorm.torch import SlicedNormalityLoss, functional

from .networks import Encoding
from .processes import Processes
from .settings import SLICED_MODELS, Settings


class NoPenalty(nn.Module):
    """Zero: a plain autoencoder."""

    def forward(self, encoding: Encoding, noise: Tensor | None) -> Tensor:
        """Return zero."""
        return torch.zeros((), device=encoding.z.device)


class Sliced(nn.Module):
    """The logarithm of a sliced distance, along fresh directions at every call (the paper's penalty)."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        super().__init__()
        self.loss = SlicedNormalityLoss(
            settings.model, settings.n_slices, log=True, seed=settings.seed, process_group=processes.group
        )

    def forward(self, encoding: Encoding, noise: Tensor | None) -> Tensor:
        """Return the penalty of a batch of latents."""
        value: Tensor = self.loss(encoding.z)
        return value


class CramerWold(nn.Module):
    """CWAE: the logarithm of the multivariate Cramer-Wold distance in closed form."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        super().__init__()
        self._processes = processes

    def forward(self, encoding: Encoding, noise: Tensor | None) -> Tensor:
        """Return the penalty of a batch of latents."""
        return functional.cramer_wold(self._processes.whole(encoding.z)).log()


class MaximumMeanDiscrepancy(nn.Module):
    """WAE-MMD: the squared MMD, by inverse multiquadrics, to a fresh sample of the prior."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        super().__init__()
        self._processes = processes

    def forward(self, encoding: Encoding, noise: Tensor | None) -> Tensor:
        """Return the penalty of a batch of latents against ``noise``, the sample of the prior."""
        assert noise is not None
        return functional.mmd_imq(self._processes.whole(encoding.z), noise)


class Divergence(nn.Module):
    """VAE: the mean divergence of the rows' laws from N(0, I)."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        super().__init__()
        self._processes = processes

    def forward(self, encoding: Encoding, noise: Tensor | None) -> Tensor:
        """Return the penalty of a batch of laws."""
        assert encoding.mean is not None
        assert encoding.log_variance is not None
        return functional.gaussian_kl(
            self._processes.whole(encoding.mean), self._processes.whole(encoding.log_variance)
        )


@dataclass(frozen=True)
class Method:
    """How a model differs from the others.

    Attributes
    ----------
    penalty : callable
        Makes the penalty, called with a batch's encoding and noise.
    noise : bool
        Whether it needs a sample of N(0, I) of the shape of the latents at every step.
    gaussian : bool
        Whether the encoder gives a law for each image, from which the latent is drawn.
    """

    penalty: Callable[[Settings, Processes], nn.Module]
    noise: bool = False
    gaussian: bool = False


METHODS = {
    **{name: Method(Sliced) for name in SLICED_MODELS},
    "ae": Method(lambda settings, processes: NoPenalty()),
    "vae": Method(Divergence, noise=True, gaussian=True),
    "wae-mmd": Method(MaximumMeanDiscrepancy, noise=True),
    "cwae": Method(CramerWold),
}
