"""The coordinator's screens of people, organizations and what was said with them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from common.admin import ReadOnlyAdmin, ServiceInline, once_a_row
from common.screens.search import Found
from contacts.admin import pages
from contacts.admin.forms import ContactForm, DetailInline, HistoryFormSet, ReasonedActionForm
from contacts.models import (
    Communication,
    Contact,
    ContactAddress,
    ContactEmail,
    ContactMerge,
    ContactPhone,
    ContactRole,
    ExternalReference,
)
from contacts.normalization import plain
from contacts.queries.duplicates import find_duplicates, sought_like
from contacts.services import contacts
from users.admin.forms import ServiceFormAdmin

UNSAID = "Recorded in the admin."


class PhoneInline(DetailInline):
    model = ContactPhone
    fields = ["kind", "number", "country", "is_primary"]
    detail = "phones"


class EmailInline(DetailInline):
    model = ContactEmail
    fields = ["kind", "address", "is_primary"]
    detail = "emails"


class AddressInline(DetailInline):
    model = ContactAddress
    fields = ["kind", "lines", "locality", "region", "postal_code", "country", "city"]
    autocomplete_fields = ["city"]
    detail = "addresses"
    extra = 0


class ReferenceInline(DetailInline):
    model = ExternalReference
    fields = ["system", "reference"]
    detail = "external_references"
    extra = 0


class CommunicationInline(ServiceInline):
    model = Communication
    formset = HistoryFormSet
    fields = ["occurred_at", "channel", "direction", "subject", "body", "author"]
    readonly_fields = fields
    verbose_name_plural = "the latest communications"


class RoleFilter(admin.SimpleListFilter):
    """Contacts with a role."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ContactRole.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_role(self.value()) if self.value() else queryset


class MergedFilter(admin.SimpleListFilter):
    """Contacts that stand for themselves, unless those that were merged are asked for."""

    title = "merged"
    parameter_name = "merged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Merged into another"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "yes":
            return queryset.exclude(merged_into=None)
        # Opened by its number, a merged contact is still there.
        is_list = "object_id" not in getattr(request.resolver_match, "kwargs", {})
        return queryset.current() if is_list and self.value() is None else queryset


