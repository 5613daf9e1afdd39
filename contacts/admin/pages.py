"""Two pages of the contacts' screen: merging two contacts, and logging a communication."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from common.exceptions import DomainError
from contacts.admin.forms import LogForm, MergeForm
from contacts.models import Contact
from contacts.queries.merges import as_json, plan_merge
from contacts.services import communications, merges

ABOUT_MERGE = (
    "Shows what merging would do before it is done: what moves, what is left and what is "
    "filled in. Say how the two were found to be one. Merging can be undone through the API."
)
ABOUT_LOG = (
    "Writes down a call, a mail or a note that has just been. It cannot be changed "
    "afterwards. It is read on the contact's page with all that was said before."
)


def merge_page(request: HttpRequest, survivor_id: int, merged_id: int) -> HttpResponse:
    """What merging would do, the reason asked for; POST merges."""
    _require(request, "contacts.merge_contact")
    survivor, merged = _contact(request, survivor_id), _contact(request, merged_id)
    form = MergeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            merges.merge_contacts(
                survivor,
                merged,
                reason=form.cleaned_data["reason"],
                actor=request.user,
                at=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{merged} was merged into {survivor}.")
            return HttpResponseRedirect(address_of(survivor))
    plan = plan_merge(survivor, merged)
    page = {
        "title": "Merge two contacts",
        "about": ABOUT_MERGE,
        "form": form,
        "refusal": plan.refusal,
        "sides": [("Stays", survivor), ("Is merged", merged)],
        "moved": {column: len(pks) for column, pks in plan.moved.items()},
        "left": {column: len(pks) for column, pks in plan.left.items()},
        "filled": {name: as_json(value) for name, value in plan.filled.items()},
        "swapped": reverse("admin:contacts_contact_merge", args=[merged_id, survivor_id]),
    }
    return _page(request, "contacts/merge.html", page)


def log_page(request: HttpRequest, contact_id: int) -> HttpResponse:
    """A form for what has just been said; POST writes it down."""
    _require(request, "contacts.add_communication")
    contact = _contact(request, contact_id)
    form = LogForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            communications.log_communication(
                contact, **form.cleaned_data, actor=request.user, at=timezone.now()
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Logged.")
            return HttpResponseRedirect(address_of(contact))
    page = {"title": f"Log: {contact}", "about": ABOUT_LOG, "form": form}
    return _page(request, "contacts/log.html", page)


def address_of(contact: Contact) -> str:
    """The contact's own page."""
    return reverse("admin:contacts_contact_change", args=[contact.pk])


def _page(request: HttpRequest, template: str, page: dict[str, Any]) -> TemplateResponse:
    context = {**admin.site.each_context(request), "opts": Contact._meta, **page}
    return TemplateResponse(request, template, context)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _contact(request: HttpRequest, pk: int) -> Contact:
    rows = Contact.objects.visible_to(request.user).select_related("parent", "merged_into")
    contact = rows.filter(pk=pk).first()
    if contact is None:
        raise Http404
    return contact
