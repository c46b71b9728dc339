"""Downloads: resumed, checked, from several sources; and every way in which they fail."""

import errno
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from archive_server import serving
from tiny_cifar import tiny_cifar

from resnet_lab.data import download
from resnet_lab.data.download import Archive, DownloadError, fetch

TINY = tiny_cifar(images=20)
CONTENT = TINY.packed
HALF = len(CONTENT) // 2
NAME = TINY.files.archive.file


def archive(*sources: str) -> Archive:
    return replace(TINY.files.archive, sources=sources)


def get(folder: Path, *sources: str, timeout: float = 120) -> Path:
    return fetch(archive(*sources), folder, progress=False, pause=0.001, timeout=timeout)


def left(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_download_is_the_file_and_nothing_else_and_is_not_repeated(tmp_path):
    folder = tmp_path / "new" / "cache"
    with serving(CONTENT) as server:
        assert get(folder, server.url(NAME)).read_bytes() == CONTENT
        assert get(folder, server.url(NAME)) == folder / NAME
        assert server.log == [None]
    assert left(folder) == [NAME]


@pytest.mark.parametrize(
    ("orders", "asked"),
    [
        (["cut 1000", "good"], [None, "bytes=1000-"]),
        (["cut 1000", "cut 500", "cut 1", "cut 1", "cut 1", "good"], [None] + [
            f"bytes={n}-" for n in (1000, 1500, 1501, 1502, 1503)]),
        (["cut 1000", "no ranges"], [None, "bytes=1000-"]),
        (["cut 1000", "wrong range", "good"], [None, "bytes=1000-", None]),
        (["cut 0", "good"], [None, None]),
        (["packed"], [None]),
        (["chunked"], [None]),
    ],
)  # fmt: skip
def test_a_cut_download_goes_on_where_it_was(tmp_path, orders, asked):
    with serving(CONTENT, *orders) as server:
        assert get(tmp_path, server.url(NAME)).read_bytes() == CONTENT
        assert server.log == asked
    assert left(tmp_path) == [NAME]


@pytest.mark.parametrize(
    ("orders", "waits"),
    [
        (["cut 1000", "cut 500", "good"], [1, 1]),
        (["cut 0", "cut 0", "good"], [1, 2]),
        (["cut 0", "cut 1000", "cut 0", "cut 0", "good"], [1, 1, 1, 2]),
    ],
)
def test_only_a_further_attempt_that_brings_nothing_doubles_the_wait(
    tmp_path, monkeypatch, orders, waits
):
    slept = []
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=slept.append))
    with serving(CONTENT, *orders) as server:
        fetch(archive(server.url(NAME)), tmp_path, progress=False)
    assert slept == waits


def test_what_has_arrived_waits_for_the_next_attempt_from_any_source(tmp_path):
    with serving(CONTENT, f"cut {HALF}", "503") as server, pytest.raises(DownloadError) as error:
        get(tmp_path, server.url(NAME))
    assert "503" in str(error.value)
    assert "what has arrived is kept" in str(error.value)
    assert left(tmp_path) == [f"{NAME}.part"]
    assert (tmp_path / f"{NAME}.part").read_bytes() == CONTENT[:HALF]
    with serving(CONTENT) as other:
        assert get(tmp_path, other.url(NAME)).read_bytes() == CONTENT
        assert other.log == [f"bytes={HALF}-"]
    assert left(tmp_path) == [NAME]


@pytest.mark.parametrize("surplus", [0, 7])
def test_a_part_with_nothing_missing_is_used_or_begun_anew(tmp_path, surplus):
    """A server answers 416 to both: killed after the last byte, and a part of something else."""
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT + bytes(surplus))
    with serving(CONTENT) as server:
        assert get(tmp_path, server.url(NAME)).read_bytes() == CONTENT
        assert server.log == [f"bytes={len(CONTENT) + surplus}-"] + ([None] if surplus else [])
    assert left(tmp_path) == [NAME]


