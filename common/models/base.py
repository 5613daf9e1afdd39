from django.db import models


class BaseModel(models.Model):
    """When a row was made and last changed, and how often; `version` is counted by a trigger."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True
