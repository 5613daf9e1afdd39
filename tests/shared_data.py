"""Where the shared real-world data are, when this machine has them."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(relative: str) -> Path:
    """Path of a shared data file or folder; the test is skipped, with the reason, when absent."""
    base = Path(os.environ.get("WINDSOCK_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = base / relative
    if not path.exists():
        pytest.skip(f"shared data {relative} is not on this machine")
    return path
