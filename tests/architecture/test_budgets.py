import ast
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = [
    "common",
    "config",
    "users",
    "airports",
    "documents",
    "contacts",
    "finance",
    "aircraft",
    "rpas",
    "operations",
    "flight_operations",
    "client_management",
    "dispatcher",
]
SOURCES = [
    p for app in APPS for p in sorted((ROOT / app).rglob("*.py")) if "migrations" not in p.parts
]
PLAIN_BASES = (
    "Choices",
    "Admin",
    "QuerySet",
    "Inline",
    "Error",
    "Refused",
    "APIException",
    "Event",
    "Protocol",
    "Manager",
    "AppConfig",
)
BANNED_NAMES = {"utils.py", "helpers.py", "misc.py", "constants.py", "signals.py"}


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_functions_and_serializers_stay_small(path):
    with tokenize.open(path) as source:
        text = source.read()
    assert text.count("\n") <= 400
    assert path.name not in BANNED_NAMES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert length(node) <= 40, f"{node.name} has {length(node)} lines"
        if isinstance(node, ast.ClassDef) and node.name.endswith("Serializer"):
            own_lines = length(node)
            assert own_lines <= 40, f"{node.name} has {own_lines} lines"
            writers = {"create", "update", "save"} & {getattr(x, "name", "") for x in node.body}
            assert not writers, f"{node.name} writes; move it to a service"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_functions_and_classes_say_what_they_are(path):
    tree = ast.parse(path.read_text())
    undocumented = [
        node.name
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not _speaks_for_itself(node)
    ]
    assert undocumented == []


def _speaks_for_itself(node: ast.ClassDef | ast.FunctionDef) -> bool:
    """Short declarations whose name says it all: choices, admin screens, querysets, exceptions."""
    if isinstance(node, ast.ClassDef):
        bases = " ".join(ast.unparse(base) for base in node.bases)
        return node.name == "Command" or any(word in bases for word in PLAIN_BASES)
    return length(node) <= 4
