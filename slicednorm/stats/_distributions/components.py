"""The components of B that decide the largest weights of a null distribution."""

from __future__ import annotations

import numpy as np

from slicednorm.distances._quadratic.form import Floats

# Components below this share of the largest are left out.
_NEGLIGIBLE = 1e-3


def main_components(part: Floats, sizes: Floats, most: int) -> Floats:
    """Return rows e_l, B = Σ e_l e_l' in turned axes, of the orders of one parity, cut to the components that matter.

    The largest eigenvalues of the whole matrix lie along those of Σ_l s_l e_l e_l', s_l the size of the matrix ρ^l: B
    itself where all directions are nearly orthogonal, its lowest orders where they are close.
    """
    values, vectors = np.linalg.eigh(part)
    rows = vectors * np.sqrt(np.maximum(values, 0.0))
    seen, axes = np.linalg.eigh((rows.T * sizes) @ rows)
    count = int(np.count_nonzero(seen > _NEGLIGIBLE * seen[-1]))
    return np.asarray(rows @ axes[:, ::-1][:, : min(count, most)])
