from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def as_superuser() -> Callable[[], AbstractContextManager[Any]]:
    """A cursor with the rights of the cluster's superuser, for what no application could do."""

    @contextmanager
    def enter() -> Iterator[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE none")
            try:
                yield cursor
            finally:
                cursor.execute("SET ROLE windsock_app")

    return enter
