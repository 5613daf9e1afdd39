"""Agreements: who is asked to sign what, how far it is, and the deeds of the desk."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from common.admin import ReadOnlyAdmin, ServiceInline
from common.context import current
from common.exceptions import DomainError
from documents.admin.forms import PurposeForm
from documents.models import Agreement, AgreementEntry
from documents.queries.library import HEAVY_BELOW
from documents.services import agreements, sealing, signatures
from documents.views.agreements import pdf_response

REASON = "Taken back in the admin"


class AgreementEntryInline(ServiceInline):
    """The trail, as it is printed on the evidence page."""

    model = AgreementEntry
    fields = ["occurred_at", "deed", "actor", "address", "user_agent"]
    readonly_fields = fields
    ordering = ["id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("actor")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The trail is a part of the agreement."""
        return bool(request.user.has_perm("documents.view_agreement"))


ABOUT_SIGNED = (
    "Asks what the signed file is fetched for before it leaves. The file holds the paper, the "
    "evidence page and both signatures. The fetch is written down under Who had what."
)


@admin.register(Agreement)
class AgreementAdmin(ReadOnlyAdmin):
    """Signatures asked for. Names are sealed: they show in the signed file and in the API."""

    about = (
        "Documents that somebody is to sign, and how far each signature is. Send the link to the "
        "signer, send it again, take it back, or countersign. The signed file is fetched from the "
        "agreement's page; the paper beneath it is in the library."
    )
    list_display = [
        "number",
        "document",
        "signer_email",
        "signer_role",
        "status",
        "sent_at",
        "expires_at",
        "signed_at",
        "countersigned_at",
    ]
    list_filter = ["status", "signer_role", "sent_at"]
    list_select_related = ["document"]
    search_fields = ["number", "document__number", "signer_email"]
    ordering = ["-pk"]
    fields = [
        *list_display,
        "download",
        "viewed_at",
        "declined_at",
        "countersigned_by",
        "created_by",
        "consent_text",
        "document_sha256",
        "sha256",
        "sealed_at",
        "certificate_sha256",
    ]
    readonly_fields = fields
    inlines = [AgreementEntryInline]
    final_actions = ["send", "countersign", "take_back"]
    actions = ["send", "remind", "countersign", "take_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer(*HEAVY_BELOW)

    def get_urls(self) -> list[Any]:
        own = path(
            "<int:agreement_id>/download/",
            self.admin_site.admin_view(self.download_page),
            name="documents_agreement_download",
        )
        return [own, *super().get_urls()]

    @admin.display(description="Signed file")
    def download(self, row: Agreement) -> str:
        if row.sealed_at is None:
            return "-"
        link = reverse("admin:documents_agreement_download", args=[row.pk])
        return format_html('<a href="{}">Download</a>', link)

    def download_page(self, request: HttpRequest, agreement_id: int) -> HttpResponse:
        """What for, and then the file; the download is on record."""
        agreement = self.get_queryset(request).filter(pk=agreement_id).first()
        if agreement is None or not request.user.has_perm("documents.download_agreement"):
            raise Http404
        form = PurposeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return pdf_response(
                    signatures.download_signed(
                        agreement,
                        purpose=form.cleaned_data["purpose"],
                        actor=request.user,
                        address=current().address,
                        at=timezone.now(),
                    )
                )
            except DomainError as refusal:
                form.add_error(None, str(refusal))
        page = {"title": f"Download {agreement}", "form": form, "button": "Download"}
        page |= {"about": ABOUT_SIGNED}
        context = {**admin.site.each_context(request), "opts": self.opts, **page}
        return TemplateResponse(request, "documents/ask.html", context)

    @admin.action(description="Send to the signer", permissions=["send"])
    def send(self, request: HttpRequest, rows: QuerySet) -> None:
        """Mail each signer a link."""
        self._run(request, rows, agreements.send_agreement, "sent")

    @admin.action(description="Send the link again", permissions=["send"])
    def remind(self, request: HttpRequest, rows: QuerySet) -> None:
        """Mail each signer the same link once more."""
        self._run(request, rows, agreements.remind_signer, "sent again")

    @admin.action(description="Countersign", permissions=["countersign"])
    def countersign(self, request: HttpRequest, rows: QuerySet) -> None:
        """Sign for the operator."""
        self._run(request, rows, sealing.countersign_agreement, "countersigned")

    @admin.action(description="Take back", permissions=["withdraw"])
    def take_back(self, request: HttpRequest, rows: QuerySet) -> None:
        """The links say so from now on."""
        self._run(request, rows, agreements.withdraw_agreement, "taken back", reason=REASON)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("documents.send_agreement"))

    def has_countersign_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("documents.countersign_agreement"))

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("documents.withdraw_agreement"))

    def _run(
        self, request: HttpRequest, rows: QuerySet, service: Any, done: str, **given: Any
    ) -> None:
        given |= {"actor": request.user, "at": timezone.now()}
        self.run_service(request, rows, lambda row: service(row, **given), done)
