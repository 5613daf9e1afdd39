"""Waiting for one's turn with something that has no row to lock yet."""

from django.db import connection


def take_turn(name: str) -> None:
    """Hold a name until the transaction ends; whoever else wants it waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def document_turn(kind: str, subject_type: str, subject_id: int) -> str:
    """The name of the turn in which one kind of document of one record is made, or marked."""
    return f"document {kind} {subject_type} {subject_id}"