@admin.register(Contact)
class ContactAdmin(ServiceFormAdmin):
    """People and organizations: entered and amended here, merged with a preview and a reason."""

    about = (
        "People and organizations that the desk deals with. Add and change them here, log what "
        "was said, merge two that are one, or take one out of use. Many at once come in by the "
        "import page."
    )
    list_display = ["name", "kind", "roles_said", "parent", "first_phone", "is_active"]
    list_filter = [RoleFilter, "kind", "is_active", MergedFilter]
    list_select_related = ["parent"]
    search_fields = ["search_words"]
    found_by = Found("name", "kind", words=("search_words",), as_kept=plain)
    ordering = ["name", "pk"]
    form = ContactForm
    autocomplete_fields = ["parent"]
    readonly_fields = ["is_active", "merged_into", "verbs", "duplicates"]
    inlines = [PhoneInline, EmailInline, AddressInline, ReferenceInline, CommunicationInline]
    action_form = ReasonedActionForm
    actions = ["merge", "log_communication", "deactivate", "reactivate"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("phones")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By words without accents; to be chosen on another page only those in use."""
        is_choice = getattr(request.resolver_match, "url_name", "") == "autocomplete"
        rows = queryset.in_use() if is_choice else queryset
        return super().get_search_results(request, rows, plain(search_term))

    def get_fields(self, request: HttpRequest, obj: Contact | None = None) -> list[str]:
        names = list(ContactForm.Meta.fields)
        return names if obj is None else ["verbs", "duplicates", *names, "is_active", "merged_into"]

    def get_inlines(self, request: HttpRequest, obj: Contact | None) -> list[Any]:
        return self.inlines if obj is not None else self.inlines[:-1]

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        own = [
            path(
                "<int:survivor_id>/merge/<int:merged_id>/",
                guard(pages.merge_page),
                name="contacts_contact_merge",
            ),
            path("<int:contact_id>/log/", guard(pages.log_page), name="contacts_contact_log"),
        ]
        return [*own, *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = obj is None or obj.merged_into_id is None
        return is_open and super().has_change_permission(request, obj)

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("contacts.merge_contact"))

    def has_log_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("contacts.add_communication"))

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("contacts.deactivate_contact"))

    @admin.display(description="Roles")
    def roles_said(self, row: Contact) -> str:
        return ", ".join(ContactRole(role).label for role in row.roles)

    @admin.display(description="Telephone")
    def first_phone(self, row: Contact) -> str:
        return next((str(phone) for phone in row.phones.all() if phone.is_primary), "")

    @admin.display(description="")
    def verbs(self, row: Contact) -> str:
        """What may be done with a contact from its page."""
        link = reverse("admin:contacts_contact_log", args=[row.pk])
        return format_html('<a href="{}">Log a call, mail or note</a>', link)

    @admin.display(description="Maybe the same")
    @once_a_row
    def duplicates(self, row: Contact) -> str:
        """Others like it, each with its score, its reasons and the way to merge it into this."""
        if row.merged_into_id is not None:
            return "-"
        found = find_duplicates(sought_like(row), rows=Contact.objects.all())
        lines = (
            (
                reverse("admin:contacts_contact_merge", args=[row.pk, one.contact.pk]),
                one.contact.name,
                f"{one.score:.0%}",
                ", ".join(f"{reason.kind} {reason.value}" for reason in one.reasons),
            )
            for one in found
        )
        return format_html_join("", '<div><a href="{}">{}</a> {} ({})</div>', lines) or "-"

    def save_model(self, request: Any, obj: Contact, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved = contacts.amend_contact(
                obj, changes=self.changed(form), version=None, actor=request.user, at=now
            )
        else:
            saved = contacts.create_contact(**form.cleaned_data, actor=request.user, at=now)
        self.become(obj, saved)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Hand the rows typed in to the service, all of a kind at once."""
        changes = {}
        for formset in formsets:
            # What the log of the admin reads; the service keeps its own record.
            formset.new_objects = formset.changed_objects = formset.deleted_objects = []
            if issubclass(formset.model, Communication) or not formset.has_changed():
                continue
            inline = next(one for one in self.inlines if one.model is formset.model)
            changes[inline.detail] = _typed(formset, inline.fields)
        if changes:
            saved = contacts.amend_contact(
                form.instance,
                changes=changes,
                version=None,
                actor=request.user,
                at=timezone.now(),
            )
            self.become(form.instance, saved)

    @admin.action(description="Merge two contacts", permissions=["merge"])
    def merge(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        """Show what merging the two selected would do."""
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:3])
        if len(keys) != 2:
            self.message_user(request, "Select the two contacts to merge.", messages.WARNING)
            return None
        return HttpResponseRedirect(reverse("admin:contacts_contact_merge", args=keys))

    @admin.action(description="Log a call, mail or note", permissions=["log"])
    def log_communication(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        """Open the form for the one contact selected."""
        keys = list(rows.values_list("pk", flat=True)[:2])
        if len(keys) != 1:
            self.message_user(request, "Select one contact.", messages.WARNING)
            return None
        return HttpResponseRedirect(reverse("admin:contacts_contact_log", args=keys))

    @admin.action(description="Take out of use", permissions=["deactivate"])
    def deactivate(self, request: HttpRequest, rows: QuerySet) -> None:
        self._with_reason(request, rows, contacts.deactivate_contact, "out of use")

    @admin.action(description="Bring back into use", permissions=["deactivate"])
    def reactivate(self, request: HttpRequest, rows: QuerySet) -> None:
        self._with_reason(request, rows, contacts.reactivate_contact, "in use")

    def _with_reason(self, request: HttpRequest, rows: QuerySet, service: Any, done: str) -> None:
        reason, at = request.POST.get("reason", "").strip()[:2000] or UNSAID, timezone.now()
        self.run_service(
            request, rows, lambda row: service(row, reason=reason, actor=request.user, at=at), done
        )


def _typed(formset: Any, fields: list[str]) -> list[dict[str, Any]]:
    """The rows that a formset holds after what was typed in and taken out."""
    kept = [form for form in formset.initial_forms if form not in formset.deleted_forms]
    new = [form for form in formset.extra_forms if form.has_changed()]
    typed = [{name: form.cleaned_data[name] for name in fields} for form in (*kept, *new)]
    # Entered by somebody else since the page was opened: not seen, so not taken out either.
    seen = [form.instance.pk for form in formset.initial_forms]
    others = formset.model.objects.of(formset.instance).exclude(pk__in=seen).order_by("pk")
    return [*typed, *({name: getattr(row, name) for name in fields} for row in others)]


@admin.register(Communication)
class CommunicationAdmin(ReadOnlyAdmin):
    about = (
        "Calls, mails and notes, as they were logged with a contact. Entries stay as they were "
        "written. Open the contact to add one or to see how to reach somebody."
    )
    list_display = ["occurred_at", "contact", "channel", "direction", "subject", "author"]
    list_filter = ["channel", "direction", "occurred_at"]
    list_select_related = ["contact", "author"]
    search_fields = ["subject", "body"]
    ordering = ["-occurred_at", "-id"]


@admin.register(ContactMerge)
class ContactMergeAdmin(ReadOnlyAdmin):
    about = (
        "Which contact was merged into which, by whom and why. A merge can be undone through the "
        "API while nothing stands against it. The one that stayed is in the directory."
    )
    list_display = ["merged_at", "merged", "survivor", "actor", "reason"]
    list_select_related = ["merged", "survivor", "actor"]
    ordering = ["-id"]
