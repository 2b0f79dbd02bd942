"""What was done to the rows of a sample before they are tested, and so is done to those of every null replicate."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.rows import Rows


class Treatment(ABC):
    """Standard normal rows → a null replicate of the sample as it is tested."""

    @property
    def rows(self) -> int | None:
        """The number of rows that it takes, None for any."""
        return None

    @property
    def exact(self) -> bool:
        """Whether replicates are distributed like the sample under the null, for any unknown mean and covariance.

        Else they are by those that the sample suggests, and have them.
        """
        return False

    @abstractmethod
    def __call__(self, rows: Rows) -> Rows:
        """Return the replicates that standard normal samples become, in their computing dtype."""

    def refuses(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which of these replicates (batch,) would be refused as samples, and are to be drawn again."""
        return np.zeros(rows.batch, bool)
