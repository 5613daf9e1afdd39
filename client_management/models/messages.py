from django.db import models
from django.db.models import Q

from client_management.models.job import JobOrder
from client_management.models.organization import ClientOrganization
from client_management.models.request import ServiceRequest
from client_management.models.scoping import ClientQuerySet
from common.constraints import one_of
from users.models import User


class MessageThread(models.Model):
    """What a client and the desk write to each other about one request, one job or in general."""

    organization = models.ForeignKey(ClientOrganization, models.PROTECT, related_name="threads")
    request = models.OneToOneField(
        ServiceRequest, models.PROTECT, null=True, blank=True, related_name="thread"
    )
    job = models.OneToOneField(
        JobOrder, models.PROTECT, null=True, blank=True, related_name="thread"
    )
    subject = models.CharField(max_length=200)
    last_message_at = models.DateTimeField(null=True, editable=False)

    objects = ClientQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="thread_is_about_one_thing", condition=Q(request=None) | Q(job=None)
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(request=None, job=None),
                name="one_general_thread_per_client",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-last_message_at"], name="thread_newest")]

    def __str__(self) -> str:
        return f"thread {self.pk}"


class MessageVia(models.TextChoices):
    PORTAL = "portal"
    DESK = "desk"
    EMAIL = "email", "E-mail"


class MessageQuerySet(ClientQuerySet):
    client_path = "thread__organization"


class ClientMessage(models.Model):
    """One message of a thread. Append-only. `mail_id` is that of the mail it came in by."""

    IS_APPEND_ONLY = True

    thread = models.ForeignKey(MessageThread, models.PROTECT, related_name="messages")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    is_from_client = models.BooleanField()
    via = models.CharField(max_length=8, choices=MessageVia)
    body = models.CharField(max_length=20_000)
    mail_id = models.CharField(max_length=250, null=True, unique=True)  # noqa: DJ001 - one or none
    sent_at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        default_permissions = ("add", "view")
        constraints = [one_of("message_via_is_known", "via", MessageVia)]
        indexes = [models.Index(fields=["thread", "id"], name="message_of_thread")]

    def __str__(self) -> str:
        return f"message {self.pk}"


class MessageFile(models.Model):
    """A file that came with a message. Append-only."""

    IS_APPEND_ONLY = True

    message = models.ForeignKey(ClientMessage, models.PROTECT, related_name="files")
    file = models.FileField(upload_to="messages/%Y/%m/", max_length=200)
    file_name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=60)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class FileQuerySet(ClientQuerySet):
        client_path = "message__thread__organization"

    objects = FileQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"file {self.pk} of {self.message_id}"


class ThreadMember(models.Model):
    """
    Somebody who reads a thread: how far, and the secret part of the address they answer to.

    Of the address only the salt and its digest are kept; see common.links.
    """

    thread = models.ForeignKey(MessageThread, models.PROTECT, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    reply_salt = models.CharField(max_length=32)
    reply_digest = models.CharField(max_length=64, unique=True)
    read_up_to = models.ForeignKey(ClientMessage, models.PROTECT, null=True, related_name="+")

    class MemberQuerySet(ClientQuerySet):
        client_path = "thread__organization"

    objects = MemberQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["thread", "user"], name="one_member_per_thread")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.thread_id}"
