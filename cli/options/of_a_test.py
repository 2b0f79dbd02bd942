"""The options of a test of a sample, which ``slicednorm test`` and ``slicednorm report`` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .of_a_file import reading_options
from .shared import (
    aggregate_option,
    alpha_option,
    cov_option,
    design_option,
    directions_option,
    drop_dependent_option,
    jobs_option,
    mean_option,
    method_option,
    nan_policy_option,
    null_option,
    resamples_option,
    residuals_of_option,
    rounding_option,
    seed_option,
    slices_option,
    stat_option,
    transform_option,
    transformations_option,
    within_option,
)


def testing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a test, in the order of its help."""
    options = (
        stat_option(),
        null_option(),
        mean_option(),
        cov_option(),
        design_option(),
        residuals_of_option(),
        within_option(),
        rounding_option(),
        transform_option(),
        transformations_option(),
        drop_dependent_option(),
        slices_option(),
        directions_option(),
        aggregate_option(),
        method_option(),
        resamples_option(),
        seed_option(),
        jobs_option(),
        alpha_option(),
        reading_options,
        nan_policy_option(),
    )
    for option in reversed(options):
        command = option(command)
    return command
