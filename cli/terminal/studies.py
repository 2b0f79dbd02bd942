"""Calling the studies from the command line: what they refuse, as the one line that a user meets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError


@contextmanager
def studies(what: str) -> Iterator[None]:
    """Turn what the studies refuse into the one line that a user meets; ``what`` is what needs their extra."""
    from slicednorm_studies.autoencoders.errors import StudyError

    from slicednorm.stats import SampleError

    try:
        yield
    except (StudyError, SampleError) as error:  # a sample of latents that allows no test
        raise InputError(str(error)) from None
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("slicednorm"):
            raise
        package = (error.name or str(error)).partition(".")[0]
        raise InputError(f"{what} needs {package}; pip install 'slicednorm[train]'") from None
    except RuntimeError as error:
        if "allocate" not in str(error) and "out of memory" not in str(error):
            raise
        # PyTorch has no error of its own for the memory of the CPU.
        reason = " ".join(str(error).split())
        raise InputError(f"out of memory: {reason}; take smaller sizes") from None
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        raise InputError(
            f"{where}{error.strerror or error}; check the path, its permissions and the free space"
        ) from None
