"""
Make the databases of test workers: one is migrated, the others are copied from it.

    python -m tests.databases gw0 gw1

Migrating takes a worker most of a minute, copying a second.
"""

import argparse

import django
from django.db import connection


def make(workers: list[str]) -> None:
    """Make the test database anew, and a copy with the name of each worker."""
    creation = connection.creation
    creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    for worker in workers:
        creation.clone_test_db(suffix=worker, verbosity=0, autoclobber=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.databases", description=__doc__)
    parser.add_argument("workers", nargs="*", help="names of pytest-xdist's workers: gw0 gw1")
    arguments = parser.parse_args()
    django.setup()
    make(arguments.workers)
