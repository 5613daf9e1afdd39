"""The dispatchers' admin: the base of every screen, and the records that common keeps."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.gis.db import models as gis_models
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import Textarea
from django.http import HttpRequest
from django.utils import timezone

from common.compliance.decisions import withdraw
from common.compliance.withheld import look_at
from common.exceptions import DomainError
from common.mail.dispatch import lift
from common.models import (
    AuditEvent,
    ComplianceState,
    Delivery,
    Mail,
    ResourceBooking,
    RuleOverride,
    RuleSetting,
    StatusChange,
    SuppressedAddress,
    Verdict,
)
from common.outbox import deliver_again
from common.screens.careful import Careful
from common.screens.every_word import EveryWord
from common.screens.export import ListExport
from common.screens.filters import VisibleRelatedFilter
from common.screens.final import FinalActions
from common.screens.history import RecordHistory
from common.shown_columns import ShownColumns
from common.words import found_by_words, is_named_by_key, plain_lookups, split_words

if settings.ADMIN_THEME == "unfold":
    from unfold.admin import ModelAdmin, TabularInline
else:
    from django.contrib.admin import ModelAdmin, TabularInline

__all__ = ["ReadOnlyAdmin", "ServiceAdmin", "ServiceInline", "once_a_row"]

WITHDRAWN = "Withdrawn in the admin."
_PLAIN_GEOMETRY = {
    # The stock map widget loads a library from another host; text works everywhere.
    field: {"widget": Textarea(attrs={"rows": 3})}
    for field in (gis_models.PointField, gis_models.PolygonField, gis_models.MultiPolygonField)
}


# In place of Django's own, which offers every record there is.
admin.FieldListFilter.register(
    lambda field: bool(field.remote_field), VisibleRelatedFilter, take_priority=True
)


def once_a_row(field: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """
    A field of a record's page that asks the database, asked once for each record read.

    The theme (unfold 0.91) evaluates what a page shows five times.
    """

    @wraps(field)
    def shown(screen: Any, row: Any) -> Any:
        known = row.__dict__.setdefault("_shown", {})
        if field.__qualname__ not in known:
            known[field.__qualname__] = field(screen, row)
        return known[field.__qualname__]

    return shown


class ServiceAdmin(RecordHistory, FinalActions, ListExport, ShownColumns, Careful, ModelAdmin):
    """
    A screen whose writes go through services: nothing is deleted, no status is a form field.

    Staff see the rows that the API would show them. Subclasses list `readonly_fields` and actions
    that call services by `run_service`.
    """

    formfield_overrides: ClassVar[dict] = _PLAIN_GEOMETRY
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Every word somewhere in the columns named; those of other records by their keys."""
        lookups = plain_lookups(self.model, self.get_search_fields(request))
        if not any(is_named_by_key(self.model, lookup) for lookup in lookups):
            return super().get_search_results(request, queryset, search_term)
        return found_by_words(queryset, lookups, split_words(search_term)), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        # A key of letters would go to the database as it comes; `_00` in an address is a NUL.
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def run_service(
        self, request: HttpRequest, rows: Iterable[Any], service: Callable[[Any], Any], done: str
    ) -> None:
        """Call a service for each row; say what happened to each, refusals in their own words."""
        for row in rows:
            try:
                service(row)
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
            else:
                self.message_user(request, f"{row}: {done}", messages.SUCCESS)


