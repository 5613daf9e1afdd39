"""Production starts only with real keys for its encrypted columns."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "k1:" + "A" * 43


def start(**environment):
    """Load the settings as production would; returns the exit status and what was said."""
    given = {
        "PATH": os.environ["PATH"],
        "DEBUG": "0",
        "SECRET_KEY": "s" * 60,
        "JWT_SIGNING_KEY": "j" * 60,
        "ALLOWED_HOSTS": "windsock.example",
        "DATABASE_URL": "postgis:///windsock",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings as s; print(s.FIELD_ENCRYPTION_KEYS[0][0])"],
        env=given,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_production_starts_with_a_key():
    assert start(FIELD_ENCRYPTION_KEYS=KEY) == (0, "k1\n")


@pytest.mark.parametrize(
    "value", ["", "k1:short", "demo-only-field_encryption_keys-" + "x" * 45, f"{KEY}!"]
)
def test_production_refuses_to_start_without_one(value):
    status, said = start(FIELD_ENCRYPTION_KEYS=value)

    assert status == 1
    assert "FIELD_ENCRYPTION_KEYS" in said
    assert "A" * 43 not in said


def test_development_starts_with_the_demo_key():
    assert start(DEBUG="1", FIELD_ENCRYPTION_KEYS="") == (0, "demo\n")
