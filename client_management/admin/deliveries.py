"""What clients get and are told: deliverables, coverage, processing, messages."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from client_management.models import (
    ClientMessage,
    CoverageReport,
    Deliverable,
    DeliverableDownload,
    MessageThread,
    ProcessingRun,
    ShareLink,
)
from client_management.services import deliverables, processing
from common.admin import ReadOnlyAdmin, ServiceInline
from common.screens.search import Found


@admin.register(Deliverable)
class DeliverableAdmin(ReadOnlyAdmin):
    """Products of jobs; showing one to its client is an action."""

    about = (
        "Results of drone jobs, such as maps and reports, with every issue of each. Show one to "
        "the client when it is checked, or withdraw it. Who fetched it is under the downloads."
    )
    list_display = ["number", "title", "kind", "job", "organization", "issue", "status"]
    list_filter = ["status", "kind", "retention"]
    list_select_related = ["job", "organization"]
    search_fields = ["number", "title", "job__number", "organization__name"]
    found_by = Found("number", "title", numbers=("number",))
    ordering = ["-pk"]
    fields = [*list_display, "description", "retention"]
    readonly_fields = fields
    final_actions = ["release"]
    actions = ["release"]

    @admin.action(description="Show to the client", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Deliverable]) -> None:
        """Give the newest issue of each to its client for review."""
        self.run_service(
            request,
            queryset,
            lambda row: deliverables.release_deliverable(
                row, actor=request.user, at=timezone.now()
            ),
            "shown to the client",
        )

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Who may show deliverables to clients."""
        return bool(request.user.has_perm("client_management.release_deliverable"))


@admin.register(ProcessingRun)
class ProcessingRunAdmin(ReadOnlyAdmin):
    """Pictures at the processing service; calling one off is an action."""

    about = (
        "Pictures on their way to a map: what was handed to the processing server and how far it "
        "is. Read here why a run failed. What came of it is among the deliverables of the job."
    )
    list_display = ["number", "job", "status", "progress_percent", "failures", "requested_at"]
    list_filter = ["status"]
    list_select_related = ["job"]
    search_fields = ["number", "job__number"]
    ordering = ["-pk"]
    fields = [*list_display, "wanted", "fetched", "options", "uploaded_count", "last_error"]
    readonly_fields = fields
    final_actions = ["cancel"]
    actions = ["cancel"]

    @admin.action(description="Call off", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ProcessingRun]) -> None:
        """Stop waiting for each."""
        self.run_service(
            request,
            queryset,
            lambda row: processing.cancel_processing(row, actor=request.user, at=timezone.now()),
            "called off",
        )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Who may call processing off."""
        return bool(request.user.has_perm("client_management.cancel_processingrun"))


@admin.register(CoverageReport)
class CoverageReportAdmin(ReadOnlyAdmin):
    """How much of what was ordered was photographed."""

    about = (
        "How much of the area of a job was really photographed, at which resolution and overlap. "
        "A report with gaps leads to a second flight. The job holds the operations that were "
        "flown."
    )
    list_display = ["number", "job", "covered_percent", "gap_count", "measured_at"]
    list_select_related = ["job"]
    search_fields = ["number", "job__number"]
    ordering = ["-pk"]
    fields = [*list_display, "area_m2", "covered_m2", "picture_count", "camera", "refly_ordered_at"]
    readonly_fields = fields


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnlyAdmin):
    """Links at which deliverables are had without an account; never the addresses themselves."""

    about = (
        "Links by which somebody without an account sees one deliverable for a time. Look here "
        "who made a link, until when it lasts and how often it was used. The deliverable itself "
        "stands on its own list."
    )
    list_display = ["id", "deliverable", "label", "expires_at", "revoked_at"]
    list_select_related = ["deliverable"]
    search_fields = ["deliverable__number", "label"]
    ordering = ["-pk"]
    fields = [*list_display[1:], "created_by"]
    readonly_fields = fields


@admin.register(DeliverableDownload)
class DeliverableDownloadAdmin(ReadOnlyAdmin):
    """Who had which file when."""

    about = (
        "Each fetch of a deliverable: who, when, which issue and from which address. The list is "
        "for good and nothing can be changed. Go to the deliverable for what was fetched."
    )
    list_display = ["id", "issue", "user", "link", "address", "downloaded_at"]
    list_select_related = ["issue", "user", "link"]
    search_fields = ["issue__deliverable__number", "user__email"]
    ordering = ["-pk"]
    fields = list_display[1:]
    readonly_fields = fields


class MessageInline(ServiceInline):
    """The messages of a thread."""

    model = ClientMessage
    fields = ["sent_at", "author", "is_from_client", "via", "body"]
    readonly_fields = fields
    ordering = ["-pk"]


@admin.register(MessageThread)
class MessageThreadAdmin(ReadOnlyAdmin):
    """What clients write, newest first; answered over the API or by mail."""

    about = (
        "Conversations with clients in the portal, by subject. Read what was said and when each "
        "side last looked; answers are written through the API. The client's page leads to its "
        "jobs."
    )
    list_display = ["id", "organization", "subject", "last_message_at"]
    list_select_related = ["organization"]
    search_fields = ["subject", "organization__name"]
    ordering = ["-last_message_at", "-pk"]
    fields = list_display[1:]
    readonly_fields = fields
    inlines = [MessageInline]
