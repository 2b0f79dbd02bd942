"""Sliced and multivariate distances to the normal law as differentiable functions of a latent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from slicednorm.distances import get_distance
from slicednorm.torch._inputs import check_directions, check_latent, check_prior, check_switches
from slicednorm.torch._losses.cramer_wold import cramer_wold
from slicednorm.torch._losses.gaussian_kl import gaussian_kl
from slicednorm.torch._losses.mardia import mardia_kurtosis, mardia_skewness
from slicednorm.torch._losses.mmd import mmd_imq
from slicednorm.torch._sliced.distance import distance_and_rows
from slicednorm.torch._sliced.processes import group_name
from slicednorm.torch._sliced.settings import Aggregate, checked_settings

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

__all__ = ["cramer_wold", "gaussian_kl", "mardia_kurtosis", "mardia_skewness", "mmd_imq", "sliced_distance"]


def sliced_distance(
    z: Tensor,
    statistic: str,
    *,
    directions: Tensor,
    prior: Tensor | None = None,
    aggregate: Aggregate = "mean",
    unbiased: bool = False,
    t_max: float | None = None,
    n_points: int | None = None,
    fused: bool | None = None,
    check_finite: bool = False,
    process_group: ProcessGroup | None = None,
) -> Tensor:
    r"""Compute the sliced distance of a latent to N(0, I), with its gradient.

    .. math:: \operatorname{mean}_j d(z v_j, N(0, 1))

    over directions :math:`v_1..v_k` (or the maximum), where d is one of the distances of `slicednorm.distances`. It is
    the number that `slicednorm.stats.sliced_statistic` returns. It is d itself, of order 1/n under the null, not n·d.

    Parameters
    ----------
    z : torch.Tensor of shape (..., n, D)
        Latent, rows are observations. For (..., n, D) each item is aggregated over its slices, then the items are
        averaged. float64, float32, float16 or bfloat16; the last two are computed in float32. Autocast and
        reduced-precision matrix products have no effect on it.
    statistic : str
        ``"ks"``, ``"cvm"``, ``"w2"``, ``"cw"``, ``"sw"``, ``"ad"``, ``"ep"``, or the model of the paper whose penalty
        it is: ``"sksae"``, ``"scvmae"``, ``"scfwae"``, ``"scwae"``, ``"swae"``.
    directions : torch.Tensor of shape (k, D)
        Unit vectors, on the device of z, used in the dtype of the computation.
    prior : torch.Tensor of shape (..., n, D), optional
        A sample of N(0, I) of the shape of z. ``"sw"`` needs it, the other statistics refuse it.
    aggregate : {"mean", "max"}, default: "mean"
        ``"mean"`` or ``"max"`` over the slices.
    unbiased : bool, default: False
        For ``"cvm"``, ``"cw"`` and ``"ep"``, the U-statistic. Its expectation is the distance of the population, so it
        is smallest at the right scale for any batch size. It may be negative.
    t_max : float, optional
        For ``"ep"``, the end of the interval from 0 on which a trapezoidal rule takes the place of the whole integral.
        With 3, and 17 nodes, n·d is the SIGReg loss of LeJEPA, which is periodic in every slice.
    n_points : int, optional
        Number of nodes of that rule. If only one of the two is given, the other is that of SIGReg.
    fused : bool, optional
        True for value and gradient from one pass, in memory that does not grow with k. False for plain autograd
        operations, which can be differentiated any number of times, and which give ``directions`` and ``prior`` a
        gradient too. None takes the plain form if such a gradient is asked for, otherwise the fused form. The gradient
        of the fused form can itself be differentiated (``create_graph=True``), by way of the plain form.
    check_finite : bool, default: False
        Whether to raise an error if z holds NaN or infinities; this waits for the device.
    process_group : torch.distributed.ProcessGroup, optional
        A process group over whose ranks the rows of z (and of the prior sample) are spread, in any numbers. On every
        rank the result is that of the whole batch, and the gradient its derivative by the rank's own rows. Directions
        must be the same on every rank, and every rank must hold a row.

    Returns
    -------
    torch.Tensor of shape ()
        Scalar, float64 for a float64 latent, otherwise float32.

    Raises
    ------
    ValueError
        If shapes or devices do not fit, n < 2, a direction's length differs from 1 by more than 1e-3 (checked on the
        CPU, and elsewhere with ``check_finite``), the statistic or an option is unknown, or values are not finite and
        ``check_finite`` is set.
    TypeError
        If z, ``directions`` or ``prior`` is not a dense tensor of real floating-point numbers, or an option is of the
        wrong type.

    References
    ----------
    Knop, Mazur, Tabor, Podolak, Spurek, "Sliced generative models", arXiv 1901.10417.
    Balestriero, LeCun, "LeJEPA", arXiv 2511.08544 (SIGReg).

    Examples
    --------
    >>> import torch
    >>> z = torch.tensor([[-1.0, 0.5], [0.0, -0.5], [1.0, 0.0]], requires_grad=True)
    >>> loss = sliced_distance(z, "cvm", directions=torch.eye(2))
    >>> round(loss.item(), 6)
    0.01599
    >>> loss.backward()
    >>> z.grad.shape
    torch.Size([3, 2])
    """
    settings = checked_settings(statistic, aggregate, unbiased, t_max, n_points)
    check_switches(check_finite=check_finite, **({} if fused is None else {"fused": fused}))
    check_latent(z, least_rows=2 if process_group is None else 1)
    check_directions(directions, z)
    distance = get_distance(statistic)
    if distance.needs_prior and prior is None:
        raise ValueError(f"statistic {distance.name!r} compares with a sample of the prior: pass prior of z's shape")
    if prior is not None:
        if not distance.needs_prior:
            raise ValueError(f"statistic {distance.name!r} takes no prior sample")
        check_prior(prior, z)
    group = None if process_group is None else group_name(process_group)
    wanted = directions.requires_grad or (prior is not None and prior.requires_grad)
    if wanted and (fused or group is not None):
        raise ValueError(
            "only the plain form (fused=False, one process) gives directions or prior a gradient; detach them"
        )
    if group is not None and fused is False:
        raise ValueError("fused=False keeps to one process; it does not go with process_group")
    value, _ = distance_and_rows(
        z,
        prior,
        directions,
        settings,
        fused=not wanted if fused is None else fused,
        check_finite=check_finite,
        group=group,
    )
    return value
