from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceInline
from users.admin.people import IN_ADMIN
from users.models import WebhookAttempt, WebhookMessage, WebhookSubscription
from users.queries.webhooks import with_counts
from users.services import webhook_queue, webhook_subscriptions

CHANGE = "users.change_webhooksubscription"


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(ReadOnlyAdmin):
    about = (
        "Addresses of other systems that are told what happens here, and about what. Pause, "
        "resume, or send a test; dead letters can be delivered again. Each message is under "
        "Webhook deliveries."
    )
    list_display = [
        "id",
        "description",
        "url",
        "owner",
        "status",
        "waiting",
        "dead_letters",
        "failures",
        "failing_since",
        "last_success_at",
        "last_error",
    ]
    list_select_related = ["owner", "health"]
    list_filter = ["status"]
    search_fields = ["url", "description", "owner__email"]
    ordering = ["-pk"]
    fields = [
        "owner",
        "token",
        "made_by",
        "url",
        "description",
        "event_types",
        "scope",
        "numbers",
        "status",
        "status_reason",
        "previous_secret_until",
        "waiting",
        "dead_letters",
        "failures",
        "failing_since",
        "held_until",
        "last_success_at",
        "last_error",
    ]
    readonly_fields = fields
    actions: ClassVar[list] = ["send_test", "pause", "resume", "deliver_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_counts(super().get_queryset(request))

    @admin.display(description="waiting", ordering="waiting_count")
    def waiting(self, row: Any) -> int:
        return int(row.waiting_count)

    @admin.display(description="dead letters", ordering="dead_count")
    def dead_letters(self, row: Any) -> int:
        return int(row.dead_count)

    @admin.display(description="failures in a row", ordering="health__failures")
    def failures(self, row: WebhookSubscription) -> int:
        return row.health.failures

    @admin.display(description="failing since", ordering="health__failing_since")
    def failing_since(self, row: WebhookSubscription) -> Any:
        return row.health.failing_since

    @admin.display(description="left alone until")
    def held_until(self, row: WebhookSubscription) -> Any:
        return row.health.held_until

    @admin.display(description="last delivery", ordering="health__last_success_at")
    def last_success_at(self, row: WebhookSubscription) -> Any:
        return row.health.last_success_at

    @admin.display(description="last fault")
    def last_error(self, row: WebhookSubscription) -> str:
        return row.health.last_error

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verbs."""
        return bool(request.user.has_perm(CHANGE))

    @admin.action(description="Send a test", permissions=["manage"])
    def send_test(self, request: Any, queryset: QuerySet) -> None:
        """Queue a test message for each selected subscription."""
        self.run_service(
            request,
            queryset,
            lambda row: webhook_queue.queue_test(row, actor=request.user, at=timezone.now()),
            "a test is on its way",
        )

    @admin.action(description="Pause", permissions=["manage"])
    def pause(self, request: Any, queryset: QuerySet) -> None:
        """Send nothing for the selected subscriptions until they are resumed."""
        self.run_service(
            request,
            queryset,
            lambda row: webhook_subscriptions.pause(
                row, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "paused",
        )

    @admin.action(description="Resume", permissions=["manage"])
    def resume(self, request: Any, queryset: QuerySet) -> None:
        """Send again for the selected subscriptions."""
        self.run_service(
            request,
            queryset,
            lambda row: webhook_subscriptions.resume(row, actor=request.user, at=timezone.now()),
            "resumed",
        )

    @admin.action(description="Deliver dead letters again", permissions=["manage"])
    def deliver_again(self, request: Any, queryset: QuerySet) -> None:
        """Queue the dead letters of the selected subscriptions."""
        self.run_service(
            request,
            queryset,
            lambda row: webhook_queue.deliver_again_after(
                row, after=0, only_dead=True, actor=request.user, at=timezone.now()
            ),
            "dead letters are on their way",
        )


class AttemptInline(ServiceInline):
    model = WebhookAttempt
    fields = ["number", "sent_at", "duration_ms", "response_code", "error", "excerpt"]
    readonly_fields = fields
    ordering = ["-number"]


@admin.register(WebhookMessage)
class WebhookMessageAdmin(ReadOnlyAdmin):
    about = (
        "Messages to other systems, each with its tries and the last answer. Deliver one again "
        "once the other side is mended. The subscription says where it goes and for whom."
    )
    list_display = [
        "created_at",
        "subscription",
        "sequence",
        "event_type",
        "object_number",
        "status",
        "attempts",
        "reason",
        "ended_at",
    ]
    list_select_related = ["subscription"]
    list_filter = ["status", "event_type", "subscription"]
    search_fields = ["object_number", "request_id"]
    ordering = ["-pk"]
    inlines: ClassVar[list] = [AttemptInline]
    actions: ClassVar[list] = ["deliver_again"]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return bool(request.user.has_perm(CHANGE))

    @admin.action(description="Deliver again", permissions=["manage"])
    def deliver_again(self, request: Any, queryset: QuerySet) -> None:
        """Send the selected messages once more."""
        self.run_service(
            request,
            queryset,
            lambda row: webhook_queue.deliver_again(row, actor=request.user, at=timezone.now()),
            "on its way again",
        )
