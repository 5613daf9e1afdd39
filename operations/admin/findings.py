"""What the rules say of a trip or an offer, on its screen."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aircraft.admin.badges import badge
from common.admin import once_a_row
from common.compliance.findings import Color
from common.compliance.states import with_state
from operations.desk.override_step import granted_for


class JudgedAdmin:
    """Columns and fields of a screen whose rows the rules judge, for mixing in."""

    subject_type: str

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The rows with the color of their cached verdict, in the same statement."""
        rows = super().get_queryset(request)  # type: ignore[misc]
        return with_state(rows, self.subject_type, now=timezone.now())

    def judged(self, row: Any) -> str:
        """The cached color; what changed since is stale, never green, and red where it was."""
        if row.compliance is None:
            return "not assessed"
        if row.is_compliance_stale:
            # What was red is not made milder by growing old.
            color = Color.RED if row.compliance == Color.RED else Color.AMBER
            return badge(color, f"{row.compliance} (stale)")
        return badge(Color(row.compliance), row.compliance)

    judged.short_description = "Rules"  # type: ignore[attr-defined]

    @once_a_row
    def overridden(self, row: Any) -> str:
        """Who let which red rule pass, and why."""
        rows = reversed(granted_for(self.subject_type, row))
        found = [(each.rule, str(each.granted_by), each.reason) for each in rows]
        if not found:
            return "Nothing."
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}, {}</li>", found))

    overridden.short_description = "Overridden"  # type: ignore[attr-defined]


def listed(found: Any) -> SafeString:
    """Findings as a list: letter of the color, rule, words, source, what to do."""
    lines = format_html_join("", "<li>{} {}: {} [{}] {}</li>", found)
    return format_html("<ul>{}</ul>", lines)
