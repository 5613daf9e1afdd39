"""A database of its own, one active flight after another, and servers as Procfile starts them."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "windsock_benchmark"
START_TIMEOUT_S = 60


def use_benchmark_database(*, fresh: bool) -> None:
    """
    Point this process and its children at a database of our own, made and migrated if needed.

    The settings' variables must be set, as script/manage sets them.
    """
    # Asked to end, unwind: the servers stop and the database goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    os.environ["DATABASE_OWNER_URL"] = _named(owner)
    os.environ["DATABASE_URL"] = _named(os.environ["DATABASE_URL"])
    os.environ["RATE_TELEMETRY"] = os.environ["RATE_ACCOUNT"] = "100000000/min"
    os.environ["LOG_LEVEL"] = "WARNING"
    # As production runs, but over plain HTTP.
    os.environ |= {"DEBUG": "0", "HTTPS": "0", "ALLOWED_HOSTS": "127.0.0.1"}
    os.environ["SECRET_KEY"] = os.environ["JWT_SIGNING_KEY"] = secrets.token_hex(32)
    os.environ["FIELD_ENCRYPTION_KEYS"] = f"k1:{secrets.token_urlsafe(32)}"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    _make_database(owner, fresh=fresh)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        check=True,
        cwd=ROOT,
        env=os.environ | {"DATABASE_STATEMENT_TIMEOUT_MS": "0", "DATABASE_POOL": ""},
    )


def _named(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{DATABASE}"))


def _make_database(url: str, *, fresh: bool) -> None:
    import psycopg  # noqa: PLC0415 - the environment must be complete before anything is imported

    plain = url.replace("postgis://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        if fresh:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def drop_benchmark_database() -> None:
    """Remove the database; the connections of this process to it end."""
    import psycopg  # noqa: PLC0415 - as above
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    url = urlsplit(os.environ["DATABASE_OWNER_URL"].replace("postgis://", "postgresql://", 1))
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")


@contextmanager
def server(settings: str) -> Any:
    """Run the web line of the Procfile with these settings; yields (port, process id)."""
    command = procfile_line("web")
    port = free_port()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {
        "PORT": str(port), "HOST": "127.0.0.1", "WEB_WORKERS": "2", "PATH": path,
        "DJANGO_SETTINGS_MODULE": settings,
    }  # fmt: skip
    process = subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", command], cwd=ROOT, env=environment, start_new_session=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def procfile_line(name: str) -> str:
    """The command of a process as the Procfile starts it."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{name}:")).partition(":")[2].strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(START_TIMEOUT_S * 10):
        if process.poll() is not None:
            raise RuntimeError("The server ended while starting.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server does not answer.")
