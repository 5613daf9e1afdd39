"""Flights of trips: their crew, what is still to be entered, and the movements as actions."""

from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from aircraft.admin.badges import badge
from common.admin import ServiceInline
from common.compliance.findings import Color
from common.desk.screen import DeskAdmin
from common.exceptions import InvalidInput
from operations.admin.trips import TripDeskAdmin, TripReasonForm
from operations.desk.leg import BRIEF, LEG_DESK
from operations.models import CrewLine, LegStatus, TripLeg
from operations.services import movements


class CrewLineInline(ServiceInline):
    model = CrewLine
    fields: ClassVar = ["person", "role", "status", "duty", "remarks"]
    readonly_fields: ClassVar = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows.select_related("person", "leg__trip", "duty__person", "duty__trip")


class LegActionForm(TripReasonForm):
    """Which action, and a word to each rule that is amber at off blocks."""

    acknowledgements = forms.CharField(
        required=False,
        max_length=8000,
        widget=forms.TextInput(
            attrs={"placeholder": "Off blocks: RULE: note; RULE: note", "size": 40}
        ),
    )


@admin.register(TripLeg)
class TripLegAdmin(DeskAdmin, TripDeskAdmin):
    """Flights, with their crew and the movements as actions."""

    about = (
        "Each flight of a trip with planned, estimated and actual times. Record the next movement "
        "as it happens; open one to offer it to crew or divert it. Times that were given wrongly "
        "are amended through the API."
    )
    list_display: ClassVar = [
        "trip",
        "sequence",
        "status",
        "brief",
        "origin",
        "destination",
        "estimated_out_at",
        "estimated_in_at",
    ]
    desk = LEG_DESK
    desk_reads: ClassVar = [
        "trip__aircraft",
        "origin",
        "destination",
        "diverted_to",
        "alternate",
    ]
    readonly_fields: ClassVar = ["brief"]
    list_filter: ClassVar = ["status", "kind"]
    list_select_related: ClassVar = ["trip", "origin", "destination"]
    search_fields: ClassVar = ["trip__number", "trip__aircraft__tail_number"]
    ordering: ClassVar = ["-planned_out_at", "-pk"]
    inlines: ClassVar = [CrewLineInline]
    action_form = LegActionForm
    final_actions: ClassVar = ["next_movement"]
    actions: ClassVar = ["next_movement"]

    @admin.display(description="Dispatch data")
    def brief(self, row: TripLeg) -> SafeString:
        """What nobody entered yet of minima, landing distance and fuel."""
        missing = [words for name, words in BRIEF.items() if getattr(row, name) is None]
        if missing:
            return badge(Color.RED, f"no {', '.join(missing)}")
        return badge(Color.GREEN, "complete")

    @admin.action(description="Record the next movement, now", permissions=["move"])
    def next_movement(self, request: HttpRequest, queryset: QuerySet) -> None:
        notes = request.POST.get("acknowledgements", "")
        service = partial(_next_movement, notes=notes)
        self.deed(request, queryset, service, "recorded")

    def has_move_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "move_trip")


def _next_movement(leg: TripLeg, *, notes: str, actor: Any, at: Any) -> TripLeg:
    following = {
        LegStatus.OUT: "off",
        LegStatus.OFF: "on",
        LegStatus.DIVERTED: "on",
        LegStatus.ON: "in",
    }
    movement = following.get(LegStatus(leg.status), "out")
    return movements.record_movement(
        leg, movement=movement, acknowledgements=_acknowledged(notes), actor=actor, at=at
    )


def _acknowledged(notes: str) -> list[dict[str, str]]:
    """One note to each rule, as the API takes them. Raises InvalidInput."""
    found = []
    for part in filter(None, (part.strip() for part in notes.split(";"))):
        rule, _, note = (text.strip() for text in part.partition(":"))
        if not rule or not note or len(rule) > 40 or len(note) > 2000:
            raise InvalidInput("/acknowledgements", f"Write RULE: note, not {part[:60]}.")
        found.append({"rule": rule, "note": note})
    return found