class ReadOnlyAdmin(ServiceAdmin):
    """A screen to look at; nothing can be added or changed here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ServiceInline(ShownColumns, TabularInline):
    """
    Rows that belong to the one on screen, to look at.

    The records that its fields name are read with them; `reads` adds those that a label names.
    """

    reads: ClassVar[list[str]] = []
    extra = 0
    can_delete = False
    # Where the row has a screen of its own, a link to it.
    show_change_link = True
    formfield_overrides: ClassVar[dict] = _PLAIN_GEOMETRY

    def get_queryset(self, request: HttpRequest) -> Any:
        kinds = {field.name: field for field in self.model._meta.get_fields()}
        named = [name for name in self.fields or () if isinstance(kinds.get(name), ForeignKey)]
        rows = super().get_queryset(request)
        # Without a name it would follow every key there is.
        return rows.select_related(*named, *self.reads) if named or self.reads else rows

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    about = (
        "Deeds that somebody answers for, each linked to the one before so that nothing can be "
        "taken out. Search by record, person or request. The History page of a record shows the "
        "same with the fields changed."
    )
    list_display = ["occurred_at", "action", "subject_label", "actor_label", "reason"]
    list_filter = [("action", EveryWord)]
    search_fields = ["subject_label", "actor_label", "=request_id"]
    ordering = ["-id"]


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    about = (
        "What the rules found of a record at one moment, with the facts they had. A verdict is "
        "for good and can be reckoned again through the API. The record's own page shows the "
        "newest."
    )
    list_display = ["assessed_at", "subject_label", "stage", "color"]
    list_filter = ["color", "stage", ("subject_type", EveryWord)]
    search_fields = ["subject_label"]
    ordering = ["-id"]
    # Some of them are not for everybody who may see the record: one page shows each what is theirs.
    withheld_fields = ("facts", "findings")

    @transaction.atomic
    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        verdict = super().get_object(request, object_id, from_field)
        if verdict is None or not self.has_view_permission(request):
            return verdict
        may: Any = request.user.has_perm
        return look_at(verdict, holds=may, actor=request.user, at=timezone.now())

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        # A filter by a fact would tell what it is.
        is_withheld = lookup.split("__", maxsplit=1)[0] in self.withheld_fields
        return not is_withheld and super().lookup_allowed(lookup, value, request)


@admin.register(ComplianceState)
class ComplianceStateAdmin(ReadOnlyAdmin):
    about = (
        "The color of every record that rules judge, and whether it is stale. It is made anew by "
        "itself. The findings behind a color are under Verdicts."
    )
    list_display = ["subject_type", "subject_id", "color", "is_stale", "stale_because"]
    list_filter = ["color", "is_stale", ("subject_type", EveryWord)]
    ordering = ["-assessed_at", "-id"]


@admin.register(RuleSetting)
class RuleSettingAdmin(ReadOnlyAdmin):
    about = (
        "Values that an operator has set for a rule, never laxer than the rule's own. They are "
        "set through the API. Verdicts name the value they used."
    )
    list_display = ["scope", "rule", "parameter", "value", "set_by", "set_at"]
    list_select_related = ["set_by"]
    search_fields = ["rule"]
    ordering = ["scope", "rule"]


@admin.register(RuleOverride)
class RuleOverrideAdmin(ReadOnlyAdmin):
    about = (
        "Red rules that somebody let a record pass, with the reason. Withdraw one and the rule is "
        "red again. It is printed on the release of the record."
    )
    list_display = [
        "rule",
        "subject_type",
        "subject_id",
        "granted_by",
        "granted_at",
        "reason",
        "withdrawn_at",
    ]
    list_select_related = ["granted_by"]
    list_filter = ["rule", ("withdrawn_at", admin.EmptyFieldListFilter)]
    ordering = ["-id"]
    final_actions = ["withdraw"]
    actions = ["withdraw"]

    @admin.action(description="Withdraw", permissions=["override"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take the selected overrides back; the rules are red again."""
        at = timezone.now()
        self.run_service(
            request,
            queryset,
            lambda row: withdraw(row, reason=WITHDRAWN, actor=request.user, at=at),
            "withdrawn",
        )

    def has_override_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return bool(request.user.has_perm("common.override_verdict"))


@admin.register(ResourceBooking)
class ResourceBookingAdmin(ReadOnlyAdmin):
    about = (
        "The one ledger of time: which aircraft or person is taken, when and by what. Rows are "
        "written by trips, operations and maintenance. Two live rows of one resource can never "
        "overlap."
    )
    list_display = ["resource_kind", "resource_id", "period", "is_live", "source_type", "source_id"]
    list_filter = ["resource_kind", "is_live"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.none()


@admin.register(StatusChange)
class StatusChangeAdmin(ReadOnlyAdmin):
    about = (
        "Every step of every record through its life cycle. It is written by the step itself. The "
        "same steps stand on the History page of each record."
    )
    list_display = ["changed_at", "content_type", "object_id", "from_status", "to_status", "actor"]
    list_select_related = ["content_type", "actor"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.none()


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    about = (
        "What parts of the product told one another, and whether it was taken. Deliver one again "
        "once its cause is mended. Given up deliveries make the readiness check speak."
    )
    list_display = ["id", "event", "handler", "attempts", "delivered_at", "last_error"]
    list_select_related = ["event"]
    list_filter = [("delivered_at", admin.EmptyFieldListFilter)]
    ordering = ["-id"]
    actions = ["deliver_again"]

    @admin.action(description="Deliver again", permissions=["deliver_again"])
    def deliver_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Hand the selected events over once more."""
        at = timezone.now()
        self.run_service(
            request,
            queryset,
            lambda row: deliver_again(row, actor=request.user, at=at),
            "handed over again",
        )

    def has_deliver_again_permission(self, request: HttpRequest) -> bool:
        """Superusers alone see deliveries."""
        return bool(request.user.is_superuser)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.none()


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    about = (
        "Mails that wait, went out or failed; what they say is sealed. Look for an address or a "
        "kind to see what became of it. An address that takes no more is under Suppressed "
        "addresses."
    )
    list_display = ["queued_at", "kind", "recipient", "status", "attempts", "reply", "ended_at"]
    list_filter = ["status", "kind"]
    search_fields = ["recipient"]
    ordering = ["-id"]
    # What it says is sealed while it waits and gone afterwards.
    fields = [*list_display, "about_type", "about_id", "not_after", "next_attempt_at"]


@admin.register(SuppressedAddress)
class SuppressedAddressAdmin(ReadOnlyAdmin):
    about = (
        "Addresses that returned our mail and get no more. Let mail go there again once the "
        "address is right. The mails that came back are on the list of mails."
    )
    list_display = ["address", "reason", "suppressed_at", "lifted_at", "lifted_by"]
    list_filter = [("lifted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["lifted_by"]
    search_fields = ["address"]
    ordering = ["-id"]
    actions = ["lift"]

    @admin.action(description="Let mail go there again", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet) -> None:
        """End the selected suppressions."""
        at = timezone.now()
        self.run_service(
            request, queryset, lambda row: lift(row, actor=request.user, at=at), "lifted"
        )

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may let mail go to an address again."""
        return bool(request.user.has_perm("common.lift_suppressedaddress"))
