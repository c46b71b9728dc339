"""Count what there is to read on the built pages and record it: ``python -m book.kit.reading``.

Written to ``book/reading.json``, by chapter, from where ``make sync`` takes the minutes of
reading into the chapter's header. Words are those that a reader meets with all folds closed:
sentences that a cell computes count, and so does what a prediction covers; code, formulas and
the labels inside figures do not. Words inside folds are counted apart.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from book.kit import notebooks

READING = notebooks.BOOK / "reading.json"
PAGES = notebooks.ROOT / "_build" / "html" / "book"
MOST_WORDS, MOST_IN_FOLDS = 4_000, 1_500
WORDS_A_MINUTE, SECONDS_A_FIGURE = 200, 20

FIGURES = ".rl-figure, .rl-widget, img"
UNREAD = (
    "pre, script, style, svg, math, .rl-widget, .headerlink, .cell_input, .rl-code, .rl-cover-note"
)


@dataclass(frozen=True)
class Reading:
    """What there is to read: words outside and inside folds, and figures."""

    words: int
    in_folds: int
    figures: int

    @property
    def minutes(self) -> int:
        """Minutes to read the words outside folds and to look at the figures; one at least."""
        seconds = 60 * self.words / WORDS_A_MINUTE + SECONDS_A_FIGURE * self.figures
        return max(1, round(seconds / 60))


def count(page: str) -> Reading:
    """Count the words and figures of a built page.

    Raises:
        ValueError: the page holds no article of the book.
    """
    article = BeautifulSoup(page, "html.parser").select_one("article.bd-article")
    if article is None:
        raise ValueError("page must hold an article.bd-article")
    figures = len(article.select(FIGURES))
    for element in article.select(UNREAD):
        element.extract()
    folds = [fold for fold in article.select("details") if fold.find_parent("details") is None]
    in_folds = sum(_words(fold) - sum(map(_words, _summaries(fold))) for fold in folds)
    return Reading(_words(article) - in_folds, in_folds, figures)


def recorded(path: Path = READING) -> dict[str, Reading]:
    """What was counted, by chapter; empty where nothing was."""
    if not path.exists():
        return {}
    counts = json.loads(path.read_text(encoding="utf-8"))
    return {name: Reading(**entry) for name, entry in counts.items()}


def counted(pages: Path = PAGES) -> dict[str, Reading]:
    """What is to be read in each chapter now.

    Raises:
        FileNotFoundError: a chapter was not built.
    """
    stems = [path.stem for path in notebooks.chapters()]
    return {stem: count((pages / f"{stem}.html").read_text(encoding="utf-8")) for stem in stems}


def _words(element: Tag) -> int:
    return len(element.get_text(" ").split())


def _summaries(fold: Tag) -> list[Tag]:
    """The summary of a fold itself, which is read while it is closed."""
    return fold.find_all("summary", recursive=False)


def main() -> int:
    """Count, write, and say what is too long; the exit status is 1 where a chapter is."""
    found = counted()
    text = json.dumps({name: asdict(reading) for name, reading in found.items()}, indent=1)
    READING.write_text(text + "\n", encoding="utf-8")
    for name, reading in found.items():
        print(
            f"{name}: {reading.words} words of at most {MOST_WORDS}, {reading.in_folds} in folds "
            f"of at most {MOST_IN_FOLDS}, {reading.figures} figures: {reading.minutes} minutes"
        )
    return int(any(r.words > MOST_WORDS or r.in_folds > MOST_IN_FOLDS for r in found.values()))


if __name__ == "__main__":
    sys.exit(main())
