"""Sliced and multivariate distances to the normal law as differentiable functions of a latent."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor

from slicednorm.distances import DISTANCES, Distance, get_distance
from slicednorm.distances.ep import grid_for
from slicednorm.torch._inputs import (
    check_directions,
    check_latent,
    check_prior,
    check_switches,
    check_values,
)
from slicednorm.torch._losses.cramer_wold import cramer_wold
from slicednorm.torch._losses.gaussian_kl import gaussian_kl
from slicednorm.torch._losses.mardia import mardia_kurtosis, mardia_skewness
from slicednorm.torch._losses.mmd import mmd_imq
from slicednorm.torch._sliced.operation import fused as fused_distance
from slicednorm.torch._sliced.over_ranks import group_name
from slicednorm.torch._sliced.plain import unfused
from slicednorm.torch._sliced.task import make_task

# The statistic's name, aggregate, unbiased, t_max and n_points.
Settings: TypeAlias = tuple[str, str, bool, float | None, int | None]

__all__ = ["cramer_wold", "gaussian_kl", "mardia_kurtosis", "mardia_skewness", "mmd_imq", "sliced_distance"]


def check_options(
    statistic: str, aggregate: str, unbiased: bool, t_max: float | None, n_points: int | None
) -> Distance:
    """Return the distance of a name, or raise a ValueError about options that it does not take."""
    distance = get_distance(statistic)
    check_switches(unbiased=unbiased)
    if aggregate not in ("mean", "max"):
        raise ValueError(f"aggregate must be 'mean' or 'max', got {aggregate!r}")
    if unbiased and "unbiased" not in distance.options:
        able = ", ".join(repr(name) for name, other in DISTANCES.items() if "unbiased" in other.options)
        raise ValueError(f"statistic {distance.name!r} has no unbiased form; those that have one: {able}")
    if unbiased and aggregate == "max":
        raise ValueError("unbiased=True goes with aggregate='mean': the maximum of unbiased values is biased")
    if t_max is not None or n_points is not None:
        if "t_max" not in distance.options:
            raise ValueError(f"t_max and n_points belong to statistic 'ep', got {distance.name!r}")
        grid_for(t_max, n_points)
    return distance


@torch.compiler.disable
def _plain(z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, check_finite: bool) -> Tensor:
    """Return the unfused form; a compiled program calls it as it is."""
    check_values(z, directions, check_finite)
    return unfused(z, prior, directions, make_task(*settings))


def distance_of_checked(
    z: Tensor,
    directions: Tensor,
    prior: Tensor | None,
    settings: Settings,
    *,
    plain: bool = False,
    trusted: bool = False,
    check_finite: bool = False,
    group: str | None = None,
    state: Tensor | None = None,
) -> tuple[Tensor, Tensor | int]:
    """Return `sliced_distance` of arguments whose types and shapes are right, and the number of rows.

    ``plain`` asks for the unfused form,
    ``trusted`` directions are known to have length 1. ``group`` names a process group, whose ranks draw their parts of
    a prior sample from ``state`` where none is given.
    """
    if plain:
        return _plain(z, prior, directions, settings, check_finite), z.shape[-2]
    with_gradient = z.requires_grad and torch.is_grad_enabled()
    return fused_distance(z, prior, directions, *settings, with_gradient, trusted, check_finite, group, state)


def sliced_distance(
    z: Tensor,
    statistic: str,
    *,
    directions: Tensor,
    prior: Tensor | None = None,
    aggregate: str = "mean",
    unbiased: bool = False,
    t_max: float | None = None,
    n_points: int | None = None,
    fused: bool | None = None,
    check_finite: bool = False,
    process_group: Any = None,
) -> Tensor:
    r"""Compute the sliced distance of a latent to N(0, I), with its gradient.

    .. math:: \operatorname{mean}_j d(z v_j, N(0, 1))

    over directions :math:`v_1..v_k` (or the maximum), d one of the distances of `slicednorm.distances`: the very
    number that `slicednorm.stats.sliced_statistic` gives. It is d itself, of order 1/n under the null, not n·d.

    Parameters
    ----------
    z : (n, D) latent, rows are observations; (..., n, D) is aggregated over slices item by item, then averaged over
        the leading axes. float64, float32, float16 or bfloat16; the last two are computed in float32. Autocast and
        reduced-precision matrix products do not reach into it.
    statistic : ``"ks"``, ``"cvm"``, ``"w2"``, ``"cw"``, ``"sw"``, ``"ad"``, ``"ep"``, or the model of the paper whose
        penalty it is: ``"sksae"``, ``"scvmae"``, ``"scfwae"``, ``"scwae"``, ``"swae"``.
    directions : (k, D) unit vectors, on the device of z, used in the dtype of the computation.
    prior : a sample of N(0, I) of the shape of z, which ``"sw"`` compares with (needed there, refused elsewhere).
    aggregate : ``"mean"`` or ``"max"`` over the slices.
    unbiased : for ``"cvm"``, ``"cw"`` and ``"ep"``, the U-statistic: its expectation is the population's distance, so
        that it is smallest at the right scale however small the batch. It may be negative.
    t_max, n_points : for ``"ep"``, the trapezoidal rule on n_points nodes from 0 to t_max in place of the whole
        integral. With 3 and 17 n·d is the SIGReg loss of LeJEPA, which is periodic in every slice. One of them alone
        takes the other of SIGReg.
    fused : True for value and gradient from one pass, in memory that does not grow with k; False for plain
        autograd operations, which can be differentiated any number of times and give ``directions`` and ``prior`` a
        gradient too. None takes the first, and the second where such gradients are asked for. The gradient of
        the fused form can itself be differentiated (``create_graph=True``), through the other.
    check_finite : raise if z holds NaN or infinities; this waits for the device.
    process_group : a process group over whose ranks the rows of z (and of the prior sample) are spread, in any numbers.
        The result is that of the whole batch on every rank, and the gradient its derivative by the rank's own rows.
        Directions must be the same on every rank, and every rank must hold a row.

    Returns
    -------
    0-d tensor, float64 for a float64 latent, otherwise float32.

    Raises
    ------
    ValueError
        If shapes or devices do not fit, n < 2, a direction's length differs from 1 by more than 1e-3 (looked at on the
        CPU, and elsewhere with ``check_finite``), the statistic or an option is unknown, or values are not finite and
        ``check_finite`` is set.
    TypeError
        If z, ``directions`` or ``prior`` is no dense tensor of real floating-point numbers, or an option is of the
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
    distance = check_options(statistic, aggregate, unbiased, t_max, n_points)
    check_switches(check_finite=check_finite, **({} if fused is None else {"fused": fused}))
    check_latent(z, least_rows=2 if process_group is None else 1)
    check_directions(directions, z)
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
    value, _ = distance_of_checked(
        z,
        directions,
        prior,
        (distance.name, aggregate, unbiased, t_max, n_points),
        plain=wanted if fused is None else not fused,
        check_finite=check_finite,
        group=group,
    )
    return value
