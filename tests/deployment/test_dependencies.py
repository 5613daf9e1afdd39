"""Every direct dependency has a written reason, a pin and a hash."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ROOT / "requirements"
SETS = ["base", "build", "dev", "dronelogs"]


def direct(name: str) -> set[str]:
    """Names asked for in one `.in` file, without extras and versions."""
    lines = (REQUIREMENTS / f"{name}.in").read_text().splitlines()
    return {
        re.split(r"[\[<>=]", line)[0] for line in lines if line and not line.startswith(("#", "-c"))
    }


def pins(name: str) -> dict[str, str]:
    """Package -> its block of version, hashes and origin in one `.txt` file."""
    blocks = re.split(r"\n(?=[a-z0-9])", (REQUIREMENTS / f"{name}.txt").read_text())
    return {block.split("==")[0].split("[")[0]: block for block in blocks}


def test_every_direct_dependency_has_a_reason() -> None:
    text = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
    words = set(re.findall(r"[a-z0-9-]+", text))
    assert set().union(*(direct(name) for name in SETS)) <= words


@pytest.mark.parametrize("name", SETS)
def test_pins_are_hashed_and_name_no_index(name: str) -> None:
    assert direct(name) <= set(pins(name))
    for block in pins(name).values():
        assert "==" in block
        assert "--hash=sha256:" in block
    assert "://" not in (REQUIREMENTS / f"{name}.txt").read_text()


def test_sets_agree_where_they_overlap() -> None:
    version = re.compile(r"==(\S+)")
    seen: dict[str, str] = {}
    for name in SETS:
        for package, block in pins(name).items():
            match = version.search(block)
            assert match is not None
            assert seen.setdefault(package, match[1]) == match[1]
