"""Colors with letters, for those who cannot tell the colors apart."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from aircraft.airworthiness import DueItem, hours_text
from common.compliance.findings import Color

LETTERS = {Color.GREEN: "G", Color.AMBER: "A", Color.RED: "R"}
_BADGE = "padding: 2px 8px; border-radius: 4px; font-weight: 600; white-space: nowrap;"
_STYLES = {
    Color.GREEN: f"{_BADGE} background: #d1fae5; color: #065f46",
    Color.AMBER: f"{_BADGE} background: #fef3c7; color: #92400e",
    Color.RED: f"{_BADGE} background: #fee2e2; color: #991b1b",
}


def badge(color: Color, text: str) -> SafeString:
    """A colored mark whose letter says the color: `R 2 days over`."""
    return format_html('<span style="{}">{} {}</span>', _STYLES[color], LETTERS[color], text)


def due_badge(item: DueItem) -> SafeString:
    """How much is left of a limit, or by how much it is passed."""
    amount = abs(item.remaining)
    text = hours_text(amount) if item.unit == "minutes" else f"{amount} {item.unit}"
    if item.is_exceeded:
        within = ", within tolerance" if item.is_within_tolerance else ""
        return badge(Color.RED, f"{text} over{within}")
    return badge(Color.AMBER if item.is_near else Color.GREEN, f"{text} left")
