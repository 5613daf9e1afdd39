"""The dispatch board: one page that reads the API with the admin's session and follows it live."""

from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse

from common.base_map import LAND
from common.preferences import PLACE, preferences
from dispatcher.models import DispatchCenter
from dispatcher.models.scoping import sees_trips
from dispatcher.services.publishing import MOVABLE

SEES = "dispatcher.overview_dispatchschedule"
SEES_PLANS = "dispatcher.view_dispatchschedule"
# What the page offers; the API asks again.
DEEDS = {
    "check": "dispatcher.add_assignment",
    "assign": "dispatcher.add_assignment",
    "move": "dispatcher.change_assignment",
    "withdraw": "dispatcher.withdraw_assignment",
    "acknowledge": "dispatcher.acknowledge_dispatchevent",
    "note": "dispatcher.note_dispatchevent",
    "resolve": "dispatcher.resolve_dispatchevent",
}
SCREENS = {
    "operation": ("flight_operations", "flightoperation"),
    "trip": ("operations", "trip"),
    "event": ("dispatcher", "dispatchevent"),
}
COLORS = ["green", "amber", "red", "none"]
# The page's own modules, so that the browser asks for all of them at once.
MODULES = [
    f"dispatcher/board/{name}.js"
    for name in (
        "address", "api", "bars", "dom", "events", "filters", "findings", "ground", "keys", "link",
        "map", "movers", "panel", "plan", "reader", "retime", "rows", "scale", "store", "stream",
        "timeline", "undo", "zone",
    )
]  # fmt: skip


@csp_update({"img-src": settings.MAP_TILE_ORIGINS} if settings.MAP_TILE_ORIGINS else {})
def board_page(request: HttpRequest) -> HttpResponse:
    """The board of the caller's centers; it reads everything else from the API."""
    user: Any = request.user
    if not user.has_perm(SEES):
        raise PermissionDenied
    centers = DispatchCenter.objects.visible_to(user).filter(is_active=True).order_by("code")
    settled = {
        "centers": list(centers.values("code", "name", "timezone")),
        "may": {name: user.has_perm(permission) for name, permission in DEEDS.items()},
        "sees_trips": sees_trips(user),
        "movable": [str(status) for status in MOVABLE],
        "user_id": user.pk,
        "shown": _shown(),
        "csrf": get_token(request),
        "land": static(LAND),
        "tiles": {"url": settings.MAP_TILE_URL, "credit": settings.MAP_TILE_CREDIT},
        "screens": _screens(user),
        "plans": reverse("dispatch:proposal", args=[0]) if user.has_perm(SEES_PLANS) else "",
        "sign_in": f"{reverse('admin:login')}?next={request.path}",
    }
    context = {"settled": settled, "colors": COLORS, "modules": MODULES}
    return render(request, "dispatcher/board/page.html", context)


def _shown() -> dict[str, str]:
    """How the caller wants local times and distances shown; the rows stay in the center's zone."""
    chosen = preferences()
    zone = "" if chosen.timezone == PLACE else chosen.timezone
    return {"timezone": zone, "clock": chosen.clock, "distance": chosen.distance}


def _screens(user: Any) -> dict[str, str]:
    """The admin's lists that the caller may open, to be asked for one record by its number."""
    return {
        name: reverse(f"admin:{app}_{model}_changelist")
        for name, (app, model) in SCREENS.items()
        if user.has_perm(f"{app}.view_{model}")
    }
