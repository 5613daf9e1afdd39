"""Where an offer stands, as a colored mark that also says it in words."""

from django.utils.safestring import SafeString

from aircraft.admin.badges import badge
from common.compliance.findings import Color
from operations.models import QuoteStatus

_GREEN = {QuoteStatus.ACCEPTED, QuoteStatus.BOOKED}
_AMBER = {QuoteStatus.REQUESTED, QuoteStatus.PRICED, QuoteStatus.SENT, QuoteStatus.VIEWED}


def status_badge(status: str) -> SafeString:
    """Green what was won, amber what waits for somebody, red what is over."""
    if status in _GREEN:
        return badge(Color.GREEN, status)
    return badge(Color.AMBER if status in _AMBER else Color.RED, status)
