"""Sliced normality losses as modules that draw their own directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, Unpack

import torch
from torch import Tensor, nn

from slicednorm.torch._dtypes import computing_dtype
from slicednorm.torch._inputs import check_latent, check_switches, whole_number
from slicednorm.torch._random import PRIOR, counted_directions, counted_normal
from slicednorm.torch._sliced.distance import distance_and_rows
from slicednorm.torch._sliced.processes import group_name, share_state
from slicednorm.torch._sliced.settings import Aggregate, Settings, checked_settings

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

__all__ = [
    "SCFWAEPenalty",
    "SCWAEPenalty",
    "SCvMAEPenalty",
    "SKSAEPenalty",
    "SWAEPenalty",
    "SlicedNormalityLoss",
]

# What a distance d of n rows is multiplied by.
Scale: TypeAlias = Literal["1", "n"]


class SlicedNormalityLoss(nn.Module):
    r"""The sliced distance of a latent to N(0, I), along fresh directions at every call.

    .. math:: \operatorname{mean}_j d(z v_j, N(0, 1))

    as in `slicednorm.torch.functional.sliced_distance`: d itself, of order 1/n under the null, unless ``scale`` is
    ``"n"``. In training mode every call draws new directions (and a new prior sample for ``"sw"``). In eval mode the
    directions are always the same. They depend on two integers alone, the seed and the number of calls, which are
    buffers and saved with ``state_dict``. Nothing is read back from the device. Before capturing a CUDA graph, move the
    module to the device, so that the calls are counted there. Do not put the loss itself under activation
    checkpointing: another call draws other directions.

    Parameters
    ----------
    statistic : str, default: "cw"
        ``"ks"``, ``"cvm"``, ``"w2"``, ``"cw"``, ``"sw"``, ``"ad"``, ``"ep"``, or a model of the paper.
    n_slices : int, default: 50
        Number k of directions.
    log : bool, default: False
        Whether to return the logarithm, as in the cost of the paper.
    aggregate : {"mean", "max"}, default: "mean"
        ``"mean"`` or ``"max"`` over the slices.
    unbiased : bool, default: False
        For ``"cvm"``, ``"cw"`` and ``"ep"``, the U-statistic, whose optimum is at scale 1 for any batch size.
    scale : {"1", "n"}, default: "1"
        ``"1"`` for d, ``"n"`` for n·d, as in the literature on SIGReg.
    seed : int, optional
        Seed of the directions, None for one from torch's default generator (which ``torch.manual_seed`` sets).
    process_group : torch.distributed.ProcessGroup, optional
        A process group over whose ranks the batch is spread. The loss and its gradient are then those of the whole
        batch. The page on losses says what to do if gradients are averaged over the ranks.
    t_max : float, optional
        For ``"ep"``, the end of the interval of a trapezoidal rule, as for
        `slicednorm.torch.functional.sliced_distance`.
        ``SlicedNormalityLoss("ep", 1024, scale="n", t_max=3, n_points=17)`` is LeJEPA's SIGReg.
    n_points : int, optional
        Number of nodes of that rule.
    check_finite : bool, default: False
        Whether to raise an error if a latent holds NaN or infinities; this waits for the device.

    Raises
    ------
    ValueError
        If an option is unknown, out of range, or does not go with another. A call raises it as `sliced_distance` does.
    TypeError
        If an argument is of the wrong type. A call raises it as `sliced_distance` does.

    Examples
    --------
    >>> import torch
    >>> loss = SlicedNormalityLoss("cw", n_slices=50, seed=0)
    >>> z = torch.linspace(-2.0, 2.0, 24).reshape(8, 3).requires_grad_()
    >>> loss(z).backward()
    >>> z.grad.shape, int(loss.calls)
    (torch.Size([8, 3]), 1)
    """

    seed: Tensor
    calls: Tensor

    def __init__(
        self,
        statistic: str = "cw",
        n_slices: int = 50,
        *,
        log: bool = False,
        aggregate: Aggregate = "mean",
        unbiased: bool = False,
        scale: Scale = "1",
        seed: int | None = None,
        process_group: ProcessGroup | None = None,
        t_max: float | None = None,
        n_points: int | None = None,
        check_finite: bool = False,
    ) -> None:
        super().__init__()
        settings = checked_settings(statistic, aggregate, unbiased, t_max, n_points)
        check_switches(log=log, check_finite=check_finite)
        n_slices = whole_number(n_slices, "n_slices")
        if n_slices < 1:
            raise ValueError(f"n_slices must be at least 1, got {n_slices}")
        if scale not in ("1", "n"):
            raise ValueError(f"scale must be '1' or 'n', got {scale!r}")
        if log and unbiased:
            raise ValueError("log does not go with unbiased: an unbiased value may be negative")
        if seed is not None:
            seed = whole_number(seed, "seed", or_none=True)
            if not -(2**63) <= seed < 2**63:
                raise ValueError(f"seed must fit into 64 bits with a sign, got {seed}")
        self.statistic = settings.statistic
        self.n_slices = n_slices
        self.log = log
        self.aggregate = aggregate
        self.unbiased = unbiased
        self.scale = scale
        self.t_max = t_max
        self.n_points = n_points
        self.check_finite = check_finite
        self._needs_prior = settings.distance.needs_prior
        self._group = None if process_group is None else group_name(process_group)
        # If each rank drew its own seed, all take that of the first rank at the first call.
        self._to_be_shared = process_group is not None and seed is None
        if seed is None:
            drawn = torch.randint(2**63 - 1, (), dtype=torch.int64, device="cpu")
        else:
            drawn = torch.tensor(seed, dtype=torch.int64, device="cpu")
        self.register_buffer("seed", drawn)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64, device="cpu"))

    def extra_repr(self) -> str:
        """Return the options that differ from their defaults.

        Returns
        -------
        str
            The settings.
        """
        shown = [repr(self.statistic), f"n_slices={self.n_slices}"]
        plain = {"log": False, "aggregate": "mean", "unbiased": False, "scale": "1", "t_max": None, "n_points": None}
        shown += [f"{name}={value!r}" for name, usual in plain.items() if (value := getattr(self, name)) != usual]
        return ", ".join(shown)

    def _share_state(self, device: torch.device) -> None:
        """Take the seed and the number of calls of the group's first rank."""
        if self._group is not None:
            share_state(self.seed, device, self._group)
            share_state(self.calls, device, self._group)
        self._to_be_shared = False

    def forward(self, z: Tensor) -> Tensor:
        """Return the loss of a latent z (n, D) or (..., n, D).

        It is a 0-d tensor, float64 for a float64 latent, otherwise float32.

        Parameters
        ----------
        z : torch.Tensor of shape (..., n, D)
            Latent whose rows are observations.

        Returns
        -------
        torch.Tensor of shape ()
            The loss, float64 for a latent of float64 and else float32.
        """
        check_latent(z, least_rows=2 if self._group is None else 1)
        if self._to_be_shared:
            self._share_state(z.device)
        if self.training:
            self.calls.add_(1)
            call = self.calls
        else:
            call = torch.zeros_like(self.calls)
        dtype = computing_dtype(z.dtype)
        directions = counted_directions(self.seed, call, self.n_slices, dtype, z)
        prior = state = None
        if self._needs_prior and self._group is None:
            prior = counted_normal(self.seed, call, PRIOR, z.shape, z, dtype)
        elif self._needs_prior:
            state = torch.stack([self.seed, call])
        settings = Settings(self.statistic, self.aggregate, self.unbiased, self.t_max, self.n_points)
        value, n = distance_and_rows(
            z,
            prior,
            directions,
            settings,
            trusted=True,
            check_finite=self.check_finite,
            group=self._group,
            state=state,
        )
        if self.scale == "n":
            value = value * n
        return value.log() if self.log else value


