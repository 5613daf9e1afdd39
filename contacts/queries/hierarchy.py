from contacts.models import Contact

# A hospital ward in a hospital in a health district in a state's department, and room to spare.
MOST_LEVELS = 12


def is_above(contact: Contact, other: Contact) -> bool:
    """Say whether an organization is the other's, at any number of levels."""
    level, parent_id = 0, other.parent_id
    while parent_id is not None and level < MOST_LEVELS:
        if parent_id == contact.pk:
            return True
        parent_id = Contact.objects.filter(pk=parent_id).values_list("parent_id", flat=True).first()
        level += 1
    # Deeper than any real one: taken for a circle rather than walked on.
    return parent_id is not None
