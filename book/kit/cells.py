"""Text of the cells that are generated."""

import html
import tomllib
from typing import Any

from book.kit.metadata import Chapter
from book.kit.notebooks import BOOK, ROOT
from book.kit.order import ordered
from book.kit.quizzes import Item
from book.kit.reading import Reading

_INSTALL = """\
try:
    import resnet_lab
except ModuleNotFoundError:  # as in Colab: fetch the package, then try again
    %pip install -q git+{address}
    import resnet_lab"""


def repository() -> str:
    """The address of the repository, as pyproject.toml has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["urls"]["Repository"])


def install() -> str:
    """The first code cell of every chapter."""
    return _INSTALL.format(address=repository())


def header(
    chapter: Chapter, minutes: dict[str, Any] | None = None, reading: Reading | None = None
) -> str:
    """Objectives, minutes to read, and measured running time."""
    lines = [f"> **Objectives.** Chapter {chapter.number}, part {chapter.part}. Afterwards you can"]
    lines += [">", *(f"> - {objective.text}" for objective in chapter.objectives), ">"]
    read = f"About {reading.minutes} minutes to read. " if reading else ""
    return "\n".join([*lines, f"> {read}{_running_time(minutes or {})}"])


def prediction(item: Item) -> str:
    """A question to answer before running on."""
    return "\n\n".join([f"> **Predict.** {_quoted(item.question)}", *_folds(item)])


def quiz(items: tuple[Item, ...], chapter: int) -> str:
    """The five questions at the end."""
    parts = ["## Quiz", "Pick an answer, then open it."]
    for number, item in enumerate(items, 1):
        again = "" if item.chapter == chapter else f" *({_chapter(item.chapter)}.)*"
        parts += [f"**{number}.** {item.question}{again}", *_folds(item)]
    return "\n\n".join(parts)


def _chapter(number: int) -> str:
    written = any(BOOK.glob(f"{number:02d}_*.ipynb"))
    return f"Chapter {number}" if written else f"Looks ahead: chapter {number} is planned"


def _running_time(minutes: dict[str, Any]) -> str:
    measured = []
    if cpu := minutes.get("cpu"):
        measured.append(f"{_seconds(cpu)} on {cpu['cores']} CPU cores")
    if gpu := minutes.get("gpu"):
        measured.append(f"{_seconds(gpu)} on a GPU ({gpu['device']})")
    return f"Runs in {' and '.join(measured)}, measured." if measured else "Not timed yet."


def _seconds(run: dict[str, Any]) -> str:
    seconds = round(run["seconds"])
    return f"{seconds} seconds" if seconds != 1 else "one second"


def _folds(item: Item) -> list[str]:
    result = f' data-result="{item.result}"' if item.result else ""
    return [
        f'<details class="rl-option" data-item="{item.id}"{result}>\n'
        f"<summary>{_code(option.text)}</summary>\n\n"
        f"**{'Right' if option.right else 'No'}.** {option.feedback}\n\n</details>"
        for option in ordered(item)
    ]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())[2:]


def _code(text: str) -> str:
    parts = html.escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
