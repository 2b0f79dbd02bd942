"""Pictures of a sample, of its tests and of where it deviates; each takes ``ax=`` and returns the Axes it drew on.

They need seaborn and matplotlib (the extra ``plot``), but no display. What they show is computed by `slicednorm.stats`:
pass its results, or a sample and the options of the function that computes them.
"""

try:
    import seaborn as _seaborn  # noqa: F401
except ImportError as _error:
    raise ImportError(f"slicednorm.plots needs the extra 'plot' (seaborn and matplotlib): {_error}") from None

from slicednorm.plots._components import components
from slicednorm.plots._direction import direction_histogram, direction_loadings
from slicednorm.plots._history import history
from slicednorm.plots._null import null_distribution
from slicednorm.plots._qq import mahalanobis_qq, slice_qq, slice_statistics
from slicednorm.plots._style import OBSERVED, OTHER, set_scale

__all__ = [
    "OBSERVED",
    "OTHER",
    "components",
    "direction_histogram",
    "direction_loadings",
    "history",
    "mahalanobis_qq",
    "null_distribution",
    "set_scale",
    "slice_qq",
    "slice_statistics",
]
