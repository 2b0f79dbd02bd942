"""Values of other packages, and the samples that they are of."""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "data" / "reference"
VALUES = json.loads((FOLDER / "peer_values.json").read_text())
DATASETS = VALUES["datasets"]


def read(name: str) -> np.ndarray:
    x = np.loadtxt(FOLDER / DATASETS[name]["file"], delimiter=",", ndmin=2)
    assert x.shape == (DATASETS[name]["n"], DATASETS[name]["d"])
    return x
