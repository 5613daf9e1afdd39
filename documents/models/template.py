from django.db import models
from django.db.models import Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from documents.models.letterhead import StaffRowsQuerySet
from users.models import User


class TemplateStatus(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


@tracked
class DocumentTemplate(BaseModel):
    """
    One edition of how a kind of document is laid out. Once published its text never changes.

    Without an author it is the layout that ships with the app, kept so that every document names
    the very text it was made with.
    """

    TRANSITIONS = {
        TemplateStatus.DRAFT: {TemplateStatus.PUBLISHED, TemplateStatus.RETIRED},
        TemplateStatus.PUBLISHED: {TemplateStatus.RETIRED},
    }

    kind = models.CharField(max_length=40)
    edition = models.PositiveIntegerField(editable=False)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64, editable=False)
    status = models.CharField(
        max_length=10, choices=TemplateStatus, default=TemplateStatus.DRAFT, editable=False
    )
    author = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True, editable=False)

    objects = StaffRowsQuerySet.as_manager()

    class Meta:
        permissions = [
            ("publish_documenttemplate", "Can publish a template"),
            ("retire_documenttemplate", "Can take a template out of use"),
            ("preview_documenttemplate", "Can see what a template makes of a record"),
        ]
        constraints = [
            one_of("template_status_is_known", "status", TemplateStatus),
            models.UniqueConstraint(fields=["kind", "edition"], name="one_template_per_edition"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(status="published"), name="one_template_in_force"
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(status="draft"), name="one_draft_per_kind"
            ),
            models.CheckConstraint(
                name="published_template_says_when",
                condition=Q(status="draft") | Q(status="retired") | Q(published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} edition {self.edition}"

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the app rather than from somebody here."""
        return self.author_id is None
