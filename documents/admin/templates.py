"""Editions of templates: drafted with the list of what they may show, tried, published."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from documents.admin import pages
from documents.admin.forms import TemplateForm
from documents.kinds import kind_of, kinds
from documents.models import DocumentTemplate, TemplateStatus
from documents.queries.layouts import placeholders_of, shipped_text
from documents.services import templates
from users.admin.forms import ServiceFormAdmin

WITHDRAWN = "Retired in the admin."


@admin.register(DocumentTemplate)
class DocumentTemplateAdmin(ServiceFormAdmin):
    """A draft can be changed; what was published stays, and another edition follows it."""

    about = (
        "How each kind of paper looks, edition by edition. Write a new edition, try it, publish "
        "it; published ones never change. Papers that are made from then on use it."
    )
    list_display = ["kind", "edition", "status", "author", "note", "published_at"]
    list_filter = ["status", "kind"]
    list_select_related = ["author"]
    search_fields = ["kind", "note"]
    ordering = ["kind", "-edition"]
    form = TemplateForm
    final_actions = ["publish", "retire"]
    actions = ["publish", "retire"]
    readonly_fields = ["edition", "status", "author", "published_at", "verbs", "placeholders"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["kind", "text", "note", "placeholders"]
        said = ["kind", "edition", "status", "author", "published_at", "verbs"]
        return [*said, "text", "note", "placeholders"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names = list(super().get_readonly_fields(request, obj))
        return names if obj is None else ["kind", *names]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = obj is None or obj.status == TemplateStatus.DRAFT
        return is_open and super().has_change_permission(request, obj)

    def get_urls(self) -> list[Any]:
        own = path(
            "<int:template_id>/preview/",
            self.admin_site.admin_view(pages.preview_page),
            name="documents_documenttemplate_preview",
        )
        return [own, *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new edition begins as what ships with the kind, without its list."""
        kind = kind_of(str(request.GET.get("kind", "")))
        if kind is None:
            return {}
        return {"kind": kind.key, "text": shipped_text(kind).partition("-->")[2].lstrip()}

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved = templates.change_template(
                obj, changes=self.changed(form), actor=request.user, at=now
            )
        else:
            saved = templates.draft_template(**form.cleaned_data, actor=request.user, at=now)
        self.become(obj, saved)

    @admin.display(description="")
    def verbs(self, row: DocumentTemplate) -> str:
        link = reverse("admin:documents_documenttemplate_preview", args=[row.pk])
        return format_html('<a href="{}">Preview with a record</a>', link)

    @admin.display(description="What it may show")
    def placeholders(self, row: DocumentTemplate | None) -> str:
        """The list of the kind; on the page of a new edition the kinds to begin from."""
        kind = kind_of(row.kind) if row is not None and row.pk else None
        if kind is None:
            begin = (("?kind=" + each.key, each.title) for each in kinds())
            return format_html_join("", '<div><a href="{}">{}</a></div>', begin) or "-"
        words = placeholders_of(kind).words
        lines = ((f"{{{{ {path} }}}}", words[path]) for path in words)
        return format_html_join("", "<div><code>{}</code> {}</div>", lines)

    @admin.action(description="Publish", permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Have documents made with the selected drafts from now on."""
        at = timezone.now()
        self.run_service(
            request,
            queryset,
            lambda row: templates.publish_template(row, actor=request.user, at=at),
            "published",
        )

    @admin.action(description="Retire", permissions=["retire"])
    def retire(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take the selected editions out of use; what ships stands in."""
        at = timezone.now()
        self.run_service(
            request,
            queryset,
            lambda row: templates.retire_template(row, reason=WITHDRAWN, actor=request.user, at=at),
            "retired",
        )

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("documents.publish_documenttemplate"))

    def has_retire_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("documents.retire_documenttemplate"))
