"""One self-contained ES module out of several: what a notebook front end can load.

The sources keep to a small part of the language, and what lies outside it is refused:
``import { name, … } from "./file.js";`` (or ``"../folder/file.js"``) at the start of a line, and
``export`` in front of a ``function``, ``const``, ``let``, ``class`` or, in the first file only,
``default``.
"""

import re
from pathlib import Path

IMPORT = re.compile(
    r'^import \{([\w\s,]+)\} from "(\.{1,2}/(?:[\w-]+/)*[\w-]+\.js)";\n', re.MULTILINE
)
DECLARATION = re.compile(
    r"^(export )?(?:async )?(?:function\*?|const|let|class) +(\w+)", re.MULTILINE
)
LEFT_OVER = re.compile(r"^\s*(?:import|export)\b.*|\bimport\s*[(.].*", re.MULTILINE)


def bundle(entry: Path) -> str:
    """Return ``entry`` with every module it imports put in front of it, each once.

    Raises:
        FileNotFoundError: an imported file does not exist.
        ValueError: a statement is not understood, an imported name is not exported, a name
            is declared twice, or two modules import each other.
    """
    parts: dict[Path, str] = {}
    exports: dict[Path, set[str]] = {}
    owners: dict[str, str] = {}

    def add(path: Path, above: tuple[Path, ...]) -> None:
        name = _name(path)
        if path in above:
            circle = " -> ".join(map(_name, [*above, path]))
            raise ValueError(f"modules import each other: {circle}")
        if path in parts:
            return
        source = path.read_text(encoding="utf-8")
        for names, address in IMPORT.findall(source):
            imported = (path.parent / address).resolve()
            add(imported, (*above, path))
            missing = {part.strip() for part in names.split(",")} - exports[imported] - {""}
            if missing:
                raise ValueError(
                    f"{name} imports {sorted(missing)}, not exported by {_name(imported)}"
                )
        body = IMPORT.sub("", source)
        exports[path] = {word for exported, word in DECLARATION.findall(body) if exported}
        for _, word in DECLARATION.findall(body):
            if word in owners:
                raise ValueError(f"{name} declares {word}, as {owners[word]} does")
            owners[word] = name
        body = DECLARATION.sub(lambda found: found[0].removeprefix("export "), body)
        is_entry = not above
        rest = re.sub(r"^export default ", "", body, flags=re.MULTILINE) if is_entry else body
        unknown = LEFT_OVER.search(rest)
        if unknown:
            raise ValueError(f"{name}: not understood: {unknown[0].strip()!r}")
        parts[path] = f"// {name}\n{body.strip()}\n"

    add(entry.resolve(), ())
    return "\n".join(parts.values())


def _name(path: Path) -> str:
    """Folder and file: files of different folders may be called alike."""
    return f"{path.parent.name}/{path.name}"
