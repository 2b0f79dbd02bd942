"""Sliced normality tests with honest p-values, and the same statistics as differentiable losses."""

from importlib import import_module
from types import ModuleType

from slicednorm._version import __version__

# Imported when they are first asked for: `import slicednorm` must not wait for NumPy, nor for torch.
_PACKAGES = ("directions", "distances", "monitor", "paper", "plots", "stats", "torch")

__all__ = ["__version__"]


def __getattr__(name: str) -> ModuleType:
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PACKAGES})