def test_a_part_that_is_wrong_is_thrown_away_and_the_source_asked_again(tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(bytes(1000))
    with serving(CONTENT) as server:
        assert get(tmp_path, server.url(NAME)).read_bytes() == CONTENT
        assert server.log == ["bytes=1000-", None]


def test_a_server_that_is_always_cut_at_the_same_place_is_given_up(tmp_path):
    """What it brings again after a part was thrown away is nothing new."""
    orders = ["cut 1000", "wrong range"] * 5 + ["404"]
    with serving(CONTENT, *orders) as server, pytest.raises(DownloadError, match="instead of what"):
        get(tmp_path, server.url(NAME))
    assert server.log == [None, "bytes=1000-"] * 2


def test_a_wrong_file_is_thrown_away_and_the_next_source_asked(tmp_path):
    with serving(CONTENT, "corrupt") as first, serving(CONTENT) as second:
        assert get(tmp_path, first.url(NAME), second.url(NAME)).read_bytes() == CONTENT
        assert first.log == second.log == [None]
    assert left(tmp_path) == [NAME]


def test_a_wrong_file_in_the_cache_is_replaced_only_by_the_right_one(tmp_path):
    (tmp_path / NAME).write_bytes(CONTENT[:HALF])
    with serving(CONTENT, "corrupt", "good") as server:
        with pytest.raises(DownloadError, match=archive().md5):
            get(tmp_path, server.url(NAME))
        assert get(tmp_path, server.url(NAME)).read_bytes() == CONTENT


def test_when_all_fail_the_error_lists_each_source_and_says_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen: connections are refused
        refused = f"http://127.0.0.1:{taken.getsockname()[1]}/{NAME}"
        with (
            serving(CONTENT, "corrupt") as wrong,
            serving(CONTENT, "404") as absent,
            serving(CONTENT, "cut 0") as cut,
            pytest.raises(DownloadError) as error,
        ):
            get(tmp_path, refused, wrong.url(NAME), absent.url(NAME), cut.url(NAME))
        lines = str(error.value).splitlines()
        assert len(cut.log) == 3
    assert lines[0] == f"{NAME} could not be downloaded."
    assert refused in lines[1]
    assert "Connection refused" in lines[1]
    assert wrong.url(NAME) in lines[2]
    assert f"not the md5 {archive().md5}" in lines[2]
    assert absent.url(NAME) in lines[3]
    assert "404" in lines[3]
    assert cut.url(NAME) in lines[4]
    assert "IncompleteRead" in lines[4]
    assert "RESNET_LAB_DATA" in lines[5]
    assert NAME not in left(tmp_path)


def test_a_server_that_says_nothing_is_given_up(tmp_path, monkeypatch):
    patience, request = [], requests.get

    def asked(url, **options):
        patience.append(options["timeout"])
        return request(url, **options)

    monkeypatch.setattr(requests, "get", asked)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/{NAME}"
        with pytest.raises(DownloadError, match="timed out"):
            get(tmp_path, url, timeout=0.05)
    assert patience == [0.05] * 3
    assert left(tmp_path) == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    """Writes to the part fail in the middle, as they do when a disk is full."""
    opened = Path.open

    class Full:
        def __init__(self, file):
            self.file, self.room = file, HALF

        def __enter__(self):
            return self

        def __exit__(self, *details):
            self.file.close()

        def write(self, data):
            self.file.write(data[: self.room])
            self.room -= len(data)
            if self.room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(
        Path, "open", lambda path, mode="r": Full(opened(path, mode))
        if path.suffix == ".part" else opened(path, mode)
    )  # fmt: skip
    with serving(CONTENT) as server, serving(CONTENT) as other:
        with pytest.raises(DownloadError, match="No space left on device") as error:
            get(tmp_path, server.url(NAME), other.url(NAME))
        assert other.log == []
    assert str(tmp_path) in str(error.value)
    assert "RESNET_LAB_DATA" in str(error.value)
    assert left(tmp_path) == []


def test_a_cache_that_can_not_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with serving(CONTENT) as server:
        # /proc: unwritable for root, too, who may write to any folder of an ordinary disk
        places = tmp_path / "file" / "cache", tmp_path / "file", Path("/proc"), Path("/proc/cache")
        for folder in places:
            with pytest.raises(DownloadError, match="can't be stored in") as error:
                get(folder, server.url(NAME), server.url(NAME))
            assert str(folder) in str(error.value)
            assert "RESNET_LAB_DATA" in str(error.value)
        assert len(server.log) <= 1  # to /proc, and no other source is tried
    assert (tmp_path / "file").read_text() == "no folder"


def test_of_several_at_once_one_downloads(tmp_path):
    pytest.importorskip("fcntl", reason="no locks on folders here")
    with serving(CONTENT, "cut 1000", "good") as server, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: get(tmp_path, server.url(NAME)), range(4)))
        assert server.log == [None, "bytes=1000-"]
    assert {path.read_bytes() for path in found} == {CONTENT}


def test_the_bar_says_what_and_from_where(tmp_path, capfd):
    with serving(CONTENT) as server:
        fetch(archive(server.url(NAME)), tmp_path)
    shown = capfd.readouterr().err
    assert f"{NAME} from 127.0.0.1" in shown
    assert "100%" in shown
    with serving(CONTENT) as server:
        get(tmp_path / "quiet", server.url(NAME))
    assert capfd.readouterr() == ("", "")
