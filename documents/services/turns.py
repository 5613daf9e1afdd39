"""Waiting for one's turn with something that has no row to lock yet."""

from django.db import connection


def take_turn(name: str) -> None:
    """Hold a name until the transaction ends; whoever else wants it waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
