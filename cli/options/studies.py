"""The options that commands about trained models share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from slicednorm_studies.autoencoders.devices import DEVICES


def run_option(*names: str, **more: Any) -> Callable[[Any], Any]:
    """Return the option of a folder or a device that several commands have."""
    shared = {
        "--data-dir": {
            "metavar": "DIR",
            "type": click.Path(),
            "help": "Where the images are.  [default: $SLICEDNORM_DATA, else the cache folder, where downloads go]",
        },
        "--device": {
            "type": click.Choice(DEVICES),
            "default": "auto",
            "show_default": True,
            "help": "Where to compute.",
        },
    }
    return click.option(*names, **{**shared[names[0]], **more})
