"""docs/CONFIGURATION.md names exactly what the settings read, with the same types and defaults."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r"^\| `([A-Z_]+)` \| (\w+) \| (.+?) \| (.+) \|$")
OTHER_READERS = {
    "Read by the scripts and the processes, not by the settings",
    "Read by docker-compose.yml",
}
READERS = {"secret", "required"}


@dataclass(frozen=True)
class Variable:
    """One environment variable: its type, and its default as the table writes it, or None."""

    kind: str
    default: str | None


def read_by_settings() -> dict[str, Variable]:
    """Find every `env.kind("NAME")`, `secret("NAME")` and `required("NAME")` in the settings."""
    found: dict[str, Variable] = {}
    for path in sorted((ROOT / "config" / "settings").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (kind := reader(node)) and is_name(node):
                found[node.args[0].value] = Variable(kind, default_of(node))
    return found


def reader(call: ast.Call) -> str | None:
    function = call.func
    if isinstance(function, ast.Name) and function.id in READERS:
        return function.id
    if isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "env":
        return function.attr
    return None


def is_name(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant)


def default_of(call: ast.Call) -> str | None:
    """The default as the table writes it, or None when it is computed."""
    for keyword in call.keywords:
        if keyword.arg == "default":
            try:
                return as_written(eval_constant(keyword.value))
            except ValueError:
                return None
    return None


def eval_constant(node: ast.expr) -> object:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return eval_constant(node.left) * eval_constant(node.right)
    return ast.literal_eval(node)


def as_written(value: object) -> str:
    if value in ("", []):
        return "empty"
    return f"`{int(value) if isinstance(value, bool) else value}`"


def documented() -> dict[str, dict[str, Variable]]:
    """The tables by section."""
    sections: dict[str, dict[str, Variable]] = {}
    title = ""
    for line in (ROOT / "docs" / "CONFIGURATION.md").read_text().splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
        elif match := ROW.match(line):
            sections.setdefault(title, {})[match[1]] = Variable(match[2], match[3])
    return sections


def settings_tables() -> dict[str, Variable]:
    return {
        name: variable
        for title, rows in documented().items()
        if title not in OTHER_READERS
        for name, variable in rows.items()
    }


def test_every_variable_the_settings_read_is_documented() -> None:
    assert set(read_by_settings()) == set(settings_tables())


def test_every_variable_has_one_row() -> None:
    text = (ROOT / "docs" / "CONFIGURATION.md").read_text()
    names = [match[1] for line in text.splitlines() if (match := ROW.match(line))]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", sorted(settings_tables()))
def test_type_and_default_agree(name: str) -> None:
    code, text = read_by_settings()[name], settings_tables()[name]
    assert text.kind == code.kind
    if code.default is not None:
        assert text.default == code.default


def test_scripts_read_what_the_document_says() -> None:
    files = [path for path in (ROOT / "script").rglob("*") if path.is_file()]
    files += [ROOT / "Procfile", ROOT / "tests" / "shared_data.py"]
    text = "\n".join(path.read_text() for path in files)
    documented_names = set(
        documented()["Read by the scripts and the processes, not by the settings"]
    )
    # Gunicorn reads this one by itself.
    assert {name for name in documented_names if name not in text} == {"FORWARDED_ALLOW_IPS"}
