from django.db import connection

from contacts.models import Contact

# UNION, not UNION ALL: a circle, should there ever be one, is walked once.
_IS_ABOVE = """
WITH RECURSIVE above (id) AS (
    SELECT parent_id FROM contacts_contact WHERE id = %s
    UNION
    SELECT contact.parent_id FROM contacts_contact AS contact JOIN above USING (id)
)
SELECT EXISTS (SELECT FROM above WHERE id = %s)
"""


def is_above(contact: Contact, other: Contact) -> bool:
    """Say whether an organization is the other's, at any number of levels."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_ABOVE, [other.pk, contact.pk])
        return bool(cursor.fetchone()[0])
