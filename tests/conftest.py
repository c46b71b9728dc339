"""What all tests share."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / name) for name in ("book/_ext", "tests/site")]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Run on one thread, where sums have one order and equality can be exact."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Chromium. Without it a test is skipped, unless RESNET_LAB_REQUIRE_BROWSER=1."""
    from book.tools.chromium import FLAGS, find_chromium

    try:
        program = find_chromium()
    except FileNotFoundError as error:
        reason = f"no browser: {error}"
        if os.environ.get("RESNET_LAB_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()
