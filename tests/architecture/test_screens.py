"""The pictures of the screens: what the pages name is there, and what is there is named."""

import re
import subprocess
from pathlib import Path

import pytest

from benchmarks.screens import MOST_BYTES, SCREENS, main

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PICTURES = DOCS / "screens"
NAMED = re.compile(r"!\[([^\]]*)\]\(([^)\s]+\.png)\)")


def named() -> list[tuple[Path, str, Path]]:
    """Each picture that a page names: the page, what it says of it, and the file."""
    pages = [*DOCS.rglob("*.md"), ROOT / "README.md"]
    return [
        (page, alt, (page.parent / target).resolve())
        for page in pages
        for alt, target in NAMED.findall(page.read_text())
    ]


def test_every_picture_that_a_page_names_exists_and_is_described():
    found = named()

    assert {(page.name, path.name) for page, _, path in found if not path.is_file()} == set()
    assert [path.name for _, alt, path in found if len(alt.split()) < 3] == []
    assert len(found) > 10


def test_every_picture_of_a_screen_is_named_by_a_page_and_made_by_the_script():
    there = {path.name for path in PICTURES.glob("*")}

    assert there == {path.name for _, _, path in named() if path.parent == PICTURES}
    assert there == {f"{screen.name}.png" for screen in SCREENS}


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_no_picture_of_a_screen_is_heavy(screen):
    path = PICTURES / f"{screen.name}.png"

    assert path.stat().st_size < MOST_BYTES
    assert path.read_bytes().startswith(b"\x89PNG")


def test_without_a_browser_it_says_so_and_makes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["screens", "--to", str(tmp_path)])
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main() == 2
    assert "no Chromium" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_script_is_one_that_can_be_run():
    script = ROOT / "script" / "screenshots"
    checked = subprocess.run(["bash", "-n", script], check=False)  # noqa: S603, S607

    assert checked.returncode == 0
    assert script.stat().st_mode & 0o111
