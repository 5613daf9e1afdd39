"""Threads as lists need them, and what somebody has not read yet."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from client_management.models import (
    ClientMessage,
    CustomerPortalAccess,
    JobOrder,
    MessageThread,
    ServiceRequest,
    ThreadMember,
)

GENERAL = "general"


def threads_for(rows: Any, user: Any) -> QuerySet[MessageThread]:
    """Threads, the newest message first, with how much of each the user has not read; 1 query."""
    read = ThreadMember.objects.filter(thread=OuterRef("pk"), user=user).values("read_up_to")
    newest = ClientMessage.objects.filter(thread=OuterRef("pk")).order_by("-pk")
    unread = Count(
        "messages", filter=Q(messages__pk__gt=Coalesce(Subquery(read[:1]), 0)), distinct=True
    )
    found: QuerySet[MessageThread] = (
        rows.select_related("organization", "request", "job")
        .annotate(unread_count=unread, last_body=Subquery(newest.values("body")[:1]))
        .order_by("-last_message_at", "-pk")
    )
    return found


def threads_open_to(access: CustomerPortalAccess) -> Any:
    """A client's threads as a key opens them: those about jobs for who may see jobs."""
    rows = MessageThread.objects.for_client(access.organization_id)
    return rows if access.can_view_jobs else rows.filter(job=None)


def may_read(access: CustomerPortalAccess, thread: MessageThread) -> bool:
    """Whether a key to the thread's client opens the thread."""
    return access.can_view_jobs or thread.job_id is None


def unanswered(rows: Any) -> QuerySet[MessageThread]:
    """Threads in which the client wrote last."""
    newest = ClientMessage.objects.filter(thread=OuterRef("thread")).order_by("-pk")
    last = ClientMessage.objects.filter(
        thread=OuterRef("pk"), is_from_client=True, pk=Subquery(newest.values("pk")[:1])
    )
    found: QuerySet[MessageThread] = rows.filter(Exists(last))
    return found


def messages_of(thread: MessageThread) -> QuerySet[ClientMessage]:
    """A thread's messages with their authors and files, newest first; 2 queries."""
    rows = ClientMessage.objects.filter(thread=thread).select_related("author")
    return rows.prefetch_related("files").order_by("-pk")


def subject_named(
    access: CustomerPortalAccess, name: str
) -> tuple[ServiceRequest | None, JobOrder | None] | None:
    """
    What a thread of a client is about, by the number of a request or a job, or `general`.

    None for what is not this client's, and for a job where the key opens no jobs.
    """
    if name == GENERAL:
        return None, None
    client = access.organization_id
    job = JobOrder.objects.for_client(client).filter(number=name).first()
    if job is not None:
        return (None, job) if access.can_view_jobs else None
    request = ServiceRequest.objects.for_client(client).filter(number=name).first()
    return (request, None) if request is not None else None
