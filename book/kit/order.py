"""In which order the options of a question stand, whatever order its file has.

Numbers stand in order of their size. All others stand in an order drawn from the id of the
question, so that the place of an option does not say whether it is right.
"""

import hashlib
import re

from book.kit.quizzes import Item, Option

_AMOUNT = re.compile(
    r"(?:About )?(?P<sign>[-−]?)(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?P<digits>\.\d+)?"
    r"(?P<unit>(?: %| [a-z]+?)*)s?(?:,.*)?"
)


def ordered(item: Item) -> tuple[Option, ...]:
    """The options as a page shows them."""
    amounts = [amount for option in item.options if (amount := _amount(option.text))]
    by_size, units = dict(zip(amounts, item.options, strict=False)), {unit for _, unit in amounts}
    if len(by_size) == len(item.options) and len(units) == 1:
        return tuple(by_size[amount] for amount in sorted(by_size))
    return tuple(sorted(item.options, key=lambda option: _drawn(item.id, option.text)))


def _amount(text: str) -> tuple[float, str] | None:
    """Size and unit of what an option says; None where it says no single amount."""
    match = _AMOUNT.fullmatch(text.replace("`", ""))
    if match is None:
        return None
    size = float(match["number"].replace(",", "") + (match["digits"] or ""))
    return (-size if match["sign"] else size), match["unit"]


def _drawn(id_: str, text: str) -> str:
    return hashlib.sha256(f"{id_}/{text}".encode()).hexdigest()
