"""What a training says of an epoch: a line on the screen, and its numbers for TensorBoard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from .errors import StudyError


def summary(row: dict[str, Any], epochs: int) -> str:
    """Return a row of metrics as a line to read."""
    return (
        f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}  loss {row['loss']:.3f}  "
        f"rec {row['train_reconstruction_error']:.3f}  penalty {row['penalty']:.3f}  "
        f"{row['images_per_second']:,.0f} images/s | test: rec {row['reconstruction_error']:.3f}  "
        f"skewness {row['mardia_skewness']:.2f}  kurtosis {row['mardia_normalized_kurtosis']:+.2f}  "
        f"sw {row['sliced_wasserstein']:.4f}  p(cvm) {row['pvalues']['cvm']:.3g}"
    )


def tensorboard() -> Any:
    """Return the class of TensorBoard's logs.

    Raises
    ------
    StudyError
        If TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise StudyError("--tensorboard needs the package tensorboard (pip install tensorboard)") from None
    return SummaryWriter


def log(writer: Any, row: dict[str, Any]) -> None:
    """Write a row of metrics to a log of TensorBoard."""
    for name, value in row.items():
        for key, number in value.items() if isinstance(value, dict) else [("", value)]:
            writer.add_scalar(f"{name}/{key}" if key else name, number, row["epoch"])
    writer.flush()


Say: TypeAlias = Callable[[str], None]
