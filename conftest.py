"""Modules whose extra is not installed have no examples to run."""

from importlib.util import find_spec

_NEEDS = {
    "torch": ["slicednorm/torch", "slicednorm/monitor/lightning.py"],
    "lightning": ["slicednorm/monitor/lightning.py"],
    "numba": ["slicednorm/_compiled/_jit.py", "slicednorm/_compiled/_radix.py"],
    "seaborn": ["slicednorm/plots"],
}

collect_ignore = [path for package, paths in _NEEDS.items() if find_spec(package) is None for path in paths]
