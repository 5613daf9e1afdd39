"""The database as its owner, and PostgreSQL's own programs, without a password in any command."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from environ import Env

from common.backup.failures import BackupFailed

# libpq reads its connection from these; a command line would show a password to everybody.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
_INSTALLED = Path("/usr/lib/postgresql")
_OWNED_BY_OTHERS = """
SELECT c.oid::regclass::text, pg_get_userbyid(c.relowner) FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = c.oid AND d.deptype = 'e')
  AND NOT pg_has_role(current_user, c.relowner, 'MEMBER')
ORDER BY 1 LIMIT 1
"""


@dataclass(frozen=True)
class Access:
    """How the schema's owner reaches the database that the application uses."""

    values: Mapping[str, str]

    @property
    def database(self) -> str:
        """The name of the database."""
        return self.values["dbname"]

    def environment(self) -> dict[str, str]:
        """The environment for PostgreSQL's programs."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        own = {_VARIABLES[name]: value for name, value in self.values.items()}
        return {**kept, **own, "PGAPPNAME": "windsock backup", "PGOPTIONS": ""}

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection beside Django's, without its limits of time. Raises BackupFailed."""
        try:
            opened = psycopg.connect(**dict(self.values), autocommit=True)  # type: ignore[arg-type]
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise BackupFailed(reason=f"No connection as the owner: {reason}") from None
        with opened:
            yield opened


def owners_access() -> Access:
    """
    The database of DATABASE_URL as the role of DATABASE_OWNER_URL, where one is set.

    Only the owner sees every row: policies hide some from the application's role.
    """
    found = connection.settings_dict
    values = {
        "dbname": found["NAME"],
        "user": found.get("USER"),
        "password": found.get("PASSWORD"),
        "host": found.get("HOST"),
        "port": found.get("PORT"),
    }
    options = found.get("OPTIONS", {})
    values |= {name: options[name] for name in _VARIABLES if options.get(name)}
    if settings.DATABASE_OWNER_URL:
        owner = Env.db_url_config(settings.DATABASE_OWNER_URL)
        values |= {"user": owner.get("USER"), "password": owner.get("PASSWORD")}
    return Access({name: str(value) for name, value in values.items() if value})


def require_owner(opened: psycopg.Connection[Any]) -> None:
    """Raise BackupFailed when the role of this connection does not own the tables."""
    row = opened.execute(_OWNED_BY_OTHERS).fetchone()
    if row is not None:
        raise BackupFailed(
            reason=f"{row[0]} belongs to {row[1]}. Name the owner's role in DATABASE_OWNER_URL."
        )


def program(name: str, *, server_version: int) -> str:
    """
    One of PostgreSQL's programs, of the server's own version where it is installed.

    A newer pg_restore writes settings that an older server does not know. Raises BackupFailed.
    """
    major = server_version // 10_000
    own = _INSTALLED / str(major) / "bin" / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        raise BackupFailed(
            reason=f"{name} is not installed. On Debian: apt-get install postgresql-client-{major}"
        )
    told = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [found, "--version"], capture_output=True, text=True, check=False
    ).stdout
    version = re.search(r" (\d+)[.\d]*", told)
    if version is None or int(version[1]) < major:
        raise BackupFailed(reason=f"{found} is older than the server, which is version {major}.")
    return found
