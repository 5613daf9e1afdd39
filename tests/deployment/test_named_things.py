"""What the documentation names is there: settings, files, programs, options and addresses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parents[2]
# These are written by commands; tests of their own compare them.
WRITTEN = {"DATABASE_RELATIONAL_MAP.md", "RULES.md"}
PAGES = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name not in WRITTEN),
]
# A class attribute, and folders of what runs, which no checkout has.
NO_SETTINGS = {"IS_APPEND_ONLY"}
ADDRESS = re.compile(r"(?<![\w.<>])/(?:api|admin|portal|swagger|redoc|metrics|readyz)[\w/{}<>.,-]*")


def words(page: Path) -> set[str]:
    """What stands between back quotes, on one line."""
    return set(re.findall(r"`([^`\n]+)`", page.read_text()))


def lines(page: Path) -> Iterator[str]:
    """Lines of text, a command that goes on behind a backslash as one."""
    yield from page.read_text().replace("\\\n", " ").splitlines()


def settings() -> set[str]:
    return set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/CONFIGURATION.md").read_text(), re.M)
    )


def program_files() -> set[str]:
    skipped = {".local", ".venv", ".git", "node_modules"}
    return {
        path.relative_to(ROOT).as_posix()
        for top in ROOT.iterdir()
        if top.name not in skipped
        for path in ([top] if top.is_file() else top.rglob("*"))
    }


FILES = program_files()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_is_named_is_in_the_table(page):
    named = {word for word in words(page) if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", word)}
    assert named - settings() - NO_SETTINGS == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_ours_that_is_named_is_there(page):
    named = {
        word
        for word in words(page)
        if re.fullmatch(
            r"(?!\.local/|\.\./)[\w./-]+\.(py|sh|js|css|html|md|ts|toml|yml|lock)", word
        )
    }
    missing = {
        word
        for word in named
        if not any(path == word or path.endswith(f"/{word}") for path in FILES)
    }
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_program_that_is_named_is_there(page):
    text = page.read_text()
    modules = set(re.findall(r"python -m ((?:benchmarks|tests|common)[\w.]*)", text))
    scripts = set(re.findall(r"(?<![\w/])(script/[a-z-]+)", text))

    assert {name for name in modules if f"{name.replace('.', '/')}.py" not in FILES} == set()
    assert scripts - FILES == set()


def options_of(name: str) -> set[str]:
    command: Any = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    # argparse offers no other way to its options.
    return set(parser._option_string_actions)  # noqa: SLF001


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_named_with_options_that_it_has(page):
    unknown = []
    for line in lines(page):
        for name, rest in re.findall(r"(?:script/manage|manage\.py) ([a-z_]+)([^`|;]*)", line):
            if name not in get_commands():
                unknown.append(name)
                continue
            # What stands behind the end of a sentence is said of something else.
            given = re.findall(r"(?<!\S)(--[a-z][a-z-]*)", re.split(r"[.,](?:\s|$)", rest)[0])
            unknown += [f"{name} {option}" for option in given if option not in options_of(name)]
    assert unknown == []


def routes(patterns: Any, lead: str = "") -> Iterator[str]:
    for each in patterns:
        route = lead + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from routes(each.url_patterns, route)
        else:
            yield route


def as_parts(route: str) -> tuple[str, ...]:
    """An address part by part; what is filled in is a star."""
    plain = re.sub(r"[\^$\\]|Z$", "", route)
    plain = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<[^>]+>|\{[^}]+\}", "*", plain)
    return tuple(plain.strip("/").split("/"))


KNOWN = {
    as_parts(re.sub(r"\(\?P<format>[^)]*\)", kind, route))
    for route in routes(get_resolver().url_patterns)
    for kind in ("json", "yaml")
}


def is_known(address: str) -> bool:
    """Whether a route is this address, or lies below it where it may be a base of several."""
    wanted = as_parts(address)
    may_be_base = address.endswith("/") and len(wanted) <= 3
    return any(
        (len(route) == len(wanted) or (may_be_base and len(route) > len(wanted)))
        and all(
            "*" in (left, right) or left == right
            for left, right in zip(wanted, route[: len(wanted)], strict=True)
        )
        for route in KNOWN
    )


def addresses(page: Path) -> Iterator[str]:
    for found in ADDRESS.findall(page.read_text()):
        address = found.rstrip(".,")
        choice = re.search(r"\{([^{}]*,[^{}]*)\}", address)
        choices = choice[1].split(",") if choice else [""]
        yield from (address.replace(choice[0], each) if choice else address for each in choices)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_address_that_is_named_is_served(page):
    assert {each for each in addresses(page) if not is_known(each)} == set()


def test_an_address_that_is_not_served_is_known_to_be_none():
    assert is_known("/api/flight-operations/operations/FO-2026-0002/assessment/")
    assert not is_known("/api/flight-operations/operations/FO-2026-0002/judgment/")
    assert not is_known("/api/nowhere/")
