"""What happened to a record last, for its page."""

from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType

from common.desk.standing import Fact
from common.desk.wording import age, clock
from common.models import StatusChange

MOST = 4


def last_steps(record: Any, *, zone: str, now: datetime, most: int = MOST) -> list[Fact]:
    """The last changes of a record's status, newest first; 1 query."""
    kind = ContentType.objects.get_for_model(type(record))
    rows = StatusChange.objects.filter(content_type=kind, object_id=record.pk)
    found = rows.select_related("actor").order_by("-changed_at", "-pk")[:most]
    return [_fact(each, zone, now) for each in found]


def _fact(change: StatusChange, zone: str, now: datetime) -> Fact:
    who = change.actor.full_name if change.actor else "the system"
    because = f": {change.reason[:200]}" if change.reason else ""
    return Fact(
        label=change.to_status.replace("_", " ").capitalize(),
        value=f"{clock(change.changed_at, zone)}, {age(change.changed_at, now)}, {who}{because}",
    )
