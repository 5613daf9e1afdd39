"""Who documents come from."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from documents.admin.forms import LETTERHEAD_FIELDS, LetterheadForm
from documents.layout.frame import picture_address
from documents.models import Letterhead
from documents.services.letterheads import set_letterhead
from users.admin.forms import ServiceFormAdmin


@admin.register(Letterhead)
class LetterheadAdmin(ServiceFormAdmin):
    """One row: the head of every document that is made from now on."""

    about = (
        "Name, address, logo and small print that head our papers. What is saved here heads every "
        "paper that is made from now on; what was made before keeps the head that it was made "
        "with. A logo is a PNG or JPEG of at most 300 kB and four million pixels."
    )
    list_display = ["name", "phone", "email", "registration", "updated_at"]
    ordering = ["pk"]
    form = LetterheadForm
    fields = [*LETTERHEAD_FIELDS, "logo_shown", "logo_file", "remove_logo"]
    readonly_fields = ["logo_shown"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Letterhead.objects.exists()

    @admin.display(description="Logo")
    def logo_shown(self, row: Letterhead | None) -> str:
        address = picture_address(bytes(row.logo)) if row is not None and row.logo else None
        return format_html('<img src="{}" alt="" height="48">', address) if address else "-"

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        given = self.changed(form)
        changes = {name: given[name] for name in LETTERHEAD_FIELDS if name in given}
        if given.get("logo_file"):
            changes["logo"] = given["logo_file"].read()
        elif given.get("remove_logo"):
            changes["logo"] = None
        saved = set_letterhead(changes=changes, actor=request.user, at=timezone.now())
        self.become(obj, saved)
