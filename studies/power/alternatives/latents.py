"""Latents of trained autoencoders: the MNIST test digits that the repository ships as examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from .law import Alternative, Array, Shape, rotations

# Beside the sources; or, where these are installed elsewhere, below the working directory.
_BASES = (Path(__file__).resolve().parents[3], Path())
_ROWS, _COLUMNS = 2_000, 20


def folder() -> Path | None:
    """Return the folder of the latents, None if it is not there."""
    for base in _BASES:
        if (found := base / "docs" / "examples").is_dir():
            return found
    return None


@lru_cache
def _latents(model: str) -> Array:
    found = folder()
    if found is None:
        raise SystemExit("there is no folder docs/examples with latents: run the study in the repository's root")
    return np.load(found / f"mnist_{model}.npy", allow_pickle=False).astype(np.float64)


@dataclass(frozen=True)
class _Rows:
    """Rows of a model's latents, each at most once in a sample, and their first columns.

    They may be rotated before columns are left out, in the space of all columns.
    """

    model: str
    rotated: bool = False

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Array:
        count, n, dim = shape
        latents = _latents(self.model)
        chosen = rng.random((count, len(latents))).argpartition(n - 1, axis=1)[:, :n]
        if not self.rotated:
            return latents[chosen, :dim]
        return np.asarray(np.matmul(latents[chosen], rotations(rng, count, latents.shape[1])[:, :, :dim]))


_MODELS = {
    "ae": "an autoencoder",
    "vae": "a VAE",
    "swae": "SWAE",
    "scwae": "SCWAE",
    "sksae": "SKSAE",
}

LATENTS: tuple[Alternative, ...] = tuple(
    Alternative(
        f"latents-{model}",
        f"latents of {words}",
        _Rows(model),
        True,
        "clusters of digits: little of it in a few columns"
        + ("" if model == "ae" else ", since the model was trained to make its latents normal"),
        "latents",
        # A sample of more than half of the rows would be much like any other.
        most=(_ROWS // 2, _COLUMNS),
        turned=_Rows(model, rotated=True),
    )
    for model, words in _MODELS.items()
)
