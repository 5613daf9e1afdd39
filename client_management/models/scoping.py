from typing import Any, ClassVar, Self

from common.querysets import ScopedQuerySet


class ClientQuerySet(ScopedQuerySet):
    """
    Rows that belong to a client organization.

    Two doors that never meet: staff see all rows through `visible_to`, a client's people see the
    rows of one organization of theirs through `for_client`.
    """

    client_path: ClassVar[str] = "organization"

    def visible_to(self, user: Any) -> Self:
        """Rows as the desk sees them: staff all, anybody else none."""
        return self if user.is_authenticated and user.is_staff else self.none()

    def for_client(self, organization: Any) -> Self:
        """Rows of one organization, given as a row or as its key."""
        return self.filter(**{self.client_path: organization})
