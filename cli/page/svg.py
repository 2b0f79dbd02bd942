"""Pictures as SVG that is embedded and follows light and dark."""

from __future__ import annotations

import base64
import io
import warnings
from dataclasses import dataclass

from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from slicednorm.plots import OBSERVED, OTHER

# What text, axes and curves are drawn in is replaced by what the page's reader sees best.
_INK = "#010203"
_COLOURS = {
    _INK: ("ink", "#1b1d20", "#e4e6ea"),
    to_hex(OBSERVED): ("observed", to_hex(OBSERVED), "#5db4ee"),
    to_hex(OTHER): ("other", "#b36b00", "#f0b13c"),
}
_STYLE = (
    f"<style>svg{{{''.join(f'--{name}:{light};' for name, light, _ in _COLOURS.values())}}}"
    "@media screen and (prefers-color-scheme:dark)"
    f"{{svg{{{''.join(f'--{name}:{dark};' for name, _, dark in _COLOURS.values())}}}}}</style>"
)
RC = {
    **{f"{name}.color": _INK for name in ("text", "xtick", "ytick")},
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "hatch.color": _INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "svg.fonttype": "none",  # letters stay letters, and the reader's fonts have those of every language
    "svg.hashsalt": "slicednorm",  # the same picture is the same bytes
}


@dataclass(frozen=True)
class Picture:
    """A picture: of which sample, its address (the SVG itself), what it shows in words, and what to make of it."""

    label: str
    source: str
    alt: str
    caption: str


def svg(figure: Figure) -> str:
    """Return a figure as a data address whose colours follow the reader's scheme."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)  # in matplotlib's own font
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    for hexadecimal, (name, _, _) in _COLOURS.items():
        text = text.replace(hexadecimal, f"var(--{name})")
    head, end, body = text.partition("<defs>")
    return "data:image/svg+xml;base64," + base64.b64encode(f"{head}{_STYLE}{end}{body}".encode()).decode()
