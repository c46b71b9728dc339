"""Archives from the internet: several sources, resumed where cut off, checked before use."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from resnet_lab.data.places import VARIABLE


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
        pause: seconds to wait before a second attempt; each further wait is twice as long.
        timeout: seconds without an answer, or without further bytes, before an attempt is over.

    Raises:
        DownloadError: no source had it, or it could not be stored.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_program_at_a_time(folder):
            return _fetch_from_any(archive, folder, progress, pause, timeout)
    except DownloadError:
        raise
    except OSError as error:  # of the disk: those of the network end in the list of reasons
        with suppress(OSError):
            (folder / f"{archive.file}.part").unlink()
        raise DownloadError(
            f"{archive.file} can't be stored in {folder}: {error.strerror or error}. Change "
            f"that, or {_by_hand(archive)}"
        ) from error


def _fetch_from_any(
    archive: Archive, folder: Path, progress: bool, pause: float, timeout: float
) -> Path:
    import pooch
    import requests
    import urllib3

    def is_right(path: Path) -> bool:
        return path.exists() and pooch.file_hash(str(path), alg="md5") == archive.md5

    if is_right(target := folder / archive.file):
        return target
    part = folder / f"{archive.file}.part"
    reasons = []
    for source in archive.sources:
        # A part that another source began may be what is wrong: then this one has another go.
        for continued in (True, False) if part.exists() else (False,):
            try:
                Download(source, part, progress, pause, timeout).run()
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                reasons.append(f"  {source}: {_innermost(error)}")
                break
            if is_right(part):
                os.replace(part, target)
                return target
            part.unlink()
            if not continued:
                reasons.append(f"  {source}: what it sends has not the md5 {archive.md5}")
    raise DownloadError(
        f"{archive.file} could not be downloaded.\n"
        + "\n".join(reasons)
        + f"\nTry again later ({'what has arrived is kept' if part.exists() else 'nothing is kept'}"
        f"), or {_by_hand(archive)}"
    )


@dataclass(frozen=True)
class Download:
    """A download that goes on where an earlier one was cut off.

    Attributes:
        url: what is downloaded.
        part: where bytes are collected.
        progress: show a bar.
        pause: seconds before a second attempt; each further wait is twice as long.
        timeout: seconds without a byte before an attempt is over.
        attempts: how many may bring nothing new before the source is given up.
    """

    url: str
    part: Path
    progress: bool
    pause: float
    timeout: float
    attempts: int = 3

    def run(self) -> None:
        """Collect what is missing of the file.

        Raises:
            requests.RequestException: the server refuses, or the attempts are used up.
            urllib3.exceptions.HTTPError: likewise, while the file was arriving.
            OSError: of the disk.
        """
        import requests
        import urllib3

        furthest = self._size()
        vain = 0
        while True:
            try:
                return self._attempt()
            except requests.HTTPError:  # it has answered; there are other sources to ask
                raise
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                vain = 0 if self._size() > furthest else vain + 1
                if vain == self.attempts:
                    raise
            furthest = max(furthest, self._size())
            time.sleep(self.pause * 2**vain)

    def _attempt(self) -> None:
        """Get what is missing, or everything from a server that knows no ranges."""
        import requests
        from tqdm.auto import tqdm

        have = self._size()
        headers = {"Accept-Encoding": "identity", "User-Agent": "resnet-lab"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with requests.get(self.url, headers=headers, stream=True, timeout=self.timeout) as response:
            if have and response.status_code == requests.codes.requested_range_not_satisfiable:
                return  # nothing is missing: an earlier program ended before it looked at the part
            response.raise_for_status()
            if response.status_code == requests.codes.partial_content:
                span = response.headers.get("Content-Range", "")
                if not span.startswith(f"bytes {have}-"):
                    self.part.unlink(missing_ok=True)
                    raise requests.ConnectionError(f"it sends {span!r} instead of what is missing")
            else:
                have = 0
            length = response.headers.get("Content-Length")
            with (
                self.part.open("ab" if have else "wb") as file,
                tqdm(
                    desc=f"{self.part.stem} from {urlsplit(self.url).hostname}", initial=have,
                    total=have + int(length) if length else None, unit="B", unit_scale=True,
                    disable=not self.progress,
                ) as bar,
            ):  # fmt: skip
                # Undecoded: some servers call a .tar.gz a compressed .tar, and requests unpacks it.
                for chunk in response.raw.stream(1 << 18, decode_content=False):
                    file.write(chunk)
                    bar.update(len(chunk))

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0


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
