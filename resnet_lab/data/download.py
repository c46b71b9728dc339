"""Archives from the internet: several sources, resumed where cut off, checked before use."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from resnet_lab.data.places import VARIABLE

ATTEMPTS = 3
"""Attempts in a row that may bring nothing new before a source is given up."""


@dataclass(frozen=True)
class Archive:
    """A tar file that can be downloaded.

    Attributes:
        file: its name.
        md5: of the file.
        folder: folder inside, which holds the members.
        members: name of each file that is read -> its md5.
        sources: addresses that serve this very file, tried in this order.
    """

    file: str
    md5: str
    folder: str
    members: Mapping[str, str]
    sources: tuple[str, ...]

    def is_right(self, path: Path) -> bool:
        """Whether a file is there and is this one."""
        import pooch

        return path.exists() and pooch.file_hash(str(path), alg="md5") == self.md5


class DownloadError(OSError):
    """A file could not be downloaded; the message says why, and what to do."""


def fetch(
    archive: Archive, folder: Path, progress: bool = True, pause: float = 1.0, timeout: float = 30
) -> Path:
    """The archive in a folder: as it is there, else downloaded.

    What has arrived of a download is kept beside it as ``FILE.part`` and continued by the next
    attempt, also of another program and from another source. The file gets its name when all of
    it is there and its md5 is right. Of several programs that call this at the same time, one
    downloads and the others wait (not on Windows).

    Args:
        archive: what to fetch.
        folder: where it is kept; made where it does not exist.
        progress: show a bar on the standard error.
        pause: seconds to wait before a second attempt; each further attempt in a row that brings
            nothing doubles them.
        timeout: seconds without an answer, or without further bytes, before an attempt is over.

    Raises:
        DownloadError: no source had it, or it could not be stored.
    """
    target, part = folder / archive.file, folder / f"{archive.file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_program_at_a_time(folder):
            if not archive.is_right(target):
                _fill(part, archive, progress, pause, timeout)
                part.replace(target)
    except DownloadError:
        raise
    except OSError as error:  # of the disk: those of the network end in the list of reasons
        with suppress(OSError):
            part.unlink()
        raise DownloadError(
            f"{archive.file} can't be stored in {folder}: {error.strerror or error}. Change "
            f"that, or {_by_hand(archive)}"
        ) from error
    return target


def _fill(part: Path, archive: Archive, progress: bool, pause: float, timeout: float) -> None:
    """Collect an archive from the first source that has it."""
    import requests
    import urllib3

    download = partial(_download, part=part, progress=progress, pause=pause, timeout=timeout)
    reasons = []
    for source in archive.sources:
        begun = part.exists()
        try:
            download(source)
            if begun and not archive.is_right(part):  # what another source has sent may be wrong
                part.unlink()
                download(source)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            reasons.append(f"  {source}: {_innermost(error)}")
            continue
        if archive.is_right(part):
            return
        part.unlink()
        reasons.append(f"  {source}: what it sends has not the md5 {archive.md5}")
    kept = "what has arrived is kept" if part.exists() else "nothing is kept"
    raise DownloadError(
        "\n".join([f"{archive.file} could not be downloaded.", *reasons])
        + f"\nTry again later ({kept}), or {_by_hand(archive)}"
    )


def _download(url: str, part: Path, progress: bool, pause: float, timeout: float) -> None:
    """Collect what is missing of a file, in as many attempts as bring something."""
    import requests
    import urllib3

    furthest, vain = _size(part), 0
    while True:
        try:
            return _attempt(url, part, progress, timeout)
        except requests.HTTPError:  # it has answered; there are other sources to ask
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError):
            vain = 0 if _size(part) > furthest else vain + 1
            if vain == ATTEMPTS:
                raise
        furthest = max(furthest, _size(part))
        time.sleep(pause * 2 ** max(0, vain - 1))


def _attempt(url: str, part: Path, progress: bool, timeout: float) -> None:
    """Get what is missing, or everything from a server that knows no ranges."""
    import requests
    from tqdm.auto import tqdm

    have = _size(part)
    headers = {"Accept-Encoding": "identity", "User-Agent": "resnet-lab"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is missing: an earlier program ended before it looked at the part
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            have = 0
        elif not (span := response.headers.get("Content-Range", "")).startswith(f"bytes {have}-"):
            part.unlink(missing_ok=True)
            raise requests.ConnectionError(f"it sends {span!r} instead of what is missing")
        length = response.headers.get("Content-Length")
        with (
            part.open("ab" if have else "wb") as file,
            tqdm.wrapattr(
                file, "write", total=have + int(length) if length else None, initial=have,
                desc=f"{part.stem} from {urlsplit(url).hostname}", disable=not progress,
            ) as counted,
        ):  # fmt: skip
            # Undecoded: some servers call a .tar.gz a compressed .tar.
            shutil.copyfileobj(response.raw, counted)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


@contextmanager
def _one_program_at_a_time(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder, which the system releases however the program ends."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems lock no folders
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _innermost(error: BaseException) -> str:
    """What the system said, without the layers of libraries around it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error) or type(error).__name__


def _by_hand(archive: Archive) -> str:
    return (
        f"get {archive.file} (md5 {archive.md5}) in another way, put it into a folder, and set "
        f"{VARIABLE} to that folder"
    )
