"""How results are shown: one line a field, arrays by their shape."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


def result_repr(result: Any) -> str:
    """Return a readable ``repr`` of a result dataclass, in the manner of scipy's results."""

    def show(value: Any) -> str:
        if isinstance(value, np.ndarray):
            return f"<{value.dtype} array of shape {value.shape}>"
        if isinstance(value, float):
            return f"{value:.6g}"
        return repr(value)

    shown = [(field.name, show(getattr(result, field.name))) for field in fields(result) if field.repr]
    width = max(len(name) for name, _ in shown)
    lines = [f"    {name:>{width}}: {text}" for name, text in shown]
    return "\n".join([f"{type(result).__name__}", *lines])
