"""Data sets to train on: in memory by name, or streamed from a folder of images."""

import os

from resnet_lab.checks import check_choice
from resnet_lab.data.digits import load_digits
from resnet_lab.data.folder import ImageFolderData
from resnet_lab.data.imageset import ImageSet
from resnet_lab.data.places import cache_folder, data_folder

DATA_SETS = ("digits", "cifar10", "cifar100", "cifar10-part", "cifar10-jpeg-copy")

__all__ = ["DATA_SETS", "ImageFolderData", "ImageSet", "load_data"]


def load_data(
    name: str, folder: str | os.PathLike[str] | None = None, progress: bool = True
) -> ImageSet:
    """Load a data set into memory.

    =====================  =====================================================================
    ``digits``             1,797 handwritten digits of 8x8; comes with scikit-learn, no download
    ``cifar10``            50,000 and 10,000 color images of 32x32 in 10 classes
    ``cifar100``           the same in 100 classes
    ``cifar10-part``       5,170 and 1,017 images of CIFAR-10, from a local file only
    ``cifar10-jpeg-copy``  all of CIFAR-10 after JPEG compression, from local files only
    =====================  =====================================================================

    Args:
        name: one of :data:`DATA_SETS`.
        folder: where to look for data first, nothing is written there; the environment variable
            ``RESNET_LAB_DATA`` where it is None. CIFAR-10 and CIFAR-100 are downloaded (170 MB)
            into a cache when that folder has them not. The digits need no folder.
        progress: show a bar where it takes long.

    Raises:
        ValueError: there is no such data set, or a file is damaged.
        FileNotFoundError: the folder does not exist, or the data is not in it.
        NotADirectoryError: the folder is a file.
        DownloadError: a download failed everywhere; an ``OSError``.
    """
    check_choice("name", name, DATA_SETS)
    if name == "digits":
        return load_digits()
    place = data_folder(folder)
    if name in ("cifar10", "cifar100"):
        from resnet_lab.data.cifar import CIFAR10, CIFAR100, load_cifar

        return load_cifar(
            CIFAR10 if name == "cifar10" else CIFAR100, place, cache_folder(), progress
        )
    from resnet_lab.data.copies import load_jpeg_copy, load_part

    return load_part(place) if name == "cifar10-part" else load_jpeg_copy(place, progress)
