"""Where data sets lie: a folder of the reader's, or the cache."""

import os
from pathlib import Path

VARIABLE = "RESNET_LAB_DATA"


def data_folder(folder: str | os.PathLike[str] | None = None) -> Path | None:
    """The folder to look for data in: ``folder``, else ``$RESNET_LAB_DATA``, else None.

    Raises:
        FileNotFoundError: there is no such folder.
        NotADirectoryError: it is a file.
    """
    name = "folder"
    if folder is None:
        name, folder = VARIABLE, os.environ.get(VARIABLE) or None
    if folder is None:
        return None
    path = Path(folder).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise NotADirectoryError(f"{name} must be a folder, got {str(folder)!r}, which is a file")
    raise FileNotFoundError(
        f"{name} must be a folder that exists, got {str(folder)!r} (that is {path.absolute()})"
    )


def data_file(file: str, folder: Path | None) -> Path:
    """A file that is not to be downloaded, in the folder or, without one, in the cache.

    Raises:
        FileNotFoundError: it is not there; the message says where it should be.
    """
    place = cache_folder() if folder is None else folder
    path = place / file
    if not path.is_file():
        raise FileNotFoundError(
            f"{file} must be in {place}, where there is no such file. It can't be downloaded: "
            f"put it into a folder and set {VARIABLE} (or folder=...) to that folder"
        )
    return path


def cache_folder() -> Path:
    """Where downloads are kept: the operating system's folder for caches."""
    import pooch

    return Path(pooch.os_cache("resnet-lab"))
