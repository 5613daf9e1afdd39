"""Where a crewed aircraft is, and on which trip, on its page."""

from datetime import datetime

from aircraft.models import Aircraft
from common.compliance.findings import Color
from common.desk.links import page_of
from common.desk.more import More, adds_to
from common.desk.standing import Fact, Group
from common.desk.wording import age, clock
from operations.models import LegStatus, TripLeg
from users.models import User

_LEFT = (LegStatus.OUT, LegStatus.OFF, LegStatus.DIVERTED, LegStatus.ON, LegStatus.IN)


@adds_to("aircraft.aircraft")
def where_it_is(aircraft: Aircraft, user: User, now: datetime) -> More:
    """
    The last leg that left its blocks; before the first it stands at its base.

    Who may see no trips is told nothing: it may be anywhere.
    """
    if not user.has_perm("operations.view_trip"):
        return More()
    rows = TripLeg.objects.visible_to(user).filter(trip__aircraft=aircraft, status__in=_LEFT)
    rows = rows.select_related("trip", "origin", "destination", "diverted_to")
    leg = rows.order_by("-planned_out_at", "-pk").first()
    fact = Fact(label="Now", value=f"{aircraft.base}, as far as is known", detail="its base")
    if leg is not None:
        fact = _fact(leg, user, now)
    return More(groups=(Group(title="Where it is", facts=(fact,)),))


def _fact(leg: TripLeg, user: User, now: datetime) -> Fact:
    to = leg.diverted_to or leg.destination
    trip, link = leg.trip, page_of(leg.trip, user)
    if leg.actual_in_at is not None:
        since = f"since {clock(leg.actual_in_at, to.timezone)}, {age(leg.actual_in_at, now)}"
        return Fact(label="Now", value=f"{to}, on blocks {since}", link=link, detail=str(trip))
    due = f"expected {clock(leg.estimated_in_at, to.timezone)}, {age(leg.estimated_in_at, now)}"
    return Fact(
        label="Now",
        value=f"{leg.origin} to {to}, {leg.get_status_display().lower()}, {due}",
        link=link,
        color=Color.AMBER,
        detail=str(trip),
    )
