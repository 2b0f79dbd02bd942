"""Memory that is freed and wanted again at once."""

from functools import cache

import numpy as np


@cache
def keep_freed_memory() -> None:
    """Have the C library keep what temporaries free, instead of paging it in again for the next of them.

    glibc gives memory back to the system above a threshold that grows to the largest block it saw freed; this shows it
    one of 8 MB, which is never touched. It makes whatever has many temporaries, as `ad`, up to three times faster.
    """
    np.empty(8 << 20, np.uint8)
