"""The images that autoencoders are trained on, as bytes in memory: found on disk, or downloaded and checked.

Importing this package imports neither torch nor torchvision: an unknown name is refused without them.
"""

from __future__ import annotations

import os

from ..errors import StudyError
from ..settings import DATA
from .images import Images

__all__ = ["Images", "load_images"]


def load_images(name: str, data_dir: str | os.PathLike[str] | None = None) -> Images:
    """Return a data set by its name, one of `DATA` in the settings.

    It is looked for in ``data_dir``, or in the folder that the environment variable SLICEDNORM_DATA names, then in the
    user's cache folder. MNIST, Fashion-MNIST and CIFAR-10 are downloaded into the cache folder if they are in neither;
    CelebA is not, and scikit-learn's digits come with the package. ``data_dir`` is never written to.

    Raises
    ------
    StudyError
        If the name is unknown, or the images are not found, are damaged or cannot be read.
    """
    try:
        match name:
            case "mnist" | "fashion-mnist":
                from . import idx

                return idx.load(name, data_dir)
            case "cifar10":
                from . import cifar

                return cifar.load(data_dir)
            case "celeba":
                from . import faces

                return faces.load(data_dir)
            case "digits":
                from . import digits

                return digits.load()
    except OSError as error:
        where = name if error.filename is None else error.filename
        raise StudyError(
            f"{where}: cannot be read ({error.strerror or error}); check its permissions, or replace it"
        ) from None
    raise StudyError(f"there is no data set {name!r}; there are {', '.join(DATA)}")
