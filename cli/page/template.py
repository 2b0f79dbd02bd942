"""What all pages have in common: the template's environment, the command, the versions."""

from __future__ import annotations

import platform
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from slicednorm import __version__


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def rendered(name: str, *, title: str, command: str, **values: Any) -> str:
    """Return a template filled in, with the command that makes the page again."""
    import numpy as np
    import scipy

    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name).render(
        title=title,
        command=command,
        version=__version__,
        versions=[("Python", platform.python_version()), ("NumPy", np.__version__), ("SciPy", scipy.__version__)],
        **values,
    )
