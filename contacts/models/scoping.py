from common.querysets import StaffQuerySet


class DeskQuerySet(StaffQuerySet):
    """The desk's own data, one for the whole company."""
