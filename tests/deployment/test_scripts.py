"""The parts of script/ that can be tried without installing or starting anything."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = sorted(path for path in (ROOT / "script").iterdir() if path.is_file())
LIBRARY = ROOT / "script" / "lib"


def shell(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run bash code with the script library's folder as $LIBRARY."""
    return subprocess.run(  # noqa: S603 - code of this test
        ["/bin/bash", "-c", code, "test", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "LIBRARY": str(LIBRARY), **environment},
    )


@pytest.mark.parametrize("path", [*SCRIPTS, *sorted(LIBRARY.iterdir()), ROOT / ".ci" / "run"])
def test_script_is_valid_bash(path: Path) -> None:
    assert shell('bash -n "$1"', str(path)).returncode == 0
    if path.parent != LIBRARY:
        assert os.access(path, os.X_OK)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("server --help", 0),
        ("server --nonsense", 2),
        ("server --port", 2),
        ("server --port eighty", 2),
        ("reset --nonsense", 2),
        ("test --help", 0),
        ("setup --nonsense", 2),
        ("process nobody", 2),
    ],
)
def test_options(command: str, status: int, tmp_path: Path) -> None:
    """Options are judged before anything is made, from any folder."""
    answer = shell(f'cd "$1" && "{ROOT}"/script/{command}', str(tmp_path))
    assert answer.returncode == status, answer.stderr


STEP = """
set -euo pipefail
. "$LIBRARY/steps.sh"
LOG="$1"; STEPS=2
good() { echo fine; }
bad() { echo before; false; echo after; }
step "Good" good
step "Bad" bad
echo unreachable
"""


def test_failing_command_in_the_middle_of_a_step_stops_the_script(tmp_path: Path) -> None:
    """A step called as a condition would go on after `false` and pass."""
    log = tmp_path / "setup.log"
    answer = shell(STEP, str(log))
    assert answer.returncode == 1
    assert "[1/2] Good" in answer.stdout
    assert "FAILED" in answer.stdout
    assert str(log) in answer.stdout
    assert "finished steps are skipped" in answer.stdout
    assert "unreachable" not in answer.stdout
    assert "after" not in log.read_text()


SOCKETS = """
set -euo pipefail
. "$LIBRARY/place.sh"
SERVICE_USER=somebody; STATE="$1"
choose_sockets
printf '%s' "$SOCKETS"
"""


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("/srv/windsock/.local", True),
        ("/srv/wind sock/.local", False),
        ("/srv/" + "long/" * 30 + ".local", False),
    ],
)
def test_socket_folder_is_short_and_plain(state: str, kept: bool) -> None:
    folder = shell(SOCKETS, state).stdout
    assert folder.startswith(state) is kept
    # 107 bytes is the limit of the kernel; PostgreSQL adds a file name of its own.
    assert len(f"{folder}/.s.PGSQL.5432.lock") <= 107
    assert " " not in folder


SECRETS = """
set -euo pipefail
. "$LIBRARY/place.sh"; . "$LIBRARY/environment.sh"
STATE="$1"; ENVIRONMENT="$1/env"
make_secrets
before=$(cat "$ENVIRONMENT")
make_secrets
[ "$before" = "$(cat "$ENVIRONMENT")" ]
stat -c %a "$ENVIRONMENT"
cat "$ENVIRONMENT"
"""


def test_secrets_are_random_private_and_made_once(tmp_path: Path) -> None:
    values = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        mode, *lines = shell(SECRETS, str(tmp_path / name)).stdout.splitlines()
        assert mode == "600"
        values.append(dict(line.split("=") for line in lines))
    first, second = values
    assert len(first["SECRET_KEY"]) == 64
    assert all(first[name] != second[name] for name in first)


FREE = """
set -euo pipefail
. "$LIBRARY/place.sh"; . "$LIBRARY/environment.sh"; . "$LIBRARY/services.sh"
database_is_private && redis_is_private && echo private
"""


def test_a_server_that_was_given_is_never_replaced() -> None:
    assert shell(FREE, DATABASE_URL="", REDIS_URL="").stdout.strip() == "private"
    assert shell(FREE, DATABASE_URL="postgis://a@b/c", REDIS_URL="").stdout == ""
    assert shell(FREE, DATABASE_URL="", REDIS_URL="redis://b").stdout == ""
