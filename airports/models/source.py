from django.db import models

from airports.models.reference import ReferenceQuerySet


class SourceState(models.Model):
    """
    How we stand with an outside source: when it last answered, what for, and whether to ask again.

    The circuit opens after repeated failures and closes by a success; `retry_at` is when to try.
    """

    name = models.CharField(max_length=40, primary_key=True)
    url = models.URLField(max_length=500, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=80, blank=True)
    checked_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    row_count = models.PositiveIntegerField(default=0)

    objects = ReferenceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