class PenaltyOptions(TypedDict, total=False):
    """The options of `SlicedNormalityLoss` that a penalty takes too."""

    aggregate: Aggregate
    unbiased: bool
    scale: Scale
    seed: int | None
    process_group: ProcessGroup | None
    t_max: float | None
    n_points: int | None
    check_finite: bool


class _Penalty(SlicedNormalityLoss):
    """The penalty of one of the paper's models: the logarithm of its distance."""

    _model = ""

    def __init__(self, n_slices: int = 50, *, log: bool = True, **options: Unpack[PenaltyOptions]) -> None:
        super().__init__(self._model, n_slices, log=log, **options)


class SKSAEPenalty(_Penalty):
    """The penalty of SKSAE: log of the sliced Kolmogorov-Smirnov distance (arXiv 1901.10417).

    Parameters
    ----------
    n_slices : int, default: 50
        Number of directions.
    log : bool, default: True
        Whether to return the logarithm, as in the cost of the paper.
    **options
        Other options of `SlicedNormalityLoss`.

    Examples
    --------
    >>> SKSAEPenalty()
    SKSAEPenalty('ks', n_slices=50, log=True)
    """

    _model = "sksae"


class SCvMAEPenalty(_Penalty):
    """The penalty of SCvMAE: log of the sliced Cramér-von Mises distance (arXiv 1901.10417).

    Parameters
    ----------
    n_slices : int, default: 50
        Number of directions.
    log : bool, default: True
        Whether to return the logarithm, as in the cost of the paper.
    **options
        Other options of `SlicedNormalityLoss`.

    Examples
    --------
    >>> SCvMAEPenalty(n_slices=100)
    SCvMAEPenalty('cvm', n_slices=100, log=True)
    """

    _model = "scvmae"


class SCFWAEPenalty(_Penalty):
    """The penalty of SCFWAE: log of the sliced 2-Wasserstein distance in closed form (arXiv 1901.10417).

    Parameters
    ----------
    n_slices : int, default: 50
        Number of directions.
    log : bool, default: True
        Whether to return the logarithm, as in the cost of the paper.
    **options
        Other options of `SlicedNormalityLoss`.

    Examples
    --------
    >>> SCFWAEPenalty()
    SCFWAEPenalty('w2', n_slices=50, log=True)
    """

    _model = "scfwae"


class SCWAEPenalty(_Penalty):
    """The penalty of SCWAE: log of the sliced Cramer-Wold distance (arXiv 1901.10417).

    Parameters
    ----------
    n_slices : int, default: 50
        Number of directions.
    log : bool, default: True
        Whether to return the logarithm, as in the cost of the paper.
    **options
        Other options of `SlicedNormalityLoss`.

    Examples
    --------
    >>> SCWAEPenalty(log=False)
    SCWAEPenalty('cw', n_slices=50)
    """

    _model = "scwae"


class SWAEPenalty(_Penalty):
    """The penalty of SWAE: log of the sliced Wasserstein distance to a sample of the prior (arXiv 1804.01947).

    In training mode every call draws a new sample, as it draws new directions.

    Parameters
    ----------
    n_slices : int, default: 50
        Number of directions.
    log : bool, default: True
        Whether to return the logarithm, as in the cost of the paper.
    **options
        Other options of `SlicedNormalityLoss`.

    Examples
    --------
    >>> SWAEPenalty()
    SWAEPenalty('sw', n_slices=50, log=True)
    """

    _model = "swae"
