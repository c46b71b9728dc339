"""Measure how long each chapter runs and record it: ``make minutes``.

Written to ``book/minutes.json``, by chapter and device, from where ``make sync`` takes it
into the chapter's header. Names of chapters may be given; without, all are run.
"""

import json
import sys
import time
from typing import Any

import nbclient
import nbformat
import torch

from book.kit import notebooks

MINUTES = notebooks.BOOK / "minutes.json"


def measure(path: str) -> float:
    """Seconds from starting a kernel to the end of the last cell; an error in a cell raises."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(notebooks.BOOK)}}
    )
    start = time.perf_counter()
    client.execute()
    return time.perf_counter() - start


def device() -> tuple[str, dict[str, Any]]:
    """The kind of device a chapter runs on here, and what to record of it."""
    if torch.cuda.is_available():
        return "gpu", {"device": torch.cuda.get_device_name(), "torch": torch.__version__}
    return "cpu", {"cores": torch.get_num_threads(), "torch": torch.__version__}


def main(names: list[str]) -> int:
    """Measure and write."""
    record = json.loads(MINUTES.read_text(encoding="utf-8")) if MINUTES.exists() else {}
    kind, facts = device()
    for path in notebooks.chapters():
        if names and path.stem not in names:
            continue
        seconds = round(measure(str(path)), 1)
        entry = record.setdefault(path.stem, {"cpu": None, "gpu": None})
        entry[kind] = {"seconds": seconds, **facts}
        print(f"{path.stem}: {seconds} s on the {kind}")
    text = json.dumps(record, indent=1, sort_keys=True) + "\n"
    MINUTES.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
