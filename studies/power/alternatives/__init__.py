"""The alternatives that the tests have to tell from a normal law, drawn many samples at a time.

None is meant to be hard or easy for one test: there are coordinates that are independent and not normal, all or a few
of them, elliptical laws, mixtures, rows far out, laws whose coordinates are all normal, bent clouds, factors, and the
latents of trained models. The parameters are such that at n = 50 no test is hopeless or perfect for most of them. Each
that is not isotropic comes twice: as it is, and with every sample rotated at random.
"""

from __future__ import annotations

from .clusters import CLUSTERS
from .copulas import COPULAS
from .dependent import BENT, FACTORS, SKEWED
from .elliptical import CONTAMINATED, ELLIPTICAL
from .independent import INDEPENDENT, SPARSE
from .known import LOCATION_SCALE, standardised
from .latents import LATENTS
from .law import NORMAL, Alternative, twin

# By kind; what is next to each other is on different halves.
AS_THEY_ARE: tuple[Alternative, ...] = (
    *INDEPENDENT,
    *SPARSE,
    *ELLIPTICAL,
    *CLUSTERS,
    *CONTAMINATED,
    *SKEWED,
    *COPULAS,
    *BENT,
    *FACTORS,
    *LATENTS,
)
# The twins, and what is its own twin.
ROTATED: tuple[Alternative, ...] = tuple(law if law.isotropic else twin(law) for law in AS_THEY_ARE)
ALTERNATIVES: tuple[Alternative, ...] = (*AS_THEY_ARE, *(law for law in ROTATED if law.rotated))

CHOSEN, REPORTED = "chosen on", "reported on"
HALVES = (CHOSEN, REPORTED)
_HALF = {law.name: HALVES[i % 2] for laws in (AS_THEY_ARE, ROTATED) for i, law in enumerate(laws)}


def half(law: Alternative) -> str:
    """Return which half of the alternatives one belongs to, the same as its twin: every second is on the other."""
    return _HALF[law.name]


__all__ = [
    "ALTERNATIVES",
    "AS_THEY_ARE",
    "CHOSEN",
    "HALVES",
    "LOCATION_SCALE",
    "NORMAL",
    "REPORTED",
    "ROTATED",
    "Alternative",
    "half",
    "standardised",
    "twin",
]
