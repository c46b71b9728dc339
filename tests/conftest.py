"""What all tests share.

Random tests draw the same every time, as RESNET_LAB_SEED=0 has it; ``make test-all`` draws a seed
and says which. Whoever sets that seed repeats the run.
"""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import torch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / name) for name in ("book/_ext", "tests/site", "tests/training")]

# Set for the processes of pytest-xdist too, which have to agree on it.
SEED = os.environ["RESNET_LAB_SEED"] = os.environ.get("RESNET_LAB_SEED") or "0"
if SEED == "random":
    SEED = os.environ["RESNET_LAB_SEED"] = str(random.SystemRandom().randrange(1, 10**6))

profile = hypothesis.settings.register_profile
profile("repeatable", derandomize=True, max_examples=300, deadline=None, database=None)
profile("random", max_examples=2000, print_blob=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable" if SEED == "0" else "random")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hand the seed to hypothesis."""
    if SEED != "0":
        config.option.hypothesis_seed = SEED


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say how to repeat what random tests draw; at the head, also where pytest is quiet."""
    if SEED != "0" and not hasattr(session.config, "workerinput"):
        writer = session.config.get_terminal_writer()
        writer.line(f"Random tests draw with RESNET_LAB_SEED={SEED}; set it to repeat this run.")


@pytest.fixture(scope="session")
def seed() -> str:
    """What fixtures that are made once, for several tests, draw from."""
    return SEED


@pytest.fixture
def drawn(request: pytest.FixtureRequest) -> random.Random:
    """A source of random numbers of a test's own, the same for the same RESNET_LAB_SEED."""
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.fixture(autouse=True)
def the_same_start() -> None:
    """Let torch draw the same in every test, whichever ran before."""
    torch.manual_seed(0)


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
