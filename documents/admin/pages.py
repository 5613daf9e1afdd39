"""Pages of the documents' screens: downloading one, and trying a template."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from common.exceptions import DomainError
from documents.admin.forms import PurposeForm, SubjectForm
from documents.models import Document, DocumentTemplate
from documents.services import access, previews

ABOUT_DOWNLOAD = (
    "Asks what the document is fetched for before it leaves. Purpose and person are written "
    "down under Who had what. The link that follows is for you alone and soon dead."
)
ABOUT_PREVIEW = (
    "Shows an edition with the data of one record, as the finished paper would look. Name the "
    "record by its number. Publish the edition on its list when it is right."
)


def download_page(request: HttpRequest, document_id: int) -> HttpResponse:
    """What for, and then the file."""
    _require(request, access.LINK_GRANT)
    document = Document.objects.visible_to(request.user).filter(pk=document_id).first()
    if document is None:
        raise Http404
    form = PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            link = access.link_to(
                document, **form.cleaned_data, user=request.user, at=timezone.now()
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            path = reverse("documents:download", kwargs={"token": link.token})
            return HttpResponseRedirect(path)
    page = {"title": f"Download {document}", "form": form, "button": "Download"}
    page |= {"about": ABOUT_DOWNLOAD}
    return _page(request, Document, page)


def preview_page(request: HttpRequest, template_id: int) -> HttpResponse:
    """Which record to show a template with, and then the pages."""
    _require(request, "documents.preview_documenttemplate")
    template = DocumentTemplate.objects.visible_to(request.user).filter(pk=template_id).first()
    if template is None:
        raise Http404
    form = SubjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = previews.preview_template(
                template, **form.cleaned_data, actor=request.user, at=timezone.now()
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            response = HttpResponse(content, content_type="application/pdf")
            response["Content-Disposition"] = 'attachment; filename="preview.pdf"'
            response["Cache-Control"] = "no-store, private"
            return response
    page = {
        "title": f"Preview {template}",
        "about": ABOUT_PREVIEW,
        "form": form,
        "button": "Preview",
        "said": "Nothing is kept but that you looked. It takes the grant to make such a document.",
    }
    return _page(request, DocumentTemplate, page)


def _page(request: HttpRequest, model: Any, page: dict[str, Any]) -> TemplateResponse:
    context = {**admin.site.each_context(request), "opts": model._meta, **page}
    return TemplateResponse(request, "documents/ask.html", context)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
