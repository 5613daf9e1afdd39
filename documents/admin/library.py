"""The library of documents, who had them, and packs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from common.admin import ReadOnlyAdmin
from common.screens.search import Found
from documents.admin import pages
from documents.kinds import kind_of
from documents.models import SEARCHED, Document, DocumentAccess, DocumentPack
from documents.queries import library
from documents.services import access
from documents.services.generation import generate


class KindFilter(admin.SimpleListFilter):
    """Documents of one kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        keys = Document.objects.order_by("kind").values_list("kind", flat=True).distinct()
        return [(key, kind.title if (kind := kind_of(key)) else key) for key in keys]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """What was made and what was handed in; opening one is on record."""

    about = (
        "Every paper that was made or handed in, with its issues and what each was made from. "
        "Open one to read it; make anew what its record has changed since. Who had it is under "
        "Who had what."
    )
    list_display = [
        "number",
        "title",
        "subject_title",
        "issue",
        "standing",
        "classification",
        "retained_until",
        "generated_at",
    ]
    list_filter = [KindFilter, "classification", "is_current", "is_reissue_due", "generated_at"]
    search_fields = [*SEARCHED]
    found_by = Found("number", "title", numbers=("number",))
    ordering = ["-pk"]
    fields = [
        "number",
        "download",
        "title",
        "kind",
        "subject_title",
        "issue",
        "standing",
        "classification",
        "retained_until",
        "file_name",
        "media_type",
        "size_bytes",
        "page_count",
        "sha256",
        "snapshot_sha256",
        "rule_versions",
        "template",
        "generated_by",
        "generated_at",
        "deleted_at",
        "deleted_because",
        "latest_looks",
    ]
    readonly_fields = fields
    actions = ["make_anew"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return library.library(request.user, request.user.has_perm)

    def get_urls(self) -> list[Any]:
        own = path(
            "<int:document_id>/download/",
            self.admin_site.admin_view(pages.download_page),
            name="documents_document_download",
        )
        return [own, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """Show one document, and write down that it was looked at."""
        response: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        if request.method == "GET" and response.status_code == 200:
            document = self.get_object(request, object_id)
            access.look(document, user=request.user, at=timezone.now())
        return response

    @admin.display(description="Standing")
    def standing(self, row: Document) -> str:
        if row.deleted_at is not None:
            return "deleted"
        if row.is_reissue_due:
            return "due to be made anew"
        return "in force" if row.is_current else "superseded"

    @admin.display(description="")
    def download(self, row: Document) -> str:
        if row.deleted_at is not None:
            return "-"
        link = reverse("admin:documents_document_download", args=[row.pk])
        return format_html('<a href="{}">Download</a>', link)

    @admin.display(description="Latest looks")
    def latest_looks(self, row: Document) -> str:
        link = reverse("admin:documents_documentaccess_changelist")
        return format_html('<a href="{}?document__number={}">Who had it</a>', link, row.number)

    @admin.action(description="Make anew what has changed", permissions=["generate"])
    def make_anew(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Make the selected documents again from their records as they are now."""
        at = timezone.now()
        self.run_service(
            request,
            queryset.exclude(subject_id=None),
            lambda row: generate(row.kind, row.subject_id, actor=request.user, at=at),
            "says what is so",
        )

    def has_generate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("documents.generate_document"))


@admin.register(DocumentAccess)
class DocumentAccessAdmin(ReadOnlyAdmin):
    about = (
        "Who looked at, linked or fetched which document, and who was refused. The list is "
        "written with each answer and is for good. Search for a paper's number to see its own; the "
        "paper's page leads here too."
    )
    list_display = [
        "occurred_at",
        "document",
        "template",
        "deed",
        "user",
        "purpose",
        "refusal",
        "address",
    ]
    list_filter = ["deed", "occurred_at"]
    list_select_related = ["document", "template", "user"]
    search_fields = ["document__number", "user__email"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return library.accesses(request.user, request.user.has_perm)

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        return lookup == "document__number" or super().lookup_allowed(lookup, value, request)


@admin.register(DocumentPack)
class DocumentPackAdmin(ReadOnlyAdmin):
    about = (
        "All papers of one record as a ZIP, made in the background. Read here whether a pack is "
        "ready and what it holds. It is asked for and fetched through the API, by who asked for it."
    )
    list_display = ["requested_at", "subject_title", "requested_by", "status", "progress_percent"]
    list_filter = ["status"]
    list_select_related = ["requested_by"]
    ordering = ["-pk"]
    fields = [
        "subject_title",
        "requested_by",
        "requested_at",
        "status",
        "progress_percent",
        "kinds",
        "left_out",
        "finished_at",
        "expires_at",
    ]
    readonly_fields = fields
